//! `railsc migrate`: what becomes of a configuration of NeMo Guardrails.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use clap::{Args, ValueEnum};
use serde_json::json;
use similar::TextDiff;

use super::visible::visible;
use super::{Failure, Outcome, replace};
use crate::tools::migrate::{Item, Migration, Proposed, migrate};

/// Say what becomes of a NeMo Guardrails configuration, and propose its `config.yml`
#[derive(Args)]
pub(super) struct Arguments {
    /// The configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// Write the proposal in place; the old file is kept beside it, as `config.yml.before-railsc`
    #[arg(long, conflicts_with = "output")]
    write: bool,
    /// Write the proposed `config.yml` here
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Three groups, and the proposal as a diff
    Human,
    /// One JSON object
    Json,
}

const BOLD: Style = Style::new().bold();
/// What the name of a file that was replaced ends in.
const KEPT: &str = ".before-railsc";

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let migration = migrate(&arguments.path)?;
    let kept = if arguments.write { write_in_place(&migration.proposed)? } else { Vec::new() };
    if let Some(output) = &arguments.output {
        write_to(output, &migration)?;
    }
    let stdout = io::stdout();
    let stream = match arguments.format {
        Format::Human => AutoStream::auto(stdout),
        Format::Json => AutoStream::new(stdout, ColorChoice::Never),
    };
    let mut out = BufWriter::new(stream);
    match arguments.format {
        Format::Human => {
            human(&migration, &arguments.path, &mut out)?;
            for (path, kept) in &kept {
                writeln!(out, "wrote `{}`; what it said is in `{}`", path.display(), kept.display())?;
            }
            if let Some(output) = &arguments.output {
                writeln!(out, "wrote `{}`", output.display())?;
            }
        }
        Format::Json => writeln!(out, "{:#}", object(&migration))?,
    }
    out.flush()?;
    let is_fine = migration.missing.is_empty() && migration.check.errors == 0;
    Ok(if is_fine { Outcome::Fine } else { Outcome::Findings })
}

fn human(migration: &Migration, path: &Path, out: &mut impl Write) -> io::Result<()> {
    let Migration { works, differs, missing, proposed, check, .. } = migration;
    group(&format!("works as it is: {}", works.len()), works, out)?;
    group(&format!("differs: {}", differs.len()), differs, out)?;
    group(&format!("has no equivalent: {}", missing.len()), missing, out)?;
    if proposed.is_empty() {
        writeln!(out, "{BOLD}nothing to change in the YAML of `{}`{BOLD:#}", path.display())?;
    } else {
        writeln!(out, "{BOLD}proposed{BOLD:#}")?;
    }
    for Proposed { path, before, after } in proposed {
        let name = path.display().to_string();
        let diff = TextDiff::from_lines(&**before, after);
        write!(out, "{}", diff.unified_diff().context_radius(2).header(&name, &name))?;
    }
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let (errors, warnings) = (many(check.errors, "error"), many(check.warnings, "warning"));
    let with = if proposed.is_empty() { "as it is" } else { "with it" };
    writeln!(out, "{BOLD}{with}, `railsc check` finds {errors}, {warnings}{BOLD:#}")
}

fn group(title: &str, items: &[Item], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{BOLD}{title}{BOLD:#}")?;
    for Item { what, how, file, line } in items {
        write!(out, "  {}", visible(what))?;
        if let (Some(file), Some(line)) = (file, line) {
            write!(out, "  ({file}:{line})")?;
        }
        writeln!(out)?;
        if let Some(how) = how.as_deref().filter(|how| !how.is_empty()) {
            writeln!(out, "    {}", visible(how))?;
        }
    }
    writeln!(out)
}

fn object(migration: &Migration) -> serde_json::Value {
    let Migration { works, differs, missing, proposed, check, .. } = migration;
    let proposal = proposed.iter().map(|file| (file.path.display().to_string(), file.after.clone().into()));
    let proposal: serde_json::Map<String, serde_json::Value> = proposal.collect();
    json!({ "works": works, "differs": differs, "missing": missing, "proposal": proposal, "check": check })
}

/// Writes the files that change, and says where their old texts are.
fn write_in_place(proposed: &[Proposed]) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let kept = |file: &Proposed| {
        let mut name = file.path.clone().into_os_string();
        name.push(KEPT);
        (file.path.clone(), PathBuf::from(name))
    };
    let written: Vec<_> = proposed.iter().map(kept).collect();
    // All or nothing: what is in the way is found before anything is written.
    if let Some((_, kept)) = written.iter().find(|(_, kept)| kept.symlink_metadata().is_ok()) {
        let message = format!("`{}` is there already, and nothing was written; move it away", kept.display());
        return Err(Failure::Input(message));
    }
    for (file, (path, kept)) in proposed.iter().zip(&written) {
        let save = || {
            OpenOptions::new().write(true).create_new(true).open(kept)?.write_all(file.before.as_bytes())?;
            // Whoever may not read the one may not read the other.
            fs::set_permissions(kept, fs::metadata(path)?.permissions())
        };
        save().map_err(Failure::io(format!("can't write `{}`", kept.display())))?;
        replace(path, &file.after).map_err(Failure::io(format!("can't write `{}`", path.display())))?;
    }
    Ok(written)
}

fn write_to(output: &Path, migration: &Migration) -> Result<(), Failure> {
    let file = match &*migration.proposed {
        [] => migration.main.as_ref(),
        [file] => Some(file),
        several => {
            let names: Vec<String> = several.iter().map(|file| format!("`{}`", file.path.display())).collect();
            let message =
                format!("{} change, and `-o` writes one file; `--write` writes them in place", names.join(", "));
            return Err(Failure::Input(message));
        }
    };
    let Some(file) = file else {
        return Err(Failure::Input("there is no YAML to propose anything for, and nothing was written".to_owned()));
    };
    fs::write(output, &file.after).map_err(Failure::io(format!("can't write `{}`", output.display())))
}
