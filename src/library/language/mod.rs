//! Which language a text is in, as far as it tells, and whether that one is allowed.

mod english;
mod names;
mod prose;
mod rails;

#[cfg(test)]
mod tests;

use std::ops::Range;

use names::{code, language};
use whatlang::Detector;
pub use whatlang::Lang;

pub(super) use rails::FAMILY;

/// How many pieces of a text are looked at; of a longer one, evenly spread ones.
const MOST_PIECES: usize = 8;
/// How sure it must be among all languages which one a text is in, to be looked at whether it is an allowed one after all.
const WILD_GUESS: f64 = 0.2;

/// Which languages are allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// These; with none, all are.
    pub allowed: Vec<Lang>,
    /// A piece of text with fewer letters tells nothing.
    pub min_letters: usize,
    /// How sure it must be which language a piece is in, from 0 to 1.
    pub min_confidence: f64,
    /// The share of letters that may be in other languages, from 0 to 1.
    pub max_other: f64,
    /// Whether a text passes of which no language can be told.
    pub unknown_passes: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allowed: Vec::new(), min_letters: 25, min_confidence: 0.9, max_other: 0.5, unknown_passes: true }
    }
}

/// What a text is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The language of most of what tells one.
    pub language: Option<Lang>,
    /// The share of letters in languages that are not allowed, from 0 to 1; of those pieces that tell their language.
    pub other: f64,
    /// Whether it may pass.
    pub passes: bool,
    /// The pieces in languages that are not allowed: in bytes, with how sure that is.
    pub others: Vec<(Range<usize>, Lang, f64)>,
}

impl Settings {
    /// What `text` is in. Takes time linear in its length.
    pub fn listen(&self, text: &str) -> Heard {
        let pieces = prose::pieces(text, self.min_letters);
        let step = pieces.len().div_ceil(MOST_PIECES).max(1);
        let (mut letters, mut others): (Vec<(Lang, usize)>, _) = (Vec::new(), Vec::new());
        for piece in pieces.into_iter().step_by(step) {
            let Some((lang, confidence)) = self.tell(&piece.text) else { continue };
            match letters.iter_mut().find(|(known, _)| *known == lang) {
                Some((_, count)) => *count += piece.letters,
                None => letters.push((lang, piece.letters)),
            }
            if !self.allowed.contains(&lang) {
                others.push((piece.range, lang, confidence));
            }
        }
        let all: usize = letters.iter().map(|(_, count)| count).sum();
        let allowed: usize =
            letters.iter().filter(|(lang, _)| self.allowed.contains(lang)).map(|(_, count)| count).sum();
        let other = if all == 0 { 0.0 } else { (all - allowed) as f64 / all as f64 };
        let language = letters.into_iter().max_by_key(|(_, count)| *count).map(|(lang, _)| lang);
        let passes = self.allowed.is_empty() || if all == 0 { self.unknown_passes } else { other <= self.max_other };
        Heard { language, other, passes, others }
    }

    /// The language of `text`, and how sure that is: whatever it is, all that counts is whether it is one that is allowed.
    fn tell(&self, text: &str) -> Option<(Lang, f64)> {
        if self.allowed.contains(&Lang::Eng) && english::is_plainly(text) {
            return Some((Lang::Eng, 1.0));
        }
        let told = whatlang::detect(text)?;
        if self.allowed.contains(&told.lang()) {
            return Some((told.lang(), told.confidence()));
        }
        if !self.allowed.iter().any(|lang| told.script().langs().contains(lang)) {
            return Some((told.lang(), 1.0));
        }
        // Close languages are easily taken for each other, so the best guess is held against the allowed ones alone.
        let is_guess = told.confidence() < WILD_GUESS;
        let against = self.allowed.iter().copied().chain([told.lang()]).collect();
        let told = Detector::with_allowlist(against).detect(text)?;
        let is_sure = told.confidence() >= self.min_confidence && !is_guess;
        (is_sure || self.allowed.contains(&told.lang())).then(|| (told.lang(), told.confidence()))
    }
}
