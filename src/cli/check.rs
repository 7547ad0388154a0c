//! `railsc check`: everything that is wrong with a configuration.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, replace};
use crate::diagnostic::{Severity, render};
use crate::tools::{Depth, Fixed, check_to, fix};

/// Say everything that is wrong with rails, before a user finds out
#[derive(Args)]
pub(super) struct Arguments {
    /// Configurations: folders, or single `.co` files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Repair what can be repaired for certain, and check again
    #[arg(long)]
    fix: bool,
    /// Compare examples of different intents with each other, however many there are
    #[arg(long)]
    deep: bool,
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

/// How often to repair and check again.
const ROUNDS: usize = 8;

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = match arguments.format {
        Format::Human => render::Format::Human,
        Format::Short => render::Format::Short,
        Format::Json => render::Format::Json,
    };
    let depth = if arguments.deep { Depth::Deep } else { Depth::Usual };
    let stdout = io::stdout();
    let colour = format == render::Format::Human && stdout.is_terminal();
    // anstream takes the colours out again when the environment says so.
    let mut out = BufWriter::new(anstream::AutoStream::auto(stdout));
    let mut diagnostics = Vec::new();
    let mut repaired = 0;
    for path in &arguments.paths {
        let mut report = check_to(path, depth);
        // A repair may bring to light what another one can repair; a few rounds do.
        for _ in 0..ROUNDS {
            let fixed = if arguments.fix { fix(&report.diagnostics, &report.sources) } else { Vec::new() };
            if fixed.is_empty() {
                break;
            }
            for Fixed { file, text, count } in fixed {
                let name = report.sources.file(file).name();
                replace(Path::new(&**name), &text).map_err(Failure::io(format!("can't write `{name}`")))?;
                repaired += count;
            }
            report = check_to(path, depth);
        }
        render::render(&report.diagnostics, &report.sources, format, colour, &mut out)?;
        diagnostics.extend(report.diagnostics);
    }
    if format == render::Format::Human {
        let checked = match &arguments.paths[..] {
            [path] => format!("`{}`", path.display()),
            paths => format!("{} configurations", paths.len()),
        };
        if repaired > 0 {
            writeln!(out, "{checked}: {repaired} repaired")?;
        }
        match render::summary(&diagnostics) {
            Some(summary) => writeln!(out, "{checked}: {summary}")?,
            None => writeln!(out, "{checked}: no errors, no warnings")?,
        }
        let fixable =
            diagnostics.iter().filter(|found| found.severity > Severity::Note && !found.fix.is_empty()).count();
        if fixable > 0 && !arguments.fix {
            writeln!(out, "`railsc check --fix` repairs {fixable} of them")?;
        }
    }
    out.flush()?;
    let denied = if arguments.deny == Some(Deny::Warnings) { Severity::Warning } else { Severity::Error };
    let is_denied = diagnostics.iter().any(|diagnostic| diagnostic.severity >= denied);
    Ok(if is_denied { Outcome::Findings } else { Outcome::Fine })
}
