//! All flows that run in one conversation.

use super::{Frame, Instance, InstanceId, Instances};
use crate::engine::budget::CALL_DEPTH;
use crate::program::{FlowId, Op, Program};

impl Instances {
    /// Drops every flow that runs.
    pub(in crate::engine) fn clear(&mut self) {
        self.running.clear();
        self.dropped.clear();
        self.held_up.clear();
        self.ended.clear();
        self.extension_ended = false;
    }

    /// Whether no flow runs.
    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// How many flows run.
    pub(in crate::engine) fn len(&self) -> usize {
        self.running.len()
    }

    /// The flows that run, and the subflows they are in, once each.
    pub(in crate::engine) fn flows(&self) -> Vec<FlowId> {
        let mut flows: Vec<_> =
            self.running.iter().flat_map(|instance| &instance.frames).map(|frame| frame.flow).collect();
        flows.sort_unstable();
        flows.dedup();
        flows
    }

    /// Has each flow be the one that `here` tells, and drops those for which there is none, or that wait for one of these.
    pub(in crate::engine) fn move_to(&mut self, here: impl Fn(FlowId) -> Option<FlowId>) {
        let moved = |mut instance: Instance| {
            instance.flow = here(instance.flow)?;
            for frame in &mut instance.frames {
                frame.flow = here(frame.flow)?;
            }
            Some(instance)
        };
        self.running = std::mem::take(&mut self.running).into_iter().filter_map(moved).collect();
        loop {
            let ids: Vec<_> = self.running.iter().map(|instance| instance.id).collect();
            self.running.retain(|instance| instance.interrupted_by.is_none_or(|other| ids.contains(&other)));
            if self.running.len() == ids.len() {
                return;
            }
        }
    }

    /// Whether all of it could have come about by running `program`; what is read from outside may not.
    pub(in crate::engine) fn is_sound(&self, program: &Program) -> bool {
        let ids: Vec<u64> = self.running.iter().map(|instance| instance.id.0).collect();
        let frame_is_sound = |frame: &Frame| {
            let flow = program.flows.get(frame.flow.index());
            flow.is_some_and(|flow| frame.at <= flow.steps.len())
        };
        let rests = |frame: &Frame| {
            let step = program.flows.get(frame.flow.index()).and_then(|flow| flow.steps.get(frame.at));
            step.is_some_and(|step| step.op.acts() || matches!(step.op, Op::User(_) | Op::When { .. } | Op::Event(_)))
        };
        self.running.iter().all(|instance| {
            let awaits = |id: InstanceId| id != instance.id && ids.contains(&id.0);
            instance.frames.first().is_some_and(|frame| frame.flow == instance.flow)
                && instance.frames.len() <= CALL_DEPTH
                && instance.frames.iter().all(frame_is_sound)
                && instance.frames.last().is_some_and(rests)
                && instance.id.0 < self.next_id
                && instance.interrupted_by.is_none_or(awaits)
                && ids.iter().filter(|id| **id == instance.id.0).count() == 1
        }) && self.next_id < u64::MAX / 2
    }

    /// What was dropped in the turn before is gone for good, and what was interrupted waits for its own interrupter.
    pub(in crate::engine) fn begin_turn(&mut self) {
        self.dropped.clear();
        self.held_up.clear();
        self.ended.clear();
        self.extension_ended = false;
    }
}
