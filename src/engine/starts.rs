//! Which flows an event may start, so that it costs only those.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::machine::Event;
use crate::program::{EventPattern, Flow, FlowId, FlowKind, IntentId, MessageId, Op, Program, Say, UserPattern};

/// Flows by what their first step waits for.
#[derive(Debug, Default)]
pub(super) struct Starts {
    by_intent: FxHashMap<IntentId, Vec<FlowId>>,
    by_any_intent: Vec<FlowId>,
    by_message: FxHashMap<MessageId, Vec<FlowId>>,
    by_any_message: Vec<FlowId>,
    by_event: FxHashMap<Arc<str>, Vec<FlowId>>,
    /// Where the first step lies depends on variables, so they are always tried.
    tried: Vec<FlowId>,
}

impl Starts {
    /// Of the flows of `program`, those that start by themselves: no subflows, and no `rails`.
    pub(super) fn new(program: &Program, rails: &[FlowId]) -> Self {
        let mut starts = Self::default();
        let starting = |(id, flow): &(FlowId, &Flow)| flow.kind == FlowKind::Flow && !rails.contains(id);
        for (id, flow) in program.flows().filter(starting) {
            match flow.steps.first().map(|step| &step.op) {
                Some(Op::User(patterns)) => patterns.iter().for_each(|pattern| starts.add_user(id, *pattern)),
                Some(Op::Bot(say)) => starts.add_bot(id, say),
                Some(Op::Event(spec)) => starts.by_event.entry(spec.name.clone()).or_default().push(id),
                Some(Op::When { branches, otherwise: None }) => {
                    for (pattern, _) in branches {
                        match pattern {
                            EventPattern::User(pattern) => starts.add_user(id, *pattern),
                            EventPattern::Bot(message) => starts.add_bot(id, &Say::Message(*message)),
                            EventPattern::AnyBot => starts.add_bot(id, &Say::Any),
                            // A flow that has not started does not see others end.
                            EventPattern::Flow(_) => {}
                            EventPattern::Event(spec) => {
                                starts.by_event.entry(spec.name.clone()).or_default().push(id);
                            }
                        }
                    }
                }
                // No event finds a flow that has not started at an action, or at its end.
                Some(Op::Execute { .. } | Op::Raise(_) | Op::Stop) | None => {}
                Some(_) => starts.tried.push(id),
            }
        }
        starts
    }

    fn add_user(&mut self, flow: FlowId, pattern: UserPattern) {
        match pattern {
            UserPattern::Any => self.by_any_intent.push(flow),
            UserPattern::Intent(intent) => self.by_intent.entry(intent).or_default().push(flow),
        }
    }

    fn add_bot(&mut self, flow: FlowId, say: &Say) {
        match say {
            Say::Message(message) => self.by_message.entry(*message).or_default().push(flow),
            Say::Any => self.by_any_message.push(flow),
            Say::Variable(_) => {}
        }
    }

    /// The flows that `event` may start, in order of definition.
    pub(super) fn candidates(&self, event: &Event) -> Vec<FlowId> {
        let (named, any): (Option<&Vec<FlowId>>, &[FlowId]) = match event {
            Event::User(intent) => (self.by_intent.get(intent), &self.by_any_intent),
            Event::UserUnknown => (None, &self.by_any_intent),
            Event::Bot { message, .. } => {
                (message.and_then(|message| self.by_message.get(&message)), &self.by_any_message)
            }
            Event::Custom { name, .. } => (self.by_event.get(name), &[]),
            Event::Finished { .. } => (None, &[]),
        };
        let mut flows: Vec<FlowId> = named.into_iter().flatten().chain(any).chain(&self.tried).copied().collect();
        flows.sort_unstable();
        flows.dedup();
        flows
    }
}
