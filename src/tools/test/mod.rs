//! Tests of rails: `define test` blocks in rail files, and transcripts, one conversation a line of a `.jsonl` file.
//!
//! Both run through the same turn as any other text. Only the model and the actions are scripted.

mod block;
mod coverage;
mod expect;
mod report;
mod stub;
mod transcript;
mod update;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::config;
use crate::engine::{Coverage, LoadError, Rails, Reply, Trace, What};
use crate::source::Location;

pub use coverage::{Covered, Item, Kind};
pub use report::{Format, render};
pub use update::Updated;

/// What to run, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only tests whose names contain this.
    pub filter: Option<String>,
    /// Write down what is replied now where the tests expect something else.
    pub update: bool,
}

/// The tests of one file, or those in the rail files of one configuration.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The path of the file or of the configuration.
    pub name: String,
    /// In the order they ran.
    pub cases: Vec<Case>,
}

/// A test that ran.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it tests.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// The line it starts on, from 1.
    pub line: u32,
    /// How long it took.
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// Why a test failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The line that is not met, if it is not the test as a whole.
    pub place: Option<Location>,
    /// The turn it is about.
    pub turn: Option<Turn>,
    /// What the test says.
    pub expected: String,
    /// What came instead.
    pub got: String,
}

/// A turn of a test.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Which, from 1.
    pub number: u32,
    /// What was said, as in the test.
    pub said: String,
    /// How the reply came about, if there is one.
    pub trace: Option<Trace>,
}

/// What tests of one or several paths came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// In the order they ran.
    pub suites: Vec<Suite>,
    /// What of each configuration the tests made run; transcripts that bring their own rails count for none.
    pub coverage: Vec<Covered>,
    /// Files with other expectations than before; they are not written yet.
    pub updated: Vec<Updated>,
}

impl Outcome {
    /// All tests that ran.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.suites.iter().flat_map(|suite| &suite.cases)
    }

    /// Whether a test failed, or none ran.
    pub fn has_failed(&self) -> bool {
        self.cases().next().is_none() || self.cases().any(|case| case.failure.is_some())
    }

    /// How much of what could run did, in percent; `None` when nothing was measured.
    pub fn percent(&self) -> Option<f64> {
        let items = || self.coverage.iter().flat_map(|covered| &covered.items);
        items().next().map(|_| coverage::percent(items()))
    }
}

/// Why tests could not run.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// A file of transcripts can't be read.
    #[error("can't read `{}`: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Runs the tests at `path`: a configuration with those in its folder `tests`, that folder or a file in it, or any `.jsonl`
/// file of transcripts.
///
/// Rails that do not load are a failed test.
///
/// # Errors
/// When a file of transcripts can't be read.
pub async fn run(path: &Path, options: &Options, outcome: &mut Outcome) -> Result<(), TestError> {
    if is_transcripts(path) {
        let mut tested = None;
        let suite = transcript::run(path, &mut tested, options, outcome).await?;
        outcome.suites.push(suite);
        outcome.coverage.extend(tested.as_ref().map(coverage::measure));
        return Ok(());
    }
    let (path, only) = around(path).unwrap_or_else(|| (path.to_owned(), None));
    let path = path.as_path();
    let transcripts = if only.is_some() { Vec::new() } else { config::test_files(path, "jsonl") };
    let mut tested = match Tested::load(path) {
        Ok(tested) => tested,
        Err(error) => {
            let failure = failure(None, "the rails to load", transcript::told(&error));
            let name = path.display().to_string();
            let case = Case {
                name: "loads".to_owned(),
                file: name.clone(),
                line: 1,
                took: Duration::ZERO,
                failure: Some(failure),
            };
            outcome.suites.push(Suite { name, cases: vec![case] });
            return Ok(());
        }
    };
    let suites = block::run_all(path, only, &mut tested, transcripts.is_empty(), options, outcome).await;
    outcome.suites.extend(suites);
    let mut tested = Some(tested);
    for path in transcripts {
        let suite = transcript::run(&path, &mut tested, options, outcome).await?;
        outcome.suites.push(suite);
    }
    outcome.coverage.extend(tested.as_ref().map(coverage::measure));
    Ok(())
}

/// The configuration around a folder `tests`, and the rail file in there that was meant, if `path` is one of these.
fn around(path: &Path) -> Option<(PathBuf, Option<&Path>)> {
    let (folder, only) = match path.is_dir() {
        true => (path, None),
        false => (path.parent()?, Some(path)),
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let configuration = match folder.parent() {
        Some(parent) if folder.ends_with("tests") && parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) if folder.ends_with("tests") => parent.to_owned(),
        // We stand in it.
        _ if folder.canonicalize().ok()?.ends_with("tests") => folder.join(".."),
        _ => return None,
    };
    (!config::rail_files(&configuration).0.is_empty()).then_some((configuration, only))
}

fn is_transcripts(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl") && path.is_file()
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter))
    }
}

/// Rails under test, and what the tests made run.
struct Tested {
    path: PathBuf,
    rails: Rails,
    ran: Arc<Coverage>,
    meant: FxHashSet<Arc<str>>,
    said: FxHashSet<Arc<str>>,
}

impl Tested {
    fn load(path: &Path) -> Result<Self, Box<LoadError>> {
        let rails = Rails::builder().tested(path).offline().build()?;
        let path = path.to_owned();
        Ok(Self { path, rails, ran: Arc::default(), meant: FxHashSet::default(), said: FxHashSet::default() })
    }

    fn note(&mut self, reply: &Reply) {
        self.meant.extend(reply.intent.clone());
        for event in &reply.trace.events {
            if let What::Said { message: Some(message), .. } = &event.what {
                self.said.insert(message.clone());
            }
        }
    }
}

/// A failure that is about no turn.
fn failure(place: Option<Location>, expected: impl Into<String>, got: impl Into<String>) -> Failure {
    Failure { place, turn: None, expected: expected.into(), got: got.into() }
}
