//! Whether what a decoder made was meant to be read.

use crate::classify::embed::{is_short_word, rank};
use crate::classify::orders;

/// So many printable characters in a row don't come about by chance.
const PRINTABLE: usize = 10;
/// So many bytes neither, with letters beyond ASCII among them.
const ACCENTED: usize = 16;
/// So many letters of another script neither.
const FOREIGN: usize = 4;
/// What else stands beside such letters.
const TYPOGRAPHY: &str = "¡¿«»°§€£–—‘’‚“”„…";
/// Letters of the words that are enough by themselves.
const FEWEST: usize = 4;
/// Words of three letters that are less frequent are as good as any three letters.
const FREQUENT: u32 = 12_000;
/// Words that the vocabulary does not have count as less frequent than all of it.
const RAREST: u32 = 30_000;
/// Longer words are none.
pub(super) const LONGEST: usize = 24;

/// How frequent a word in any case is: the lower, the more frequent; `None` if it is none.
pub(super) fn frequency(word: &[u8]) -> Option<u32> {
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    if word.len() < 3 && !is_short_word(lower) {
        return None;
    }
    let lower = std::str::from_utf8(lower).ok()?;
    let known = rank(lower).filter(|rank| word.len() > 3 || *rank < FREQUENT);
    known.or_else(|| orders::is_word(lower).then_some(RAREST))
}

/// How many letters a text has, and how many of them are in words that are known.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Known {
    letters: usize,
    known: usize,
    longest: usize,
}

impl Known {
    pub(super) fn of(text: &str) -> Self {
        let mut counted = Self::default();
        for word in text.as_bytes().split(|byte| !byte.is_ascii_alphabetic()) {
            counted.letters += word.len();
            if !word.is_empty() && frequency(word).is_some() {
                counted.known += word.len();
                counted.longest = counted.longest.max(word.len());
            }
        }
        counted
    }

    /// Whether most of the text is words, of at least so many letters together.
    pub(super) fn is_words(self, least: usize) -> bool {
        self.longest > 2 && self.is_partly_words(least, 60)
    }

    /// Whether so many of a hundred letters are in words, and at least so many together.
    pub(super) fn is_partly_words(self, least: usize, percent: usize) -> bool {
        self.known >= least && self.known * 100 >= self.letters * percent
    }

    /// Letters of the longest word that is known.
    pub(super) fn longest(self) -> usize {
        self.longest
    }
}

/// Whether a text was meant to be read: it is words, or in another script, or longer than chance would have it, or encodes such a text.
pub(super) fn is_text(text: &str) -> bool {
    if text.len() < FEWEST || text.contains(is_control) {
        return false;
    }
    let foreign = text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
    if foreign >= FOREIGN && text.chars().filter(|c| !c.is_ascii()).count() < foreign * 2 {
        return true;
    }
    let others = text.bytes().filter(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\n'))).count();
    (others * 3 <= text.len() && Known::of(text).is_words(FEWEST))
        || (text.is_ascii() && text.len() >= PRINTABLE)
        || (text.len() >= ACCENTED && text.chars().all(|c| c.is_ascii() || c.is_alphabetic() || TYPOGRAPHY.contains(c)))
        || (text.is_ascii() && text.len() > FEWEST && !super::parts(text).is_empty())
}

/// Whether every word of a short text is known.
pub(super) fn is_little_text(text: &str) -> bool {
    let known = Known::of(text);
    !text.is_empty() && !text.contains(is_control) && text.is_ascii() && known.known == known.letters
}

/// Characters that no text to be read has.
pub(super) fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}
