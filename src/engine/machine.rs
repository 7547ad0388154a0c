//! The flow machine: one event advances the flows. Knows no texts, no classifier and no actions, only what they led to.
//!
//! The rules are those of Colang 1.0: what matches advances, what can't go on is aborted or interrupted, what is not
//! running yet may start, and the first step that wants to act decides.

mod fate;
mod instances;
mod matching;
mod slide;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::budget::{Budget, Exhausted};
use super::reason::Reason;
use super::starts::Starts;
use super::store::Store;
use super::trace::{Tracer, What};
use crate::expression::{Value, Variables};
use crate::model::ModelError;
use crate::program::{FlowId, IntentId, MessageId, Op, Program, Say};
use crate::source::Span;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The user said something that means this intent.
    User(IntentId),
    /// The user said something that is no intent.
    UserUnknown,
    /// The bot said something: the message, if it has a name, and the instance that said it.
    Bot { message: Option<MessageId>, by: Option<InstanceId> },
    /// A flow raised an event.
    Custom { name: Arc<str>, values: serde_json::Map<String, Value> },
    /// An action ended.
    Finished { action: Arc<str>, result: Value },
}

/// Which instance of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct InstanceId(u64);

/// A flow that runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Instance {
    id: InstanceId,
    flow: FlowId,
    /// The flow itself, then the subflows it is in. Never empty.
    frames: Vec<Frame>,
    /// The instance that holds it up, if one does.
    interrupted_by: Option<InstanceId>,
}

/// A place in a flow or subflow.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Frame {
    flow: FlowId,
    /// Index of the next step.
    at: usize,
    /// Parameters.
    locals: Variables,
    /// The caller's variable for the value of `return`.
    into: Option<Arc<str>>,
}

/// All flows that run in one conversation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Instances {
    running: Vec<Instance>,
    /// Those that were dropped in this turn; the end of an extension brings them back.
    #[serde(skip)]
    dropped: Vec<Instance>,
    /// Those that were interrupted in this turn; the end of an extension lets them go on.
    #[serde(skip)]
    held_up: Vec<InstanceId>,
    /// Flows that have just run past their last step.
    #[serde(skip)]
    ended: Vec<FlowId>,
    /// An extension is among these.
    #[serde(skip)]
    extension_ended: bool,
    next_id: u64,
}

/// The step that acts next.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    pub by: InstanceId,
    /// The priority of its flow, less a tenth when the event passed it by.
    pub priority: f64,
    /// The flow whose line it is: the running flow, or the subflow it is in.
    pub flow: FlowId,
    pub span: Span,
    pub act: Act,
}

/// What a step wants done.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Say { say: Say, locals: Variables, instruction: Option<Arc<str>> },
    Execute { action: Arc<str>, written: Arc<str>, arguments: Vec<(Arc<str>, Value)> },
    Raise { name: Arc<str>, values: serde_json::Map<String, Value> },
    Stop,
}

/// Why an event could not be processed to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// An expression, a text or an action failed; the flow and the line, if one is to blame.
    Failed { place: Option<(FlowId, Span)>, reason: Reason },
    /// A model did not answer what it was asked.
    Model { asked: String, error: ModelError },
    /// The turn did too much.
    Exhausted(Exhausted),
}

/// A failure that ends the turn with the message for errors.
#[derive(Debug)]
pub(super) struct Told {
    pub place: Option<(FlowId, Span)>,
    pub reason: Reason,
    /// Why a model did not answer, if it was that.
    pub error: Option<ModelError>,
}

impl Failure {
    /// What is told of it, unless the turn did too much, which is an error of the call.
    pub(super) fn told(self) -> Result<Told, Exhausted> {
        match self {
            Failure::Failed { place, reason } => Ok(Told { place, reason, error: None }),
            Failure::Model { asked, error } => {
                Ok(Told { place: None, reason: Reason::of_model(&asked, &error), error: Some(error) })
            }
            Failure::Exhausted(exhausted) => Err(exhausted),
        }
    }
}

impl From<Exhausted> for Failure {
    fn from(exhausted: Exhausted) -> Self {
        Failure::Exhausted(exhausted)
    }
}

/// What the machine works on while an event is processed.
pub(super) struct Machine<'a> {
    pub program: &'a Program,
    pub starts: &'a Starts,
    pub store: &'a mut Store,
    pub instances: &'a mut Instances,
    pub budget: &'a mut Budget,
    pub tracer: &'a mut Tracer,
}

/// Where a head went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// It waits or wants to act.
    Rests,
    /// It ran past the end.
    Completed,
}

impl<'a> Machine<'a> {
    /// Lets every flow take notice of `event`, and says which step acts next.
    pub(super) fn process(&mut self, event: &Event) -> Result<Option<Decision>, Failure> {
        // A flow that ends with this event does not start again with it.
        let were_running: Vec<FlowId> = self.instances.running.iter().map(|instance| instance.flow).collect();
        let held_up = self.advance_running(event)?;
        self.start_new(event, &were_running)?;
        self.tell_ends()?;
        let decision = self.decide(event)?;
        if let Some(decision) = &decision {
            for id in held_up.into_iter().filter(|id| *id != decision.by) {
                self.interrupt(id, decision.by);
            }
        }
        self.release_awaited();
        Ok(decision)
    }

    /// Starts `flow` whatever its first step is, with variables local to it, and says what it wants to do first.
    pub(super) fn begin(&mut self, flow: FlowId, locals: Variables) -> Result<Option<Decision>, Failure> {
        let id = InstanceId(self.instances.next_id);
        self.instances.next_id += 1;
        self.tracer.ran(flow);
        let frames = vec![Frame { flow, at: 0, locals, into: None }];
        let mut instance = Instance { id, flow, frames, interrupted_by: None };
        if self.slide(&mut instance)? == Head::Rests {
            self.instances.running.push(instance);
        }
        self.next()
    }

    /// The step that acts next when nothing has happened.
    pub(super) fn next(&mut self) -> Result<Option<Decision>, Failure> {
        self.decide(&Event::UserUnknown)
    }

    /// Advances what matches and aborts what can't wait. The rest, whose head waits for something else, is returned.
    fn advance_running(&mut self, event: &Event) -> Result<Vec<InstanceId>, Failure> {
        let mut held_up = Vec::new();
        let active = self.instances.running.iter().filter(|instance| instance.interrupted_by.is_none());
        let active: Vec<InstanceId> = active.map(|instance| instance.id).collect();
        for id in active {
            // An abort further up may have taken it along.
            let Some(index) = self.index(id) else { continue };
            let instance = &self.instances.running[index];
            if !self.touches(event, instance) {
                continue;
            }
            let op = self.op(instance);
            let target = op.map_or(Ok(None), |op| self.target(op, event, instance))?;
            match target {
                Some(target) => self.advance(id, |machine, instance| machine.go(instance, target, event))?,
                None if op.is_some_and(Op::acts) || self.program.flow(instance.flow).modifiers.uninterruptible => {
                    self.abort(id);
                }
                None => held_up.push(id),
            }
        }
        Ok(held_up)
    }

    fn start_new(&mut self, event: &Event, were_running: &[FlowId]) -> Result<(), Failure> {
        for flow in self.starts.candidates(event) {
            if were_running.contains(&flow) && !self.program.flow(flow).modifiers.parallel {
                continue;
            }
            let mut instance = Instance {
                id: InstanceId(self.instances.next_id),
                flow,
                frames: vec![Frame { flow, at: 0, locals: Variables::new(), into: None }],
                interrupted_by: None,
            };
            self.store.try_out();
            self.tracer.try_out();
            let head = self.slide(&mut instance)?;
            let target = match head {
                Head::Rests => self.op(&instance).map_or(Ok(None), |op| self.target(op, event, &instance))?,
                Head::Completed => None,
            };
            self.tracer.tried(target.is_some());
            let Some(target) = target else {
                self.store.undo();
                continue;
            };
            self.store.keep();
            self.instances.next_id += 1;
            self.tracer.flow(What::FlowStarted, self.program.flow(flow));
            self.tracer.ran(flow);
            let id = instance.id;
            let completed = self.go(&mut instance, target, event)? == Head::Completed;
            self.instances.running.push(instance);
            if completed {
                self.complete(id);
            }
        }
        Ok(())
    }

    /// The first step that wants to act; a later one only if its flow has a higher priority.
    /// A flow that the event passed by keeps its step at nine tenths of its priority.
    fn decide(&mut self, event: &Event) -> Result<Option<Decision>, Failure> {
        let mut best: Option<(f64, &Instance)> = None;
        for instance in self.instances.running.iter().filter(|instance| instance.interrupted_by.is_none()) {
            let share = if self.touches(event, instance) { 1.0 } else { 0.9 };
            let priority = self.program.flow(instance.flow).priority * share;
            let takes_over = |(other, decided): (f64, &Instance)| {
                priority > other || priority == other && self.comes_in_between(event, instance, decided)
            };
            if self.op(instance).is_some_and(Op::acts) && best.is_none_or(takes_over) {
                best = Some((priority, instance));
            }
        }
        best.map(|(priority, instance)| self.decision(instance, priority)).transpose()
    }

    /// Whether `instance` is an extension that acts on what another flow says, before that one goes on.
    fn comes_in_between(&self, event: &Event, instance: &Instance, decided: &Instance) -> bool {
        let is_extension = |instance: &Instance| self.program.flow(instance.flow).modifiers.extension;
        matches!(event, Event::Bot { .. }) && is_extension(instance) && !is_extension(decided)
    }

    fn decision(&self, instance: &Instance, priority: f64) -> Result<Decision, Failure> {
        let frame = top(instance);
        let step = &self.program.flow(frame.flow).steps[frame.at];
        let act = match &step.op {
            Op::Bot(say) => {
                Act::Say { say: say.clone(), locals: frame.locals.clone(), instruction: step.instruction.clone() }
            }
            Op::Execute { action, written, arguments, .. } => {
                let arguments = self.values(arguments, frame, step.span)?;
                Act::Execute { action: action.clone(), written: written.clone(), arguments }
            }
            Op::Raise(spec) => {
                let values = self.values(&spec.arguments, frame, step.span)?;
                let values = values.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
                Act::Raise { name: spec.name.clone(), values }
            }
            _ => Act::Stop,
        };
        Ok(Decision { by: instance.id, priority, flow: frame.flow, span: step.span, act })
    }

    fn index(&self, id: InstanceId) -> Option<usize> {
        self.instances.running.iter().position(|instance| instance.id == id)
    }

    fn op(&self, instance: &Instance) -> Option<&'a Op> {
        let frame = top(instance);
        self.program.flow(frame.flow).steps.get(frame.at).map(|step| &step.op)
    }

    /// Whether an instance takes notice of `event`: of an event by name only if its flow has to do with it.
    fn touches(&self, event: &Event, instance: &Instance) -> bool {
        let Event::Custom { name, .. } = event else { return true };
        let knows = |flow: FlowId| self.program.flow(flow).events.contains(name);
        instance.frames.iter().any(|frame| knows(frame.flow))
    }
}

fn top(instance: &Instance) -> &Frame {
    &instance.frames[instance.frames.len() - 1]
}

fn jump(instance: &mut Instance, target: usize) {
    if let Some(frame) = instance.frames.last_mut() {
        frame.at = target;
    }
}

fn step_on(instance: &mut Instance) {
    let next = top(instance).at + 1;
    jump(instance, next);
}
