//! Why something failed, for those who may know all of it and for those who may not.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::ModelError;

/// Why something failed. It prints and serialises in full, as traces have it: with what actions, expressions and the servers of models say,
/// which may hold an address, a query, or a text of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    full: String,
    brief: String,
}

impl Reason {
    /// What may be told to anybody.
    pub(super) fn ours(reason: impl Into<String>) -> Self {
        let full = reason.into();
        Self { brief: full.clone(), full }
    }

    /// What others say, and what may be told of that.
    pub(super) fn of_others(full: impl Into<String>, brief: impl Into<String>) -> Self {
        Self { full: full.into(), brief: brief.into() }
    }

    /// A model did not answer what it was asked.
    pub(super) fn of_model(asked: &str, error: &ModelError) -> Self {
        Self::of_others(format!("{asked}: {error}"), format!("{asked}: {}", error.brief()))
    }

    /// The same of something greater that failed by it.
    pub(super) fn within(self, what: &str) -> Self {
        Self::of_others(format!("{what}: {}", self.full), format!("{what}: {}", self.brief))
    }

    /// The same in our words alone: for verdicts, which clients are told, and for logs.
    pub fn brief(&self) -> &str {
        &self.brief
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.full)
    }
}
