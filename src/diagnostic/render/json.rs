//! One JSON object a finding.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Position, SourceMap};

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    file: Option<&'a str>,
    start: Option<Position>,
    end: Option<Position>,
    label: &'a str,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fix: Vec<Fix<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    file: &'a str,
    start: Position,
    end: Position,
    text: &'a str,
}

/// Offsets in bytes, of the file that the finding is about.
#[derive(Serialize)]
struct Fix<'a> {
    start: u32,
    end: u32,
    text: &'a str,
}

impl<'a> Finding<'a> {
    pub(super) fn new(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let place = diagnostic.span.map(|span| sources.location(span));
        let labels = diagnostic.labels.iter().map(|label| {
            let place = sources.location(label.span);
            let file = sources.file(label.span.file).name();
            Label { file, start: place.start, end: place.end, text: &label.text }
        });
        let fix = diagnostic.fix.iter().map(|fix| Fix { start: fix.span.start, end: fix.span.end, text: &fix.text });
        Self {
            code: diagnostic.code.id(),
            severity: diagnostic.severity,
            message: &diagnostic.message,
            file: diagnostic.span.map(|span| &**sources.file(span.file).name()),
            start: place.as_ref().map(|place| place.start),
            end: place.as_ref().map(|place| place.end),
            label: &diagnostic.label,
            labels: labels.collect(),
            help: diagnostic.help.as_deref(),
            fix: fix.collect(),
        }
    }
}
