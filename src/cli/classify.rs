//! `railsc classify`: which intent a text means, and how sure that is.

mod explain;
mod summary;
mod table;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::{ArgGroup, Args};
use serde::Serialize;

use super::progress::Progress;
use super::rows::Rows;
use super::{Failure, Outcome, load, micros_since};
use crate::classify::{Classification, EmbedError, Tier};
use crate::engine::Rails;
use explain::Explained;
use summary::Summary;

/// Say which intent a text means, and how sure that is
#[derive(Args)]
#[command(group = ArgGroup::new("texts").required(true))]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// The text
    #[arg(group = "texts")]
    text: Option<String>,
    /// Many texts: one a line, or the field `text` of each object of a `.jsonl`; `-` reads standard input
    #[arg(long, group = "texts", value_name = "FILE")]
    file: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Say what each tier saw, which words carried the text, and what would change what it means
    #[arg(long)]
    explain: bool,
}

/// One text, classified.
#[derive(Serialize)]
struct Row<'a> {
    text: &'a str,
    intent: Option<&'a str>,
    tier: Tier,
    score: f32,
    threshold: f32,
    margin: f32,
    matched: Option<String>,
    candidates: Vec<RowCandidate<'a>>,
    /// Whether the score or the margin is one that leaves it open.
    uncertain: bool,
    /// Whether a model is asked then.
    model_decides: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    abstained: Option<String>,
    /// What it was read as, where that is not what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_as: Option<&'a str>,
    micros: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<Explained>,
}

#[derive(Serialize)]
struct RowCandidate<'a> {
    intent: &'a str,
    score: f32,
    example: &'a str,
}

impl<'a> Row<'a> {
    fn new(rails: &'a Rails, text: &'a str, found: &'a Classification, micros: f64) -> Self {
        let name = |intent| &*rails.program().intent(intent).name;
        let candidate = |candidate: &'a crate::classify::Candidate| RowCandidate {
            intent: name(candidate.intent),
            score: candidate.score,
            example: &candidate.example,
        };
        Self {
            text,
            intent: found.intent.map(name),
            tier: found.tier,
            score: found.score,
            threshold: found.threshold,
            margin: found.margin,
            matched: found.matched.as_ref().map(ToString::to_string),
            candidates: found.candidates.iter().map(candidate).collect(),
            uncertain: rails.leaves_open(found),
            model_decides: rails.asks_model(found),
            abstained: found.abstained.map(|reason| reason.to_string()),
            read_as: found.read_as.as_deref(),
            micros,
            explained: None,
        }
    }

    /// With what the decision was made of.
    fn explained(mut self, rails: &Rails, found: &Classification) -> Self {
        self.explained = Some(Explained::new(rails, self.text, found));
        self
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let rails = load(&arguments.path)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if let Some(text) = &arguments.text {
        let (found, micros) = timed(&rails, text)?;
        let row = Row::new(&rails, text, &found, micros);
        match (arguments.json, arguments.explain) {
            (true, false) => write_json(&mut out, &row)?,
            (true, true) => write_json(&mut out, &row.explained(&rails, &found))?,
            (false, _) => table::write_one(&mut out, &rails, text, &found, micros)?,
        }
        if arguments.explain && !arguments.json {
            explain::write(&mut out, &rails, text, &found)?;
        }
    } else if let Some(file) = &arguments.file {
        let rows = Rows::open(file)?;
        let summary = classify_all(&rails, rows, arguments, &mut out)?;
        out.flush()?;
        if arguments.json {
            // Standard output is for the rows alone.
            write!(io::stderr().lock(), "{summary}")?;
        } else {
            write!(out, "{summary}")?;
        }
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

/// Classifies once to be measured; the candidates of the tiers that were not asked are added after the clock stops.
fn timed(rails: &Rails, text: &str) -> Result<(Classification, f64), EmbedError> {
    let began = Instant::now();
    let mut found = rails.classifier().classify(text)?;
    let micros = micros_since(began);
    found.candidates = rails.classifier().explain(text)?.candidates;
    Ok((found, micros))
}

fn classify_all(rails: &Rails, rows: Rows, arguments: &Arguments, out: &mut impl Write) -> Result<Summary, Failure> {
    let progress = Progress::new(rows.bytes());
    let mut summary = Summary::default();
    for row in rows {
        let row = row?;
        let (found, micros) = timed(rails, &row.text)?;
        let mut result = Row::new(rails, &row.text, &found, micros);
        let mut line = Vec::new();
        if arguments.explain && arguments.json {
            result = result.explained(rails, &found);
        }
        if arguments.json {
            write_json(&mut line, &result)?;
        } else {
            table::write_line(&mut line, &result)?;
        }
        if arguments.explain && !arguments.json {
            explain::write(&mut line, rails, &row.text, &found)?;
        }
        progress.print(&line, row.end, out)?;
        let known = |label: &str| rails.program().intent_named(label).is_some();
        summary.add(&result, row.label.as_deref().map(|label| (label, known(label))));
    }
    progress.finish();
    Ok(summary)
}

fn write_json(out: &mut impl Write, row: &Row<'_>) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, row).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}
