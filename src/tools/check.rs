//! Everything that can be said of a configuration before it runs.

use std::path::Path;

use super::near;
use crate::classify::Classifier;
use crate::diagnostic::{Diagnostic, codes};
use crate::engine::{self, Inspection, Report};
use crate::program::Program;

/// How far to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Examples are compared with each other when there are 2,000 at most.
    #[default]
    Usual,
    /// Examples are compared however many there are.
    Deep,
}

/// Checks the configuration at `path`. There is an error in the report exactly when loading it fails, but for a lint that
/// only this looks for and `lints` in the configuration denies. Never panics.
pub fn check(path: impl AsRef<Path>) -> Report {
    check_to(path, Depth::Usual)
}

/// As [`check`], looking as far as `depth`.
pub fn check_to(path: impl AsRef<Path>, depth: Depth) -> Report {
    report(engine::inspect(path), depth)
}

/// Checks the bytes of one `.co` file, which findings call `name`; what it imports is looked for beside a file of that
/// name.
///
/// # Examples
/// ```
/// let report = rails::check_source("greet.co", "define user greet\n  hello\n");
/// assert_eq!(report.diagnostics[0].code.id(), "E0206"); // text is not in double quotes
/// ```
pub fn check_source(name: &str, text: impl AsRef<[u8]>) -> Report {
    report(engine::inspect_source(name, text.as_ref()), Depth::Usual)
}

pub(super) fn report(inspection: Inspection, depth: Depth) -> Report {
    let Inspection { sources, program, classifier, policy, mut diagnostics, .. } = inspection;
    if let Some(classifier) = &classifier {
        diagnostics.extend(policy.apply(compared(&program, classifier, depth)));
        diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    }
    Report { sources, diagnostics }
}

/// What comparing examples with each other tells, or why they were not.
fn compared(program: &Program, classifier: &Classifier, depth: Depth) -> Vec<Diagnostic> {
    let count = classifier.examples().count();
    if depth == Depth::Usual && count > near::MOST_COMPARED {
        let message = format!("{count} examples are too many to be compared with each other each time");
        return vec![
            Diagnostic::without_span(codes::NOT_COMPARED, message).help("`railsc check --deep` compares them"),
        ];
    }
    near::findings(program, classifier).unwrap_or_else(|error| {
        let message = format!("examples are not compared with each other: {error}");
        vec![Diagnostic::without_span(codes::NOT_COMPARED, message)]
    })
}
