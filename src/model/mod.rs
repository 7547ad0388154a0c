//! Language models, as far as the engine needs to know them.

mod breaker;
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only the client goes by what is known of engines"))]
pub(crate) mod engines;
mod error;
mod message;
mod meter;
mod moderation;
#[cfg(feature = "http")]
mod openai;
mod script;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{BoxStream, StreamExt as _, once};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::ModelSpec;

pub(crate) use breaker::Pass;
pub use breaker::{Breaker, BreakerState};
pub use error::ModelError;
pub use message::{Message, Role, ToolCall};
pub use meter::{Call, Instead, Meter};
pub use moderation::Moderation;
#[cfg(feature = "http")]
pub use openai::OpenAi;
pub use script::Script;
pub use usage::{ModelUsage, Tokens, Usage};

/// A model that answers a conversation with a text.
///
/// The engine asks for one completion at a time and holds it to `limits.timeout`; dropping the future or the stream is how
/// it gives up.
pub trait ChatModel: Send + Sync {
    /// What usage and traces call it.
    fn name(&self) -> &str {
        "model"
    }

    /// What keeps it from being asked while it fails again and again; `None` for a model that is asked whatever happens.
    fn breaker(&self) -> Option<&Breaker> {
        None
    }

    /// Answers `request`.
    ///
    /// # Errors
    /// When no answer can be had. The reason goes into the trace, never into the reply.
    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>>;

    /// Answers `request` piece by piece; the last piece is [`Piece::End`]. A model that can't do so answers in one.
    fn stream(&self, request: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        let pieces = async move {
            match self.complete(request).await {
                Err(error) => vec![Err(error)],
                Ok(Completion { text, tool_calls, finish, tokens }) => {
                    vec![Ok(Piece::Text(text)), Ok(Piece::End { tool_calls, finish, tokens })]
                }
            }
        };
        once(pieces).flat_map(futures_util::stream::iter).boxed()
    }

    /// What kinds of harm `text` holds. Few models are made for this; others fail.
    ///
    /// # Errors
    /// As of [`complete`](Self::complete).
    fn moderate<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Moderation, ModelError>> {
        let _ = text;
        ready(Err(ModelError::new("it is no model of moderation"))).boxed()
    }
}

impl<M: ChatModel + ?Sized> ChatModel for Arc<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn breaker(&self) -> Option<&Breaker> {
        (**self).breaker()
    }

    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        (**self).complete(request)
    }

    fn stream(&self, request: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        (**self).stream(request)
    }

    fn moderate<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Moderation, ModelError>> {
        (**self).moderate(text)
    }
}

/// The model that `config.yml` describes by `spec`, which waits no longer than `patience` when its server asks it to. What keeps it from being
/// called is said when it is.
pub(crate) fn connect(spec: &ModelSpec, patience: Option<Duration>) -> Arc<dyn ChatModel> {
    match client(spec, patience) {
        Ok(model) => {
            // Now, while a configuration that it takes the place of still has the breaker.
            model.breaker();
            model
        }
        Err(error) => Arc::new(Unavailable { name: spec.model.clone().unwrap_or_else(|| spec.kind.clone()), error }),
    }
}

/// Why the model that `config.yml` describes by `spec` can't be called, whatever its server says.
pub(crate) fn unavailable(spec: &ModelSpec) -> Option<ModelError> {
    client(spec, None).err()
}

/// The variable of the environment that should hold the key of the model that `spec` describes, and does not.
#[cfg(all(feature = "cli", feature = "http"))]
pub(crate) fn missing_key(spec: &ModelSpec) -> Option<String> {
    OpenAi::from_spec(spec).ok()?.missing_key().map(str::to_owned)
}

#[cfg(all(feature = "cli", not(feature = "http")))]
pub(crate) fn missing_key(_: &ModelSpec) -> Option<String> {
    None
}

#[cfg(feature = "http")]
fn client(spec: &ModelSpec, patience: Option<Duration>) -> Result<Arc<dyn ChatModel>, ModelError> {
    let model = OpenAi::from_spec(spec)?;
    Ok(Arc::new(match patience {
        Some(patience) => model.patience(patience),
        None => model,
    }))
}

#[cfg(not(feature = "http"))]
fn client(_: &ModelSpec, _: Option<Duration>) -> Result<Arc<dyn ChatModel>, ModelError> {
    Err(ModelError::new("this railsc is built without HTTP"))
}

/// A model that can't be called.
struct Unavailable {
    name: String,
    error: ModelError,
}

impl ChatModel for Unavailable {
    fn name(&self) -> &str {
        &self.name
    }

    fn complete(&self, _: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        ready(Err(self.error.clone())).boxed()
    }

    fn moderate<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Moderation, ModelError>> {
        ready(Err(self.error.clone())).boxed()
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatRequest {
    /// What the answer is for.
    pub task: Task,
    /// The conversation.
    pub messages: Vec<Message>,
    /// How much answers vary, from 0; `None` for what the model is set to.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Tools that may be called, in the shape of OpenAI's chat interface; passed through.
    pub tools: Vec<Value>,
    /// Which of them; passed through.
    pub tool_choice: Option<Value>,
    /// Other parameters; passed through.
    pub parameters: Map<String, Value>,
}

impl ChatRequest {
    /// A request for an answer to `messages`.
    pub fn new(task: Task, messages: Vec<Message>) -> Self {
        Self {
            task,
            messages,
            temperature: None,
            max_tokens: None,
            stop: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parameters: Map::new(),
        }
    }
}

/// What the answer of a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Which of the nearest intents the user means, or none of them.
    Judge,
    /// What the user means, in words of the model.
    Intent,
    /// What the bot does next.
    NextStep,
    /// The text of a message.
    BotMessage,
    /// What the user means, what the bot does next and its text, at once.
    SingleCall,
    /// The value of a variable.
    Value,
    /// A reply, where no rail has one.
    General,
    /// Whether what the user says is to be blocked.
    SelfCheckInput,
    /// Whether what the bot says is to be blocked.
    SelfCheckOutput,
    /// Whether what was found in documents bears out what the bot says.
    SelfCheckFacts,
    /// Whether other replies to the same text agree with what the bot says.
    SelfCheckHallucination,
    /// Whether what the user says is safe, by a model made for that.
    ContentSafetyInput,
    /// Whether what the bot says is safe, by a model made for that.
    ContentSafetyOutput,
    /// Whether what the user says is about what the bot is for.
    TopicSafetyInput,
    /// Whether what the user says is safe, by Llama Guard.
    LlamaGuardInput,
    /// Whether what the bot says is safe, by Llama Guard.
    LlamaGuardOutput,
}

impl Task {
    /// Its name in `config.yml`, among `prompts` and the types of `models`.
    pub fn name(self) -> &'static str {
        match self {
            Task::Judge => "judge",
            Task::Intent => "generate_user_intent",
            Task::NextStep => "generate_next_steps",
            Task::BotMessage => "generate_bot_message",
            Task::SingleCall => "generate_intent_steps_message",
            Task::Value => "generate_value",
            Task::General => "general",
            Task::SelfCheckInput => "self_check_input",
            Task::SelfCheckOutput => "self_check_output",
            Task::SelfCheckFacts => "self_check_facts",
            Task::SelfCheckHallucination => "self_check_hallucination",
            Task::ContentSafetyInput => "content_safety_check_input",
            Task::ContentSafetyOutput => "content_safety_check_output",
            Task::TopicSafetyInput => "topic_safety_check_input",
            Task::LlamaGuardInput => "llama_guard_check_input",
            Task::LlamaGuardOutput => "llama_guard_check_output",
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Task::Judge => "a choice of intents",
            Task::Intent => "the intent",
            Task::NextStep => "the next step",
            Task::BotMessage => "a message",
            Task::SingleCall => "intent, step and message",
            Task::Value => "a value",
            Task::General => "a reply",
            Task::SelfCheckInput | Task::ContentSafetyInput | Task::LlamaGuardInput => "a check of the input",
            Task::SelfCheckOutput | Task::ContentSafetyOutput | Task::LlamaGuardOutput => "a check of the output",
            Task::SelfCheckFacts => "a check of the facts",
            Task::SelfCheckHallucination => "a check for hallucination",
            Task::TopicSafetyInput => "a check of the topic",
        })
    }
}

/// What a model answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// The tools it calls.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended, in the server's word: `stop`, `length`, `tool_calls`.
    pub finish: Option<String>,
    /// What it took; `None` when the model does not say.
    pub tokens: Option<Tokens>,
}

/// A part of an answer that comes piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// More of the text.
    Text(String),
    /// The end of the answer. A stream that ends without was cut off.
    End {
        /// The tools it calls.
        tool_calls: Vec<ToolCall>,
        /// As in [`Completion::finish`].
        finish: Option<String>,
        /// As in [`Completion::tokens`].
        tokens: Option<Tokens>,
    },
}
