//! Findings as text: for people, one a line, or one JSON object a line.

use std::io::{self, Write};
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{Position, SourceFile, SourceMap, Span};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With the source line, a caret and what to do.
    Human,
    /// `file:line:column: severity[code]: message`.
    Short,
    /// One object a line.
    Json,
}

/// Places this close together are shown in one piece.
const NEAR: usize = 12;
/// Of a place that runs over more lines than this, only the first is shown.
const TALL: usize = 6;

/// Writes `diagnostics`, which are about texts in `sources`.
///
/// # Errors
/// When `out` fails.
pub fn render(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    format: Format,
    colour: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in diagnostics {
        match format {
            Format::Human => writeln!(out, "{}\n", human(diagnostic, sources, &renderer))?,
            Format::Short => writeln!(out, "{}", short(diagnostic, sources))?,
            Format::Json => {
                serde_json::to_writer(&mut *out, &Json::new(diagnostic, sources))?;
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// `2 errors, 1 warning`; nothing when there is nothing to count.
pub fn summary<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Option<String> {
    let (mut errors, mut warnings) = (0, 0);
    for diagnostic in diagnostics {
        match diagnostic.severity {
            Severity::Error => errors += 1,
            Severity::Warning => warnings += 1,
            Severity::Note => {}
        }
    }
    let count = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let parts: Vec<_> = [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn short(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let Diagnostic { code, severity, message, .. } = diagnostic;
    match diagnostic.span {
        Some(span) => {
            let place = sources.location(span);
            format!("{}:{}:{}: {severity}[{code}]: {message}", place.file, place.start.line, place.start.column)
        }
        None => format!("{severity}[{code}]: {message}"),
    }
}

// --- for people --------------------------------------------------------------------------------------------------

fn human(diagnostic: &Diagnostic, sources: &SourceMap, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&*diagnostic.message).id(diagnostic.code.id());
    let mut group = Group::with_title(title);
    for piece in pieces(diagnostic, sources) {
        group = group.element(piece.snippet(sources));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(&**help));
    }
    renderer.render(&[group])
}

/// Neighbouring lines of one file, and what is said about them.
struct Piece<'a> {
    lines: Range<usize>,
    notes: Vec<(Span, &'a str, AnnotationKind)>,
}

/// Only the lines that matter: a file may be large, and have many findings.
fn pieces<'a>(diagnostic: &'a Diagnostic, sources: &SourceMap) -> Vec<Piece<'a>> {
    let primary = diagnostic.span.map(|span| (span, &*diagnostic.label, AnnotationKind::Primary));
    let others = diagnostic.labels.iter().map(|label| (label.span, &*label.text, AnnotationKind::Context));
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    for (span, text, kind) in primary.into_iter().chain(others) {
        let file = sources.file(span.file);
        let first = file.line_index(span.start);
        let last = file.line_index(span.end.max(span.start));
        let last = if last - first > TALL { first } else { last };
        let lines = first..last + 1;
        let near = pieces.iter_mut().find(|piece| {
            piece.notes[0].0.file == span.file
                && lines.start <= piece.lines.end + NEAR
                && piece.lines.start <= lines.end + NEAR
        });
        match near {
            Some(piece) => {
                piece.lines = piece.lines.start.min(lines.start)..piece.lines.end.max(lines.end);
                piece.notes.push((span, text, kind));
            }
            None => pieces.push(Piece { lines, notes: vec![(span, text, kind)] }),
        }
    }
    pieces
}

impl<'a> Piece<'a> {
    fn snippet<'s>(&self, sources: &'s SourceMap) -> Snippet<'s, Annotation<'s>>
    where
        'a: 's,
    {
        let file: &'s SourceFile = sources.file(self.notes[0].0.file);
        let start = file.line_range(self.lines.start).start;
        let end = file.line_range(self.lines.end - 1).end;
        let text = &file.text()[start..end];
        let annotations = self.notes.iter().map(|(span, label, kind)| {
            let range = span.range();
            let from = range.start.clamp(start, end) - start;
            let to = (range.end.clamp(start, end) - start).max(from);
            let note = kind.span(from..to);
            if label.is_empty() { note } else { note.label(*label) }
        });
        Snippet::source(text)
            .path(file.name().to_string())
            .line_start(self.lines.start + 1)
            .annotations(annotations.collect::<Vec<_>>())
    }
}

// --- for machines ------------------------------------------------------------------------------------------------

#[derive(Serialize)]
struct Json<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    file: Option<&'a str>,
    start: Option<Position>,
    end: Option<Position>,
    label: &'a str,
    labels: Vec<JsonLabel<'a>>,
    help: Option<&'a str>,
    fix: Vec<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    file: &'a str,
    start: Position,
    end: Position,
    text: &'a str,
}

/// Offsets in bytes, of the file that the finding is about.
#[derive(Serialize)]
struct JsonFix<'a> {
    start: u32,
    end: u32,
    text: &'a str,
}

impl<'a> Json<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let place = diagnostic.span.map(|span| sources.location(span));
        let labels = diagnostic.labels.iter().map(|label| {
            let place = sources.location(label.span);
            let file = sources.file(label.span.file).name();
            JsonLabel { file, start: place.start, end: place.end, text: &label.text }
        });
        let fix =
            diagnostic.fix.iter().map(|fix| JsonFix { start: fix.span.start, end: fix.span.end, text: &fix.text });
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
