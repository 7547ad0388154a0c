//! Letters moved by half the alphabet.

use std::ops::Range;

use super::Encoding;
use super::part::Part;

/// A letter moved by half the alphabet; anything else as it is.
pub(super) fn turned(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => byte,
    }
}

/// What stands at `range` with its letters moved.
pub(super) fn part(text: &str, range: Range<usize>) -> Part {
    let mut part = Part::new(Encoding::Rot13, range.clone());
    for (at, c) in text[range.clone()].char_indices() {
        let at = range.start + at;
        let c = if c.is_ascii() { char::from(turned(c as u8)) } else { c };
        part.push(c, at..at + c.len_utf8());
    }
    part
}
