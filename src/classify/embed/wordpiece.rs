//! Text to word pieces, as BERT's uncased tokeniser does it.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub(super) static VOCABULARY: &str = include_str!("data/vocab.txt");

/// The piece that stands for a word which has none.
pub(super) const UNKNOWN: u32 = 0;
/// Words longer than this, in characters, are unknown.
const LONGEST_WORD: usize = 100;

struct Pieces {
    /// Pieces that start a word.
    first: FxHashMap<&'static str, u32>,
    /// Pieces that go on with it, without their `##`.
    later: FxHashMap<&'static str, u32>,
    /// Bytes of the longest piece.
    longest: usize,
}

static PIECES: LazyLock<Pieces> = LazyLock::new(|| {
    let mut pieces = Pieces { first: FxHashMap::default(), later: FxHashMap::default(), longest: 0 };
    pieces.first.reserve(24_000);
    pieces.later.reserve(6_000);
    for (id, line) in VOCABULARY.lines().enumerate() {
        match line.strip_prefix("##").filter(|piece| !piece.is_empty()) {
            Some(piece) => pieces.later.insert(piece, id as u32),
            None => pieces.first.insert(line, id as u32),
        };
        pieces.longest = pieces.longest.max(line.len());
    }
    pieces
});

/// How frequent a word of the vocabulary is: the lower, the more frequent.
pub(in crate::classify) fn rank(word: &str) -> Option<u32> {
    PIECES.first.get(word).copied()
}

/// Calls `found` with each piece of `text` in turn.
pub(super) fn pieces(text: &str, mut found: impl FnMut(u32)) {
    let pieces = &*PIECES;
    let mut word = String::new();
    let mut ids = Vec::new();
    let mut flush = |word: &mut String| {
        if !word.is_empty() {
            pieces.word(word, &mut ids);
            ids.iter().for_each(|id| found(*id));
            word.clear();
        }
    };
    let mut one = |c: char| {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if c.is_whitespace() {
            flush(&mut word);
        } else if stands_alone(c) {
            flush(&mut word);
            word.push(c);
            flush(&mut word);
        } else if !is_dropped(c) {
            word.extend(c.to_lowercase());
        }
    };
    if text.is_ascii() {
        text.chars().for_each(&mut one);
    } else {
        text.nfd().filter(|c| c.general_category() != GeneralCategory::NonspacingMark).for_each(&mut one);
    }
    one(' ');
}

impl Pieces {
    /// The longest pieces, from left to right; one unknown when they don't cover the word.
    fn word(&self, word: &str, ids: &mut Vec<u32>) {
        ids.clear();
        if word.len() > LONGEST_WORD && word.chars().count() > LONGEST_WORD {
            ids.push(UNKNOWN);
            return;
        }
        let mut rest = word;
        while !rest.is_empty() {
            let map = if ids.is_empty() { &self.first } else { &self.later };
            let mut end = rest.len().min(self.longest);
            let id = loop {
                if end == 0 {
                    ids.clear();
                    ids.push(UNKNOWN);
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
