//! Words with a sign in the place of the spaces between them, and words put together from strings: `ignore_all_previous_instructions`,
//! `"ign" + "ore"`.

use std::ops::Range;

use super::Encoding;
use super::part::Part;
use super::plausible::{Known, frequency};

/// Words and letters of the shortest row; terms have fewer, and so have names in programs, which have underscores.
const FEWEST: (usize, usize) = (3, 20);
const FEWEST_IN_NAMES: (usize, usize) = (3, 26);
/// Bytes between two strings.
const WIDEST: usize = 8;
/// Letters of the words that strings make.
const LEAST: usize = 5;

/// The signs between words.
pub(super) fn words(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let mut parts = Vec::new();
    let mut at = 1;
    while let Some(next) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| is_sign(*byte))) {
        let first = at + next;
        at = first + 1;
        if !(is_letter(first - 1) && is_letter(first + 1)) {
            continue;
        }
        let is_inside = |byte: &&u8| !byte.is_ascii_whitespace();
        let done = parts.last().map_or(0, |part: &Part| part.range.end);
        let start = first - bytes[done..first].iter().rev().take_while(is_inside).count();
        at = first + bytes[first..].iter().take_while(is_inside).count();
        if is_words(&bytes[start..at], bytes[first]) {
            let signs = (start..at).filter(|at| bytes[*at] == bytes[first]);
            parts.extend(signs.map(|at| Part::one(Encoding::Joined, ' ', at..at + 1)));
        }
    }
    parts
}

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'/' | b'|' | b'~' | b'*' | b'#' | b'^' | b'=' | b':' | b'+')
}

/// Whether what stands between white space is words with `sign` between them, and no part of a program.
fn is_words(token: &[u8], sign: u8) -> bool {
    let (mut words, mut letters, mut known) = (0, 0, 0);
    for word in token.split(|byte| *byte == sign) {
        let start = word.iter().take_while(|byte| byte.is_ascii_punctuation()).count();
        let end = word.iter().rev().take_while(|byte| byte.is_ascii_punctuation()).count();
        let (before, rest) = word.split_at(start);
        let (word, behind) = rest.split_at(rest.len().saturating_sub(end));
        let is_program = |byte: &u8| b"()[]{}=`".contains(byte);
        let is_called = behind.first().is_some_and(|byte| matches!(byte, b'(' | b'['));
        if word.is_empty() || is_called || before.contains(&b'`') || word.iter().any(is_program) {
            return false;
        }
        words += 1;
        letters += word.len();
        known += if frequency(word).is_some() { word.len() } else { 0 };
    }
    let (fewest_words, fewest_letters) = if sign == b'_' { FEWEST_IN_NAMES } else { FEWEST };
    words >= fewest_words && letters >= fewest_letters && known * 4 >= letters * 3
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
