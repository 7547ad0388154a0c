//! `railsc test`: whether rails do what their tests say.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::{Failure, Outcome, replace, wait};
use crate::tools::test::{self, TestError};

/// Run the tests of rails: `define test` blocks, and transcripts
#[derive(Args)]
pub(super) struct Arguments {
    /// Configurations, with the tests in their folders `tests`, or `.jsonl` files of transcripts
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Run only the tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How to write the outcome
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Say which intents, messages, flows and branches no test made run
    #[arg(long)]
    coverage: bool,
    /// Exit with 1 when less than this much of them ran
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    min_coverage: Option<f64>,
    /// Write the replies of now into tests that expect others
    #[arg(long)]
    update: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line a file, and what failed with all that led there
    Human,
    /// One JSON object
    Json,
    /// JUnit XML
    Junit,
    /// Commands that annotate lines in GitHub Actions
    Github,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 100 is needed".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = match arguments.format {
        Format::Human => test::Format::Human,
        Format::Json => test::Format::Json,
        Format::Junit => test::Format::Junit,
        Format::Github => test::Format::Github,
    };
    let options = test::Options { filter: arguments.filter.clone(), update: arguments.update };
    let mut outcome = test::Outcome::default();
    for path in &arguments.paths {
        let TestError::Io { path, error } = match wait(test::run(path, &options, &mut outcome))? {
            Ok(()) => continue,
            Err(error) => error,
        };
        return Err(Failure::io(format!("can't read `{}`", path.display()))(error));
    }
    for updated in &outcome.updated {
        let name = updated.path.display();
        replace(&updated.path, &updated.text).map_err(Failure::io(format!("can't write `{name}`")))?;
    }

    let stdout = io::stdout();
    let stream = match format {
        test::Format::Human => AutoStream::auto(stdout),
        _ => AutoStream::new(stdout, ColorChoice::Never),
    };
    let mut out = BufWriter::new(stream);
    let coverage = arguments.coverage || arguments.min_coverage.is_some();
    test::render(&outcome, format, coverage, &mut out)?;
    let measured = outcome.percent();
    // What was not measured reaches no floor.
    let floor = arguments.min_coverage.filter(|floor| measured.is_none_or(|percent| percent < *floor));
    if matches!(format, test::Format::Human | test::Format::Github) {
        for updated in &outcome.updated {
            writeln!(out, "{}: {} rewritten", updated.path.display(), updated.count)?;
        }
    }
    out.flush()?;
    if let Some(floor) = floor {
        let mut err = anstream::stderr();
        match measured {
            Some(percent) => writeln!(err, "error: {percent:.1} % of the rails ran, and at least {floor} % should")?,
            None => {
                writeln!(err, "error: no coverage was measured: these tests bring rails of their own, or did not run")?
            }
        }
    }
    Ok(if outcome.has_failed() || floor.is_some() { Outcome::Findings } else { Outcome::Fine })
}
