//! Messages, as chat interfaces pass them around.

use serde::{Deserialize, Serialize};

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Whoever runs the application; flows take no notice.
    System,
    /// The person.
    User,
    /// The bot.
    Assistant,
    /// A tool that the bot called: what it gave back.
    Tool,
}

/// One message of a conversation. Serialises in the shape of OpenAI's chat interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said.
    #[serde(default, deserialize_with = "text_or_null")]
    pub content: String,
    /// The tools that the bot calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Of what a tool gave back: the call it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Of what a tool gave back: the tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Message {
    /// How many bytes it has, about.
    pub(crate) fn bytes(&self) -> usize {
        self.content.len() + self.tool_calls.iter().map(ToolCall::bytes).sum::<usize>()
    }

    fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), tool_calls: Vec::new(), tool_call_id: None, name: None }
    }

    /// A message of the person.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    /// A message of the bot.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// A message of whoever runs the application.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }

    /// What the tool called `name` gave back to `call`.
    pub fn tool(call: &ToolCall, content: impl Into<String>) -> Self {
        let (id, name) = (Some(call.id.clone()), Some(call.name.clone()));
        Self { tool_call_id: id, name, ..Self::new(Role::Tool, content) }
    }

    /// A message of the bot that calls tools.
    pub fn calls(content: impl Into<String>, tool_calls: Vec<ToolCall>) -> Self {
        Self { tool_calls, ..Self::new(Role::Assistant, content) }
    }
}

/// A call of a tool, which a model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "WireCall", into = "WireCall")]
pub struct ToolCall {
    /// What the answer refers to.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What it is given: JSON, as the model wrote it, which may be wrong.
    pub arguments: String,
}

impl ToolCall {
    /// How many bytes it has.
    pub(crate) fn bytes(&self) -> usize {
        self.id.len() + self.name.len() + self.arguments.len()
    }
}

/// The shape of a call in OpenAI's chat interface.
#[derive(Serialize, Deserialize)]
struct WireCall {
    #[serde(default)]
    id: String,
    #[serde(rename = "type", default = "function")]
    kind: String,
    function: WireFunction,
}

#[derive(Serialize, Deserialize)]
struct WireFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

fn text_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn function() -> String {
    "function".to_owned()
}

impl From<WireCall> for ToolCall {
    fn from(call: WireCall) -> Self {
        Self { id: call.id, name: call.function.name, arguments: call.function.arguments }
    }
}

impl From<ToolCall> for WireCall {
    fn from(call: ToolCall) -> Self {
        let function = WireFunction { name: call.name, arguments: call.arguments };
        Self { id: call.id, kind: self::function(), function }
    }
}
