//! Why there are no rails, or no reply.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, render};
use crate::source::{Location, SourceMap};

/// The rails did not load. Prints all findings as `railsc check` does.
pub struct LoadError {
    /// The texts the findings are about.
    pub sources: Arc<SourceMap>,
    /// What is wrong; at least one is an error.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        render::render(&self.diagnostics, &self.sources, render::Format::Human, false, &mut out)
            .map_err(|_| fmt::Error)?;
        f.write_str(String::from_utf8_lossy(&out).trim_end())
    }
}

/// As [`Display`](fmt::Display), so that `main` returning it prints something to act on.
impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the rails did not load\n{self}")
    }
}

impl std::error::Error for LoadError {}

/// No reply could be made. The conversation is as it was before the turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The last message is not the user's.
    #[error("there is nothing to reply to: the last message must be the user's, or what a tool gave back")]
    NoUserMessage,
    /// More messages than `limits.messages`.
    #[error(
        "{count} messages are more than the {limit} allowed; send fewer, use a session, or raise `limits.messages`"
    )]
    TooManyMessages {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More characters than `limits.input_chars`.
    #[error("the message is longer than the {limit} characters allowed; shorten it, or raise `limits.input_chars`")]
    TooLong {
        /// How many there may be.
        limit: usize,
    },
    /// The flows ran more than `limits.steps` steps, or subflows in subflows without end.
    #[error(
        "`{flow}` does not come to an end ({location}): the turn was stopped after {limit} steps or too many calls; wait for an event in the loop"
    )]
    StepBudget {
        /// The flow that ran when the budget ended.
        flow: Arc<str>,
        /// The line it was at.
        location: Box<Location>,
        /// How many steps a turn may take.
        limit: usize,
    },
}
