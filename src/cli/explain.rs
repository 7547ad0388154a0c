//! `railsc explain`: what a finding means.

use std::io::{self, Write};

use clap::Args;

use super::{Failure, Outcome};
use crate::diagnostic::{Code, codes, nearest};

/// Say what a finding means, why it matters, and what to do
#[derive(Args)]
pub(super) struct Arguments {
    /// A code, such as `E0101`; without one, all of them are listed
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    let Some(id) = &arguments.code else {
        for code in codes::ALL {
            writeln!(out, "{code}  {}", code.title())?;
        }
        return Ok(Outcome::Fine);
    };
    match Code::find(id) {
        Some(code) => {
            writeln!(out, "{code}: {}\n\n{}", code.title(), code.explanation().trim_end())?;
            Ok(Outcome::Fine)
        }
        None => {
            let upper = id.to_uppercase();
            let meant = nearest(&upper, codes::ALL.iter().map(|code| code.id()));
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`railsc explain` lists them all".to_owned(),
            };
            Err(Failure::Input(format!("no finding has the code `{id}`; {help}")))
        }
    }
}
