//! What the rails made of a turn.

use serde::Serialize;

/// Whether the turn went through. This version runs no rails that block, so there is one answer; more will not break a
/// `match` that has a last arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing was blocked.
    Passed,
}
