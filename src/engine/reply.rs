//! What comes out of a turn.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::trace::Trace;
use super::verdict::Verdict;
use crate::model::{ToolCall, Usage};

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
    /// What the models cost; nothing when none was called.
    pub usage: Usage,
    /// How it came about.
    pub trace: Trace,
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
