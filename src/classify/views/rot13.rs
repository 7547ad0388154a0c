//! Letters moved by half the alphabet.

use std::ops::Range;

use super::Encoding;
use super::part::Part;

/// `text` with its letters moved by half the alphabet, whether that says anything or not; places are the same.
pub(crate) fn rot13(text: &str) -> String {
    let moved = text.bytes().map(turned).collect();
    String::from_utf8(moved).expect("letters of ASCII stay such, and all else stays as it is")
}

/// A letter moved by half the alphabet; anything else as it is.
pub(super) fn turned(byte: u8) -> u8 {
    TURNED[usize::from(byte)]
}

static TURNED: [u8; 256] = {
    let mut turned = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let first = if (byte as u8).is_ascii_uppercase() { b'A' } else { b'a' };
        let is_letter = (byte as u8).is_ascii_alphabetic();
        turned[byte] = if is_letter { first + (byte as u8 - first + 13) % 26 } else { byte as u8 };
        byte += 1;
    }
    turned
};

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_moved_twice_is_as_it_was(text in "[a-zA-Z0-9 é]{0,40}|\\PC{0,40}") {
            prop_assert_eq!(rot13(&rot13(&text)), text);
        }
    }
}
