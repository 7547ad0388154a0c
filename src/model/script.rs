//! A model that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{BoxStream, StreamExt as _, iter};

use super::{ChatModel, ChatRequest, Completion, ModelError, Piece};

/// Answers with fixed completions, one after the other, whatever it is asked; for tests. When none is left, it fails.
/// Asked to stream, it answers word by word.
#[derive(Debug, Default)]
pub struct Script {
    completions: Mutex<VecDeque<Completion>>,
    requests: Mutex<Vec<ChatRequest>>,
}

impl Script {
    /// A script of texts.
    pub fn new(completions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let script = Self::default();
        completions.into_iter().for_each(|text| script.push(text));
        script
    }

    /// Adds a text behind the last completion.
    pub fn push(&self, text: impl Into<String>) {
        self.push_completion(Completion { text: text.into(), ..Completion::default() });
    }

    /// Adds a whole completion behind the last one.
    pub fn push_completion(&self, completion: Completion) {
        lock(&self.completions).push_back(completion);
    }

    /// How many completions are left.
    pub fn remaining(&self) -> usize {
        lock(&self.completions).len()
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<ChatRequest> {
        lock(&self.requests).clone()
    }

    fn next(&self, request: ChatRequest) -> Result<Completion, ModelError> {
        lock(&self.requests).push(request);
        let next = lock(&self.completions).pop_front();
        next.ok_or_else(|| ModelError::new("the script has no completion left"))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl ChatModel for Script {
    fn name(&self) -> &str {
        "script"
    }

    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        ready(self.next(request)).boxed()
    }

    fn stream(&self, request: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        let pieces = match self.next(request) {
            Err(error) => vec![Err(error)],
            Ok(Completion { text, tool_calls, finish, tokens }) => {
                let words = text.split_inclusive(char::is_whitespace).map(|word| Ok(Piece::Text(word.to_owned())));
                words.chain([Ok(Piece::End { tool_calls, finish, tokens })]).collect()
            }
        };
        iter(pieces).boxed()
    }
}
