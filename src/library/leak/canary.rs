//! Words that stand in instructions only to be found again.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::classify::{Normalized, rot13};
use crate::library::letters::letter;

/// How many letters and digits a canary needs, so that no ordinary word is one.
const SHORTEST: usize = 8;

/// A canary is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanaryError {
    /// Ordinary texts may have it.
    #[error("`{text}` is too short for a canary: it needs {SHORTEST} letters and digits")]
    TooShort {
        /// Its place in the list.
        index: usize,
        /// What it says.
        text: String,
    },
    /// They can't be looked for together.
    #[error("the canaries can't be looked for: {0}")]
    TooMany(String),
}

impl CanaryError {
    /// The place in the list of the canary that it is about, if it is about one.
    pub(super) fn index(&self) -> Option<usize> {
        match self {
            Self::TooShort { index, .. } => Some(*index),
            Self::TooMany(_) => None,
        }
    }
}

/// Canaries, by their letters and digits alone, which are read as letters.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    finder: Option<AhoCorasick>,
}

impl Canaries {
    pub(super) fn new(canaries: &[String]) -> Result<Self, CanaryError> {
        let mut kernels = Vec::new();
        for (index, canary) in canaries.iter().enumerate() {
            let kernel: String = Normalized::new(canary).text().chars().filter(|c| c.is_alphanumeric()).collect();
            if kernel.chars().count() < SHORTEST {
                return Err(CanaryError::TooShort { index, text: canary.clone() });
            }
            // Someone who was told to hide it may have moved its letters.
            kernels.extend([rot13(&kernel), kernel].map(|kernel| kernel.chars().map(letter).collect::<String>()));
        }
        if kernels.is_empty() {
            return Ok(Self::default());
        }
        let finder = AhoCorasick::new(&kernels).map_err(|error| CanaryError::TooMany(error.to_string()))?;
        Ok(Self { finder: Some(finder) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.finder.is_none()
    }

    /// Where the first canary stands in `text`, which is normalised; what stands between its letters does not matter.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        let finder = self.finder.as_ref()?;
        let (mut kernel, mut origins) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            kernel.push(letter(c));
            origins.resize(kernel.len(), at);
        }
        let found = finder.find(&kernel)?;
        let (first, last) = (origins[found.start()], origins[found.end() - 1]);
        let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
        Some(first..end)
    }
}
