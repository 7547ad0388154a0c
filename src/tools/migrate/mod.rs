//! What becomes of a configuration of NeMo Guardrails, and the `config.yml` that is proposed for it.

mod keys;
mod proposal;
mod rails;
mod table;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::check::{self, Depth};
use crate::config::yaml::Node;
use crate::config::{self, yaml};
use crate::diagnostic::{Code, Diagnostic, Severity, codes};
use crate::engine::{Inspection, LoadError, Report, inspect, inspect_read};
use crate::source::{FileId, SourceFile, SourceMap, Span};

/// One thing that a configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What stands there.
    pub what: String,
    /// How it differs, or what to do instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// The file; `None` for what stands in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A YAML file, and what it should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub before: Arc<str>,
    /// What it should say.
    pub after: String,
}

/// What `railsc check` counts in the proposed configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// What keeps it from loading.
    pub errors: usize,
    /// What is probably not meant.
    pub warnings: usize,
}

/// What becomes of a configuration.
#[derive(Debug, Clone)]
pub struct Migration {
    /// What does here what it does there.
    pub works: Vec<Item>,
    /// What does something else, or the same in another way.
    pub differs: Vec<Item>,
    /// What does nothing here.
    pub missing: Vec<Item>,
    /// The files that should change.
    pub proposed: Vec<Proposed>,
    /// The file that `config.yml` is: the one with `models`, or else the first; `None` when there is no YAML.
    pub main: Option<Proposed>,
    /// What is left to mend in the proposed configuration.
    pub check: Findings,
}

/// What keeps a configuration from being looked at; all else is told line by line.
const UNSEEN: &[Code] = &[
    codes::NOT_FOUND,
    codes::UNREADABLE,
    codes::NOT_UTF8,
    codes::NO_CONFIGURATION,
    codes::BAD_YAML,
    codes::FILE_TOO_LARGE,
    codes::TOO_MANY_FILES,
];

/// Looks at the configuration at `path`. Nothing is written.
///
/// # Errors
/// When a file of it can't be read, or its YAML does not parse; the findings are those of [`check`](super::check()).
pub fn migrate(path: &Path) -> Result<Migration, LoadError> {
    let inspection = inspect(path);
    if inspection.diagnostics.iter().any(|found| found.is_error() && UNSEEN.contains(&found.code)) {
        let Inspection { sources, diagnostics, .. } = inspection;
        return Err(LoadError { sources: Arc::new(sources), diagnostics });
    }
    let documents = documents(&inspection.sources);
    let mut told = Told { inspection: &inspection, groups: Default::default(), spans: Vec::new() };
    rails::tell(path, &mut told);
    let edits = keys::tell(&documents, &mut told);
    written::tell_constructs(&mut told);
    rails::tell_errors(&mut told);
    let [works, differs, missing] = told.groups;

    let is_colang_2 = inspection.diagnostics.iter().any(|found| found.code == codes::COLANG_2);
    let files = proposal::propose(&inspection, &documents, edits, is_colang_2);
    let report = outlook(path, inspection, &files);
    let count = |severity| report.diagnostics.iter().filter(|found| found.severity == severity).count();
    let check = Findings { errors: count(Severity::Error), warnings: count(Severity::Warning) };
    let main = proposal::main(&documents).and_then(|id| files.iter().find(|(file, _)| *file == id));
    let main = main.map(|(_, file)| file.clone());
    let proposed = files.into_iter().map(|(_, file)| file).filter(|file| *file.after != *file.before).collect();
    Ok(Migration { works, differs, missing, proposed, main, check })
}

/// What `railsc check` will find once the proposal is written.
fn outlook(path: &Path, inspection: Inspection, files: &[(FileId, Proposed)]) -> Report {
    if files.iter().all(|(_, file)| *file.after == *file.before) {
        return check::report(inspection, Depth::Usual);
    }
    let texts = files.iter().map(|(_, file)| SourceFile::new(file.path.display().to_string(), file.after.as_str()));
    check::report(inspect_read(config::load_with(path, texts.collect())), Depth::Usual)
}

/// A YAML file and what it says.
struct Document {
    file: FileId,
    root: Option<Node>,
}

/// The YAML files among `sources`, in path order.
fn documents(sources: &SourceMap) -> Vec<Document> {
    let yaml = sources.files().filter(|(_, file)| !file.name().ends_with(".co"));
    // What is wrong with them was found before.
    yaml.map(|(id, file)| Document { file: id, root: yaml::parse(id, file, &mut Vec::new()) }).collect()
}

/// What was told so far.
struct Told<'a> {
    inspection: &'a Inspection,
    groups: [Vec<Item>; 3],
    /// Places of which something was said besides that all is well.
    spans: Vec<Span>,
}

impl Told<'_> {
    fn works(&mut self, span: Option<Span>, what: impl Into<String>) {
        let item = self.item(span, what.into(), None);
        self.groups[0].push(item);
    }

    fn differs(&mut self, span: Option<Span>, what: impl Into<String>, how: impl Into<String>) {
        let item = self.item(span, what.into(), Some(how.into()));
        self.spans.extend(span);
        self.groups[1].push(item);
    }

    fn missing(&mut self, span: Option<Span>, what: impl Into<String>, instead: impl Into<String>) {
        let item = self.item(span, what.into(), Some(instead.into()));
        self.spans.extend(span);
        self.groups[2].push(item);
    }

    fn item(&self, span: Option<Span>, what: String, how: Option<String>) -> Item {
        let place = span.map(|span| self.inspection.sources.location(span));
        Item { what, how, line: place.as_ref().map(|place| place.start.line), file: place.map(|place| place.file) }
    }

    /// Whether something in `span` keeps the configuration from loading.
    fn has_error_in(&self, span: Span) -> bool {
        let inside = |other: Span| keys::within(other, span);
        self.inspection.diagnostics.iter().any(|found| found.is_error() && found.span.is_some_and(inside))
    }

    /// The finding of kind `code` at `span`, if there is one.
    fn finding(&self, code: Code, span: Span) -> Option<&Diagnostic> {
        self.inspection.diagnostics.iter().find(|found| found.code == code && found.span == Some(span))
    }
}
