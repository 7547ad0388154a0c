//! Keys, and what is kept of them.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What is kept of a key: its SHA-256. A key is random and long, so that nothing slower is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct KeyHash([u8; 32]);

impl KeyHash {
    pub(in crate::serve) fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// From 64 hexadecimal digits.
    pub(in crate::serve) fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Some(Self(bytes))
    }

    /// Whether both are the same, in a time that tells nothing of where they differ.
    pub(in crate::serve) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A new key, which only its owner should know, and the hash to keep of it.
///
/// # Errors
/// When the system has no randomness.
pub fn new_key() -> Result<(String, String), getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let key = bytes.iter().fold("rk-".to_owned(), |key, byte| key + &format!("{byte:02x}"));
    let hash = KeyHash::of(key.as_bytes()).to_string();
    Ok((key, hash))
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_as_they_are_read() {
        let hash = KeyHash::of(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(KeyHash::parse(&hash.to_string().to_uppercase()), Some(hash));
        for wrong in ["", "ba", "zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"] {
            assert_eq!(KeyHash::parse(wrong), None);
        }
    }
}
