//! `railsc build`: what loading would learn of the examples, kept beside the configuration.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome, load};
use crate::cache::BAKED;

/// Learn from the examples now, and keep that beside the configuration, so that loading it is quick anywhere
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration: a folder
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if arguments.path.is_file() {
        return Err(Failure::Input("a single file has no folder to keep anything in; name a folder".to_owned()));
    }
    let rails = load(&arguments.path)?;
    let folder = arguments.path.join(BAKED);
    let failed = format!("can't write to `{}`", folder.display());
    let kept = rails.classifier().keep(&folder).map_err(Failure::io(failed))?;
    let mut out = io::stdout().lock();
    match kept {
        Some(kept) => {
            writeln!(out, "wrote {} ({} KiB)", folder.join(&kept.name).display(), kept.bytes.div_ceil(1024))?;
            for other in kept.replaced {
                writeln!(out, "removed {}, of other examples", folder.join(other).display())?;
            }
        }
        None => writeln!(out, "nothing to keep: no intent has three examples or more to learn from")?,
    }
    Ok(Outcome::Fine)
}
