//! `railsc fit`: thresholds that fit labelled texts, and what they are worth.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use super::progress::Progress;
use super::rows::Rows;
use super::visible::visible_lines;
use super::{Failure, Outcome, load, replace};
use crate::cache::Fnv128;
use crate::config::THRESHOLDS_FILE;
use crate::diagnostic::nearest;
use crate::engine::Rails;
use crate::program::IntentId;
use crate::tools::fit::{self, Fit, Labelled, Note, Provenance, Rates};

/// Fit thresholds to labelled texts: on one half of them, with a report on the other
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// Texts with what they mean: objects of a `.jsonl` with the fields `text` and `label`; a label that is no intent is out of scope.
    /// Without them, the examples are tried as if they were new
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// How many of the texts out of scope may be taken for an intent, from 0 to 1; else texts in and out of scope weigh the same
    #[arg(long, value_name = "RATE", value_parser = rate)]
    target_fpr: Option<f64>,
    /// Write `threshold` lines into the rail files, for each intent, in place of `thresholds.yml`
    #[arg(long)]
    in_place: bool,
    /// Write nothing
    #[arg(long, conflicts_with = "in_place")]
    dry_run: bool,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| "it should be a number from 0 to 1".to_owned())
}

/// The texts, and what is to be said of them.
struct Data {
    texts: Vec<Labelled>,
    name: String,
    hash: String,
    /// Labels that are no intents, with how many texts have them.
    outside: Vec<(String, usize)>,
}

#[derive(Serialize)]
struct Report<'a> {
    data: &'a str,
    hash: &'a str,
    fitted_on: usize,
    default: f32,
    thresholds: Vec<(&'a str, f32)>,
    out_of_scope: &'a [(String, usize)],
    notes: &'a [Note],
    before: &'a Rates,
    after: &'a Rates,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let rails = load(&arguments.path)?;
    let data = match &arguments.data {
        Some(file) => labelled(&rails, file)?,
        None => examples(&rails)?,
    };
    let fixed = if arguments.in_place { Vec::new() } else { with_thresholds(&rails) };
    let fit = fit::fit(&rails, &data.texts, arguments.target_fpr, &fixed);
    let fit = fit.map_err(|error| Failure::Input(format!("{}: {error}", data.name)))?;
    let mut out = anstream::stdout();
    if arguments.json {
        write_json(&mut out, &rails, &data, &fit)?;
    } else {
        write_report(&mut out, &data, &fit)?;
    }
    let written = write(arguments, &rails, &data, &fit, &fixed)?;
    if !arguments.json {
        written.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(Outcome::Fine)
}

/// The intents that say their thresholds themselves, which have the last word.
fn with_thresholds(rails: &Rails) -> Vec<IntentId> {
    let own = rails.program().intents().filter(|(_, intent)| intent.threshold.is_some());
    own.map(|(id, _)| id).collect()
}

fn labelled(rails: &Rails, file: &Path) -> Result<Data, Failure> {
    let mut rows = Rows::open(file)?;
    let progress = Progress::new(rows.bytes());
    let mut hash = Fnv128::new();
    let (mut texts, mut outside) = (Vec::new(), Vec::<(String, usize)>::new());
    while let Some(row) = rows.next() {
        let row = row?;
        let Some(label) = row.label else {
            return Err(rows.wrong(row.line, "there is no `label`; it says which intent the text means"));
        };
        let intent = rails.program().intent_named(&label);
        if intent.is_none() {
            match outside.iter_mut().find(|(name, _)| *name == label) {
                Some((_, count)) => *count += 1,
                None => outside.push((label.clone(), 1)),
            }
        }
        hash.add(row.text.as_bytes());
        hash.add(label.as_bytes());
        texts.push(fit::labelled(rails, &row.text, intent)?);
        progress.advance(row.end);
    }
    progress.finish();
    outside.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
    for (label, count) in &outside {
        if let Some(meant) = nearest(label, rails.program().intents.iter().map(|intent| &*intent.name)) {
            let what = if *count == 1 { "text is" } else { "texts are" };
            let mut err = anstream::stderr();
            writeln!(err, "`{label}` is no intent, so its {count} {what} out of scope; was `{meant}` meant?")?;
        }
    }
    Ok(Data { texts, name: file.display().to_string(), hash: format!("{:032x}", hash.finish()), outside })
}

fn examples(rails: &Rails) -> Result<Data, Failure> {
    let texts = fit::unseen(rails)?;
    let outside = texts.iter().filter(|text| text.intent.is_none()).count();
    let hash = crate::classify::fingerprint(rails.program());
    let outside = if outside > 0 { vec![("examples of intents left out".to_owned(), outside)] } else { Vec::new() };
    Ok(Data { texts, name: "the examples, each as if it were new".to_owned(), hash, outside })
}

fn write_json(out: &mut impl Write, rails: &Rails, data: &Data, fit: &Fit) -> Result<(), Failure> {
    let intents = rails.program().intents();
    let own = intents.filter_map(|(id, intent)| Some((&*intent.name, *fit.thresholds.own.get(&id)?)));
    let report = Report {
        data: &data.name,
        hash: &data.hash,
        fitted_on: fit.texts,
        default: fit.thresholds.default,
        thresholds: own.collect(),
        out_of_scope: &data.outside,
        notes: &fit.notes,
        before: &fit.before,
        after: &fit.after,
    };
    serde_json::to_writer(&mut *out, &report).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

fn write_report(out: &mut impl Write, data: &Data, fit: &Fit) -> io::Result<()> {
    let Fit { before, after, texts, notes, .. } = fit;
    let reported = after.accuracy.of + after.rejected.of;
    writeln!(out, "fitted on {texts} texts, reported on {reported} others ({})", data.name)?;
    if !data.outside.is_empty() {
        let shown = data.outside.iter().take(5).map(|(label, count)| format!("`{label}` ({count})"));
        let more =
            if data.outside.len() > 5 { format!(", and {} more", data.outside.len() - 5) } else { String::new() };
        writeln!(out, "out of scope: {}{more}", shown.collect::<Vec<_>>().join(", "))?;
    }
    for note in notes {
        writeln!(out, "note: {}", note_in_words(note))?;
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["", "as they were", "fitted"]);
    let rates = [
        ("accuracy", before.accuracy.to_string(), after.accuracy.to_string()),
        ("macro-F1", format!("{:.3}", before.macro_f1), format!("{:.3}", after.macro_f1)),
        ("out of scope, rejected", before.rejected.to_string(), after.rejected.to_string()),
        ("false alarms", before.false_alarms.to_string(), after.false_alarms.to_string()),
    ];
    rates.into_iter().for_each(|(name, before, after)| {
        table.add_row([name.to_owned(), before, after]);
    });
    (1..3).for_each(|column| {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    });
    writeln!(out, "\n{}", table.trim_fmt())?;
    if after.certain > 0 {
        writeln!(out, "{} of them equal an example or match a pattern, which no threshold changes", after.certain)?;
    }
    if !after.confusions.is_empty() {
        writeln!(out, "\nmost frequent mistakes, as fitted")?;
    }
    let name = |name: &Option<String>| name.as_ref().map_or("nothing".to_owned(), |name| format!("`{name}`"));
    for confusion in &after.confusions {
        writeln!(out, "  {:>4} × {} taken for {}", confusion.count, name(&confusion.meant), name(&confusion.taken))?;
        for text in &confusion.texts {
            writeln!(out, "         {}", visible_lines(text).replace('\n', " "))?;
        }
    }
    writeln!(out)
}

fn note_in_words(note: &Note) -> String {
    match note {
        Note::NothingOutside => {
            "no text is out of scope, so nothing is known of false alarms; add some, of any label that is no intent"
                .to_owned()
        }
        Note::TooFewOutside(count) => {
            format!(
                "{count} texts out of scope are too few to show so low a rate of false alarms; none of them is taken for an intent"
            )
        }
        Note::OneIntent(name) => format!("all texts in scope mean `{name}`"),
        Note::NoTexts(1) => "one intent with examples has no text, and keeps the threshold for all".to_owned(),
        Note::NoTexts(count) => format!("{count} intents with examples have no text, and keep the threshold for all"),
    }
}

/// Writes the thresholds where they are wanted, and says where.
fn write(
    arguments: &Arguments,
    rails: &Rails,
    data: &Data,
    fit: &Fit,
    fixed: &[IntentId],
) -> Result<Vec<String>, Failure> {
    let own = fit.thresholds.own.keys().filter(|intent| !fixed.contains(intent)).count();
    let default = fit.thresholds.default;
    if arguments.dry_run {
        return Ok(vec![format!("nothing is written; thresholds would be {default:.2}, and {own} of intents' own")]);
    }
    if arguments.in_place {
        let mut written = Vec::new();
        for (file, text) in fit::in_place(rails, &fit.thresholds) {
            let name = rails.sources().file(file).name().clone();
            replace(Path::new(&*name), &text).map_err(Failure::io(format!("can't write `{name}`")))?;
            written.push(format!("wrote thresholds into {name}"));
        }
        return Ok(written);
    }
    if !arguments.path.is_dir() {
        return Ok(vec!["nothing is written: a single file has no `thresholds.yml`; use --in-place".to_owned()]);
    }
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let from = Provenance {
        date: date.split('T').next().unwrap_or_default().to_owned(),
        data: data.name.clone(),
        hash: data.hash.clone(),
        texts: fit.texts,
    };
    let path = arguments.path.join(THRESHOLDS_FILE);
    let text = fit::thresholds_file(rails, &fit.thresholds, &from, fixed);
    let failed = format!("can't write `{}`", path.display());
    // A link stays a link, and a file is there whole or not at all.
    let written = if path.exists() { replace(&path, &text) } else { fs::write(&path, &text) };
    written.map_err(Failure::io(failed))?;
    let mut lines = vec![format!("wrote {}: {default:.2}, and {own} of intents' own", path.display())];
    if !fixed.is_empty() {
        lines.push(format!("{} with a `threshold` line keep that", fixed.len()));
    }
    Ok(lines)
}
