//! `railsc init`: a small project to start from.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome};
use crate::library::{FAMILIES, Kit};
use crate::program::Guards;

/// Write a small project that checks, and chats at once
#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to write it to; made if it is not there
    dir: PathBuf,
    /// Rails that come along and need no more than their names, such as `injection,secrets`
    #[arg(long, value_name = "RAILS", value_delimiter = ',')]
    with: Vec<String>,
}

const CONFIG: &str = "config.yml";

const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("init/README.md")),
    (CONFIG, include_str!("init/config.yml")),
    ("rails/boundaries.co", include_str!("init/boundaries.co")),
    ("rails/smalltalk.co", include_str!("init/smalltalk.co")),
    ("rails/support.co", include_str!("init/support.co")),
    ("tests/support.co", include_str!("init/tests.co")),
];

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let dir = &arguments.dir;
    let kits = kits(&arguments.with)?;
    let in_the_way = FILES.iter().map(|(name, _)| dir.join(name)).find(|path| path.exists());
    if let Some(path) = in_the_way {
        let message = format!("`{}` is there already, and nothing was written; name another folder", path.display());
        return Err(Failure::Input(message));
    }
    for (name, text) in FILES {
        let path = dir.join(name);
        let failed = format!("can't write `{}`", path.display());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        let text = if *name == CONFIG { format!("{text}{}", rails(&kits)) } else { (*text).to_owned() };
        made.and_then(|()| fs::write(&path, text)).map_err(Failure::io(failed))?;
    }
    let dir = dir.display();
    let mut out = io::stdout().lock();
    writeln!(out, "wrote {} files to `{dir}`; now try", FILES.len())?;
    writeln!(out, "  railsc check {dir}\n  railsc test {dir}\n  railsc chat {dir}")?;
    Ok(Outcome::Fine)
}

/// What new projects may have, by what it is asked for by.
fn kits(names: &[String]) -> Result<Vec<Kit>, Failure> {
    let all = || FAMILIES.iter().filter_map(|family| family.kit);
    let mut kits: Vec<Kit> = Vec::new();
    for name in names.iter().map(|name| name.trim()) {
        if kits.iter().any(|kit| kit.name == name) {
            continue;
        }
        // Several families may belong to one name: what comes in is one thing, what goes out another.
        kits.extend(all().filter(|kit| kit.name == name));
        if !kits.iter().any(|kit| kit.name == name) {
            let mut known: Vec<String> = Vec::new();
            for kit in all().map(|kit| format!("`{}`", kit.name)) {
                if !known.contains(&kit) {
                    known.push(kit);
                }
            }
            return Err(Failure::Input(format!("`--with` knows no `{name}`; it knows {}", known.join(", "))));
        }
    }
    Ok(kits)
}

/// The part of `config.yml` that names the rails of `kits`.
fn rails(kits: &[Kit]) -> String {
    if kits.is_empty() {
        return String::new();
    }
    let mut text =
        "\n# Rails that come along: `railsc rails` lists them, and `railsc rails NAME` tells of one.\nrails:\n"
            .to_owned();
    for stage in Guards::ALL {
        let uses = kits.iter().flat_map(|kit| kit.uses).filter(|(guards, _)| *guards == stage);
        let flows: Vec<String> = uses.map(|(_, rail)| format!("      - {rail}\n")).collect();
        if !flows.is_empty() {
            text.push_str(&format!("  {stage}:\n    flows:\n{}", flows.concat()));
        }
    }
    let settings: String = kits.iter().map(|kit| kit.settings).collect();
    if !settings.is_empty() {
        text.push_str(&format!("  config:\n{settings}"));
    }
    text
}
