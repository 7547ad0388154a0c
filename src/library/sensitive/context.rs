//! Words near a number that say what it is.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// How far before and after a number its words may stand, in bytes.
const BEFORE: usize = 70;
const AFTER: usize = 35;

/// Finds the words of all kinds in one pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// None before there are any words.
    search: Option<AhoCorasick>,
    /// Per word: the kinds it speaks for, and whether it may be the start of a longer one.
    words: Vec<(Vec<u16>, bool)>,
}

/// The words of one text, by place.
#[derive(Debug)]
pub(super) struct Marks<'c> {
    context: &'c Context,
    marks: Vec<(usize, usize, u32)>,
}

impl Context {
    /// From words in small letters with the kind they speak for.
    ///
    /// # Errors
    ///
    /// They are too many to be looked for at once.
    pub(super) fn new<'w>(words: impl Iterator<Item = (&'w str, u16)>) -> Result<Self, BuildError> {
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        let mut texts: Vec<(&str, Vec<u16>)> = Vec::new();
        for (word, entity) in words {
            let place = *places.entry(word).or_insert_with(|| {
                texts.push((word, Vec::new()));
                texts.len() - 1
            });
            texts[place].1.push(entity);
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(texts.iter().map(|(text, _)| text))?;
        Ok(Context {
            search: Some(search),
            words: texts.into_iter().map(|(text, entities)| (entities, text.chars().count() > 4)).collect(),
        })
    }

    pub(super) fn marks(&self, text: &str) -> Marks<'_> {
        let bytes = text.as_bytes();
        let found = self.search.iter().flat_map(|search| search.find_iter(text));
        let marks = found.filter(|found| {
            let ascii = bytes[found.start()].is_ascii();
            let before = ascii && found.start() > 0 && bytes[found.start() - 1].is_ascii_alphanumeric();
            let after = ascii && bytes.get(found.end()).is_some_and(u8::is_ascii_alphabetic);
            !before && (!after || self.words[found.pattern().as_usize()].1)
        });
        let marks = marks.map(|found| (found.start(), found.end(), found.pattern().as_u32())).collect();
        Marks { context: self, marks }
    }
}

impl Marks<'_> {
    /// Whether a word that speaks for `entity` is near a place.
    pub(super) fn near(&self, range: &Range<usize>, entity: u16) -> bool {
        let from = range.start.saturating_sub(BEFORE);
        let first = self.marks.partition_point(|mark| mark.0 < from);
        self.marks[first..].iter().take_while(|mark| mark.0 < range.end + AFTER).any(|mark| {
            (mark.1 <= range.start || mark.0 >= range.end) && self.context.words[mark.2 as usize].0.contains(&entity)
        })
    }
}
