//! Text to word pieces, as BERT's uncased tokeniser does it.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub(super) static VOCABULARY: &str = include_str!("data/vocab.txt");

/// The piece that stands for a word which has none.
pub(super) const UNKNOWN: u32 = 0;
/// Words longer than this, in characters, are unknown.
const LONGEST_WORD: usize = 100;

/// A vocabulary of word pieces.
#[derive(Debug)]
pub(super) struct Pieces<S> {
    /// Pieces that start a word.
    first: FxHashMap<S, u32>,
    /// Pieces that go on with it, without their `##`.
    later: FxHashMap<S, u32>,
    /// Bytes of the longest piece.
    longest: usize,
    /// The piece that stands for a word which has none.
    unknown: u32,
    /// Whether case and accents make no difference.
    folds: bool,
}

static PIECES: LazyLock<Pieces<&'static str>> =
    LazyLock::new(|| Pieces::new(VOCABULARY.lines().zip(0..), UNKNOWN, true));

/// How frequent a word of the vocabulary is: the lower, the more frequent.
pub(in crate::classify) fn rank(word: &str) -> Option<u32> {
    PIECES.first.get(word).copied()
}

/// Words of one and two letters; the vocabulary has every letter, and many others that are none.
const SHORT: &[&[u8]] = &[
    b"a", b"i", b"am", b"an", b"as", b"at", b"be", b"by", b"do", b"go", b"he", b"if", b"in", b"is", b"it", b"me",
    b"my", b"no", b"of", b"on", b"or", b"so", b"to", b"up", b"us", b"we",
];

/// Whether `word`, in small letters, has one or two of them and is a word.
pub(in crate::classify) fn is_short_word(word: &[u8]) -> bool {
    SHORT.contains(&word)
}

/// Calls `found` with each piece of `text` in the built-in vocabulary, in turn.
pub(super) fn pieces(text: &str, found: impl FnMut(u32)) {
    PIECES.of(text, found);
}

impl<S: Borrow<str> + Eq + Hash> Pieces<S> {
    /// The pieces and their numbers; those that go on with a word begin by `##`. If it `folds`, so must they.
    pub(super) fn new<'p>(pieces: impl Iterator<Item = (&'p str, u32)>, unknown: u32, folds: bool) -> Self
    where
        S: From<&'p str>,
    {
        let mut new = Self { first: FxHashMap::default(), later: FxHashMap::default(), longest: 0, unknown, folds };
        new.first.reserve(24_000);
        new.later.reserve(6_000);
        for (line, id) in pieces {
            match line.strip_prefix("##").filter(|piece| !piece.is_empty()) {
                Some(piece) => new.later.insert(piece.into(), id),
                None => new.first.insert(line.into(), id),
            };
            new.longest = new.longest.max(line.len());
        }
        new
    }

    /// Calls `found` with each piece of `text` in turn.
    pub(super) fn of(&self, text: &str, mut found: impl FnMut(u32)) {
        let folds = self.folds;
        let mut word = String::new();
        let mut ids = Vec::new();
        let mut flush = |word: &mut String| {
            if !word.is_empty() {
                self.word(word, &mut ids);
                ids.iter().for_each(|id| found(*id));
                word.clear();
            }
        };
        let mut one = |c: char| {
            if c.is_ascii_alphanumeric() {
                word.push(if folds { c.to_ascii_lowercase() } else { c });
            } else if c.is_whitespace() {
                flush(&mut word);
            } else if stands_alone(c) {
                flush(&mut word);
                word.push(c);
                flush(&mut word);
            } else if !is_dropped(c) {
                if folds {
                    word.extend(c.to_lowercase());
                } else {
                    word.push(c);
                }
            }
        };
        if text.is_ascii() || !folds {
            text.chars().for_each(&mut one);
        } else {
            text.nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark).for_each(&mut one);
        }
        one(' ');
    }

    /// The longest pieces, from left to right; one unknown when they don't cover the word.
    fn word(&self, word: &str, ids: &mut Vec<u32>) {
        ids.clear();
        if word.len() > LONGEST_WORD && word.chars().count() > LONGEST_WORD {
            ids.push(self.unknown);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let map = if ids.is_empty() { &self.first } else { &self.later };
            let mut end = rest.len().min(self.longest);
            let id = loop {
                if end == 0 {
                    ids.clear();
                    ids.push(self.unknown);
                    return;
                }
                if let Some(id) = rest.get(..end).and_then(|piece| map.get(piece)) {
                    break *id;
                }
                end -= 1;
            };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

/// Punctuation, and characters of scripts that put no spaces between words.
fn stands_alone(c: char) -> bool {
    c.is_ascii_punctuation()
        || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Punctuation)
        || matches!(c,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2ceaf}'
            | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

fn is_dropped(c: char) -> bool {
    c == '\u{fffd}' || c.general_category_group() == GeneralCategoryGroup::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&'static str> {
        let vocabulary: Vec<&str> = VOCABULARY.lines().collect();
        let mut tokens = Vec::new();
        pieces(text, |id| tokens.push(vocabulary[id as usize]));
        tokens
    }

    #[test]
    fn texts_are_split_as_bert_does() {
        for (text, expected) in [
            ("How do I reset my password?", "how do i reset my password ?"),
            ("Café, naïve!", "cafe , naive !"),
            ("don't", "don ' t"),
            ("unbelievably", "unbelievably"),
            ("", ""),
            ("  \n\t ", ""),
        ] {
            assert_eq!(tokens(text).join(" ").replace(" ##", ""), expected, "{text}");
        }
        assert_eq!(tokens(&"a".repeat(101)), ["[UNK]"]);
        assert_eq!(VOCABULARY.lines().nth(UNKNOWN as usize), Some("[UNK]"));
    }
}
