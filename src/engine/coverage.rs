//! What of a program has run.

use std::sync::Mutex;

use rustc_hash::FxHashSet;

use crate::program::FlowId;

/// Which flows ran and which ways they took, over all conversations of some rails.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    flows: FxHashSet<FlowId>,
    /// From which step of a flow to which one.
    ways: FxHashSet<(FlowId, usize, usize)>,
}

impl Coverage {
    pub(super) fn flow(&self, flow: FlowId) {
        self.lock().flows.insert(flow);
    }

    pub(super) fn way(&self, flow: FlowId, from: usize, to: usize) {
        self.lock().ways.insert((flow, from, to));
    }

    /// Whether `flow` ran.
    pub(crate) fn has_run(&self, flow: FlowId) -> bool {
        self.lock().flows.contains(&flow)
    }

    /// Whether `flow` went from its step at `from` to the one at `to`.
    pub(crate) fn has_gone(&self, flow: FlowId, from: usize, to: usize) -> bool {
        self.lock().ways.contains(&(flow, from, to))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
