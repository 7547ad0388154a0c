//! The command line, one file a subcommand.
//!
//! Every command exits 0 when all is well, 1 when it has findings, 2 for wrong usage, 3 when reading or writing failed.

mod build;
mod chat;
mod check;
mod classify;
mod explain;
mod fit;
mod fmt;
mod graph;
mod guard;
mod init;
mod lines;
mod migrate;
mod progress;
mod rails;
mod rows;
#[cfg(feature = "serve")]
mod serve;
mod test;
mod visible;

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Instant;

use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::cache;
use crate::classify::EmbedError;
use crate::diagnostic::{codes, render};
use crate::engine::{LoadError, Rails};

/// Guardrails for LLM applications: rails checked like code, answered in microseconds.
#[derive(Parser)]
#[command(name = "railsc", version, about, max_term_width = 100)]
struct Arguments {
    /// Use nothing that was kept of earlier runs, and keep nothing
    #[arg(long, global = true)]
    no_cache: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(build::Arguments),
    Check(check::Arguments),
    Chat(chat::Arguments),
    Classify(classify::Arguments),
    Explain(explain::Arguments),
    Fit(fit::Arguments),
    Fmt(fmt::Arguments),
    Graph(graph::Arguments),
    Guard(guard::Arguments),
    Init(init::Arguments),
    Migrate(migrate::Arguments),
    Rails(rails::Arguments),
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    Test(test::Arguments),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// All is well.
    Fine,
    /// It has findings.
    Findings,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The configuration has errors.
    #[error("{0}")]
    Load(Box<LoadError>),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Texts can't be compared.
    #[error("{0}")]
    Embedder(#[from] EmbedError),
    /// The input is not what it should be.
    #[error("{0}")]
    Input(String),
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(Box::new(error))
    }
}

impl Failure {
    /// An I/O error, with what was being done.
    fn io(what: impl std::fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io(io::Error::new(error.kind(), format!("{what}: {error}")))
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let arguments = Arguments::parse();
    if arguments.no_cache {
        cache::turn_off();
    }
    let result = match arguments.command {
        Command::Build(arguments) => build::run(&arguments),
        Command::Fit(arguments) => fit::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Chat(arguments) => chat::run(&arguments),
        Command::Classify(arguments) => classify::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Guard(arguments) => guard::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Rails(arguments) => rails::run(&arguments),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
    };
    match result {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        // Whoever read our output has read enough.
        Err(Failure::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn report(failure: &Failure) -> ExitCode {
    let mut err = anstream::stderr();
    let (text, code) = match failure {
        Failure::Load(error) => {
            let colour = io::stderr().is_terminal();
            let mut text = Vec::new();
            // Writing to memory does not fail.
            let _ = render::render(&error.diagnostics, &error.sources, render::Format::Human, colour, &mut text);
            let unread = error.diagnostics.iter().all(|found| found.code == codes::UNREADABLE);
            (String::from_utf8_lossy(&text).trim_end().to_owned(), if unread { 3 } else { 1 })
        }
        Failure::Io(error) => (format!("error: {error}"), 3),
        Failure::Embedder(error) => (format!("error: {error}"), 3),
        Failure::Input(message) => (format!("error: {message}"), 1),
    };
    // When even this can't be written, the exit code has to do.
    let _ = writeln!(err, "{text}");
    ExitCode::from(code)
}

fn load(path: &Path) -> Result<Rails, Failure> {
    Ok(Rails::from_path(path)?)
}

/// The microseconds since `began`, to a tenth.
fn micros_since(began: Instant) -> f64 {
    (began.elapsed().as_nanos() as f64 / 100.0).round() / 10.0
}

/// Writes a whole file or nothing of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = path.canonicalize()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".railsc-new");
    let beside = path.with_file_name(name);
    fs::write(&beside, text)?;
    fs::set_permissions(&beside, fs::metadata(&path)?.permissions())?;
    fs::rename(&beside, &path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Waits for a future; the command line does one thing at a time.
fn wait<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    // Connections live as long as the runtime they were made in.
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.block_on(future));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io("can't start the runtime"))?;
    Ok(RUNTIME.get_or_init(|| runtime).block_on(future))
}
