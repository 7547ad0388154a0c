//! What is set aside for a request until it is known what it took.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Hold, Spending};
use crate::model::Meter;
use crate::serve::limits::Admission;
use crate::serve::prices::Cost;

/// What is set aside for a request. It is settled once: when its cost is asked for, or when it is dropped, however the request ends.
pub(in crate::serve) struct Reservation {
    spending: Arc<Spending>,
    /// Held until the answer is told whole.
    admission: Arc<Admission>,
    config: Arc<str>,
    holds: Mutex<Vec<Hold>>,
    /// Counts the calls of models.
    pub meter: Meter,
    cost: OnceLock<Cost>,
}

impl Reservation {
    pub(super) fn new(spending: Arc<Spending>, admission: Arc<Admission>, config: Arc<str>, holds: Vec<Hold>) -> Self {
        Self { spending, admission, config, holds: Mutex::new(holds), meter: Meter::new(), cost: OnceLock::new() }
    }

    /// What the request has cost, now that it is done.
    pub(in crate::serve) fn settle(&self) -> &Cost {
        self.cost.get_or_init(|| {
            let calls = self.meter.calls();
            self.spending.metrics.called(&self.config, &calls);
            let cost = Cost::of(&calls, &self.spending.prices);
            self.admission.settle_tokens(cost.input_tokens.saturating_add(cost.output_tokens));
            let holds = std::mem::take(&mut *self.holds.lock().unwrap_or_else(PoisonError::into_inner));
            self.spending.settle(&self.config, holds, &cost);
            cost
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.settle();
    }
}
