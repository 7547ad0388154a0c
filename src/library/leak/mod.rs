//! What a reply tells of the instructions of its model: groups of words that stand in both, and words that stand nowhere else.

mod canary;
mod overlap;
mod rails;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use crate::classify::{Normalized, Readings};
use crate::library::Found;
use crate::library::undone::apart;
use canary::Canaries;
pub use canary::CanaryError;
use overlap::Instructions;
pub(super) use rails::FAMILY;

/// What counts as a leak.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The share of the instructions that a reply may tell, from 0 to 1.
    pub threshold: f32,
    /// So many words of them are no leak yet, whatever the share.
    pub min_words: usize,
    /// So many words of them are one, whatever the share.
    pub max_words: usize,
    /// Whether the sample conversation is as secret as the instructions.
    pub sample_conversation: bool,
    /// Words that stand in the instructions to be found in replies.
    pub canaries: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: 0.3, min_words: 15, max_words: 60, sample_conversation: false, canaries: Vec::new() }
    }
}

/// Finds what replies tell of instructions.
#[derive(Debug)]
pub struct Detector {
    instructions: Instructions,
    canaries: Canaries,
    threshold: f32,
    min_words: usize,
    max_words: usize,
}

/// What a reply tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Leak {
    /// The share of the instructions, from 0 to 1; 1 for a canary.
    pub score: f32,
    /// How many of their words.
    pub words: usize,
    /// Whether that is a leak.
    pub is_leak: bool,
    /// The passages: `instructions` or `canary`. Those of the instructions are as they are, whether it is a leak or not.
    pub found: Vec<Found>,
}

impl Detector {
    /// Gets ready to find `instructions`, one text for all of them. Canaries go by their index in the settings.
    pub fn new(settings: &Settings, instructions: &str) -> Result<Self, CanaryError> {
        Ok(Self {
            instructions: Instructions::new(instructions),
            canaries: Canaries::new(&settings.canaries)?,
            threshold: settings.threshold,
            min_words: settings.min_words,
            max_words: settings.max_words,
        })
    }

    /// Whether there is anything that could leak: instructions of `min_words`, or a canary.
    pub fn can_find(&self) -> bool {
        !self.canaries.is_empty() || self.instructions.len() >= self.min_words
    }

    /// What a reply tells, in whichever way of reading it that tells most. Takes time linear in its length.
    pub fn look_at(&self, reply: &Readings) -> Leak {
        let mut most = Leak::default();
        let mut take = |leak: Leak| {
            if (leak.is_leak, leak.words) > (most.is_leak, most.words) {
                most = leak;
            }
        };
        for reading in reply.folded() {
            take(self.look_at_one(reading.text(), &|range| reading.origin(range)));
        }
        for reading in reply.as_it_stands() {
            let Some(undone) = apart(reading.text()) else { continue };
            let read = Normalized::new(undone.text());
            take(self.look_at_one(read.text(), &|range| reading.origin(undone.origin(read.origin(range)))));
        }
        most
    }

    fn look_at_one(&self, text: &str, origin: &dyn Fn(Range<usize>) -> Range<usize>) -> Leak {
        let overlap = self.instructions.in_text(text);
        let score = overlap.words as f32 / self.instructions.len().max(1) as f32;
        let is_told = overlap.words >= self.min_words && (score >= self.threshold || overlap.words >= self.max_words);
        let found = |rule, range, score| Found { rule: Cow::Borrowed(rule), range: origin(range), score };
        let passages = overlap.passages.into_iter().map(|range| found("instructions", range, score));
        let mut leak = Leak { score, words: overlap.words, is_leak: is_told, found: passages.collect() };
        if let Some(canary) = self.canaries.find(text) {
            // Fewer words than are a leak may be common ones.
            leak.found.retain(|_| is_told);
            leak.found.push(found("canary", canary, 1.0));
            leak = Leak { score: 1.0, is_leak: true, ..leak };
        }
        leak
    }
}
