//! Findings as text: for people, one a line, or as editors and CI systems read them.

pub(crate) mod escape;
mod github;
mod human;
mod json;
mod junit;
mod place;
mod sarif;

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
    /// One SARIF 2.1.0 log.
    Sarif,
    /// One workflow command of GitHub Actions a line.
    Github,
    /// JUnit XML: a test a file.
    Junit {
        /// What is at least as bad fails the test of its file; what is not is among its output.
        failing: Severity,
    },
}

/// What was checked, and what was found.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The path of the configuration, which is also the place of findings about no text.
    pub name: &'a str,
    /// What was found.
    pub diagnostics: &'a [Diagnostic],
    /// The texts the findings are about.
    pub sources: &'a SourceMap,
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
    render_all(&[Checked { name: ".", diagnostics, sources }], format, colour, out)
}

/// Writes all that was found in several configurations, as one document where the format has documents. `colour` is for
/// people.
///
/// # Errors
/// When `out` fails.
pub fn render_all(checked: &[Checked<'_>], format: Format, colour: bool, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Sarif => return sarif::write(checked, out),
        Format::Junit { failing } => return junit::write(checked, failing, out),
        Format::Human | Format::Short | Format::Json | Format::Github => {}
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    for Checked { diagnostics, sources, .. } in checked {
        for diagnostic in *diagnostics {
            match format {
                Format::Human => writeln!(out, "{}\n", human::text(diagnostic, sources, &renderer))?,
                Format::Github => writeln!(out, "{}", github::command(diagnostic, sources))?,
                Format::Json => {
                    serde_json::to_writer(&mut *out, &json::Finding::new(diagnostic, sources))?;
                    writeln!(out)?;
                }
                _ => writeln!(out, "{}", short(diagnostic, sources))?,
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

/// The message, what is at the place, and what to do, a line each.
fn words(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if !diagnostic.label.is_empty() {
        text.push('\n');
        text.push_str(&diagnostic.label);
    }
    if let Some(help) = &diagnostic.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    text
}

/// The [`words`], and the other places, for formats in which a finding has one place.
fn words_and_places(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut text = words(diagnostic);
    for label in &diagnostic.labels {
        let place = sources.location(label.span);
        text += &format!("\n{}:{}:{}: {}", place.file, place.start.line, place.start.column, label.text);
    }
    text
}
