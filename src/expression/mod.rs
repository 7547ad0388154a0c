//! Expressions and message templates: parsed once, evaluated strictly, with bounded results.
//!
//! The syntax is minijinja's. Expressions are evaluated here, because its operators are lax where rails must not be:
//! ordering or adding what can't be ordered or added fails, instead of being something.

mod evaluate;
mod operator;
mod parse;
mod template;
mod text;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub use serde_json::Value;
pub(crate) use template::environment;
pub use template::{Rendered, Template};
pub use text::to_text;

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

impl<'a> Scope<'a> {
    /// The value of `name`; `None` when it was never set.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.locals.get(name).or_else(|| self.globals.get(name))
    }
}

/// An expression of the language, such as `$tries + 1`.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
    tree: Arc<parse::Node>,
}

impl Expression {
    /// Parses `source`.
    ///
    /// # Errors
    /// When it is no expression, or asks for what expressions can't do.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Ok(Self { source: source.into(), tree: Arc::new(parse::parse(source)?) })
    }

    /// What was parsed.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its value, with the variables of `scope`. A variable that is not set is `None`.
    ///
    /// # Errors
    /// When an operation is not defined for its operands, and when a result grows too large.
    pub fn evaluate(&self, scope: Scope<'_>) -> Result<Value, EvaluationError> {
        evaluate::evaluate(&self.tree, scope)
    }

    /// The names it reads.
    pub fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.tree.each(&mut |node| {
            if let parse::Node::Variable(name) = node {
                names.push(&**name);
            }
        });
        names
    }

    /// The texts that stand in it.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.tree.each(&mut |node| {
            if let parse::Node::Constant(Value::String(text)) = node {
                texts.push(&**text);
            }
        });
        texts
    }

    /// Whether it is true whatever the variables are, if that can be known: it reads none.
    pub fn constant_truth(&self) -> Option<bool> {
        if !self.variables().is_empty() {
            return None;
        }
        let none = Variables::new();
        self.evaluate(Scope { locals: &none, globals: &none }).ok().map(|value| is_true(&value))
    }

    /// Whether it is the variable called `name` with something added or taken away.
    pub fn counts_on(&self, name: &str) -> bool {
        use parse::{Binary, Node};
        match &*self.tree {
            Node::Binary(Binary::Add | Binary::Subtract, left, _) => {
                matches!(&**left, Node::Variable(variable) if **variable == *name)
            }
            _ => false,
        }
    }

    /// Why it fails whatever the variables are, if that can be known: it reads none, and fails.
    pub fn fails_always(&self) -> Option<EvaluationError> {
        if !self.variables().is_empty() {
            return None;
        }
        let none = Variables::new();
        self.evaluate(Scope { locals: &none, globals: &none }).err()
    }
}

/// Truth as in Python: `None`, `False`, zero and what is empty are false.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

#[cfg(test)]
mod tests;
