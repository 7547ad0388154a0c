//! Morse: dots and dashes, with spaces between letters, and slashes or more spaces between words.

use super::Encoding;
use super::part::Part;
use super::plausible::Known;

/// Letters of the shortest text, and of the known words in it.
const FEWEST: usize = 5;
const LEAST: usize = 4;
/// Signs of the longest letter.
const LONGEST: usize = 6;
/// Bytes of the widest gap.
const WIDEST: usize = 5;

const LETTERS: &[&[u8]] = &[
    b".-", b"-...", b"-.-.", b"-..", b".", b"..-.", b"--.", b"....", b"..", b".---", b"-.-", b".-..", b"--", b"-.",
    b"---", b".--.", b"--.-", b".-.", b"...", b"-", b"..-", b"...-", b".--", b"-..-", b"-.--", b"--..",
];
const DIGITS: &[&[u8]] =
    &[b"-----", b".----", b"..---", b"...--", b"....-", b".....", b"-....", b"--...", b"---..", b"----."];
const SIGNS: &[(&[u8], char)] =
    &[(b".-.-.-", '.'), (b"--..--", ','), (b"..--..", '?'), (b".----.", '\''), (b"-.-.--", '!'), (b"---...", ':')];

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].windows(3).position(|row| is_sign(row[0]) && row[1] == b' ' && is_sign(row[2])) {
        let before = bytes[at..at + next].iter().rev().take_while(|byte| is_sign(**byte)).count();
        let start = at + next - before;
        let part = row(bytes, start);
        at = part.range.end.max(at + next + 1);
        let letters = part.text.bytes().filter(u8::is_ascii_alphabetic).count();
        if letters >= FEWEST && Known::of(&part.text).is_words(LEAST) {
            parts.push(part);
        }
    }
    parts
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'.' | b'-')
}

fn row(bytes: &[u8], start: usize) -> Part {
    let mut part = Part::new(Encoding::Morse, start..start);
    let mut at = start;
    loop {
        let length = bytes[at..].iter().take(LONGEST + 1).take_while(|byte| is_sign(**byte)).count();
        let Some(letter) = letter(&bytes[at..at + length]) else { return part };
        if part.range.end > start && &bytes[part.range.end..at] != b" " {
            part.push(' ', part.range.end..at);
        }
        part.push(letter, at..at + length);
        at += length;
        part.range.end = at;
        let is_gap = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'|');
        let gap = bytes[at..].iter().take(WIDEST + 1).take_while(is_gap).count();
        if gap == 0 || gap > WIDEST {
            return part;
        }
        at += gap;
    }
}

fn letter(signs: &[u8]) -> Option<char> {
    let place = |known: &[&[u8]], first: u8| {
        known.iter().position(|known| *known == signs).map(|place| char::from(first + place as u8))
    };
    let sign = || SIGNS.iter().find(|(known, _)| *known == signs).map(|(_, sign)| *sign);
    place(LETTERS, b'a').or_else(|| place(DIGITS, b'0')).or_else(sign)
}
