//! What the compiler has to say: errors, warnings and notes with the place they are about.
//!
//! Wording: lower case, no full stop, backticks round what the user wrote, help says what to do.

pub mod codes;
pub mod policy;
pub mod render;

use std::fmt;

use serde::Serialize;

pub use codes::Code;

use crate::source::Span;

/// How bad it is. Only an error keeps rails from loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never a finding.
    Note,
    /// The rails load, but do something their author may not want.
    Warning,
    /// The rails don't load.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A second place that helps to understand the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there.
    pub text: String,
}

/// One replacement of a repair that a machine may apply as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace; empty to insert.
    pub span: Span,
    /// With what.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of finding, from the registry in [`codes`].
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` when it is about no text (a path that can't be read).
    pub span: Option<Span>,
    /// Said at the primary span; may be empty.
    pub label: String,
    /// Other places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The name that is probably meant, where the help asks for it.
    pub meant: Option<String>,
    /// The repair, when it is certain. All replacements together.
    pub fix: Vec<Fix>,
}

impl Diagnostic {
    /// A finding of kind `code`, as severe as the registry says.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::without_span(code, message) }
    }

    /// A finding about no text.
    pub fn without_span(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            span: None,
            label: String::new(),
            labels: Vec::new(),
            help: None,
            meant: None,
            fix: Vec::new(),
        }
    }

    /// Says `text` at the primary span.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Points at `span` too.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds "did you mean …" when there is a suggestion.
    #[must_use]
    pub fn suggest(mut self, suggestion: Option<&str>) -> Self {
        let Some(name) = suggestion else { return self };
        self.meant = Some(name.to_owned());
        self.help(format!("did you mean `{name}`?"))
    }

    /// Adds one replacement to the repair.
    #[must_use]
    pub fn fix(mut self, span: Span, text: impl Into<String>) -> Self {
        self.fix.push(Fix { span, text: text.into() });
        self
    }

    /// Whether it keeps the rails from loading.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The candidate nearest to `name`, if one is near enough to be meant and no other is as near.
pub fn nearest_alone<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let first = nearest(name, candidates.iter().copied())?;
    let others = candidates.iter().copied().filter(|candidate| *candidate != first);
    let distance = strsim::osa_distance(name, first);
    match nearest(name, others) {
        Some(second) if strsim::osa_distance(name, second) == distance => None,
        _ => Some(first),
    }
}

/// The candidate nearest to `name`, if one is near enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let allowed = (length / 3).clamp(1, 4);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
