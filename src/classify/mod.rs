//! What a text means: equal to an example, else by pattern, else by the nearest example.

mod embed;
mod exact;
mod head;
mod lint;
mod nearest;
mod normalize;
mod pattern;
mod search;
mod slot;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ndarray::ArrayView1;
use serde::Serialize;

pub(crate) use embed::Batch;
#[cfg(any(feature = "http", feature = "transformer"))]
pub(crate) use embed::Remembered;
#[cfg(feature = "http")]
pub(crate) use embed::Remote;
pub use embed::{EmbedError, Embedder, NoVector, Static, Unembeddable};
#[cfg(feature = "transformer")]
pub use embed::{Transformer, TransformerError};
pub use normalize::Normalized;

use crate::cache::Fnv128;
pub use crate::cache::Folders;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{IntentId, Program};
use crate::source::Span;
use exact::Exact;
pub use head::Kept;
pub use nearest::{Carried, Evidence, Near, Weighed};
use nearest::{Nearest, Neighbour};
use normalize::Speller;
pub use pattern::PatternMatch;
use pattern::Patterns;

/// How many candidates a tier reports.
const CANDIDATES: usize = 5;

/// How texts are compared.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What compares texts that match no pattern; with none, only what equals an example or matches a pattern is understood.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// What a score must reach, unless the intent says otherwise; from 0 to 1.
    pub threshold: f32,
    /// What the score is.
    pub scale: Scale,
    /// Thresholds that were fitted, for intents that don't say theirs themselves.
    pub fitted: Vec<(IntentId, f32)>,
    /// Folders that may hold what training made.
    pub folders: Folders,
}

impl Default for Settings {
    fn default() -> Self {
        let (embedder, scale) = (Arc::new(Static), Scale::Confidence);
        Self { embedder: Some(embedder), threshold: 0.5, scale, fitted: Vec::new(), folders: Folders::default() }
    }
}

/// What the score of an embedding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// How likely it is right.
    Confidence,
    /// NeMo Guardrails' distance: 1 − √(2 − 2·cos)/2, to the nearest example alone.
    Reference,
}

/// What thresholds depend on: the names of all intents, their examples and counter-examples, in 32 hexadecimal digits.
pub fn fingerprint(program: &Program) -> String {
    let mut hash = Fnv128::new();
    for intent in &program.intents {
        for texts in [&intent.examples, &intent.counter_examples] {
            hash.add(intent.name.as_bytes());
            texts.iter().for_each(|text| hash.add(text.text.as_bytes()));
        }
    }
    format!("{:032x}", hash.finish())
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The text equals an example.
    Exact,
    /// A phrase or a regular expression.
    Pattern,
    /// The nearest example.
    Embedding,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Tier::Exact => "exact",
            Tier::Pattern => "pattern",
            Tier::Embedding => "embedding",
        })
    }
}

/// What a text means, and why.
#[derive(Debug, Clone)]
pub struct Classification {
    /// The intent; `None` when nothing reached its threshold.
    pub intent: Option<IntentId>,
    /// The tier that decided, or was the last to be asked.
    pub tier: Tier,
    /// The confidence of the intent, or of the best candidate, from 0 to 1.
    pub score: f32,
    /// What that had to reach.
    pub threshold: f32,
    /// How far the next candidate is behind.
    pub margin: f32,
    /// What the text matched; `None` without an intent.
    pub matched: Option<Matched>,
    /// The best first.
    pub candidates: Vec<Candidate>,
    /// Slots and named groups, as typed.
    pub captures: Vec<(Arc<str>, String)>,
    /// Why the embedder had nothing to say, if it was asked and had not.
    pub abstained: Option<Abstention>,
    /// What the text was read as, where that is not what it says: with letters for digits, without typing errors.
    pub read_as: Option<String>,
}

/// What a text matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The example, the phrase or the regular expression.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// Which of them.
    pub kind: MatchKind,
}

/// What kind of line matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchKind {
    /// An example.
    Example,
    /// A `contains` phrase.
    Phrase,
    /// A `/regex/`.
    Regex,
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            MatchKind::Example => write!(f, "\"{}\"", self.text),
            MatchKind::Phrase => write!(f, "contains \"{}\"", self.text),
            MatchKind::Regex => write!(f, "/{}/", self.text),
        }
    }
}

/// An intent that a text may mean.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The intent.
    pub intent: IntentId,
    /// The tier that found it.
    pub tier: Tier,
    /// From 0 to 1.
    pub score: f32,
    /// The example or pattern that speaks for it.
    pub example: Arc<str>,
    /// Where that stands.
    pub span: Span,
}

/// Why the embedder had nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Abstention {
    /// The text is empty.
    NoText,
    /// No intent has an example to compare with.
    NoExamples,
    /// Most of its words are in no script the embedder reads.
    UnknownScript,
}

impl fmt::Display for Abstention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Abstention::NoText => "no text",
            Abstention::NoExamples => "no examples to compare with",
            Abstention::UnknownScript => "unknown script",
        })
    }
}

/// Why the embedding tier has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// It has nothing to say of the text, and says so.
    #[error("{0}")]
    Abstained(Abstention),
    /// The embedder failed: nothing is known of the text.
    #[error(transparent)]
    Failed(#[from] EmbedError),
}

impl From<Abstention> for Unanswered {
    fn from(reason: Abstention) -> Self {
        Self::Abstained(reason)
    }
}

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

/// Which tiers are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tiers {
    /// Equality and patterns.
    Certain,
    /// One after the other, until one decides.
    UntilDecided,
    All,
}

/// The compiled intents of a program. Immutable, and shared by all requests.
#[derive(Debug)]
pub struct Classifier {
    exact: Exact,
    patterns: Patterns,
    speller: Speller,
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
            speller: Speller::new(program),
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
    /// defined. They may overlap, and some may be of intents that a `not` line rules out.
    pub fn patterns(&self, text: &str) -> Vec<PatternMatch> {
        self.patterns.matches(text)
    }

    /// The variables that an utterance of `intent` may set: slots and named groups.
    pub fn slots(&self, intent: IntentId) -> &[Arc<str>] {
        &self.slots[intent.index()]
    }

    fn decide(&self, typed: &str, tiers: Tiers) -> Result<Classification, EmbedError> {
        let text = Normalized::new(typed);
        let mut found = self.by_exact(&text, typed);
        if let Some(found) = found.take_if(|_| tiers != Tiers::All) {
            return Ok(found);
        }
        let repaired = self.speller.repair(&text, typed);
        let mut ruled_out = self.exact.ruled_out(&text).to_vec();
        if let Some(repaired) = &repaired {
            ruled_out.extend_from_slice(self.exact.ruled_out(repaired));
            found = found.or_else(|| self.by_exact(repaired, typed));
        }
        found = found.or_else(|| self.by_pattern(&text, typed, &ruled_out));
        found = found.or_else(|| self.by_pattern(&text.unfolded(typed)?, typed, &ruled_out));
        if let Some(repaired) = &repaired {
            found = found.or_else(|| self.by_pattern(repaired, typed, &ruled_out));
        }
        let mut found = self.with_embedding(found, repaired.as_ref().unwrap_or(&text), &ruled_out, tiers)?;
        found.read_as = repaired.map(|repaired| repaired.text().to_owned());
        Ok(found)
    }

    /// What was found, or what the embedder finds, and with all tiers both.
    fn with_embedding(
        &self,
        mut found: Option<Classification>,
        text: &Normalized,
        ruled_out: &[IntentId],
        tiers: Tiers,
    ) -> Result<Classification, EmbedError> {
        if tiers == Tiers::All || found.is_none() && tiers == Tiers::UntilDecided {
            let by_embedding = self.by_embedding(text, ruled_out)?;
            match &mut found {
                None => return Ok(by_embedding),
                Some(found) => {
                    let known: Vec<IntentId> = found.candidates.iter().map(|candidate| candidate.intent).collect();
                    let others = by_embedding.candidates.into_iter();
                    found.candidates.extend(others.filter(|candidate| !known.contains(&candidate.intent)));
                }
            }
        }
        Ok(found.unwrap_or_else(|| self.nothing(Tier::Pattern, None)))
    }

    fn by_exact(&self, text: &Normalized, typed: &str) -> Option<Classification> {
        let owners = self.exact.owners(text);
        let first = owners.first()?;
        let mut candidates: Vec<Candidate> = Vec::with_capacity(owners.len());
        candidates.extend(owners.iter().map(|owner| Candidate {
            intent: owner.intent,
            tier: Tier::Exact,
            score: 1.0,
            example: owner.text.clone(),
            span: owner.span,
        }));
        // The intent is certain, but what its patterns capture is still wanted.
        let captures = if self.slots(first.intent).is_empty() {
            Vec::new()
        } else {
            let hits = self.patterns.find(text, typed);
            let hit = hits.iter().find(|hit| hit.intent == first.intent);
            hit.map(|hit| self.patterns.captures(hit, text, typed)).unwrap_or_default()
        };
        let matched = Matched { text: first.text.clone(), span: first.span, kind: MatchKind::Example };
        Some(self.certain(Tier::Exact, matched, candidates, captures))
    }

    fn by_pattern(&self, text: &Normalized, typed: &str, ruled_out: &[IntentId]) -> Option<Classification> {
        let mut hits = self.patterns.find(text, typed);
        hits.retain(|hit| !ruled_out.contains(&hit.intent));
        let best = hits.first()?;
        let captures = self.patterns.captures(best, text, typed);
        let matched = Matched { text: best.text.clone(), span: best.span, kind: best.kind() };
        let candidates = hits.into_iter().map(|hit| Candidate {
            intent: hit.intent,
            tier: Tier::Pattern,
            score: 1.0,
            example: hit.text,
            span: hit.span,
        });
        Some(self.certain(Tier::Pattern, matched, candidates.collect(), captures))
    }

    fn certain(
        &self,
        tier: Tier,
        matched: Matched,
        candidates: Vec<Candidate>,
        captures: Vec<(Arc<str>, String)>,
    ) -> Classification {
        let intent = candidates.first().map(|candidate| candidate.intent);
        Classification {
            intent,
            tier,
            score: 1.0,
            threshold: intent.map_or(self.default_threshold, |intent| self.thresholds[intent.index()]),
            margin: if candidates.len() > 1 { 0.0 } else { 1.0 },
            matched: Some(matched),
            candidates,
            captures,
            abstained: None,
            read_as: None,
        }
    }

    fn by_embedding(&self, text: &Normalized, ruled_out: &[IntentId]) -> Result<Classification, EmbedError> {
        let Some(nearest) = &self.nearest else { return Ok(self.nothing(Tier::Pattern, None)) };
        let neighbours = match nearest.find(text.text(), ruled_out, self.scale, CANDIDATES) {
            Ok(neighbours) => neighbours,
            Err(Unanswered::Abstained(reason)) => return Ok(self.nothing(Tier::Embedding, Some(reason))),
            Err(Unanswered::Failed(error)) => return Err(error),
        };
        let threshold = |neighbour: &Neighbour| self.thresholds[neighbour.intent.index()];
        let winner = neighbours.iter().position(|neighbour| neighbour.score >= threshold(neighbour));
        let Some(shown) = neighbours.get(winner.unwrap_or(0)) else { return Ok(self.nothing(Tier::Embedding, None)) };
        let next = neighbours.iter().filter(|other| other.intent != shown.intent).map(|other| other.score);
        let margin = shown.score - next.fold(0.0, f32::max);
        let matched = Matched { text: shown.example.clone(), span: shown.span, kind: MatchKind::Example };
        Ok(Classification {
            intent: winner.map(|_| shown.intent),
            tier: Tier::Embedding,
            score: shown.score,
            threshold: threshold(shown),
            margin,
            matched: winner.map(|_| matched),
            candidates: neighbours.into_iter().map(Candidate::from).collect(),
            captures: Vec::new(),
            abstained: None,
            read_as: None,
        })
    }

    fn nothing(&self, tier: Tier, abstained: Option<Abstention>) -> Classification {
        Classification {
            intent: None,
            tier,
            score: 0.0,
            threshold: self.default_threshold,
            margin: 0.0,
            matched: None,
            candidates: Vec::new(),
            captures: Vec::new(),
            abstained,
            read_as: None,
        }
    }
}

impl From<Neighbour> for Candidate {
    fn from(neighbour: Neighbour) -> Self {
        let Neighbour { intent, score, example, span } = neighbour;
        Self { intent, tier: Tier::Embedding, score, example, span }
    }
}
