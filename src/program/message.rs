//! Messages: what the bot may say.

use std::sync::Arc;

use crate::expression::{Expression, Template};
use crate::source::Span;

/// Which message of a [`Program`](super::Program).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub(crate) u32);

impl MessageId {
    /// `inform internal error occurred`, which every program has.
    pub const INTERNAL_ERROR: MessageId = MessageId(2);
    /// `inform cannot answer`, which every program has.
    pub const CANNOT_ANSWER: MessageId = MessageId(3);

    /// Its place in [`Program::messages`](super::Program::messages).
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A bot message: a name and the texts it may be said with. Without texts only a model can say it.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name, runs of spaces as one. For a step `bot "text"`, the text in quotes.
    pub name: Arc<str>,
    /// The name where it was first defined; `None` for one that is always present.
    pub span: Option<Span>,
    /// What it may be said with.
    pub texts: Vec<MessageText>,
}

/// One text of a message.
#[derive(Debug, Clone)]
pub struct MessageText {
    /// The text.
    pub template: Template,
    /// All of these must be true for the text to be chosen.
    pub conditions: Vec<Expression>,
    /// Where it stands; `None` for one that is always present.
    pub span: Option<Span>,
}
