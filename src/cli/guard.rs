//! `railsc guard`: what the rails make of texts, without a reply to any.

mod human;
mod outcome;

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anstream::{AutoStream, ColorChoice};
use clap::{ArgGroup, Args};

use super::progress::Progress;
use super::rows::Rows;
use super::{Failure, Outcome, load, micros_since, wait};
use crate::engine::{GenerateError, Rails};
use crate::program::Guards;
use human::Summary;
use outcome::Checked;

/// Run the rails over texts, without generating anything
#[derive(Args)]
#[command(
    group = ArgGroup::new("what").required(true),
    override_usage = "railsc guard [OPTIONS] <PATH> <TEXT>...\n       railsc guard [OPTIONS] <PATH> --file <FILE>"
)]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// The texts
    #[arg(group = "what", value_name = "TEXT")]
    texts: Vec<String>,
    /// Many texts: one a line, or the fields `text` and `input` of each object of a `.jsonl`; `-` reads standard input
    #[arg(long, group = "what", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Run the output rails: the texts are what a model wrote
    #[arg(long)]
    output: bool,
    /// What the user said to get them, where a row does not say it
    #[arg(long, value_name = "TEXT", requires = "output")]
    input: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    match guard(arguments) {
        // Nobody reads on, but what was not guarded is not fine.
        Err(Failure::Io(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Outcome::Findings),
        outcome => outcome,
    }
}

fn guard(arguments: &Arguments) -> Result<Outcome, Failure> {
    let rails = load(&arguments.path)?;
    let stage = if arguments.output { Guards::Output } else { Guards::Input };
    has_rails(&rails, &arguments.path, stage)?;
    let stdout = io::stdout();
    let stream = match arguments.json {
        true => AutoStream::new(stdout, ColorChoice::Never),
        false => AutoStream::auto(stdout),
    };
    let mut out = BufWriter::new(stream);
    let guard = Guard { rails, stage, input: arguments.input.as_deref(), json: arguments.json };
    let summary = match &arguments.file {
        Some(file) => guard.rows(Rows::open(file)?, &mut out)?,
        None => guard.texts(&arguments.texts, &mut out)?,
    };
    if !arguments.json && summary.texts() > 1 {
        writeln!(out, "{summary}")?;
    }
    out.flush()?;
    Ok(if summary.blocked > 0 { Outcome::Findings } else { Outcome::Fine })
}

/// Without a rail every text would pass, which nobody who asks for a guard means.
fn has_rails(rails: &Rails, path: &Path, stage: Guards) -> Result<(), Failure> {
    let has = |stage: Guards| rails.config().rails.iter().any(|rail| rail.guards == stage);
    if has(stage) {
        return Ok(());
    }
    let other = match stage {
        Guards::Input if has(Guards::Output) => "; it has output rails, which `--output` runs",
        Guards::Output if has(Guards::Input) => "; it has input rails, which run without `--output`",
        _ => "",
    };
    let message = format!(
        "`{}` has no {stage} rails, so it can't guard; name flows under `rails.{stage}.flows` in `config.yml`{other}",
        path.display()
    );
    Err(Failure::Input(message))
}

struct Guard<'a> {
    rails: Rails,
    stage: Guards,
    input: Option<&'a str>,
    json: bool,
}

impl Guard<'_> {
    fn texts(&self, texts: &[String], out: &mut impl Write) -> Result<Summary, Failure> {
        let mut summary = Summary::default();
        for (index, text) in texts.iter().enumerate() {
            let checked = self.check(text, self.input)?;
            let checked = checked.map_err(|error| match texts.len() {
                1 => Failure::Input(error.to_string()),
                _ => Failure::Input(format!("text {}: {error}", index + 1)),
            })?;
            self.write(&checked, out)?;
            out.flush()?;
            summary.add(&checked);
        }
        Ok(summary)
    }

    fn rows(&self, mut rows: Rows, out: &mut impl Write) -> Result<Summary, Failure> {
        let progress = Progress::new(rows.bytes());
        let mut summary = Summary::default();
        while let Some(row) = rows.next() {
            let row = row?;
            let checked = self.check(&row.text, row.input.as_deref().or(self.input))?;
            let checked = checked.map_err(|error| rows.wrong(row.line, error))?;
            let mut line = Vec::new();
            self.write(&checked, &mut line)?;
            progress.print(&line, row.end, out)?;
            // Whoever pipes texts in one by one waits for each.
            out.flush()?;
            summary.add(&checked);
        }
        progress.finish();
        Ok(summary)
    }

    fn check<'a>(&self, text: &'a str, input: Option<&str>) -> Result<Result<Checked<'a>, GenerateError>, Failure> {
        let began = Instant::now();
        let reply = match self.stage {
            Guards::Output => wait(self.rails.check_output(text, input))?,
            _ => wait(self.rails.check_input(text))?,
        };
        let micros = micros_since(began);
        Ok(reply.map(|reply| Checked::new(text, reply, micros)))
    }

    fn write(&self, checked: &Checked<'_>, out: &mut impl Write) -> io::Result<()> {
        if !self.json {
            return human::write(checked, out);
        }
        serde_json::to_writer(&mut *out, checked)?;
        writeln!(out)
    }
}
