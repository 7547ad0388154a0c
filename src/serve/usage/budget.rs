//! How much somebody may spend.

use std::time::Duration;

use super::date::Span;
use crate::serve::limits::Per;
use crate::serve::prices::Money;

/// So much a day, and so much a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct Budget {
    /// A key or a user.
    pub per: Per,
    pub daily: Option<Money>,
    pub monthly: Option<Money>,
}

/// A budget that does not leave what a request is expected to cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted {
    pub per: Per,
    pub span: Span,
    pub limit: Money,
    /// Until it is new.
    pub wait: Duration,
}

impl Exhausted {
    pub(super) fn message(&self) -> String {
        let (whose, span) = (self.per.name(), if self.span == Span::Day { "daily" } else { "monthly" });
        format!("the {span} budget of this {whose}, ${}, does not leave what the request may cost", self.limit)
    }
}
