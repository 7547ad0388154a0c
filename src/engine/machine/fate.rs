//! What becomes of flows that end, can't go on, or stand in the way of each other.

use super::{Failure, Instance, InstanceId, Machine, jump, top};
use crate::engine::trace::What;
use crate::program::{EventPattern, FlowId, Op};

impl Machine<'_> {
    pub(super) fn complete(&mut self, id: InstanceId) {
        let program = self.program;
        let Some(done) = self.remove(id, What::FlowCompleted) else { return };
        self.resume(|instance| instance.interrupted_by == Some(id));
        self.instances.extension_ended |= program.flow(done.flow).modifiers.extension;
        self.instances.ended.push(done.flow);
    }

    /// When an extension has ended, what was aborted or interrupted in this turn goes on. Only once the event has been
    /// taken notice of by all: the one that ends the extension may be what aborts them.
    fn wake(&mut self) {
        if !std::mem::take(&mut self.instances.extension_ended) {
            return;
        }
        let program = self.program;
        let held_up = std::mem::take(&mut self.instances.held_up);
        self.resume(|instance| instance.interrupted_by.is_some() && held_up.contains(&instance.id));
        for mut instance in std::mem::take(&mut self.instances.dropped) {
            instance.interrupted_by = None;
            self.tracer.flow(What::FlowResumed, program.flow(instance.flow));
            self.instances.running.push(instance);
        }
    }

    /// Lets those go on that `is_meant` says.
    fn resume(&mut self, is_meant: impl Fn(&Instance) -> bool) {
        for instance in self.instances.running.iter_mut().filter(|instance| is_meant(instance)) {
            instance.interrupted_by = None;
            self.tracer.flow(What::FlowResumed, self.program.flow(instance.flow));
        }
    }

    /// A flow whose end another one waits for by `when flow` does not wait for that one.
    pub(super) fn release_awaited(&mut self) {
        let awaited = self.instances.running.iter().flat_map(|instance| {
            let branches = match self.op(instance) {
                Some(Op::When { branches, .. }) => branches.as_slice(),
                _ => &[],
            };
            branches.iter().filter_map(|(pattern, _)| match pattern {
                EventPattern::Flow(flow) => Some((instance.id, *flow)),
                _ => None,
            })
        });
        let awaited: Vec<(InstanceId, FlowId)> = awaited.collect();
        for (waiting, flow) in awaited {
            self.resume(|instance| instance.flow == flow && instance.interrupted_by == Some(waiting));
        }
    }

    /// Wakes what the end of an extension wakes, and advances what waits by `when flow` for the end of flows that have
    /// ended, which may end more of them.
    pub(super) fn tell_ends(&mut self) -> Result<(), Failure> {
        loop {
            self.wake();
            let Some(flow) = self.instances.ended.pop() else { return Ok(()) };
            let ends = |(pattern, _): &&(EventPattern, usize)| matches!(pattern, EventPattern::Flow(id) if *id == flow);
            let target = |instance: &Instance| match self.op(instance) {
                Some(Op::When { branches, .. }) if instance.interrupted_by.is_none() => {
                    branches.iter().rev().find(ends).map(|(_, target)| (instance.id, *target))
                }
                _ => None,
            };
            let waiting: Vec<(InstanceId, usize)> = self.instances.running.iter().filter_map(target).collect();
            for (id, target) in waiting {
                self.advance(id, |machine, instance| {
                    let from = top(instance);
                    machine.tracer.went(from.flow, from.at, target);
                    jump(instance, target);
                    machine.slide(instance)
                })?;
            }
        }
    }

    /// Drops the instance, and with it all that it holds up.
    pub(super) fn abort(&mut self, id: InstanceId) {
        let mut doomed = vec![id];
        while let Some(id) = doomed.pop() {
            let held_up = self.instances.running.iter().filter(|instance| instance.interrupted_by == Some(id));
            doomed.extend(held_up.map(|instance| instance.id));
            let dropped = self.remove(id, What::FlowAborted);
            self.instances.dropped.extend(dropped);
        }
    }

    pub(super) fn interrupt(&mut self, id: InstanceId, by: InstanceId) {
        let program = self.program;
        let name = self.index(by).map(|index| program.flow(self.instances.running[index].flow).name.clone());
        if let (Some(index), Some(by_flow)) = (self.index(id), name) {
            let instance = &mut self.instances.running[index];
            instance.interrupted_by = Some(by);
            self.instances.held_up.push(id);
            self.tracer.flow(What::FlowInterrupted { by: by_flow }, program.flow(instance.flow));
        }
    }

    pub(super) fn remove(&mut self, id: InstanceId, what: What) -> Option<Instance> {
        let instance = self.instances.running.remove(self.index(id)?);
        self.tracer.flow(what, self.program.flow(instance.flow));
        Some(instance)
    }
}
