//! `railsc check`: everything that is wrong with a configuration.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome};
use crate::diagnostic::{Severity, render};
use crate::engine::check;

/// Say everything that is wrong with rails, before a user finds out
#[derive(Args)]
pub(super) struct Arguments {
    /// Configurations: folders, or single `.co` files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Exit with 1 for these findings too
    #[arg(long, value_enum)]
    deny: Option<Deny>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// With the source line, and what to do
    Human,
    /// One line a finding
    Short,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings as well as errors
    Warnings,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = match arguments.format {
        Format::Human => render::Format::Human,
        Format::Short => render::Format::Short,
        Format::Json => render::Format::Json,
    };
    let stdout = io::stdout();
    let colour = format == render::Format::Human && stdout.is_terminal();
    // anstream takes the colours out again when the environment says so.
    let mut out = BufWriter::new(anstream::AutoStream::auto(stdout));
    let mut diagnostics = Vec::new();
    for path in &arguments.paths {
        let report = check(path);
        render::render(&report.diagnostics, &report.sources, format, colour, &mut out)?;
        diagnostics.extend(report.diagnostics);
    }
    if format == render::Format::Human {
        let checked = match &arguments.paths[..] {
            [path] => format!("`{}`", path.display()),
            paths => format!("{} configurations", paths.len()),
        };
        match render::summary(&diagnostics) {
            Some(summary) => writeln!(out, "{checked}: {summary}")?,
            None => writeln!(out, "{checked}: no errors, no warnings")?,
        }
    }
    out.flush()?;
    let denied = if arguments.deny == Some(Deny::Warnings) { Severity::Warning } else { Severity::Error };
    let is_denied = diagnostics.iter().any(|diagnostic| diagnostic.severity >= denied);
    Ok(if is_denied { Outcome::Findings } else { Outcome::Fine })
}
