//! What goes into a turn: a text, or a conversation as chat interfaces pass it around.

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
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
}

impl Message {
    /// A message of the person.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// A message of the bot.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }

    /// A message of whoever runs the application.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }
}

/// What [`Rails::generate`](super::Rails::generate) takes: one text of the user, or messages of which the user's is the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input(pub(super) Vec<Message>);

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self(vec![Message::user(text)])
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self(vec![Message::user(text)])
    }
}

impl From<&String> for Input {
    fn from(text: &String) -> Self {
        Self(vec![Message::user(text)])
    }
}

impl From<Vec<Message>> for Input {
    fn from(messages: Vec<Message>) -> Self {
        Self(messages)
    }
}

impl From<&[Message]> for Input {
    fn from(messages: &[Message]) -> Self {
        Self(messages.to_vec())
    }
}

impl<const N: usize> From<[Message; N]> for Input {
    fn from(messages: [Message; N]) -> Self {
        Self(messages.into())
    }
}
