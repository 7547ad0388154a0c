//! Groups of words that two texts have in common.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHasher};

use super::words::words;
use crate::classify::Normalized;
use crate::library::letters::letter;

/// Words in a group: four in a row are common in English, five seldom.
const GROUP: usize = 5;
/// How many passages are shown.
const MOST_PASSAGES: usize = 64;

/// The words of instructions, in groups.
#[derive(Debug)]
pub(super) struct Instructions {
    words: usize,
    /// Of each group the place of its first word, the last where it stands several times.
    groups: FxHashMap<u64, u32>,
}

/// What a text has of them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Overlap {
    /// How many of their words, each counted once.
    pub words: usize,
    /// Where in the text, in bytes.
    pub passages: Vec<Range<usize>>,
}

impl Instructions {
    pub(super) fn new(text: &str) -> Self {
        let text = Normalized::new(text);
        let hashes: Vec<u64> = words(text.text()).map(|word| hash_of_word(&text.text()[word])).collect();
        let groups = hashes.windows(GROUP).enumerate().map(|(at, group)| (hash(group), at as u32)).collect();
        Self { words: hashes.len(), groups }
    }

    /// How many words they are.
    pub(super) fn len(&self) -> usize {
        self.words
    }

    /// What `text` has of them, which is normalised.
    pub(super) fn in_text(&self, text: &str) -> Overlap {
        let mut overlap = Overlap::default();
        if self.groups.is_empty() {
            return overlap;
        }
        let words: Vec<Range<usize>> = words(text).collect();
        let hashes: Vec<u64> = words.iter().map(|word| hash_of_word(&text[word.clone()])).collect();
        let mut told = vec![false; self.words];
        for (at, group) in hashes.windows(GROUP).enumerate() {
            let Some(place) = self.groups.get(&hash(group)) else { continue };
            told[*place as usize..*place as usize + GROUP].fill(true);
            let range = words[at].start..words[at + GROUP - 1].end;
            if let Some(last) = overlap.passages.last_mut()
                && range.start <= last.end
            {
                last.end = range.end;
            } else if overlap.passages.len() < MOST_PASSAGES {
                overlap.passages.push(range);
            }
        }
        overlap.words = told.into_iter().filter(|is_told| *is_told).count();
        overlap
    }
}

/// The same for words that look the same, or have digits for letters.
fn hash_of_word(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    word.chars().for_each(|c| letter(c).hash(&mut hasher));
    hasher.finish()
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
