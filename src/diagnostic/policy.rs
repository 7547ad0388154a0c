//! Which warnings are wanted: what a configuration says of a code, and what comments say of a place.

use rustc_hash::FxHashMap;

use super::{Code, Diagnostic, Severity};
use crate::source::Span;

/// What becomes of a warning or a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is not reported.
    Allow,
    /// It is reported as it is.
    Warn,
    /// It is an error.
    Deny,
}

/// A comment that allows some findings about the text it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Which findings.
    pub codes: Vec<Code>,
    /// Where.
    pub span: Span,
}

/// Which warnings and notes are wanted. Errors always are.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// What `lints` in the configuration says.
    pub levels: FxHashMap<Code, Level>,
    /// What comments say.
    pub allowances: Vec<Allowance>,
}

impl Policy {
    /// `diagnostics` as they are wanted.
    pub fn apply(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.levels.is_empty() && self.allowances.is_empty() {
            return diagnostics;
        }
        diagnostics.retain(|diagnostic| diagnostic.is_error() || !self.allows(diagnostic));
        for diagnostic in &mut diagnostics {
            if self.levels.get(&diagnostic.code) == Some(&Level::Deny) {
                diagnostic.severity = Severity::Error;
            }
        }
        diagnostics
    }

    fn allows(&self, diagnostic: &Diagnostic) -> bool {
        self.levels.get(&diagnostic.code) == Some(&Level::Allow)
            || diagnostic.span.is_some_and(|span| {
                self.allowances.iter().any(|allowance| {
                    let place = allowance.span;
                    place.file == span.file
                        && (place.start..=place.end).contains(&span.start)
                        && allowance.codes.contains(&diagnostic.code)
                })
            })
    }
}
