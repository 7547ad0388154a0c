//! Phrases: texts that are looked for as whole words.

use std::ops::Range;

use aho_corasick::{AhoCorasick, BuildError};
use rustc_hash::FxHashSet;

use super::boundary::stands_free;

/// Phrases in order of definition.
#[derive(Default)]
pub(crate) struct Phrases {
    finder: Option<AhoCorasick>,
}

impl Phrases {
    /// Compiles `phrases`, which are normalised and not empty.
    pub(crate) fn new(phrases: &[String]) -> Result<Self, BuildError> {
        let finder = if phrases.is_empty() { None } else { Some(AhoCorasick::new(phrases)?) };
        Ok(Self { finder })
    }

    /// Calls `found` with each phrase that is part of `text`, which is normalised, and with the first place of it.
    pub(crate) fn find(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let Some(finder) = &self.finder else { return };
        let mut seen = FxHashSet::default();
        for place in finder.find_overlapping_iter(text) {
            if stands_free(text, place.range()) && seen.insert(place.pattern()) {
                found(place.pattern().as_usize(), place.range());
            }
        }
    }
}
