//! The text as the scanners see it: digits and signs of other scripts as ASCII, letters that look like Latin ones in a word with such, invisible
//! characters left out.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use crate::classify::{is_invisible, look_alike, mixed_words};

/// A folded text with the way back to the text that was given.
pub(super) struct Folded<'t> {
    /// What is scanned. Its ASCII part is what the rules look at.
    pub text: Cow<'t, str>,
    /// For each byte of `text` the byte of the given text it came from, and the length at the end; empty if nothing changed.
    offsets: Vec<u32>,
}

impl<'t> Folded<'t> {
    /// Folds `text`. ASCII is taken as it is.
    pub(super) fn new(text: &'t str) -> Self {
        let same = || Folded { text: Cow::Borrowed(text), offsets: Vec::new() };
        if text.is_ascii() {
            return same();
        }
        let mixed = look_alikes(text);
        if mixed.is_empty() && !text.chars().any(|char| folds(char) != Some(char)) {
            return same();
        }
        let mut mixed = mixed.into_iter().peekable();
        let mut folded = String::with_capacity(text.len());
        let mut offsets = Vec::with_capacity(text.len() + 1);
        for (at, char) in text.char_indices() {
            while mixed.next_if(|word| word.end <= at).is_some() {}
            let in_mixed = !char.is_ascii() && mixed.peek().is_some_and(|word| word.contains(&at));
            let char = if in_mixed { look_alike(char).unwrap_or(char) } else { char };
            if let Some(char) = folds(char) {
                folded.push(char);
                offsets.resize(folded.len(), at as u32);
            }
        }
        offsets.push(text.len() as u32);
        Folded { text: Cow::Owned(folded), offsets }
    }

    /// The place in the given text of a place in the folded one; the end is that of the last character, without what is invisible after it.
    pub(super) fn given(&self, range: Range<usize>, text: &str) -> Range<usize> {
        if self.offsets.is_empty() || range.is_empty() {
            return range;
        }
        let start = self.offsets[range.start] as usize;
        let last = self.offsets[range.end - 1] as usize;
        let end = text[last..].chars().next().map_or(last, |char| last + char.len_utf8());
        start..end
    }
}

/// Where letters that look like Latin ones are read as such: in words with Latin letters; in all of a text whose Greek and Cyrillic letters all look
/// like that, as those of no text in these scripts do.
fn look_alikes(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_other = |lead: u8| (0xcd..=0xd4).contains(&lead);
    if !bytes.iter().any(|byte| is_other(*byte)) {
        return Vec::new();
    }
    let mut others = text.chars().filter(|char| ('\u{370}'..='\u{52f}').contains(char) && char.is_alphabetic());
    if others.all(|char| look_alike(char).is_some()) {
        return std::iter::once(0..text.len()).collect();
    }
    // It takes long to know, so look at the bytes first.
    let is_mixed = |bytes: &[u8]| {
        (bytes[0].is_ascii_alphabetic() && is_other(bytes[1])) || (is_other(bytes[0]) && bytes[2].is_ascii_alphabetic())
    };
    if bytes.windows(3).any(is_mixed) {
        mixed_words(text).into_iter().map(|word| word.range).collect()
    } else {
        Vec::new()
    }
}

/// What a character is scanned as; none if it is invisible.
fn folds(char: char) -> Option<char> {
    if char.is_ascii() {
        return Some(char);
    }
    match char {
        char if is_invisible(char) => None,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some('-'),
        '\u{2024}' | '\u{3002}' | '\u{ff61}' => Some('.'),
        '\u{2044}' | '\u{2215}' => Some('/'),
        '\u{2236}' | '\u{a789}' => Some(':'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(char as u32 - 0xfee0),
        // Letters and digits in circles, in bold, in script …
        '\u{2100}'..='\u{2138}' | '\u{2460}'..='\u{24ea}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1f130}'..='\u{1f149}' => {
            let mut meant = std::iter::once(char).nfkc();
            let first = meant.next().filter(char::is_ascii_alphanumeric);
            Some(first.filter(|_| meant.next().is_none()).unwrap_or(char))
        }
        _ => Some(digit(char).unwrap_or(char)),
    }
}

/// The zeros of the scripts that write numbers with ten digits in a row.
const ZEROS: [u32; 22] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
    0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810, 0x19d0, 0xa620, 0xabf0,
];

fn digit(char: char) -> Option<char> {
    let code = char as u32;
    if !(0x0660..=0xabf9).contains(&code) {
        return None;
    }
    let zero = ZEROS.iter().rev().find(|&&zero| zero <= code)?;
    (code - zero < 10).then(|| char::from_digit(code - zero, 10))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_of_the_text_that_was_given() {
        let text = "é ４\u{3164}２\u{200b} x";
        let folded = Folded::new(text);
        assert_eq!(folded.text, "é 42 x");
        let at = folded.text.find("42").unwrap();
        assert_eq!(&text[folded.given(at..at + 2, text)], "４\u{3164}２");
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        assert_eq!(Folded::new("٠١٢٣ ९ 𝟗 ①").text, "0123 9 9 1");
    }

    #[test]
    fn letters_of_other_scripts_are_those_they_look_like_in_a_word_with_latin_ones() {
        assert_eq!(Folded::new("АKIА раssword, пароль А123ВС").text, "AKIA password, пароль А123ВС");
        assert_eq!(Folded::new("ехес ехес é").text, "exec exec é");
        assert_eq!(Folded::new("𝐀𝐊𝐈𝐀 Ⓐ 🄱 ℂ № ⑪").text, "AKIA A B C № ⑪");
    }
}
