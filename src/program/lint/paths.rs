//! Where the steps of flows lead, as far as that can be known before they run.

use rustc_hash::FxHashSet;

use super::super::{Callee, Flow, FlowId, Op, Program};

/// What is known of every flow of a program.
pub(super) struct Paths<'a> {
    program: &'a Program,
    facts: Vec<Facts>,
}

/// What a flow, once begun, may come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Its end, sooner or later.
    pub ends: bool,
    /// Its end, with nothing waited for on the way.
    pub passes: bool,
    /// A step that waits or stops, in it or in a subflow.
    pub rests: bool,
    /// A step that waits, in it or in a subflow.
    pub waits: bool,
}

impl Facts {
    /// It does itself over and over, or never gets out of a loop.
    pub(super) fn is_endless(self) -> bool {
        !self.passes && !self.rests
    }
}

impl<'a> Paths<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        let callers = callers(program);
        let mut paths = Self { program, facts: vec![Facts::default(); program.flows.len()] };
        // Facts only grow, so what is found once stays true; who does a flow looks again when it grows.
        let mut open: Vec<FlowId> = program.flows().map(|(id, _)| id).collect();
        while let Some(id) = open.pop() {
            let facts = paths.examine(program.flow(id));
            if facts != paths.of(id) {
                paths.facts[id.index()] = facts;
                open.extend(&callers[id.index()]);
            }
        }
        paths
    }

    pub(super) fn of(&self, flow: FlowId) -> Facts {
        self.facts[flow.index()]
    }

    fn examine(&self, flow: &Flow) -> Facts {
        let mut facts = Facts::default();
        let at_end = |at: usize| flow.steps.get(at).is_none_or(|step| matches!(step.op, Op::Return(_)));
        let called = |at: usize| match flow.steps.get(at).map(|step| &step.op) {
            Some(Op::Do { callee: Callee::Flow(callee), .. }) => Some(self.of(*callee)),
            _ => None,
        };
        walk(flow, 0, |at, next| {
            facts.ends |= at_end(at);
            if called(at).is_none_or(|callee| callee.ends) {
                after(flow, at, next);
            }
        });
        walk(flow, 0, |at, next| {
            facts.passes |= at_end(at);
            facts.rests |= flow.steps.get(at).is_some_and(|step| rests(&step.op));
            facts.rests |= called(at).is_some_and(|callee| callee.rests);
            facts.waits |= self.waits_at(flow, at);
            self.onwards(flow, at, next);
        });
        facts
    }

    /// The steps that may follow the one at `at` with nothing waited for in between.
    pub(super) fn onwards(&self, flow: &Flow, at: usize, next: &mut Vec<usize>) {
        match flow.steps.get(at).map(|step| &step.op) {
            Some(Op::Do { callee: Callee::Flow(callee), .. }) if !self.of(*callee).passes => {}
            Some(op) if rests(op) => {}
            _ => after(flow, at, next),
        }
    }

    fn waits_at(&self, flow: &Flow, at: usize) -> bool {
        match flow.steps.get(at).map(|step| &step.op) {
            Some(Op::Do { callee: Callee::Flow(callee), .. }) => self.of(*callee).waits,
            Some(op) => rests(op) && !matches!(op, Op::Stop),
            None => false,
        }
    }

    /// Whether `flow`, from its step at `start` on, may come to wait for something.
    pub(super) fn may_wait(&self, flow: &Flow, start: usize) -> bool {
        let mut waits = false;
        walk(flow, start, |at, next| {
            waits |= self.waits_at(flow, at);
            self.onwards(flow, at, next);
        });
        waits
    }

    /// Which steps of `flow` may ever run. What a rail says ends the turn.
    pub(super) fn reachable(&self, flow: &Flow, is_rail: bool) -> Vec<bool> {
        let mut reachable = vec![false; flow.steps.len()];
        walk(flow, 0, |at, next| {
            let Some(reached) = reachable.get_mut(at) else { return };
            *reached = true;
            match &flow.steps[at].op {
                Op::Bot(_) if is_rail => {}
                // That it never comes back is said of it.
                Op::Do { callee: Callee::Flow(callee), .. }
                    if !self.of(*callee).ends && !self.of(*callee).is_endless() => {}
                _ => after(flow, at, next),
            }
        });
        reachable
    }

    /// Whether the flow, from its step at `at` on, comes to a step that `found` says yes to, with nothing in between
    /// that waits or acts. Subflows are looked into.
    pub(super) fn finds(&self, flow: FlowId, at: usize, found: &dyn Fn(&Op) -> bool) -> Option<usize> {
        self.finds_within(flow, at, found, &mut Vec::new())
    }

    fn finds_within(
        &self,
        id: FlowId,
        at: usize,
        found: &dyn Fn(&Op) -> bool,
        seen: &mut Vec<FlowId>,
    ) -> Option<usize> {
        let flow = self.program.flow(id);
        let mut first: Option<usize> = None;
        walk(flow, at, |at, next| {
            let Some(step) = flow.steps.get(at) else { return };
            let is_found = match &step.op {
                Op::Do { callee: Callee::Flow(callee), .. } if !seen.contains(callee) => {
                    seen.push(*callee);
                    self.finds_within(*callee, 0, found, seen).is_some()
                }
                op => found(op),
            };
            if is_found {
                first = Some(first.map_or(at, |first| first.min(at)));
            } else if !step.op.acts() {
                self.onwards(flow, at, next);
            }
        });
        first
    }
}

/// The subflows that a flow does.
pub(super) fn callees(flow: &Flow) -> impl Iterator<Item = FlowId> {
    flow.steps.iter().filter_map(|step| match &step.op {
        Op::Do { callee: Callee::Flow(callee), .. } => Some(*callee),
        _ => None,
    })
}

/// The flows themselves, and the subflows they do, if only by way of others.
pub(in crate::program) fn done_by(program: &Program, flows: impl IntoIterator<Item = FlowId>) -> FxHashSet<FlowId> {
    let mut done = FxHashSet::default();
    let mut open: Vec<FlowId> = flows.into_iter().collect();
    while let Some(id) = open.pop() {
        if done.insert(id) {
            open.extend(callees(program.flow(id)));
        }
    }
    done
}

/// By flow, the flows that do it.
pub(super) fn callers(program: &Program) -> Vec<Vec<FlowId>> {
    let mut callers = vec![Vec::new(); program.flows.len()];
    for (id, flow) in program.flows() {
        callees(flow).for_each(|callee| callers[callee.index()].push(id));
    }
    callers
}

/// Visits the steps of `flow` from `start` on, each once, one past the last included. `visit` says what comes next.
pub(super) fn walk(flow: &Flow, start: usize, mut visit: impl FnMut(usize, &mut Vec<usize>)) {
    let mut seen = vec![false; flow.steps.len() + 1];
    let mut open = vec![start.min(flow.steps.len())];
    let mut next = Vec::new();
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        visit(at, &mut next);
        open.extend(next.drain(..).map(|at: usize| at.min(flow.steps.len())));
    }
}

/// The steps that may follow the one at `at` within its flow, once it is done.
fn after(flow: &Flow, at: usize, next: &mut Vec<usize>) {
    let Some(step) = flow.steps.get(at) else { return };
    match &step.op {
        Op::Jump(target) => next.push(*target),
        Op::Branch { condition, otherwise } => {
            let truth = condition.constant_truth();
            next.extend((truth != Some(false)).then_some(at + 1));
            next.extend((truth != Some(true)).then_some(*otherwise));
        }
        Op::When { branches, otherwise } => {
            next.extend(branches.iter().map(|(_, target)| *target));
            next.extend(*otherwise);
        }
        Op::Stop | Op::Return(_) => {}
        _ => next.push(at + 1),
    }
}

/// Whether a step may end the turn: it waits, stops, or does a subflow that is not known.
fn rests(op: &Op) -> bool {
    matches!(op, Op::User(_) | Op::When { .. } | Op::Event(_) | Op::Stop | Op::Do { callee: Callee::Variable(_), .. })
}
