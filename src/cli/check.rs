//! `railsc check`: everything that is wrong with a configuration.

use std::io::{self, BufWriter, IsTerminal, Read as _, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::{Failure, Outcome, replace};
use crate::config::Limits;
use crate::diagnostic::render::{self, Checked};
use crate::diagnostic::{Diagnostic, Severity};
use crate::engine::Report;
use crate::tools::{Depth, Fixed, check_source, check_to, fix};

/// Say everything that is wrong with rails, before a user finds out
#[derive(Args)]
pub(super) struct Arguments {
    /// Configurations: folders, or single `.co` files
    #[arg(required_unless_present = "stdin")]
    paths: Vec<PathBuf>,
    /// How to write the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Repair what can be repaired for certain, and check again
    #[arg(long)]
    fix: bool,
    /// Compare examples of different intents with each other, however many there are
    #[arg(long, conflicts_with = "stdin")]
    deep: bool,
    /// Exit with 1 for these findings too
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Check the text of one `.co` file, read from standard input
    #[arg(long, conflicts_with_all = ["paths", "fix"])]
    stdin: bool,
    /// What to call that text
    #[arg(long, value_name = "NAME", requires = "stdin", conflicts_with = "paths")]
    stdin_filename: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// With the source line, and what to do
    Human,
    /// One line a finding
    Short,
    /// One JSON object a line
    Json,
    /// A SARIF 2.1.0 log, for code scanning
    Sarif,
    /// Commands that annotate lines in GitHub Actions
    Github,
    /// JUnit XML, a test a file
    Junit,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings as well as errors
    Warnings,
}

/// How often to repair and check again.
const ROUNDS: usize = 8;

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let denied = if arguments.deny == Some(Deny::Warnings) { Severity::Warning } else { Severity::Error };
    let format = match arguments.format {
        Format::Human => render::Format::Human,
        Format::Short => render::Format::Short,
        Format::Json => render::Format::Json,
        Format::Sarif => render::Format::Sarif,
        Format::Github => render::Format::Github,
        Format::Junit => render::Format::Junit { failing: denied },
    };
    let depth = if arguments.deep { Depth::Deep } else { Depth::Usual };
    let mut repaired = 0;
    let mut reports = Vec::new();
    if arguments.stdin {
        let name = arguments.stdin_filename.as_deref().unwrap_or("<stdin>");
        reports.push((name.to_owned(), from_stdin(name)?));
    }
    for path in &arguments.paths {
        let report = if arguments.fix { repair(path, depth, &mut repaired)? } else { check_to(path, depth) };
        reports.push((path.display().to_string(), report));
    }
    let checked: Vec<Checked<'_>> = reports
        .iter()
        .map(|(name, report)| Checked { name, diagnostics: &report.diagnostics, sources: &report.sources })
        .collect();

    let stdout = io::stdout();
    let colour = format == render::Format::Human && stdout.is_terminal();
    let stream = match format {
        // anstream takes the colours out again when the environment says so.
        render::Format::Human | render::Format::Short => AutoStream::auto(stdout),
        // What a program reads is not touched.
        _ => AutoStream::new(stdout, ColorChoice::AlwaysAnsi),
    };
    let mut out = BufWriter::new(stream);
    render::render_all(&checked, format, colour, &mut out)?;
    if format == render::Format::Human {
        conclude(arguments, &checked, repaired, &mut out)?;
    }
    out.flush()?;
    let is_denied = findings(&checked).any(|diagnostic| diagnostic.severity >= denied);
    Ok(if is_denied { Outcome::Findings } else { Outcome::Fine })
}

fn from_stdin(name: &str) -> Result<Report, Failure> {
    // One byte more than is allowed tells that there are too many.
    let most = Limits::default().file_bytes as u64 + 1;
    let mut text = Vec::new();
    io::stdin().lock().take(most).read_to_end(&mut text).map_err(Failure::io("can't read standard input"))?;
    Ok(check_source(name, &text))
}

/// Repairs the files of the configuration at `path`; what is left is reported.
fn repair(path: &Path, depth: Depth, repaired: &mut usize) -> Result<Report, Failure> {
    let mut report = check_to(path, depth);
    // A repair may bring to light what another one can repair; a few rounds do.
    for _ in 0..ROUNDS {
        let fixed = fix(&report.diagnostics, &report.sources);
        if fixed.is_empty() {
            break;
        }
        for Fixed { file, text, count } in fixed {
            let name = report.sources.file(file).name();
            replace(Path::new(&**name), &text).map_err(Failure::io(format!("can't write `{name}`")))?;
            *repaired += count;
        }
        report = check_to(path, depth);
    }
    Ok(report)
}

fn findings<'a>(checked: &'a [Checked<'a>]) -> impl Iterator<Item = &'a Diagnostic> {
    checked.iter().flat_map(|checked| checked.diagnostics)
}

/// The lines below the findings, for people.
fn conclude(arguments: &Arguments, checked: &[Checked<'_>], repaired: usize, out: &mut impl Write) -> io::Result<()> {
    let what = match checked {
        [one] => format!("`{}`", one.name),
        several => format!("{} configurations", several.len()),
    };
    if repaired > 0 {
        writeln!(out, "{what}: {repaired} repaired")?;
    }
    match render::summary(findings(checked)) {
        Some(summary) => writeln!(out, "{what}: {summary}")?,
        None => writeln!(out, "{what}: no errors, no warnings")?,
    }
    let fixable = findings(checked).filter(|found| found.severity > Severity::Note && !found.fix.is_empty()).count();
    if fixable > 0 && !arguments.fix && !arguments.stdin {
        writeln!(out, "`railsc check --fix` repairs {fixable} of them")?;
    }
    Ok(())
}
