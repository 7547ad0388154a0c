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
#[derive(Debug)]
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
    // Where the clause begins, if no word of it so far is known to be read as it stands.
    let mut clause = Some(0);
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() {
            if ends_clause(bytes, at) {
                row.iter_mut().for_each(Row::close);
                clause = Some(at + 1);
            }
            at += 1;
            continue;
        }
        let word = word(bytes, at);
        at = word.end;
        match &mut row {
            // Most texts have no word that is one only when moved, and nothing else is looked up for them.
            None if is_moved(bytes, &word) => {
                clause = clause.filter(|start| !reads_as_it_stands(bytes, *start..word.start));
                let start = clause.map_or(word.start, |start| letters_from(bytes, start));
                row = Some(Row::new(start, &word));
            }
            None => {}
            Some(open) => open.add(reads(bytes, &word), &word),
        }
        if let Some(row) = row.take_if(|row| row.since > PATIENCE) {
            rows.push(row);
            clause = None;
        }
    }
    rows.extend(row.map(|mut row| {
        row.close();
        row
    }));
    rows.retain(|row| row.letters > row.others && (row.longest >= ONLY_WORD || row.letters >= ALL_WORDS));
    rows.into_iter().map(|row| part(text, row.range)).collect()
}

impl Row {
    fn new(start: usize, word: &Range<usize>) -> Self {
        let (letters, open) = (word.len(), Some(word.end));
        Self { range: start..word.end, letters, longest: letters, others: 0, since: 0, open }
    }

    fn add(&mut self, reads: Reads, word: &Range<usize>) {
        match reads {
            Reads::Moved => {
                self.range.end = word.end;
                self.others += self.since as usize;
                self.letters += word.len();
                self.longest = self.longest.max(word.len());
                (self.since, self.open) = (0, Some(word.end));
            }
            Reads::AsItStands => {
                self.since = self.since.saturating_add(2 * word.len() as i32);
                self.open = None;
            }
            Reads::Neither => {
                self.since = self.since.saturating_add(word.len() as i32);
                self.open = self.open.map(|_| word.end);
            }
            Reads::Either => self.open = self.open.map(|_| word.end),
        }
    }

    /// Takes what belongs to it if the clause ends here.
    fn close(&mut self) {
        self.range.end = self.open.take().unwrap_or(self.range.end);
    }
}

/// The letters in a row at `start`.
fn word(bytes: &[u8], start: usize) -> Range<usize> {
    let length = bytes[start..].iter().position(|byte| !byte.is_ascii_alphabetic());
    start..length.map_or(bytes.len(), |length| start + length)
}

/// Whether a word of what stands there reads as it stands.
fn reads_as_it_stands(bytes: &[u8], within: Range<usize>) -> bool {
    let mut at = within.start;
    while at < within.end {
        let word = word(bytes, at);
        if !word.is_empty() && reads(bytes, &word) == Reads::AsItStands {
            return true;
        }
        at = word.end.max(at + 1);
    }
    false
}

/// A letter moved by half the alphabet; anything else as it is.
pub(super) fn turned(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
        _ => byte,
    }
}

/// Whether a word is rather one when it is moved.
fn is_moved(bytes: &[u8], word: &Range<usize>) -> bool {
    moved(bytes, word).is_some_and(|moved| frequency(&moved[..word.len()]).is_some())
        && reads(bytes, word) == Reads::Moved
}

/// The word with its letters moved, if it stands for itself.
fn moved(bytes: &[u8], word: &Range<usize>) -> Option<[u8; LONGEST]> {
    let is_part = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().is_some_and(is_name);
    if word.len() > LONGEST || is_part(word.start.checked_sub(1)) || is_part(Some(word.end)) {
        return None;
    }
    let mut moved = [0; LONGEST];
    moved.iter_mut().zip(&bytes[word.clone()]).for_each(|(moved, byte)| *moved = turned(*byte));
    Some(moved)
}

fn reads(bytes: &[u8], word: &Range<usize>) -> Reads {
    let Some(moved) = moved(bytes, word) else { return Reads::Neither };
    match (frequency(&bytes[word.clone()]), frequency(&moved[..word.len()])) {
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

fn letters_from(bytes: &[u8], at: usize) -> usize {
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
