//! How much somebody may spend.

use std::collections::HashMap;
use std::time::Duration;

use super::account::Who;
use super::date::Span;
use crate::serve::limits::Per;
use crate::serve::prices::Money;
use crate::serve::settings::CallerSpec;

/// So much a day, and so much a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct Budget {
    /// A key or a user.
    pub per: Per,
    pub daily: Option<Money>,
    pub monthly: Option<Money>,
}

/// All budgets: those for all, and those that single callers have in their place.
#[derive(Debug, Default)]
pub(super) struct Budgets {
    general: Vec<Budget>,
    own: HashMap<String, Vec<Budget>>,
}

impl Budgets {
    /// Where `is_one_user`, whoever has a key is its only user, and has one account.
    pub(super) fn new(general: &[Budget], callers: &[CallerSpec], is_one_user: bool) -> Self {
        let read = |budgets: &[Budget]| {
            let per = |per| if is_one_user { Per::Key } else { per };
            budgets.iter().map(|budget| Budget { per: per(budget.per), ..*budget }).collect()
        };
        let own = callers.iter().filter_map(|caller| Some((caller.name.clone(), read(caller.budgets.as_deref()?))));
        Self { general: read(general), own: own.collect() }
    }

    /// Whether there are none for anybody.
    pub(super) fn is_empty(&self) -> bool {
        self.general.is_empty() && self.own.values().all(Vec::is_empty)
    }

    /// Those that go for a caller and its users: its own, if it has some, and else those for all.
    pub(super) fn for_caller(&self, caller: &str) -> &[Budget] {
        self.own.get(caller).unwrap_or(&self.general)
    }

    /// Those that go for an account: those of keys for that of a key.
    pub(super) fn of(&self, who: &Who) -> impl Iterator<Item = &Budget> + use<'_> {
        let is_user = who.user.is_some();
        self.for_caller(&who.caller).iter().filter(move |budget| (budget.per == Per::User) == is_user)
    }
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
