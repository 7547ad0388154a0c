//! Finding the files of a configuration and reading them, whatever is found there.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::python::PythonFile;
use super::{Limits, Loaded};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, SourceFile};

/// How many files a configuration may have.
pub(super) const MOST_FILES: usize = 10_000;
/// Folders that hold other things.
const OTHER_FOLDERS: &[&str] = &["kb", "tests"];
/// Files of ours that are no part of the configuration.
const OTHER_FILES: &[&str] = &["thresholds.yml", "serve.yml"];

/// The files of a configuration, in path order.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub rails: Vec<PathBuf>,
    pub yaml: Vec<PathBuf>,
    pub python: Vec<PythonFile>,
}

/// Looks for the files of the configuration at `path`.
pub(super) fn find(path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Found {
    let mut found = Found::default();
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!("there is nothing at `{}`", path.display());
            let help = "name a folder that holds `.co` files, or a single `.co` file";
            diagnostics.push(Diagnostic::without_span(codes::NOT_FOUND, message).help(help));
            return found;
        }
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return found;
        }
    };
    if metadata.is_dir() {
        sort_out(path, &mut found, diagnostics);
        if found.rails.is_empty() && found.yaml.is_empty() && diagnostics.is_empty() {
            let message = format!("`{}` holds neither a `.co` nor a `.yml` file", path.display());
            let help = "`railsc init DIR` writes a small project to start from";
            diagnostics.push(Diagnostic::without_span(codes::NO_CONFIGURATION, message).help(help));
        }
    } else if has_extension(path, &["co"]) {
        found.rails.push(path.to_owned());
    } else {
        let message = format!("`{}` is no configuration", path.display());
        let help = "name a folder that holds `.co` files, or a single `.co` file";
        diagnostics.push(Diagnostic::without_span(codes::NO_CONFIGURATION, message).help(help));
    }
    found
}

/// The files with the `extension` right in the folder `tests` of a configuration, in path order.
pub(super) fn tests(path: &Path, extension: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let folder = path.join("tests");
    let entries = match folder.read_dir() {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Vec::new();
        }
        Err(error) => {
            diagnostics.push(unreadable(&folder, &error));
            return Vec::new();
        }
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut found: Vec<PathBuf> = paths.filter(|path| has_extension(path, &[extension])).take(MOST_FILES).collect();
    found.sort();
    found
}

/// The files below `folder`, in path order: not hidden ones, none in `other` folders, and none that a `.railsignore` names,
/// be it there or, for a folder that is `part` of a configuration, above.
pub(super) fn walk(
    folder: &Path,
    other: &'static [&'static str],
    part: bool,
) -> impl Iterator<Item = Result<PathBuf, Box<Diagnostic>>> {
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        // What stands above a configuration is not its own, and must not take rails out of it.
        .parents(part)
        .add_custom_ignore_filename(".railsignore")
        .follow_links(true)
        .max_depth(Some(64))
        .sort_by_file_path(Path::cmp)
        .filter_entry(|entry| {
            entry.depth() == 0 || !is_folder(entry) || !other.iter().any(|other| entry.file_name() == *other)
        })
        .build();
    let found = walk.map(move |entry| match entry {
        Ok(entry) => (!is_folder(&entry)).then(|| Ok(entry.into_path())),
        Err(error) => {
            let message = format!("can't look into `{}`: {error}", folder.display());
            Some(Err(Box::new(Diagnostic::without_span(codes::UNREADABLE, message))))
        }
    });
    found.flatten()
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn sort_out(folder: &Path, found: &mut Found, diagnostics: &mut Vec<Diagnostic>) {
    for path in walk(folder, OTHER_FOLDERS, false) {
        match path {
            Err(diagnostic) => diagnostics.push(*diagnostic),
            Ok(path) if has_extension(&path, &["co"]) => found.rails.push(path),
            Ok(path) if has_extension(&path, &["yml", "yaml"]) => {
                if !OTHER_FILES.iter().any(|other| path.ends_with(other)) {
                    found.yaml.push(path);
                }
            }
            Ok(path) if path.ends_with("actions.py") || path.ends_with("config.py") => {
                let file = PythonFile::read(&path, Limits::default().file_bytes);
                diagnostics.push(file.note());
                found.python.push(file);
            }
            Ok(_) => {}
        }
        if found.rails.len() + found.yaml.len() > MOST_FILES {
            let message = format!("`{}` holds more than {MOST_FILES} files", folder.display());
            let help = "name the folder of one configuration, or leave files out by `.railsignore`";
            diagnostics.push(Diagnostic::without_span(codes::TOO_MANY_FILES, message).help(help));
            break;
        }
    }
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
}

/// Reads one file into the sources of `loaded`; what keeps it from being read is reported there.
pub(super) fn file(path: &Path, loaded: &mut Loaded, limit: usize) -> Option<FileId> {
    match text(path, limit) {
        Ok(text) => Some(loaded.sources.add(SourceFile::new(path.display().to_string(), text))),
        Err(diagnostic) => {
            loaded.diagnostics.push(*diagnostic);
            None
        }
    }
}

pub(super) fn text(path: &Path, limit: usize) -> Result<String, Box<Diagnostic>> {
    let failed = |error: io::Error| Box::new(unreadable(path, &error));
    let metadata = path.metadata().map_err(failed)?;
    if !metadata.is_file() {
        let message = format!("`{}` is not a file with text in it", path.display());
        return Err(Box::new(Diagnostic::without_span(codes::UNREADABLE, message)));
    }
    let name = || format!("`{}`", path.display());
    if metadata.len() > limit as u64 {
        return Err(Box::new(too_large(&name(), metadata.len(), limit)));
    }
    // The file may grow while it is read.
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > limit {
        return Err(Box::new(too_large(&name(), bytes.len() as u64, limit)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Box::new(not_utf8(&path.display().to_string(), error.as_bytes(), at))
    })
}

/// The text called `name` is UTF-8 up to byte `at` only.
pub(super) fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Diagnostic {
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let message = format!("`{name}` is not UTF-8: byte {at}, in line {line}, starts no character");
    Diagnostic::without_span(codes::NOT_UTF8, message).help("save it as UTF-8")
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::without_span(codes::UNREADABLE, format!("can't read `{}`: {error}", path.display()))
}

pub(super) fn too_large(name: &str, bytes: u64, limit: usize) -> Diagnostic {
    let message = format!("{name} has {bytes} bytes, and {limit} are allowed");
    Diagnostic::without_span(codes::FILE_TOO_LARGE, message)
        .help("split it, or raise `limits.file_bytes` in `config.yml`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_of_a_configuration_heed_what_is_above() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir_all(inner.join("tests")).unwrap();
        std::fs::write(folder.path().join(".railsignore"), "a.*\n").unwrap();
        for name in ["a.co", "a.md", "b.md", "tests/c.md"] {
            std::fs::write(inner.join(name), "").unwrap();
        }
        let names = |other, part| -> Vec<PathBuf> {
            let paths = walk(&inner, other, part).map(|path| path.unwrap());
            paths.map(|path| path.strip_prefix(&inner).unwrap().to_owned()).collect()
        };
        assert_eq!(names(OTHER_FOLDERS, false), ["a.co", "a.md", "b.md"].map(PathBuf::from));
        assert_eq!(names(&[], true), ["b.md", "tests/c.md"].map(PathBuf::from));
    }
}
