//! `railsc init`: a small project to start from.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome};

/// Write a small project that checks, and chats at once
#[derive(Args)]
pub(super) struct Arguments {
    /// The folder to write it to; made if it is not there
    dir: PathBuf,
}

const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("init/README.md")),
    ("config.yml", include_str!("init/config.yml")),
    ("rails/boundaries.co", include_str!("init/boundaries.co")),
    ("rails/smalltalk.co", include_str!("init/smalltalk.co")),
    ("rails/support.co", include_str!("init/support.co")),
    ("tests/support.co", include_str!("init/tests.co")),
];

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let dir = &arguments.dir;
    let in_the_way = FILES.iter().map(|(name, _)| dir.join(name)).find(|path| path.exists());
    if let Some(path) = in_the_way {
        let message = format!("`{}` is there already, and nothing was written; name another folder", path.display());
        return Err(Failure::Input(message));
    }
    for (name, text) in FILES {
        let path = dir.join(name);
        let failed = format!("can't write `{}`", path.display());
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(Failure::io(failed))?;
    }
    let dir = dir.display();
    let mut out = io::stdout().lock();
    writeln!(out, "wrote {} files to `{dir}`; now try", FILES.len())?;
    writeln!(out, "  railsc check {dir}\n  railsc test {dir}\n  railsc chat {dir}")?;
    Ok(Outcome::Fine)
}
