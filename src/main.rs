//! The command `railsc`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rails::cli::main()
}
