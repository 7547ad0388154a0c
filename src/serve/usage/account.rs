//! What one key, or one user of it, has used, and has been promised.

use std::sync::Arc;

use super::budget::{Budget, Exhausted};
use super::date::{Date, Span};
use crate::serve::prices::Money;

/// Whose account it is: that of a key, or of one user of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Who {
    pub caller: Arc<str>,
    pub user: Option<Arc<str>>,
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::serve) struct Totals {
    pub requests: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cost: Money,
    /// Requests of which the cost is not known, or only guessed. What is known of it is in the sum.
    pub unknown: u64,
}

impl Totals {
    pub(super) fn add(&mut self, more: &Self) {
        self.requests = self.requests.saturating_add(more.requests);
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.cost = self.cost.plus(more.cost);
        self.unknown = self.unknown.saturating_add(more.unknown);
    }
}

/// What is to be written down of an account: all of one day or month of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub who: Who,
    pub period: String,
    pub totals: Totals,
}

/// An account of today and of this month.
#[derive(Debug)]
pub(super) struct Account {
    pub date: Date,
    pub day: Totals,
    pub month: Totals,
    pub reserved: Money,
    /// Whether it says what was not written down yet.
    pub is_dirty: bool,
}

impl Account {
    pub(super) fn new(date: Date) -> Self {
        Self { date, day: Totals::default(), month: Totals::default(), reserved: Money::ZERO, is_dirty: false }
    }

    /// Begins a new day, or month, if it is one. Clocks that go back begin none.
    pub(super) fn turn_to(&mut self, date: Date) {
        if date.day > self.date.day {
            self.day = Totals::default();
            if date.month > self.date.month {
                self.month = Totals::default();
            }
        }
        if date.day >= self.date.day {
            self.date = date;
        }
    }

    /// Sets `amount` aside, if all of `budgets` leave so much.
    pub(super) fn reserve<'b>(
        &mut self,
        budgets: impl Iterator<Item = &'b Budget>,
        amount: Money,
    ) -> Result<(), Exhausted> {
        for budget in budgets {
            for (span, limit, spent) in
                [(Span::Day, budget.daily, self.day.cost), (Span::Month, budget.monthly, self.month.cost)]
            {
                let Some(limit) = limit else { continue };
                // When all is spent, even what costs nothing may turn out to cost something.
                if spent >= limit || spent.plus(self.reserved).plus(amount) > limit {
                    return Err(Exhausted { per: budget.per, span, limit, wait: self.date.left(span) });
                }
            }
        }
        self.reserved = self.reserved.plus(amount);
        Ok(())
    }

    pub(super) fn settle(&mut self, reserved: Money, used: &Totals) {
        self.reserved = self.reserved.minus(reserved);
        self.day.add(used);
        self.month.add(used);
    }

    /// What is to be written down.
    pub(super) fn rows(&self, who: &Who) -> [Row; 2] {
        [(Span::Day, self.day), (Span::Month, self.month)].map(|(span, totals)| Row {
            who: who.clone(),
            period: self.date.name(span),
            totals,
        })
    }
}
