//! Texts by their letters alone, for what is compared with a word that is known: digits are the letters they stand for, letters of other scripts
//! those they look like, and what looks the same is the same.

use std::ops::Range;

use crate::classify::look_alike;

/// What a letter or a digit is compared as: `1`, `i` and `l` as one.
pub(super) fn letter(c: char) -> char {
    match if c.is_ascii() { c } else { latin(c) } {
        '0' => 'o',
        '1' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    }
}

/// The small letter that one of another script looks like, in either case.
fn latin(c: char) -> char {
    let capital = || c.to_uppercase().next().and_then(look_alike).map(|letter| letter.to_ascii_lowercase());
    look_alike(c).or_else(capital).unwrap_or(c)
}

/// A text, each of its characters as [`letter`] has it, with the way back.
pub(super) struct Letters {
    pub text: String,
    /// For each byte of `text` the byte of the given text it comes from, and the length at the end.
    origins: Vec<u32>,
}

impl Letters {
    pub(super) fn new(text: &str) -> Self {
        let mut letters = Self { text: String::with_capacity(text.len()), origins: Vec::with_capacity(text.len() + 1) };
        for (at, c) in text.char_indices() {
            letters.text.push(letter(c));
            letters.origins.resize(letters.text.len(), at as u32);
        }
        letters.origins.push(text.len() as u32);
        letters
    }

    /// The bytes of the given text that the bytes `range` come from, which begin and end with whole characters.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        self.origins[range.start] as usize..self.origins[range.end] as usize
    }
}

/// Whether a text has digits or letters of other scripts that [`letter`] reads as others.
pub(super) fn has_others(text: &str) -> bool {
    text.bytes().any(|byte| byte >= 0x80 || matches!(byte, b'0' | b'1' | b'3' | b'4' | b'5' | b'7' | b'@' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        let letters = Letters::new("é gr3yf1nсh l1");
        assert_eq!(letters.text, Letters::new("é greyfinch il").text);
        let at = letters.text.find("grey").unwrap();
        assert_eq!(letters.origin(at..at + 9), 3..13);
        assert!(has_others("p4ss") && has_others("раss") && !has_others("pass 2"));
    }
}
