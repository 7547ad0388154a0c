//! Keys, which nobody is to read.

use std::fmt;
use std::sync::Arc;

/// How much of a secret gives something away.
const TELLING: usize = 8;

/// A key. It shows as `***`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// The key itself, for the header that it goes into and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` without this key, and without what it starts with.
    pub fn redact(&self, text: &str) -> String {
        let key = &*self.0;
        let start = key.char_indices().nth(TELLING).map_or(key, |(at, _)| &key[..at]);
        if start.is_empty() {
            return text.to_owned();
        }
        let mut redacted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(start) {
            let (before, behind) = rest.split_at(at);
            let same = behind.chars().zip(key.chars()).take_while(|(one, other)| one == other);
            let length: usize = same.map(|(one, _)| one.len_utf8()).sum();
            redacted.push_str(before);
            redacted.push_str("***");
            rest = &behind[length..];
        }
        redacted.push_str(rest);
        redacted
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_key_and_its_start_are_taken_out() {
        let key = Secret::new(" sk-proj-0123456789\n");
        for (text, wanted) in [
            ("nothing here", "nothing here"),
            ("sk-proj-0123456789", "***"),
            ("Incorrect API key: sk-proj-0123456789, again sk-proj-0123456789.", "Incorrect API key: ***, again ***."),
            ("sk-proj-0123****6789", "*******6789"),
            ("sk-proj- and sk-proj", "*** and sk-proj"),
            ("", ""),
        ] {
            assert_eq!(key.redact(text), wanted, "{text}");
        }
        assert_eq!(Secret::new("short").redact("shortly, short, shor"), "***ly, ***, shor");
        assert_eq!(Secret::new("schlüßel-öäü").redact("ein schlüßel-öä"), "ein ***");
        assert_eq!(Secret::new("").redact("text"), "text");
        assert_eq!(format!("{key:?} {key:#?}"), "*** ***");
    }
}
