//! Intents: what users may mean, and how they say it.

use std::sync::Arc;

use crate::source::Span;

/// Which intent of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntentId(pub(crate) u32);

impl IntentId {
    /// Its place in [`Program::intents`](super::Program::intents).
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Something a user may mean, gathered from every `define user` of that name.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Its name, runs of spaces as one. For an intent that a step `user "text"` made, the text in quotes.
    pub name: Arc<str>,
    /// The name where it was first defined.
    pub span: Span,
    /// Utterances that mean it.
    pub examples: Vec<Utterance>,
    /// Phrases that mean it wherever they stand in a text.
    pub phrases: Vec<Utterance>,
    /// Regular expressions that mean it; each compiles on its own.
    pub regexes: Vec<Utterance>,
    /// Utterances that are near but mean something else.
    pub counter_examples: Vec<Utterance>,
    /// The confidence from 0 to 1 that a text must reach; `None` for the default.
    pub threshold: Option<f32>,
}

/// A text of an intent and where it stands. For a regular expression the text between the slashes.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// As written, escapes undone.
    pub text: Arc<str>,
    /// With its quotes or slashes.
    pub span: Span,
}
