//! What comes out of a turn.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::reason::Reason;
use super::trace::Trace;
use super::verdict::Verdict;
use crate::model::{ModelError, ToolCall, Usage};

/// The answer to one turn.
#[derive(Debug, Clone, Serialize)]
pub struct Reply {
    /// What to tell the user; the texts of the turn, joined by newlines.
    pub text: String,
    /// What the user was taken to mean.
    pub intent: Option<Arc<str>>,
    /// What the rails made of it.
    pub verdict: Verdict,
    /// The tools that the model calls, checked by the rails `tool_output`; answer with a [`Message::tool`](crate::Message::tool) for each.
    pub tool_calls: Vec<ToolCall>,
    /// The exception that ended the turn instead of a text.
    pub exception: Option<Exception>,
    /// What ended the turn with the message for errors, or with nothing where the [input](crate::Input::silent_failures) says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<TurnFailure>,
    /// Why the model ended that wrote the text, in the server's word: `stop`, `length`. `None` where no model wrote it, or it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// What the models cost; nothing when none was called.
    pub usage: Usage,
    /// How it came about.
    pub trace: Trace,
}

/// What kept a turn from its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TurnFailure {
    /// What failed and why, as the trace has it; not for users.
    pub reason: Reason,
    /// Why a model did not answer, if it was that.
    #[serde(skip)]
    pub model: Option<ModelError>,
}

/// An exception that a rail raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// Its type, such as `InputRailException`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    pub message: String,
    /// The rail that raised it.
    pub rail: Option<String>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
