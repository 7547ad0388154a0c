//! What the rails made of a turn.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::library::Evidence;
use crate::program::Guards;
use crate::source::Location;

/// Whether a turn went through, and by which rail it did not.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// What became of the turn.
    pub status: Status,
    /// The rail that blocked it, or the last one that rewrote a text of it; `judge` where that failed.
    pub rail: Option<Arc<str>>,
    /// Why it was blocked; for a rail that could not do its work, `rail failed: …`.
    pub reason: Option<String>,
    /// What the rail that blocked it went by.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// The line of `.co` that blocked it; the judge has none.
    pub line: Option<Location>,
    /// Rails that failed and let the turn pass, because their `on_error` says so.
    pub failed_open: Vec<Arc<str>>,
    /// Every rail that ran, in the order of their ends.
    pub rails: Vec<RailVerdict>,
}

/// What became of a turn, or of a text at one rail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It went through as it was.
    #[default]
    Passed,
    /// A rail rewrote what the user or the bot said.
    Modified,
    /// A rail ended it.
    Blocked,
}

/// What one rail made of a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RailVerdict {
    /// The rail.
    pub name: Arc<str>,
    /// What it guards.
    #[serde(rename = "type")]
    pub guards: Guards,
    /// What became of the text there.
    pub status: Status,
    /// How long it took, in microseconds.
    pub duration_us: f64,
    /// Whether it failed and let the text pass, because its `on_error` says so.
    pub failed_open: bool,
    /// Whether it was only watched: the turn went on as if it were not there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// Why it blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it went by when it blocked or rewrote the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The line of `.co` that blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Location>,
}

impl Status {
    /// Its name: `passed`, `modified` or `blocked`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Modified => "modified",
            Status::Blocked => "blocked",
        }
    }
}

impl Verdict {
    /// Whether a rail ended the turn.
    pub fn is_blocked(&self) -> bool {
        self.status == Status::Blocked
    }

    pub(super) fn modified(&mut self, rail: &Arc<str>) {
        if self.status != Status::Blocked {
            self.status = Status::Modified;
            self.rail = Some(rail.clone());
        }
    }

    pub(super) fn block(&mut self, rail: &Arc<str>, reason: String, evidence: Evidence, line: Option<Location>) {
        self.status = Status::Blocked;
        self.rail = Some(rail.clone());
        self.reason = Some(reason);
        self.evidence = evidence;
        self.line = line;
    }

    /// Adds what rails made of it that ran at the same time.
    pub(super) fn merge(&mut self, other: Verdict) {
        self.failed_open.extend(other.failed_open);
        self.rails.extend(other.rails);
        match other.status {
            Status::Passed => {}
            Status::Modified => other.rail.iter().for_each(|rail| self.modified(rail)),
            Status::Blocked => {
                self.status = Status::Blocked;
                (self.rail, self.reason, self.line) = (other.rail, other.reason, other.line);
                self.evidence = other.evidence;
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rail = self.rail.as_deref().unwrap_or_default();
        match self.status {
            Status::Passed => f.write_str("passed")?,
            Status::Modified => write!(f, "modified by `{rail}`")?,
            Status::Blocked => write!(f, "blocked by `{rail}`: {}", self.reason.as_deref().unwrap_or_default())?,
        }
        if !self.failed_open.is_empty() {
            write!(f, "; failed and let pass: {}", self.failed_open.join(", "))?;
        }
        Ok(())
    }
}
