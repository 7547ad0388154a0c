//! Expressions and message templates, compiled once and evaluated with a budget.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use serde_json::Value;

/// Variables by name, without the `$`.
pub type Variables = BTreeMap<Arc<str>, Value>;

/// Why a text is no expression or template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, in one line.
    pub message: String,
    /// The bytes of the text it is about.
    pub range: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Why a value could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvaluationError(pub String);

/// Where names get their values: the locals of a subflow first, then the conversation.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Parameters of the running subflow.
    pub locals: &'a Variables,
    /// Variables of the conversation.
    pub globals: &'a Variables,
}

/// An expression of the language, such as `$tries + 1`.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
}

/// The text of a message with its places to fill in.
#[derive(Debug, Clone)]
pub struct Template {
    source: Arc<str>,
}
