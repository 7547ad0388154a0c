//! What is made once and kept in a folder: files named by the hash of all they are made of. What is read is checked as if anyone had
//! written it, and whatever is wrong with it, it is as if it were not there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The folder of what is kept beside a configuration.
pub(crate) const BAKED: &str = ".railsc";
/// Bytes of the largest file that is looked at.
const LARGEST: u64 = 1 << 30;

/// Whether nothing is to be kept, nor what was kept to be used.
static OFF: AtomicBool = AtomicBool::new(false);

/// Has this process keep nothing, and use nothing that was kept.
#[cfg(feature = "cli")]
pub(crate) fn turn_off() {
    OFF.store(true, Ordering::Relaxed);
}

/// Folders that may hold what was made of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders {
    /// The one beside it, which is read alone.
    pub baked: Option<PathBuf>,
    /// The one for all, to which is written what is made now.
    pub kept: Option<PathBuf>,
}

impl Folders {
    /// Those of the configuration at `folder`, if it is at one.
    pub(crate) fn of(configuration: Option<&Path>) -> Self {
        if OFF.load(Ordering::Relaxed) {
            return Self::default();
        }
        Self { baked: configuration.map(|folder| folder.join(BAKED)), kept: folder() }
    }
}

/// Where things are kept: `RAILSC_CACHE_DIR`, else `railsc` in the user's folder for such things. `None` when there is
/// none, or when `RAILSC_CACHE_DIR` is empty.
pub(crate) fn folder() -> Option<PathBuf> {
    if OFF.load(Ordering::Relaxed) {
        return None;
    }
    folder_by(|name| std::env::var_os(name), cfg!(target_os = "macos"))
}

fn folder_by(variable: impl Fn(&str) -> Option<OsString>, is_macos: bool) -> Option<PathBuf> {
    if let Some(named) = variable("RAILSC_CACHE_DIR") {
        return (!named.is_empty()).then(|| named.into());
    }
    let home = variable("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    if is_macos {
        return home.map(|home| home.join("Library/Caches/railsc"));
    }
    // The XDG specification has relative paths passed over.
    let named = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| home.map(|home| home.join(".cache"))).map(|folder| folder.join("railsc"))
}

/// The contents of the file `name` in `folder`, if there is a whole one.
pub(crate) fn read(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let path = folder.join(name);
    // A pipe of that name would keep us waiting.
    let metadata = path.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() <= LARGEST)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    File::open(&path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    let (contents, sum) = bytes.split_last_chunk::<8>()?;
    if checksum(contents).to_le_bytes() != *sum {
        return None;
    }
    bytes.truncate(bytes.len() - 8);
    Some(bytes)
}

/// Keeps `contents` as the file `name` in `folder`, whole or not at all.
///
/// # Errors
/// When it can't be written. Who keeps it for another time need not mind.
pub(crate) fn write(folder: &Path, name: &str, mut contents: Vec<u8>) -> io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!(".{name}.{}.{count}", std::process::id()));
    contents.extend_from_slice(&checksum(&contents).to_le_bytes());
    fs::create_dir_all(folder)?;
    let written = File::create_new(&temporary).and_then(|mut file| file.write_all(&contents));
    written.and_then(|()| fs::rename(&temporary, folder.join(name))).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// The hash of a short text: FNV-1a, which is the same on every machine and in every version, as what is kept on a disk must be.
pub(crate) fn fnv64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A sum over eight bytes at a time: it differs when one of them does.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(bytes.len() as u64, |sum, word| {
        (sum ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    });
    sum ^ fnv64(rest)
}

/// FNV-1a of 128 bits, a text after the other.
pub(crate) struct Fnv128(u128);

impl Fnv128 {
    pub(crate) fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    /// Takes a text in, with its length, so that no two lists of texts look alike.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    pub(crate) fn finish(&self) -> u128 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), "a"), None);
        write(folder.path(), "a", b"something".to_vec()).unwrap();
        assert_eq!(read(folder.path(), "a").unwrap(), b"something");
        let whole = fs::read(folder.path().join("a")).unwrap();
        for length in 0..whole.len() {
            fs::write(folder.path().join("a"), &whole[..length]).unwrap();
            assert_eq!(read(folder.path(), "a"), None, "{length} bytes");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            fs::write(folder.path().join("a"), bytes).unwrap();
            assert_eq!(read(folder.path(), "a"), None, "byte {at}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn the_cache_is_where_the_user_says() {
        let folder = |variables: &[(&str, &str)], is_macos| {
            let find =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
            folder_by(find, is_macos).map(|path| path.display().to_string())
        };
        let home = ("HOME", "/home/me");
        assert_eq!(folder(&[home, ("RAILSC_CACHE_DIR", "/c")], false).as_deref(), Some("/c"));
        assert_eq!(folder(&[home, ("RAILSC_CACHE_DIR", "")], false), None);
        assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "/x")], false).as_deref(), Some("/x/railsc"));
        assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "x")], false).as_deref(), Some("/home/me/.cache/railsc"));
        assert_eq!(folder(&[home], true).as_deref(), Some("/home/me/Library/Caches/railsc"));
        assert_eq!(folder(&[], false), None);
    }
}
