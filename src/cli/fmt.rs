//! `railsc fmt`: rail files in one style.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use similar::TextDiff;

use super::{Failure, Outcome, replace};
use crate::config::{self, Limits};
use crate::diagnostic::{Diagnostic, render};
use crate::source::{SourceFile, SourceMap};
use crate::syntax::{self, Bounds};

/// Write rail files in one style, comments kept
#[derive(Args)]
pub(super) struct Arguments {
    /// Rail files, and folders of them
    #[arg(required_unless_present = "stdin")]
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that are not in the style, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
    /// Read one rail file from standard input and write it to standard output
    #[arg(long, conflicts_with = "paths")]
    stdin: bool,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    formatted: usize,
    unchanged: usize,
    broken: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stdout()));
    let mut tally = Tally::default();
    if arguments.stdin {
        let limit = Limits::default().file_bytes;
        let mut bytes = Vec::new();
        io::stdin().take(limit as u64 + 1).read_to_end(&mut bytes).map_err(Failure::io("can't read standard input"))?;
        if bytes.len() > limit {
            return Err(Failure::Input(format!("standard input has more than {limit} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| Failure::Input("standard input is not UTF-8".to_owned()))?;
        one(arguments, "<stdin>", &text, None, &mut tally, &mut out)?;
    }
    for path in &arguments.paths {
        let (files, diagnostics) = config::rail_files(path);
        tally.broken += diagnostics.len();
        report(&diagnostics, &SourceMap::default())?;
        for file in files {
            match config::read_text(&file) {
                Ok(text) => one(arguments, &file.display().to_string(), &text, Some(&file), &mut tally, &mut out)?,
                Err(diagnostic) => {
                    tally.broken += 1;
                    report(&[*diagnostic], &SourceMap::default())?;
                }
            }
        }
    }
    out.flush()?;
    if !arguments.stdin && io::stderr().is_terminal() {
        summary(arguments, &tally)?;
    }
    let wants_none = arguments.check || arguments.diff;
    Ok(if tally.broken > 0 || wants_none && tally.formatted > 0 { Outcome::Findings } else { Outcome::Fine })
}

/// Formats one text, and puts it where it is wanted.
fn one(
    arguments: &Arguments,
    name: &str,
    text: &str,
    path: Option<&Path>,
    tally: &mut Tally,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new(name, text));
    let formatted = match syntax::format(id, sources.file(id), Bounds::default()) {
        Ok(formatted) => formatted,
        Err(errors) => {
            tally.broken += 1;
            return report(&errors, &sources);
        }
    };
    let is_changed = formatted != text;
    *if is_changed { &mut tally.formatted } else { &mut tally.unchanged } += 1;
    if arguments.diff {
        if is_changed {
            let diff = TextDiff::from_lines(text, &formatted);
            write!(out, "{}", diff.unified_diff().header(name, &format!("{name} (formatted)")))?;
        }
    } else if arguments.check {
        if is_changed {
            writeln!(out, "{name}")?;
        }
    } else if let Some(path) = path {
        if is_changed {
            // What was written in the meantime is not overwritten.
            let now = fs::read(path).map_err(Failure::io(format!("can't read `{name}`")))?;
            if now != text.as_bytes() {
                return Err(Failure::Input(format!("`{name}` was changed while it was formatted; run this again")));
            }
            replace(path, &formatted).map_err(Failure::io(format!("can't write `{name}`")))?;
            writeln!(out, "{name}")?;
        }
    } else {
        write!(out, "{formatted}")?;
    }
    Ok(())
}

/// Findings go to standard error, away from what is formatted.
fn report(diagnostics: &[Diagnostic], sources: &SourceMap) -> Result<(), Failure> {
    let mut err = anstream::stderr();
    let colour = io::stderr().is_terminal();
    render::render(diagnostics, sources, render::Format::Human, colour, &mut err)?;
    Ok(())
}

fn summary(arguments: &Arguments, tally: &Tally) -> Result<(), Failure> {
    let files = |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    let would = if arguments.check || arguments.diff { "would be formatted" } else { "formatted" };
    let mut parts =
        vec![format!("{} {would}", files(tally.formatted)), format!("{} in the style", files(tally.unchanged))];
    if tally.broken > 0 {
        parts.push(format!("{} can't be read", files(tally.broken)));
    }
    writeln!(anstream::stderr(), "{}", parts.join(", "))?;
    Ok(())
}
