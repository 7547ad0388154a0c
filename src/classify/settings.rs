//! How texts are compared.

use std::sync::Arc;

use super::embed::{Embedder, Static};
use crate::cache::{Fnv128, Folders};
use crate::program::{IntentId, Program};

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
