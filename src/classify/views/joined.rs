//! Words with a sign in the place of the spaces between them, and words put together from strings: `ignore_all_previous_instructions`,
//! `"ign" + "ore"`.

use std::ops::Range;

use super::Encoding;
use super::part::Part;
use super::plausible::{Known, frequency};

/// Words and letters of the shortest row; names of programs and terms have fewer.
const FEWEST_WORDS: usize = 3;
const FEWEST_LETTERS: usize = 20;
/// Bytes between two strings.
const WIDEST: usize = 8;
/// Letters of the words that strings make.
const LEAST: usize = 5;

/// The signs between words.
pub(super) fn words(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| is_sign(*byte)) {
        let first = at + next;
        let before = bytes[at..first].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        at = first;
        let mut signs = Vec::new();
        while bytes.get(at) == Some(&bytes[first]) && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) {
            signs.push(at);
            at = end_of_word(bytes, at + 1);
        }
        if before > 0 && signs.len() + 1 >= FEWEST_WORDS {
            let range = first - before..at;
            if stands_alone(bytes, &range) && is_words(bytes, range, bytes[first]) {
                parts.extend(signs.into_iter().map(|at| Part::one(Encoding::Joined, ' ', at..at + 1)));
            }
        }
        at = at.max(first + 1);
    }
    parts
}

/// Whether what stands there is no part of a name in a program, of a number, or of an address.
fn stands_alone(bytes: &[u8], range: &Range<usize>) -> bool {
    let is_open = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'(' | b'>');
    let is_closed = |byte: &u8| byte.is_ascii_whitespace() || b"\"'.,;:!?<)".contains(byte);
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let (behind, next) = (bytes.get(range.end), bytes.get(range.end + 1));
    before.is_none_or(is_open) && behind.is_none_or(is_closed) && !next.is_some_and(u8::is_ascii_alphanumeric)
}

fn end_of_word(bytes: &[u8], start: usize) -> usize {
    start + bytes[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count()
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'/' | b'|' | b'~' | b'*' | b'#' | b'^' | b'=' | b':' | b'+')
}

fn is_words(bytes: &[u8], range: Range<usize>, sign: u8) -> bool {
    let words = || bytes[range.clone()].split(|byte| *byte == sign);
    let letters: usize = words().map(<[u8]>::len).sum();
    let known: usize = words().filter(|word| frequency(word).is_some()).map(<[u8]>::len).sum();
    letters >= FEWEST_LETTERS && known * 4 >= letters * 3
}

/// What stands between strings that are put together.
pub(super) fn strings(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| is_quote(*byte)) {
        let quote = at + next;
        at = quote + 1;
        let mut joints = Vec::new();
        let mut joint = joint(bytes, quote);
        let first = joint.as_ref().map(|joint| joint.start);
        while let Some(between) = joint {
            at = between.end;
            joints.push(between);
            let inside = bytes[at..].iter().take_while(|byte| !is_quote(**byte) && **byte != b'\n').count();
            joint = self::joint(bytes, at + inside);
        }
        let Some(first) = first else { continue };
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let start = first - bytes[..first].iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let mut together = String::new();
        let mut done = start;
        for joint in &joints {
            together.push_str(&text[done..joint.start]);
            done = joint.end;
        }
        together.push_str(&text[done..end]);
        // One of the strings has a piece of a word at its end.
        let is_split = joints.iter().any(|joint| {
            bytes[joint.start - 1].is_ascii_alphabetic() && bytes.get(joint.end).is_some_and(u8::is_ascii_alphabetic)
        });
        if is_split && Known::of(&together).is_words(LEAST) {
            parts.extend(joints.into_iter().map(|joint| Part::new(Encoding::Joined, joint)));
        }
    }
    parts
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}

/// From the quote at `at`, which ends a string, to that which begins the next, with a sign between them that puts them together.
fn joint(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let quote = *bytes.get(at).filter(|byte| is_quote(**byte))?;
    let before = at.checked_sub(1).and_then(|at| bytes.get(at))?;
    if *before == quote || before.is_ascii_whitespace() && *before == b'\n' {
        return None;
    }
    let between = &bytes[at + 1..bytes.len().min(at + 1 + WIDEST)];
    let length = between.iter().position(|byte| is_quote(*byte))?;
    let mut signs = between[..length].iter().filter(|byte| !byte.is_ascii_whitespace());
    let is_sum =
        matches!(signs.next(), Some(b'+' | b'.' | b'&')) && signs.all(|byte| matches!(byte, b'+' | b'.' | b'&'));
    is_sum.then(|| at..at + length + 2)
}
