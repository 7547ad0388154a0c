//! What goes into a turn: a text, or a conversation as chat interfaces pass it around.

use crate::model::Message;

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
