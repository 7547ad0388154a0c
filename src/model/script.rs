//! A model that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use super::{ChatModel, ChatRequest, Completion, ModelError};

/// Answers with fixed completions, one after the other, whatever it is asked; for tests. When none is left, it fails.
#[derive(Debug, Default)]
pub struct Script {
    completions: Mutex<VecDeque<String>>,
}

impl Script {
    /// A script of `completions`.
    pub fn new(completions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { completions: Mutex::new(completions.into_iter().map(Into::into).collect()) }
    }

    /// Adds a completion behind the last one.
    pub fn push(&self, completion: impl Into<String>) {
        self.lock().push_back(completion.into());
    }

    /// How many completions are left.
    pub fn remaining(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.completions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl ChatModel for Script {
    fn complete(&self, _: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        let next = self.lock().pop_front();
        let completion = next.map(|text| Completion { text, ..Completion::default() });
        ready(completion.ok_or_else(|| ModelError::new("the script has no completion left"))).boxed()
    }
}
