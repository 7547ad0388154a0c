//! How much one turn may do, so that a loop is an error and never a hang.

use crate::program::FlowId;
use crate::source::Span;

/// How many subflows may run inside of each other.
pub(super) const CALL_DEPTH: usize = 200;

/// The steps a turn has left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    left: usize,
}

/// The budget ran out at this step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted {
    pub flow: FlowId,
    pub span: Span,
}

impl Budget {
    pub(super) fn new(steps: usize) -> Self {
        Self { left: steps }
    }

    /// Pays for one step of `flow`.
    pub(super) fn spend(&mut self, flow: FlowId, span: Span) -> Result<(), Exhausted> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Exhausted { flow, span }),
        }
    }
}
