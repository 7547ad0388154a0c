//! Findings as text: for people, one a line, or one JSON object a line.

mod human;
mod json;

use std::io::{self, Write};

use annotate_snippets::Renderer;

use super::{Diagnostic, Severity};
use crate::source::SourceMap;

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
            Format::Human => writeln!(out, "{}\n", human::text(diagnostic, sources, &renderer))?,
            Format::Short => writeln!(out, "{}", short(diagnostic, sources))?,
            Format::Json => {
                serde_json::to_writer(&mut *out, &json::Finding::new(diagnostic, sources))?;
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
