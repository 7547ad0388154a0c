//! Words that are none as they stand, and are some when something is undone to each of them: their letters were moved by half the
//! alphabet, or they are written backwards. Both are looked for at once, so that the words of a plain text are looked up once.

use std::ops::Range;

use super::part::Part;
use super::plausible::{LONGEST, frequency};
use super::{reversed, rot13};

/// A word that is one both ways is rather the one that is so much more frequent.
const RATHER: u32 = 4;
/// More frequent words are read as they stand where nothing else says that they are not.
const COMMON: u32 = 2_000;
/// How many letters that are no words either way part what was undone from what was not.
const PATIENCE: i32 = 12;

/// What may have been done to words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trick {
    Moved,
    Reversed,
}

/// How a word reads best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    Undone,
    AsItStands,
    Either,
    Neither,
}

/// Words that go together.
#[derive(Debug)]
struct Row {
    range: Range<usize>,
    words: usize,
    letters: usize,
    longest: usize,
    /// Letters of other words, up to the last one that was undone.
    others: usize,
    /// How many letters have been read since that are no such words.
    since: i32,
    /// Where the words end that belong to it if the clause ends there.
    open: Option<usize>,
    /// Whether nothing stands before it in its clause that may be read as it stands.
    is_pure: bool,
}

/// The rows of words that one trick was done to.
#[derive(Debug)]
struct Rows {
    trick: Trick,
    done: Vec<Row>,
    row: Option<Row>,
    /// Where the clause begins, if no word of it so far is known to be read as it stands.
    clause: Option<usize>,
}

pub(super) fn find(text: &str) -> [Vec<Part>; 2] {
    let bytes = text.as_bytes();
    let mut all = [Trick::Moved, Trick::Reversed].map(Rows::new);
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() {
            if ends_clause(bytes, at) {
                all.iter_mut().for_each(|rows| rows.end_clause(at + 1));
            }
            at += 1;
            continue;
        }
        let word = word(bytes, at);
        at = word.end;
        let stands = frequency(&bytes[word.clone()]);
        let is_common = stands.is_some_and(|rank| rank < COMMON);
        for rows in all.iter_mut().filter(|rows| !is_common || rows.row.is_some()) {
            rows.read(bytes, &word, stands);
        }
    }
    all.map(|rows| {
        let trick = rows.trick;
        let part = |range| match trick {
            Trick::Moved => rot13::part(text, range),
            Trick::Reversed => reversed::part(text, range),
        };
        rows.end().into_iter().map(part).collect()
    })
}

impl Rows {
    fn new(trick: Trick) -> Self {
        Self { trick, done: Vec::new(), row: None, clause: Some(0) }
    }

    fn end_clause(&mut self, behind: usize) {
        self.row.iter_mut().for_each(Row::close);
        // The order of clauses is turned, too, so that none may be taken for one of them by a word.
        let is_chance = |row: &mut Row| {
            let is_all_of_it = row.is_pure && row.others == 0 && row.since == 0;
            !(is_all_of_it || self.trick.is_no_chance(row))
        };
        if self.trick == Trick::Reversed {
            self.row.take_if(is_chance);
        }
        self.clause = Some(behind);
    }

    /// Reads a word that is so frequent as it stands.
    fn read(&mut self, bytes: &[u8], word: &Range<usize>, stands: Option<u32>) {
        let reads = self.trick.reads(bytes, word, stands);
        match &mut self.row {
            None if reads == Reads::Undone => {
                let trick = self.trick;
                let has = |reads: &[Reads], start: usize| trick.has(reads, bytes, start..word.start);
                let clause = self.clause.filter(|start| !has(&[Reads::AsItStands], *start));
                let start = clause.map_or(word.start, |start| letters_from(bytes, start));
                let is_pure = clause.is_some_and(|start| !has(&[Reads::Neither], start));
                self.row = Some(Row::new(start, word, is_pure));
            }
            None => {}
            Some(open) => open.add(reads, word),
        }
        if let Some(row) = self.row.take_if(|row| row.since > PATIENCE) {
            self.done.push(row);
            self.clause = None;
        }
    }

    /// Where all rows stand that are no chance.
    fn end(mut self) -> Vec<Range<usize>> {
        self.done.extend(self.row.map(|mut row| {
            row.close();
            row
        }));
        self.done.retain(|row| self.trick.is_no_chance(row));
        self.done.into_iter().map(|row| row.range).collect()
    }
}

impl Row {
    fn new(start: usize, word: &Range<usize>, is_pure: bool) -> Self {
        let (letters, open) = (word.len(), Some(word.end));
        Self { range: start..word.end, words: 1, letters, longest: letters, others: 0, since: 0, open, is_pure }
    }

    fn add(&mut self, reads: Reads, word: &Range<usize>) {
        match reads {
            Reads::Undone => {
                self.range.end = word.end;
                self.others += self.since as usize;
                self.words += 1;
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

impl Trick {
    /// The word with the trick undone, if it stands for itself.
    fn undone(self, bytes: &[u8], word: &Range<usize>) -> Option<[u8; LONGEST]> {
        let is_part = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().is_some_and(is_name);
        if word.len() > LONGEST || is_part(word.start.checked_sub(1)) || is_part(Some(word.end)) {
            return None;
        }
        let mut undone = [0; LONGEST];
        let letters = undone.iter_mut().zip(&bytes[word.clone()]);
        match self {
            Self::Moved => letters.for_each(|(letter, byte)| *letter = rot13::turned(*byte)),
            Self::Reversed => undone.iter_mut().zip(bytes[word.clone()].iter().rev()).for_each(|(a, b)| *a = *b),
        }
        Some(undone)
    }

    fn reads(self, bytes: &[u8], word: &Range<usize>, stands: Option<u32>) -> Reads {
        let Some(undone) = self.undone(bytes, word) else { return Reads::Neither };
        let rank = frequency(&undone[..word.len()]);
        match (stands, rank) {
            // So many words are others backwards that only those say something which are none.
            (Some(_), Some(_)) if self == Self::Reversed => Reads::Either,
            (Some(rank), Some(other)) if other.saturating_mul(RATHER) < rank => Reads::Undone,
            (Some(rank), Some(other)) if rank.saturating_mul(RATHER) < other => Reads::AsItStands,
            (Some(_), Some(_)) => Reads::Either,
            (Some(_), None) => Reads::AsItStands,
            (None, Some(_)) => Reads::Undone,
            (None, None) => Reads::Neither,
        }
    }

    /// Whether a word of what stands there is read like one of these.
    fn has(self, reads: &[Reads], bytes: &[u8], within: Range<usize>) -> bool {
        let mut at = within.start;
        while at < within.end {
            let word = word(bytes, at);
            if !word.is_empty() && reads.contains(&self.reads(bytes, &word, frequency(&bytes[word.clone()]))) {
                return true;
            }
            at = word.end.max(at + 1);
        }
        false
    }

    /// Whether a row has letters enough, and more of them than of other words.
    fn is_no_chance(self, row: &Row) -> bool {
        let is_enough = match self {
            Self::Moved => row.longest >= 5 || row.letters >= 7,
            // A word that nobody knows may by chance be another backwards.
            Self::Reversed => row.words > 1 && row.longest >= 4 && row.letters >= 8,
        };
        is_enough && row.letters > row.others
    }
}

/// The letters in a row at `start`.
fn word(bytes: &[u8], start: usize) -> Range<usize> {
    let length = bytes[start..].iter().position(|byte| !byte.is_ascii_alphabetic());
    start..length.map_or(bytes.len(), |length| start + length)
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
