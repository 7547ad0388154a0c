//! What a text means, and why.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::embed::EmbedError;
use super::nearest::Neighbour;
use crate::program::IntentId;
use crate::source::Span;

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

impl From<Neighbour> for Candidate {
    fn from(neighbour: Neighbour) -> Self {
        let Neighbour { intent, score, example, span } = neighbour;
        Self { intent, tier: Tier::Embedding, score, example, span }
    }
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
