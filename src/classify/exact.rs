//! Texts that equal an example, or a counter-example.

use rustc_hash::FxHashMap;

use super::normalize::{Normalized, key};
use crate::program::{IntentId, Program, Utterance};
use crate::source::Span;
use std::sync::Arc;

/// Examples and counter-examples by their normalised text.
#[derive(Debug, Default)]
pub(super) struct Exact {
    examples: FxHashMap<Box<str>, Vec<Owner>>,
    counter_examples: FxHashMap<Box<str>, Vec<IntentId>>,
}

/// An example of an intent.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    pub intent: IntentId,
    pub text: Arc<str>,
    pub span: Span,
}

fn key_of(utterance: &Utterance) -> Box<str> {
    key(Normalized::new(&utterance.text).text()).into()
}

impl Exact {
    pub(super) fn new(program: &Program) -> Self {
        let mut exact = Self::default();
        for (id, intent) in program.intents() {
            for example in &intent.examples {
                let owner = Owner { intent: id, text: example.text.clone(), span: example.span };
                let owners = exact.examples.entry(key_of(example)).or_default();
                if owners.iter().all(|other| other.intent != id) {
                    owners.push(owner);
                }
            }
            for counter_example in &intent.counter_examples {
                exact.counter_examples.entry(key_of(counter_example)).or_default().push(id);
            }
        }
        exact
    }

    /// The examples that `text` equals, in order of definition.
    pub(super) fn owners(&self, text: &Normalized) -> &[Owner] {
        self.examples.get(key(text.text())).map_or(&[], |owners| owners)
    }

    /// The intents that `text` is not.
    pub(super) fn ruled_out(&self, text: &Normalized) -> &[IntentId] {
        self.counter_examples.get(key(text.text())).map_or(&[], |intents| intents)
    }
}
