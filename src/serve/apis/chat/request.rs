//! What is asked. Fields of OpenAI's interface that mean nothing here are passed over; ours are read strictly.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::invalid;
use super::message::Sent;
use crate::engine::STEERING;
use crate::model::{Message, Tokens};
use crate::serve::error::ApiError;
use crate::serve::prices::tokens_of;

/// Parameters that the model which writes the reply is sent as they come.
const PASSED: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "max_completion_tokens",
    "max_tokens",
    "min_p",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "temperature",
    "top_k",
    "top_p",
    "verbosity",
];

/// A request for a reply.
#[derive(Default)]
pub(super) struct ChatRequest {
    pub model: Option<String>,
    pub messages: Vec<Message>,
    pub stream: bool,
    /// Whether a stream ends with what it took.
    pub include_usage: bool,
    pub tools: Vec<Value>,
    pub tool_choice: Option<Value>,
    /// Who the request is for, as the client says.
    pub user: Option<String>,
    pub parameters: Map<String, Value>,
    pub guardrails: Option<Guardrails>,
}

/// What is asked of the rails.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Guardrails {
    config_id: Option<String>,
    config_ids: Option<Vec<String>>,
    pub thread_id: Option<String>,
    /// Variables that flows may read.
    pub context: Map<String, Value>,
    pub options: Options,
    state: Option<IgnoredAny>,
}

/// How the reply is told.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Options {
    pub log: Log,
}

/// What is told of how the reply came about.
#[derive(Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Log {
    /// Every rail that ran, and what the one went by that blocked.
    pub activated_rails: bool,
    /// All that happened, in order.
    pub trace: bool,
    /// The lines of `.co` that it names, with their texts.
    pub lines: bool,
}

impl Log {
    /// Whether anything is to be told.
    pub(super) fn is_wanted(self) -> bool {
        self.activated_rails || self.trace || self.lines
    }
}

/// What of a reply is not known and not said either, in tokens.
const USUAL_OUTPUT: u64 = 1000;
impl ChatRequest {
    /// The tokens that a model will need for it, at most as a rule.
    pub(super) fn expected(&self) -> Tokens {
        let bytes: u64 = self.messages.iter().map(|message| message.content.len() as u64).sum();
        let most = ["max_completion_tokens", "max_tokens"].iter().find_map(|name| self.parameters.get(*name)?.as_u64());
        Tokens { input: tokens_of(bytes), output: most.unwrap_or(USUAL_OUTPUT), cached: 0 }
    }
}

impl Guardrails {
    /// The configuration that is asked for, if one is.
    pub(super) fn config(&self) -> Result<Option<&str>, ApiError> {
        if self.state.is_some() {
            let message = "a state is not taken from clients: name a conversation by `thread_id`";
            return Err(invalid(message, "guardrails.state"));
        }
        if let Some(name) = STEERING.into_iter().find(|name| self.context.contains_key(*name)) {
            let message = format!("`{name}` is for rails to set: a client could pass them by with it");
            return Err(invalid(message, &format!("guardrails.context.{name}")));
        }
        match (self.config_id.as_deref(), self.config_ids.as_deref()) {
            (Some(_), Some(_)) => Err(invalid("say `config_id` or `config_ids`, not both", "guardrails.config_ids")),
            (None, Some([id])) => Ok(Some(id)),
            (None, Some(_)) => Err(invalid("one configuration answers a request", "guardrails.config_ids")),
            (id, None) => Ok(id),
        }
    }
}

impl<'de> Deserialize<'de> for ChatRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RequestVisitor)
    }
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

/// How many replies are wanted, which is one.
struct OneReply;

impl<'de> Deserialize<'de> for OneReply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<u32>::deserialize(deserializer)? {
            None | Some(1) => Ok(Self),
            Some(_) => Err(Error::custom("`n` should be 1: one reply is guarded at a time")),
        }
    }
}

/// What went before tools.
struct NoFunctions;

impl<'de> Deserialize<'de> for NoFunctions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(deserializer)? {
            None => Ok(Self),
            Some(_) => Err(Error::custom("functions are not served: use `tools`")),
        }
    }
}

struct RequestVisitor;

impl<'de> Visitor<'de> for RequestVisitor {
    type Value = ChatRequest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `messages`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ChatRequest, A::Error> {
        let mut request = ChatRequest::default();
        let mut messages = None;
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "model" => request.model = entries.next_value()?,
                "messages" => messages = Some(entries.next_value::<Vec<Sent>>()?),
                "stream" => request.stream = entries.next_value::<Option<bool>>()? == Some(true),
                "stream_options" => {
                    let options: Option<StreamOptions> = entries.next_value()?;
                    request.include_usage = options.and_then(|options| options.include_usage) == Some(true);
                }
                "tools" => request.tools = entries.next_value::<Option<_>>()?.unwrap_or_default(),
                "tool_choice" => request.tool_choice = entries.next_value()?,
                "user" => request.user = entries.next_value()?,
                "guardrails" => request.guardrails = entries.next_value()?,
                "n" => {
                    entries.next_value::<OneReply>()?;
                }
                "functions" | "function_call" => {
                    entries.next_value::<NoFunctions>()?;
                }
                name if PASSED.contains(&name) => {
                    let value: Value = entries.next_value()?;
                    if !value.is_null() {
                        request.parameters.insert(key.into_owned(), value);
                    }
                }
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        let messages = messages.ok_or_else(|| Error::missing_field("messages"))?;
        request.messages = messages.into_iter().map(Message::from).collect();
        Ok(request)
    }
}
