//! Language models, as far as the engine needs to know them.

mod message;
mod script;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

pub use message::{Message, Role};
pub use script::Script;

/// A model that answers a conversation with a text.
///
/// The engine asks for one completion at a time and holds it to `limits.timeout`; dropping the future is how it gives up.
pub trait ChatModel: Send + Sync {
    /// Answers `request`.
    ///
    /// # Errors
    /// When no answer can be had. The reason goes into the trace, never into the reply.
    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>>;
}

impl<M: ChatModel + ?Sized> ChatModel for std::sync::Arc<M> {
    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        (**self).complete(request)
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatRequest {
    /// What the answer is for.
    pub task: Task,
    /// The conversation; a system message with the instructions comes first.
    pub messages: Vec<Message>,
}

/// What the answer of a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What the user means.
    Intent,
    /// What the bot does next.
    NextStep,
    /// The text of a message.
    BotMessage,
    /// The value of a variable.
    Value,
    /// A reply, where no rail has one.
    General,
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Task::Intent => "the intent",
            Task::NextStep => "the next step",
            Task::BotMessage => "a message",
            Task::Value => "a value",
            Task::General => "a reply",
        })
    }
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
}

/// Why a model did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(String);

impl ModelError {
    /// An error that says `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// What the model calls of one turn used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// How many calls were made.
    pub calls: u32,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
}

impl Usage {
    /// Adds one call.
    pub fn add(&mut self, completion: &Completion) {
        self.calls += 1;
        self.input_tokens += completion.input_tokens;
        self.output_tokens += completion.output_tokens;
    }
}
