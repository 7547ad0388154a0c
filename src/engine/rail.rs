//! What the rails made of a turn.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Whether a turn went through, and by which rail it did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What became of the turn.
    pub status: Status,
    /// The rail that blocked it, or the last one that rewrote a text of it.
    pub rail: Option<Arc<str>>,
    /// Why it was blocked; for a rail that could not do its work, `rail failed: …`.
    pub reason: Option<String>,
    /// Rails that failed and let the turn pass, because their `on_error` says so.
    pub failed_open: Vec<Arc<str>>,
}

/// What became of a turn.
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

    pub(super) fn block(&mut self, rail: &Arc<str>, reason: String) {
        self.status = Status::Blocked;
        self.rail = Some(rail.clone());
        self.reason = Some(reason);
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
