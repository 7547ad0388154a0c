//! Words whose letters were moved by half the alphabet: those that are none as they stand, and are some when moved back.

use std::ops::Range;

use super::Encoding;
use super::part::Part;
use super::plausible::frequency;

/// Letters of the only word, and of all words together.
const ONLY_WORD: usize = 5;
const ALL_WORDS: usize = 7;
/// A word that is one both ways is rather the one that is so much more frequent.
const RATHER: u32 = 4;
/// How many letters that are no words either way part what is moved from what is not.
const PATIENCE: i32 = 12;
const LONGEST: usize = 24;

/// How a word reads best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    Moved,
    AsItStands,
    Either,
    Neither,
}

/// Words that go together.
#[derive(Debug, Default)]
struct Row {
    range: Range<usize>,
    letters: usize,
    longest: usize,
    /// Letters of other words, up to the last one that was moved.
    others: usize,
    /// How many letters have been read since that are no moved words.
    since: i32,
    /// Where the words end that belong to it if the clause ends there.
    open: Option<usize>,
}

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut rows: Vec<Row> = Vec::new();
    let mut row: Option<Row> = None;
    // Where the clause begins, if no word so far must be read as it stands.
    let mut clause = Some(0);
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if !byte.is_ascii_alphabetic() {
            if ends_clause(bytes, at) {
                if let Some(row) = &mut row {
                    row.range.end = row.open.take().unwrap_or(row.range.end);
                }
                clause = Some(at + 1);
            }
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_alphabetic() {
            at += 1;
        }
        let is_word = at - start <= LONGEST
            && (start == 0 || !is_name(bytes[start - 1]))
            && !bytes.get(at).copied().is_some_and(is_name);
        let reads = if is_word { reads(&bytes[start..at]) } else { Reads::Neither };
        let length = at - start;
        match (reads, &mut row) {
            (Reads::Moved, None) => {
                let first = clause.map_or(start, |clause| word_from(bytes, clause).min(start));
                row = Some(Row {
                    range: first..at,
                    letters: length,
                    longest: length,
                    others: 0,
                    since: 0,
                    open: Some(at),
                });
            }
            (Reads::Moved, Some(row)) => {
                row.range.end = at;
                row.others += row.since as usize;
                row.letters += length;
                row.longest = row.longest.max(length);
                (row.since, row.open) = (0, Some(at));
            }
            (Reads::AsItStands, Some(open)) => {
                open.since += 2 * length as i32;
                open.open = None;
            }
            (Reads::Neither, Some(open)) => {
                open.since += length as i32;
                open.open = open.open.map(|_| at);
            }
            (Reads::Either, Some(open)) => open.open = open.open.map(|_| at),
            (_, None) => {}
        }
        if reads == Reads::AsItStands {
            clause = None;
        }
        rows.extend(row.take_if(|row| row.since > PATIENCE));
    }
    if let Some(mut row) = row {
        row.range.end = row.open.unwrap_or(row.range.end);
        rows.push(row);
    }
    rows.retain(|row| row.letters > row.others && (row.longest >= ONLY_WORD || row.letters >= ALL_WORDS));
    rows.into_iter().map(|row| part(text, row.range)).collect()
}

/// A letter moved by half the alphabet; anything else as it is.
pub(super) fn turned(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => byte,
    }
}

fn reads(word: &[u8]) -> Reads {
    let mut moved = [0; LONGEST];
    let moved = &mut moved[..word.len()];
    for (moved, byte) in moved.iter_mut().zip(word) {
        *moved = turned(*byte);
    }
    let as_it_stands = frequency(word);
    match (as_it_stands, frequency(moved)) {
        (Some(rank), Some(other)) if other.saturating_mul(RATHER) < rank => Reads::Moved,
        (Some(rank), Some(other)) if rank.saturating_mul(RATHER) < other => Reads::AsItStands,
        (Some(_), Some(_)) => Reads::Either,
        (Some(_), None) => Reads::AsItStands,
        (None, Some(_)) => Reads::Moved,
        (None, None) => Reads::Neither,
    }
}

/// What makes a word part of a name in a program or of something else that is encoded.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'_' | b'\\' | b'%' | b'=' | b'&' | b'#' | b'/' | b'+')
}

/// Whether what stands at `at` ends a clause: punctuation, a dash, or a symbol.
fn ends_clause(bytes: &[u8], at: usize) -> bool {
    let is_letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    match bytes[at] {
        b'\'' => !(at > 0 && is_letter(at - 1) && is_letter(at + 1)),
        b'-' => bytes.get(at + 1) == Some(&b' '),
        // The first bytes of typographic signs and of emoji.
        0xe2 | 0xf0 => true,
        byte => b"\n.!?:;,\"`()[]{}<>*".contains(&byte),
    }
}

fn word_from(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| !byte.is_ascii_alphabetic()).count()
}

fn part(text: &str, range: Range<usize>) -> Part {
    let mut part = Part::new(Encoding::Rot13, range.clone());
    for (at, c) in text[range.clone()].char_indices() {
        let at = range.start + at;
        let c = if c.is_ascii() { char::from(turned(c as u8)) } else { c };
        part.push(c, at..at + c.len_utf8());
    }
    part
}
