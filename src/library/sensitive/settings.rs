//! What a configuration may say of personal data.

use thiserror::Error;

/// What is looked for in texts of one source: what users say, what the model says, or what is retrieved.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// The kinds that are looked for; all that are a person's if it is empty.
    pub entities: Vec<String>,
    /// How sure a finding must be, 0 to 1. Without it 0.2 for kinds that are named, 0.5 if none are.
    pub score_threshold: Option<f32>,
    /// Kinds of the configuration's own.
    pub recognizers: Vec<Recognizer>,
    /// What is never a finding: a value, `/a regular expression/`, or `@domain` for all addresses of mail there.
    pub allow: Vec<String>,
    /// Words that are always a finding, of the kind `DENIED_WORD`.
    pub deny: Vec<String>,
}

/// A kind of the configuration's own, as Presidio's recognizers without code are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Recognizer {
    /// What findings are called.
    pub supported_entity: String,
    /// Regular expressions, each with how sure it is.
    pub patterns: Vec<Pattern>,
    /// Words that are found as they are, whatever their case.
    pub deny_list: Vec<String>,
    /// How sure words of `deny_list` are; 1 without it.
    pub deny_list_score: Option<f32>,
    /// Words near a finding that make it likelier.
    pub context: Vec<String>,
}

/// A regular expression with how sure it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pattern {
    /// In the syntax of the crate `regex`, whatever the case.
    pub regex: String,
    /// 0 to 1.
    pub score: f32,
}

/// A setting that can't be.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{problem}")]
pub(crate) struct SettingsError {
    /// Which one: keys and places from the settings' root, `["recognizers", "0", "patterns", "1", "regex"]`.
    pub setting: Vec<String>,
    /// What is wrong and what to do.
    pub problem: String,
}

impl SettingsError {
    pub(super) fn new(setting: &[&dyn ToString], problem: impl Into<String>) -> Self {
        SettingsError { setting: setting.iter().map(|part| part.to_string()).collect(), problem: problem.into() }
    }
}
