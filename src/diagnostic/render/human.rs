//! For people: the source line, a caret, and what to do.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceFile, SourceMap, Span};

/// Places this close together are shown in one piece.
const NEAR: usize = 12;
/// Of a place that runs over more lines than this, only the first is shown.
const TALL: usize = 6;

pub(super) fn text(diagnostic: &Diagnostic, sources: &SourceMap, renderer: &Renderer) -> String {
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
