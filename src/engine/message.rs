//! What goes into a turn: a text, or a conversation as chat interfaces pass it around.

use crate::model::Message;

/// What [`Rails::generate`](super::Rails::generate) takes: one text of the user, or messages of which the user's is the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub(super) messages: Vec<Message>,
    /// These are the messages of a conversation, which may go on.
    pub(super) goes_on: bool,
}

impl Input {
    fn text(text: impl Into<String>) -> Self {
        Self { messages: vec![Message::user(text)], goes_on: false }
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&String> for Input {
    fn from(text: &String) -> Self {
        Self::text(text)
    }
}

impl From<Vec<Message>> for Input {
    fn from(messages: Vec<Message>) -> Self {
        Self { messages, goes_on: true }
    }
}

impl From<&[Message]> for Input {
    fn from(messages: &[Message]) -> Self {
        messages.to_vec().into()
    }
}

impl<const N: usize> From<[Message; N]> for Input {
    fn from(messages: [Message; N]) -> Self {
        Vec::from(messages).into()
    }
}
