//! Which limits go for whom.

use std::collections::HashMap;
use std::ops::{Deref, Range};

use super::rate::{Per, Rate};
use crate::serve::settings::CallerSpec;

/// All limits in one list: those for all, and behind them those that single callers have in their place.
pub(super) struct Rates {
    all: Vec<Rate>,
    /// How many of them are for all.
    general: usize,
    own: HashMap<String, Range<usize>>,
}

impl Rates {
    pub(super) fn new(general: &[Rate], callers: &[CallerSpec]) -> Self {
        let (mut all, mut own) = (general.to_vec(), HashMap::new());
        for caller in callers {
            let Some(rates) = &caller.rates else { continue };
            let start = all.len();
            all.extend_from_slice(rates);
            own.insert(caller.name.clone(), start..all.len());
        }
        Self { all, general: general.len(), own }
    }

    /// Those that go for `caller`, each with its place: its own, if it has some, and else those for all. Those by address always do.
    pub(super) fn of(&self, caller: Option<&str>) -> impl Iterator<Item = (usize, &Rate)> {
        let own = caller.and_then(|caller| self.own.get(caller)).cloned();
        let has_own = own.is_some();
        let general = (0..self.general).filter(move |at| !has_own || self.all[*at].per == Per::Ip);
        general.chain(own.unwrap_or_default()).map(|at| (at, &self.all[at]))
    }
}

impl Deref for Rates {
    type Target = [Rate];

    fn deref(&self) -> &[Rate] {
        &self.all
    }
}
