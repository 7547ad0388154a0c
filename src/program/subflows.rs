//! Which subflows flows do.

use rustc_hash::FxHashSet;

use super::lint::done_by;
use super::{Callee, FlowId, FlowKind, Op, Program};

impl Program {
    /// `flows`, and the subflows they do by name, if only by way of others.
    pub(crate) fn done_by(&self, flows: impl IntoIterator<Item = FlowId>) -> FxHashSet<FlowId> {
        done_by(self, flows)
    }

    /// `flows`, and all subflows that they may do: by way of `do $variable` any.
    pub(crate) fn may_do(&self, flows: impl IntoIterator<Item = FlowId>) -> Vec<FlowId> {
        let mut flows: Vec<FlowId> = flows.into_iter().collect();
        let mut at = 0;
        while let Some(flow) = flows.get(at) {
            at += 1;
            for step in &self.flow(*flow).steps {
                let done: Vec<FlowId> = match &step.op {
                    Op::Do { callee: Callee::Flow(flow), .. } => vec![*flow],
                    Op::Do { callee: Callee::Variable(_), .. } => {
                        let subflows = self.flows().filter(|(_, flow)| flow.kind == FlowKind::Subflow);
                        subflows.map(|(id, _)| id).collect()
                    }
                    _ => continue,
                };
                let new: Vec<FlowId> = done.into_iter().filter(|flow| !flows.contains(flow)).collect();
                flows.extend(new);
            }
        }
        flows
    }
}
