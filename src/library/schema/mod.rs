//! Texts that must be JSON of a schema. Nothing is fetched: a schema may refer to its own parts alone.

mod expanded;
mod json;
pub(super) mod rails;

#[cfg(test)]
mod tests;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use json::parse;
pub(super) use rails::FAMILY;

/// How large a regular expression in a schema may become, in bytes.
const PATTERN_SIZE: usize = 1 << 20;
/// Steps back in one match of a regular expression with look-around.
const MOST_STEPS: usize = 10_000;
/// How many violations of one text are told.
const MOST_VIOLATIONS: usize = 20;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
}

/// Why a schema is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// The part of the schema that it is about, as a JSON pointer.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

/// Where a text is not as its schema wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `no_json`, `duplicate_name`, or `schema`.
    pub rule: &'static str,
    /// The part of the text that it is about, as a JSON pointer.
    pub pointer: String,
    /// The keyword of the schema that is not met; empty where the text is no JSON.
    pub keyword: String,
    /// What is wrong there; values of the text are not told.
    pub message: String,
}

/// Who wrote a schema.
#[derive(Debug, Clone, Copy)]
enum Author {
    /// Whoever wrote the rails, who is told what is wrong in it.
    User,
    /// Whoever offers a tool, or a program that they use.
    Stranger,
}

impl Schema {
    /// Compiles `schema`, of the draft that its `$schema` names, else the latest.
    pub fn new(schema: &Value) -> Result<Self, SchemaError> {
        Self::build(schema, Author::User)
    }

    fn build(schema: &Value, author: Author) -> Result<Self, SchemaError> {
        if !schema.is_object() && !schema.is_boolean() {
            let message = "a schema is a mapping of keywords, or `true` or `false`".to_owned();
            return Err(SchemaError { pointer: String::new(), message });
        }
        let options = jsonschema::options().offline().should_validate_formats(true);
        let options = match author {
            // Linear in the length of the text; look-around and references back are errors.
            Author::User => options
                .should_ignore_unknown_formats(false)
                .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_SIZE)),
            Author::Stranger => options.should_ignore_unknown_formats(true).with_pattern_options(
                PatternOptions::fancy_regex().backtrack_limit(MOST_STEPS).size_limit(PATTERN_SIZE),
            ),
        };
        options.build(schema).map(|validator| Self { validator }).map_err(|error| SchemaError {
            pointer: error.instance_path().to_string(),
            message: match error.kind() {
                ValidationErrorKind::Referencing(error) => {
                    format!("a reference leads nowhere in it, and nothing else is read: {error}")
                }
                _ => error.to_string(),
            },
        })
    }

    /// Compiles a schema that anybody may have written: one that refers to itself, or is much larger than it looks, is none. Formats that nobody
    /// knows say nothing, as generators write many, and look-around takes a bounded number of steps; where these don't do, it is a violation.
    pub fn of_stranger(schema: &Value) -> Result<Self, SchemaError> {
        if expanded::is_bounded(schema) {
            return Self::build(schema, Author::Stranger);
        }
        let message = "it refers to itself or to something outside, or is too large".to_owned();
        Err(SchemaError { pointer: String::new(), message })
    }

    /// Where `value` is not as it should be, in the order of the schema; 20 at most.
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        let errors = self.validator.iter_errors(value).take(MOST_VIOLATIONS);
        let violations = errors.map(|error| Violation {
            rule: "schema",
            pointer: error.instance_path().to_string(),
            keyword: error.kind().keyword().to_owned(),
            message: error.masked_with("this").to_string(),
        });
        violations.collect()
    }

    /// Where `text` is not as it should be. With `fenced`, a block of code may be around the JSON.
    pub fn check(&self, text: &str, fenced: bool) -> Vec<Violation> {
        let json = if fenced { unfenced(text) } else { text };
        match parse(json) {
            Ok(value) => self.violations(&value),
            Err(error) => vec![Violation {
                rule: error.rule(),
                pointer: String::new(),
                keyword: String::new(),
                message: error.to_string(),
            }],
        }
    }
}

/// What stands in the block of code that `text` is, or `text` where it is none.
pub fn unfenced(text: &str) -> &str {
    let inner = text.trim().strip_prefix("```").and_then(|inner| inner.strip_suffix("```"));
    let Some((tag, json)) = inner.and_then(|inner| inner.split_once('\n')) else { return text };
    if ["", "json"].contains(&tag.trim().to_ascii_lowercase().as_str()) { json } else { text }
}
