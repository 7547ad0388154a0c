//! Fitting thresholds to texts of which it is known what they mean: on one half of them, and a report on the other.

mod choose;
mod rates;
mod split;
mod unseen;
mod write;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::classify::{Classification, EmbedError, Tier};
use crate::engine::Rails;
use crate::program::IntentId;

pub use rates::{Confusion, Interval, Rates};
pub use unseen::unseen;
pub use write::{Provenance, in_place, thresholds_file};

/// A text, and what is known of it.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// The intent it means; `None` for a text that means none of them.
    pub intent: Option<IntentId>,
    /// What the rails make of it, thresholds aside.
    pub seen: Seen,
}

/// What rails make of a text, thresholds aside.
#[derive(Debug, Clone)]
pub enum Seen {
    /// It equals an example or matches a pattern, whatever thresholds are.
    Certain(IntentId),
    /// The nearest intents with their confidences, best first.
    Near(Vec<(IntentId, f32)>),
}

impl Seen {
    fn new(found: &Classification) -> Self {
        match (found.tier, found.intent) {
            (Tier::Exact | Tier::Pattern, Some(intent)) => Self::Certain(intent),
            _ => Self::Near(found.candidates.iter().map(|candidate| (candidate.intent, candidate.score)).collect()),
        }
    }
}

/// What scores must reach, from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Where nothing else is said.
    pub default: f32,
    /// For intents that have their own.
    pub own: FxHashMap<IntentId, f32>,
}

impl Thresholds {
    /// Those that the rails have now.
    pub fn of(rails: &Rails) -> Self {
        let classifier = rails.classifier();
        let default = classifier.default_threshold();
        let all = rails.program().intents().map(|(intent, _)| (intent, classifier.threshold(intent)));
        Self { default, own: all.filter(|(_, threshold)| *threshold != default).collect() }
    }

    /// What a score must reach to mean `intent`.
    pub fn of_intent(&self, intent: IntentId) -> f32 {
        self.own.get(&intent).copied().unwrap_or(self.default)
    }

    /// What a text is taken to mean.
    fn meaning(&self, seen: &Seen) -> Option<IntentId> {
        match seen {
            Seen::Certain(intent) => Some(*intent),
            Seen::Near(candidates) => {
                let reached = candidates.iter().find(|(intent, score)| *score >= self.of_intent(*intent));
                reached.map(|(intent, _)| *intent)
            }
        }
    }
}

/// Thresholds, and what they are worth.
#[derive(Debug, Clone)]
pub struct Fit {
    /// As fitted.
    pub thresholds: Thresholds,
    /// How many texts they were fitted on.
    pub texts: usize,
    /// Of the other half, with the thresholds as they were.
    pub before: Rates,
    /// Of the other half, with those that were fitted.
    pub after: Rates,
    /// What to know of it.
    pub notes: Vec<Note>,
}

/// Why a fit is worth less than it could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// No text means none of the intents, so false alarms were not seen.
    NothingOutside,
    /// So few texts out of scope can't show a rate of false alarms as low as was asked for.
    TooFewOutside(usize),
    /// All texts in scope mean this one intent.
    OneIntent(String),
    /// Intents that no text means.
    NoTexts(usize),
}

/// What can keep thresholds from being fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// There is nothing to fit to.
    #[error("{0} texts are too few to fit thresholds on one half and report on the other; give at least {least}", least = LEAST)]
    TooFew(usize),
    /// No text means an intent of the rails.
    #[error("none of the texts means an intent of these rails; labels are the names of intents")]
    NothingInside,
    /// Texts can't be classified.
    #[error(transparent)]
    Embedder(#[from] EmbedError),
}

/// How many texts a fit takes at least.
const LEAST: usize = 20;

/// What `rails` make of a text that means `intent`.
///
/// # Errors
/// When the embedder fails.
pub fn labelled(rails: &Rails, text: &str, intent: Option<IntentId>) -> Result<Labelled, EmbedError> {
    let seen = Seen::new(&rails.classifier().classify(text)?);
    Ok(Labelled { text: text.to_owned(), intent, seen })
}

/// Fits thresholds of `rails`. With `target`, a rate from 0 to 1, no more texts out of scope than that mean an intent; without, texts
/// in and out of scope weigh the same, however many there are of each.
///
/// `fixed` are intents whose thresholds are not to be changed.
///
/// # Errors
/// When the texts are too few, or none means an intent.
pub fn fit(rails: &Rails, texts: &[Labelled], target: Option<f64>, fixed: &[IntentId]) -> Result<Fit, FitError> {
    if texts.len() < LEAST {
        return Err(FitError::TooFew(texts.len()));
    }
    let mut present: Vec<IntentId> = texts.iter().filter_map(|text| text.intent).collect();
    present.sort_unstable();
    present.dedup();
    if present.is_empty() {
        return Err(FitError::NothingInside);
    }
    let (shown, kept_back) = split::halves(texts);
    let before = Thresholds::of(rails);
    let mut thresholds = choose::thresholds(&shown, target, fixed, before.default);
    thresholds.own.extend(fixed.iter().map(|intent| (*intent, before.of_intent(*intent))));
    let outside = shown.iter().filter(|text| text.intent.is_none()).count();
    let mut notes = Vec::new();
    if outside == 0 {
        notes.push(Note::NothingOutside);
    } else if target.is_some_and(|target| target * (outside as f64) < 1.0) {
        notes.push(Note::TooFewOutside(outside));
    }
    if let [only] = present[..] {
        notes.push(Note::OneIntent(rails.program().intent(only).name.to_string()));
    }
    let absent = rails.program().intents.iter().filter(|intent| !intent.examples.is_empty()).count();
    let absent = absent.saturating_sub(present.len());
    if absent > 0 {
        notes.push(Note::NoTexts(absent));
    }
    Ok(Fit {
        before: Rates::new(rails.program(), &kept_back, &before),
        after: Rates::new(rails.program(), &kept_back, &thresholds),
        texts: shown.len(),
        thresholds,
        notes,
    })
}
