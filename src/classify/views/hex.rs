//! Bytes in hexadecimal, in a row or each by itself.

use std::ops::Range;

use super::Encoding;
use super::beside::beside;
use super::part::{Decoded, Part};
use super::run::{Run, place};

/// Digits of the shortest row, and bytes of the shortest list.
const FEWEST: usize = 8;
const FEWEST_BYTES: usize = 4;
/// Letters of the words in bytes that are not all text.
const WORDS: usize = 8;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts: Vec<Part> = Vec::new();
    let (mut run, mut decoded) = (Run::default(), Decoded::default());
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_hexdigit() {
            at += 1;
            continue;
        }
        let begins = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let prefix = if begins { prefix(&bytes[at..]) } else { 0 };
        let start = at + prefix;
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = start + length;
        if !begins || length == 0 {
            at = end.max(at + 1);
        } else if length == 2 {
            at = list(bytes, at, &mut decoded);
            read(&mut decoded, at, FEWEST_BYTES, &mut parts);
        } else if length >= FEWEST
            || bytes.get(end).is_some_and(|next| matches!(next, b'\n' | b'\r' | b'\\') || *next >= 0x80)
        {
            let range = at..run.read(text, start, |byte| byte.is_ascii_hexdigit());
            let goes_on = bytes.get(range.end).is_some_and(u8::is_ascii_alphanumeric);
            if !goes_on {
                row(&run, range.start, &mut decoded, &mut parts);
            }
            at = range.end;
        } else {
            at = end;
        }
    }
    beside(text, parts, |byte| byte.is_ascii_hexdigit(), |range| word(text, range, &mut decoded))
}

/// The length of the `0x` that `rest` begins with.
fn prefix(rest: &[u8]) -> usize {
    let has = rest.len() > 2 && rest[0] == b'0' && matches!(rest[1], b'x' | b'X') && rest[2].is_ascii_hexdigit();
    if has { 2 } else { 0 }
}

/// Reads bytes in a row, of all lines or else of each.
fn row(run: &Run, start: usize, decoded: &mut Decoded, parts: &mut Vec<Part>) {
    let mut one = |chars: &[(u8, u32)], start: usize| {
        if chars.len() < FEWEST || !chars.len().is_multiple_of(2) {
            return false;
        }
        digits(chars, start, decoded);
        let before = parts.len();
        read(decoded, place(chars).end, WORDS, parts);
        parts.len() > before
    };
    if !one(&run.chars, start) && run.lines.len() > 1 {
        for line in run.each_line() {
            one(line, place(line).start);
        }
    }
}

/// Decodes digits; the first byte comes from what begins at `start`.
fn digits(chars: &[(u8, u32)], start: usize, decoded: &mut Decoded) {
    decoded.clear();
    for (number, pair) in chars.chunks_exact(2).enumerate() {
        let place = place(pair);
        let start = if number == 0 { start } else { place.start };
        decoded.push(value(pair[0].0) << 4 | value(pair[1].0), start..place.end);
    }
}

/// Reads bytes one by one, with separators between them; where they end.
fn list(bytes: &[u8], start: usize, decoded: &mut Decoded) -> usize {
    decoded.clear();
    let (mut at, mut end) = (start, start);
    loop {
        let digits = at + prefix(&bytes[at..]);
        let Some(&[high, low]) = bytes.get(digits..digits + 2) else { return end.max(start + 1) };
        let ends = !bytes.get(digits + 2).is_some_and(u8::is_ascii_alphanumeric);
        if !(high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && ends) {
            return end.max(start + 1);
        }
        decoded.push(value(high) << 4 | value(low), at..digits + 2);
        end = digits + 2;
        let between = |byte: &&u8| matches!(byte, b' ' | b',' | b':' | b';' | b'-' | b'\n' | b'\r' | b'\t');
        let gap = bytes[end..].iter().take(3).take_while(between).count();
        if gap == 0 || gap > 2 {
            return end;
        }
        at = end + gap;
    }
}

/// Keeps what the bytes say, if it is text.
fn read(decoded: &mut Decoded, end: usize, words: usize, parts: &mut Vec<Part>) {
    if decoded.len() < FEWEST_BYTES {
        return;
    }
    let range = decoded.place().start..end;
    parts.extend(decoded.text(Encoding::Hex, range, words));
}

fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// A word that was encoded by itself.
fn word(text: &str, range: Range<usize>, decoded: &mut Decoded) -> Option<Part> {
    if !range.len().is_multiple_of(2) {
        return None;
    }
    let chars: Vec<(u8, u32)> = text.as_bytes()[range.clone()].iter().copied().zip(range.start as u32..).collect();
    digits(&chars, range.start, decoded);
    decoded.word(Encoding::Hex, range)
}
