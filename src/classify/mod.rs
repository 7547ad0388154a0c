//! What a text means: equal to an example, else by pattern, else by the nearest example.

mod cascade;
mod classification;
mod counter;
mod embed;
mod exact;
mod head;
mod lint;
mod nearest;
mod normalize;
mod orders;
pub(crate) mod pattern;
mod readings;
mod recent;
mod search;
mod settings;
mod slot;
mod views;

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::Arc;

use ndarray::ArrayView1;
use rustc_hash::FxHashSet;

pub(crate) use embed::Batch;
#[cfg(any(feature = "http", feature = "transformer"))]
pub(crate) use embed::Remembered;
#[cfg(feature = "http")]
pub(crate) use embed::Remote;
pub use embed::{EmbedError, Embedder, NoVector, Static, Unembeddable};
#[cfg(feature = "transformer")]
pub use embed::{Transformer, TransformerError};
pub use normalize::Normalized;
pub(crate) use normalize::{is_invisible, look_alike, mixed_words};

pub use crate::cache::Folders;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{IntentId, Program};
use crate::source::Span;
use cascade::Tiers;
pub use classification::{Abstention, Candidate, Classification, MatchKind, Matched, Tier, Unanswered};
use exact::Exact;
pub use head::Kept;
use nearest::Nearest;
pub(crate) use nearest::centre_weight;
pub use nearest::{Carried, Evidence, Near, Weighed};
use normalize::Speller;
pub use pattern::PatternMatch;
use pattern::Patterns;
pub use readings::{Form, Reading, Readings};
pub(crate) use recent::Recent;
pub use settings::{Scale, Settings, fingerprint};
pub use views::{DEEPEST, Encoding, View, views};
pub(crate) use views::{rot13, sextet};

/// An example as the embedder sees it.
#[derive(Debug, Clone, Copy)]
pub struct ExampleVector<'a> {
    /// Whose example it is.
    pub intent: IntentId,
    /// As written.
    pub text: &'a Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// Its direction, of length 1.
    pub vector: ArrayView1<'a, f32>,
}

/// The compiled intents of a program. Immutable, and shared by all requests.
#[derive(Debug)]
pub struct Classifier {
    exact: Exact,
    patterns: Patterns,
    speller: Arc<Speller>,
    nearest: Option<Nearest>,
    thresholds: Vec<f32>,
    slots: Vec<Vec<Arc<str>>>,
    scale: Scale,
    default_threshold: f32,
}

impl Classifier {
    /// Compiles the intents of `program`. With an error among the findings it is not to be used.
    pub fn build(program: &Program, settings: &Settings) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let patterns = Patterns::new(program, &mut diagnostics);
        let nearest = settings.embedder.as_ref().map(|embedder| Nearest::new(program, embedder, &settings.folders));
        let nearest = match nearest.transpose() {
            Ok(nearest) => nearest.map(|(nearest, unreadable)| {
                diagnostics.extend(unreadable.into_iter().map(|example| {
                    Diagnostic::new(codes::UNKNOWN_SCRIPT, example.span, "the embedder can't read this example")
                        .label("most of it is in no script the embedder knows")
                        .help("it still matches texts that equal it; use `contains` or a `/regex/` for more")
                }));
                nearest
            }),
            Err(error) => {
                diagnostics.push(Diagnostic::without_span(codes::EMBEDDER_FAILED, error.to_string()));
                None
            }
        };
        let mut thresholds = vec![settings.threshold; program.intents.len()];
        settings.fitted.iter().for_each(|(intent, threshold)| thresholds[intent.index()] = *threshold);
        for (threshold, intent) in thresholds.iter_mut().zip(&program.intents) {
            *threshold = intent.threshold.unwrap_or(*threshold);
        }
        let classifier = Self {
            exact: Exact::new(program),
            patterns,
            speller: Arc::new(Speller::new(program)),
            nearest,
            thresholds,
            slots: program.intents.iter().map(crate::program::slot::names).collect(),
            scale: settings.scale,
            default_threshold: settings.threshold,
        };
        (classifier, diagnostics)
    }

    /// What looks wrong with the patterns of `program`, which this was built from.
    pub fn lint(&self, program: &Program) -> Vec<Diagnostic> {
        lint::others_examples(self, program)
    }

    /// Keeps what was learnt of the examples in `folder`, so that it need not be learnt again, and takes out what was kept there of
    /// others; `None` where nothing was learnt.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep(&self, folder: &Path) -> io::Result<Option<Kept>> {
        self.nearest.as_ref().map_or(Ok(None), |nearest| nearest.keep(folder))
    }

    /// What a score must reach to mean `intent`, from 0 to 1.
    pub fn threshold(&self, intent: IntentId) -> f32 {
        self.thresholds[intent.index()]
    }

    /// What it must reach where nothing else is said.
    pub fn default_threshold(&self) -> f32 {
        self.default_threshold
    }

    /// Every example that is embedded, with its vector.
    pub fn examples(&self) -> impl Iterator<Item = ExampleVector<'_>> {
        self.nearest.iter().flat_map(Nearest::examples)
    }

    /// What compares texts that match no pattern.
    pub fn embedder(&self) -> Option<&Arc<dyn Embedder>> {
        self.nearest.as_ref().map(Nearest::embedder)
    }

    /// Whether classifying a text may take so long that nothing should wait for it which has other things to do.
    pub fn is_costly(&self) -> bool {
        self.embedder().is_some_and(|embedder| embedder.is_costly())
    }

    /// What `text` means. Stops at the first tier that decides.
    ///
    /// # Errors
    /// When no tier before it decides, and the embedder fails. The built-in one never does.
    pub fn classify(&self, text: &str) -> Result<Classification, EmbedError> {
        self.decide(text, Tiers::UntilDecided)
    }

    /// What `text` means by what equals it and by patterns alone.
    pub(crate) fn without_embedding(&self, text: &str) -> Classification {
        self.decide(text, Tiers::Certain).unwrap_or_else(|_| self.nothing(Tier::Pattern, None))
    }

    /// The same decision, with the candidates of all tiers, one an intent; [`patterns`](Self::patterns) has every pattern.
    ///
    /// # Errors
    /// When the embedder fails.
    pub fn explain(&self, text: &str) -> Result<Classification, EmbedError> {
        self.decide(text, Tiers::All)
    }

    /// The same of a text that was read before.
    pub(crate) fn explain_read(&self, readings: &Readings) -> Result<Classification, EmbedError> {
        self.decide_read(readings)
    }

    /// What the embedding tier goes by for `text`, thresholds aside: the numbers behind the best `count` intents, and what each word does
    /// for the first.
    ///
    /// # Errors
    /// When the embedder has nothing to say of it.
    pub fn evidence(&self, text: &str, count: usize) -> Result<Evidence, Unanswered> {
        let nearest = self.nearest.as_ref().ok_or(Abstention::NoExamples)?;
        let typed = text;
        let text = Normalized::new(typed);
        let text = self.speller.repair(&text, typed).unwrap_or(text);
        let best = nearest.find(text.text(), &[], self.scale, count)?;
        let intents: Vec<IntentId> = best.iter().map(|neighbour| neighbour.intent).collect();
        nearest.evidence(text.text(), &intents, self.scale)
    }

    /// All patterns that match `text`, the best first: regular expressions before phrases, then the longest, then the first
    /// defined; behind them those that match it only with its accents, or as repaired. They may overlap, and some may be of intents
    /// that a `not` line rules out.
    pub fn patterns(&self, text: &str) -> Vec<PatternMatch> {
        let (typed, text) = (text, Normalized::new(text));
        let mut found = self.patterns.matches(&text, typed);
        for reading in [text.unfolded(typed), self.speller.repair(&text, typed)].into_iter().flatten() {
            let more = self.patterns.matches(&reading, typed).into_iter();
            let known: FxHashSet<Span> = found.iter().map(|pattern| pattern.span).collect();
            found.extend(more.filter(|pattern| !known.contains(&pattern.span)));
        }
        found
    }

    /// The intents that patterns don't speak for in `text`, since it equals one of their `not` lines.
    pub fn ruled_out(&self, text: &str) -> Vec<IntentId> {
        let (typed, text) = (text, Normalized::new(text));
        self.ruled_out_by(&text, self.speller.repair(&text, typed).as_ref())
    }

    /// The variables that an utterance of `intent` may set: slots and named groups.
    pub fn slots(&self, intent: IntentId) -> &[Arc<str>] {
        &self.slots[intent.index()]
    }
}
