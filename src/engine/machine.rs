//! The flow machine: one event advances the flows. Knows no texts, no classifier and no actions, only what they led to.
//!
//! The rules are those of Colang 1.0: what matches advances, what can't go on is aborted or interrupted, what is not
//! running yet may start, and the first step that wants to act decides.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::budget::{Budget, CALL_DEPTH, Exhausted};
use super::starts::Starts;
use super::store::Store;
use super::trace::{Tracer, What};
use crate::expression::{self, Expression, Scope, Value, Variables};
use crate::program::{
    Argument, Callee, EventPattern, EventSpec, FlowId, FlowKind, IntentId, MessageId, Op, Program, Say, UserPattern,
};
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
    /// Flows that have just run past their last step.
    #[serde(skip)]
    ended: Vec<FlowId>,
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
    Failed { place: Option<(FlowId, Span)>, reason: String },
    /// The turn did too much.
    Exhausted(Exhausted),
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

impl Instances {
    /// Drops every flow that runs.
    pub(super) fn clear(&mut self) {
        self.running.clear();
        self.dropped.clear();
        self.ended.clear();
    }

    /// Whether no flow runs.
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// How many flows run.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether all of it could have come about by running `program`; what is read from outside may not.
    pub(super) fn is_sound(&self, program: &Program) -> bool {
        let ids: Vec<u64> = self.running.iter().map(|instance| instance.id.0).collect();
        let frame_is_sound = |frame: &Frame| {
            let flow = program.flows.get(frame.flow.index());
            flow.is_some_and(|flow| frame.at <= flow.steps.len())
        };
        let rests = |frame: &Frame| {
            let step = program.flows.get(frame.flow.index()).and_then(|flow| flow.steps.get(frame.at));
            step.is_some_and(|step| acts(&step.op) || matches!(step.op, Op::User(_) | Op::When { .. } | Op::Event(_)))
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

    /// What was dropped in the turn before is gone for good.
    pub(super) fn begin_turn(&mut self) {
        self.dropped.clear();
    }
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
            let mut instance = self.instances.running[index].clone();
            if !self.touches(event, &instance) {
                continue;
            }
            let op = self.op(&instance);
            let target = op.map_or(Ok(None), |op| self.target(op, event, &instance))?;
            match target {
                Some(target) => {
                    let completed = self.go(&mut instance, target, event)? == Head::Completed;
                    self.instances.running[index] = instance;
                    if completed {
                        self.complete(id);
                    }
                }
                None if op.is_some_and(acts) || self.program.flow(instance.flow).modifiers.uninterruptible => {
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
            let head = self.slide(&mut instance)?;
            let target = match head {
                Head::Rests => self.op(&instance).map_or(Ok(None), |op| self.target(op, event, &instance))?,
                Head::Completed => None,
            };
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
            if self.op(instance).is_some_and(acts) && best.is_none_or(|(other, _)| priority > other) {
                best = Some((priority, instance));
            }
        }
        best.map(|(priority, instance)| self.decision(instance, priority)).transpose()
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

    // --- one instance --------------------------------------------------------------------------------------------

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

    /// Where `event` takes a head that rests at `op`; `None` when it does not match.
    fn target(&self, op: &Op, event: &Event, instance: &Instance) -> Result<Option<usize>, Failure> {
        let next = top(instance).at + 1;
        Ok(match op {
            Op::User(patterns) => patterns.iter().any(|pattern| user_matches(*pattern, event)).then_some(next),
            Op::Bot(say) => bot_matches(say, event, instance.id).then_some(next),
            Op::Execute { action, .. } => {
                matches!(event, Event::Finished { action: finished, .. } if finished == action).then_some(next)
            }
            Op::Event(spec) => self.spec_matches(spec, event, instance)?.then_some(next),
            Op::When { branches, otherwise } => {
                for (pattern, target) in branches.iter().rev() {
                    if self.event_matches(pattern, event, instance)? {
                        return Ok(Some(*target));
                    }
                }
                let answers = branches.iter().any(|(pattern, _)| same_kind(pattern, event));
                otherwise.filter(|_| answers)
            }
            _ => None,
        })
    }

    fn event_matches(&self, pattern: &EventPattern, event: &Event, instance: &Instance) -> Result<bool, Failure> {
        Ok(match pattern {
            EventPattern::User(pattern) => user_matches(*pattern, event),
            EventPattern::Bot(wanted) => matches!(event, Event::Bot { message, .. } if *message == Some(*wanted)),
            EventPattern::AnyBot => matches!(event, Event::Bot { .. }),
            EventPattern::Event(spec) => self.spec_matches(spec, event, instance)?,
            // No event: `complete` tells of it.
            EventPattern::Flow(_) => false,
        })
    }

    /// Whether an event has the name and the values that are waited for; `...` is any value.
    fn spec_matches(&self, spec: &EventSpec, event: &Event, instance: &Instance) -> Result<bool, Failure> {
        let Event::Custom { name, values } = event else { return Ok(false) };
        if *name != spec.name {
            return Ok(false);
        }
        let frame = top(instance);
        let span = self.program.flow(frame.flow).steps[frame.at].span;
        for (argument, wanted) in self.values(&spec.arguments, frame, span)? {
            let is_any = wanted.as_str() == Some("...");
            if !is_any && values.get(&*argument) != Some(&wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Moves the head of the instance that raised an event on, before the event arrives.
    pub(super) fn step_over(&mut self, id: InstanceId) -> Result<(), Failure> {
        let Some(index) = self.index(id) else { return Ok(()) };
        let mut instance = self.instances.running[index].clone();
        step_on(&mut instance);
        let completed = self.slide(&mut instance)? == Head::Completed;
        self.instances.running[index] = instance;
        if completed {
            self.complete(id);
        }
        self.tell_ends()
    }

    /// Moves the head of `instance` to `target` and slides on from there.
    fn go(&mut self, instance: &mut Instance, target: usize, event: &Event) -> Result<Head, Failure> {
        if let (Some(Op::Execute { into: Some(variable), .. }), Event::Finished { result, .. }) =
            (self.op(instance), event)
        {
            let variable = variable.clone();
            self.set(instance, variable, result.clone());
        }
        let from = top(instance);
        if matches!(self.op(instance), Some(Op::When { .. })) {
            self.tracer.went(from.flow, from.at, target);
        }
        jump(instance, target);
        self.slide(instance)
    }

    /// Runs assignments, conditions, jumps and calls up to the next step that waits or acts.
    fn slide(&mut self, instance: &mut Instance) -> Result<Head, Failure> {
        let program = self.program;
        loop {
            let frame = top(instance);
            let flow = program.flow(frame.flow);
            let Some(step) = flow.steps.get(frame.at) else {
                if self.leave(instance, Value::Null) == Head::Completed {
                    return Ok(Head::Completed);
                }
                continue;
            };
            self.budget.spend(frame.flow, step.span)?;
            match &step.op {
                Op::User(_)
                | Op::Bot(_)
                | Op::Execute { .. }
                | Op::Event(_)
                | Op::Raise(_)
                | Op::When { .. }
                | Op::Stop => return Ok(Head::Rests),
                Op::Jump(target) => jump(instance, *target),
                Op::Branch { condition, otherwise } => {
                    let value = self.evaluate(condition, frame, step.span)?;
                    let target = if expression::is_true(&value) { frame.at + 1 } else { *otherwise };
                    self.tracer.went(frame.flow, frame.at, target);
                    jump(instance, target);
                }
                Op::Assign { variable, value } => {
                    let value = self.evaluate(value, frame, step.span)?;
                    self.set(instance, variable.clone(), value);
                    step_on(instance);
                }
                Op::Do { callee, arguments, into } => {
                    let flow = self.callee(callee, frame, step.span)?;
                    let locals = self.values(arguments, frame, step.span)?.into_iter().collect();
                    if instance.frames.len() >= CALL_DEPTH {
                        return Err(Exhausted { flow: frame.flow, span: step.span }.into());
                    }
                    self.tracer.ran(flow);
                    step_on(instance);
                    instance.frames.push(Frame { flow, at: 0, locals, into: into.clone() });
                }
                Op::Return(value) => {
                    let value = match value {
                        Some(value) => self.evaluate(value, frame, step.span)?,
                        None => Value::Null,
                    };
                    if self.leave(instance, value) == Head::Completed {
                        return Ok(Head::Completed);
                    }
                }
            }
        }
    }

    /// Ends the flow or subflow that `instance` is in.
    fn leave(&mut self, instance: &mut Instance, value: Value) -> Head {
        if instance.frames.len() == 1 {
            return Head::Completed;
        }
        if let Some(Frame { into: Some(variable), .. }) = instance.frames.pop() {
            self.set(instance, variable, value);
        }
        Head::Rests
    }

    fn callee(&self, callee: &Callee, frame: &Frame, span: Span) -> Result<FlowId, Failure> {
        let variable = match callee {
            Callee::Flow(flow) => return Ok(*flow),
            Callee::Variable(variable) => variable,
        };
        let value = frame.locals.get(variable).or_else(|| self.store.variables().get(variable));
        let named = value.and_then(Value::as_str).and_then(|name| self.program.flow_named(name));
        match named.filter(|flow| self.program.flow(*flow).kind == FlowKind::Subflow) {
            Some(flow) => Ok(flow),
            None => {
                let reason = format!("`do ${variable}`: no subflow is called {}", value.unwrap_or(&Value::Null));
                Err(Failure::Failed { place: Some((frame.flow, span)), reason })
            }
        }
    }

    /// Sets a parameter of the subflow if it is called so, else a variable of the conversation.
    fn set(&mut self, instance: &mut Instance, variable: Arc<str>, value: Value) {
        match instance.frames.last_mut().and_then(|frame| frame.locals.get_mut(&variable)) {
            Some(local) => *local = value,
            None => self.store.set(variable, value),
        }
    }

    fn evaluate(&self, expression: &Expression, frame: &Frame, span: Span) -> Result<Value, Failure> {
        let scope = Scope { locals: &frame.locals, globals: self.store.variables() };
        expression.evaluate(scope).map_err(|error| Failure::Failed {
            place: Some((frame.flow, span)),
            reason: format!("`{}`: {error}", expression.source()),
        })
    }

    fn values(&self, arguments: &[Argument], frame: &Frame, span: Span) -> Result<Vec<(Arc<str>, Value)>, Failure> {
        let value = |argument: &Argument| Ok((argument.name.clone(), self.evaluate(&argument.value, frame, span)?));
        arguments.iter().map(value).collect()
    }

    // --- what becomes of instances -------------------------------------------------------------------------------

    fn complete(&mut self, id: InstanceId) {
        let program = self.program;
        let Some(done) = self.remove(id, What::FlowCompleted) else { return };
        let wakes_all = program.flow(done.flow).modifiers.extension;
        for instance in &mut self.instances.running {
            if instance.interrupted_by == Some(id) || wakes_all && instance.interrupted_by.is_some() {
                instance.interrupted_by = None;
                self.tracer.flow(What::FlowResumed, program.flow(instance.flow));
            }
        }
        if wakes_all {
            for mut instance in std::mem::take(&mut self.instances.dropped) {
                instance.interrupted_by = None;
                self.tracer.flow(What::FlowResumed, program.flow(instance.flow));
                self.instances.running.push(instance);
            }
        }
        self.instances.ended.push(done.flow);
    }

    /// Advances what waits by `when flow` for the end of flows that have ended.
    fn tell_ends(&mut self) -> Result<(), Failure> {
        while let Some(flow) = self.instances.ended.pop() {
            let ends = |(pattern, _): &&(EventPattern, usize)| matches!(pattern, EventPattern::Flow(id) if *id == flow);
            let target = |instance: &Instance| match self.op(instance) {
                Some(Op::When { branches, .. }) if instance.interrupted_by.is_none() => {
                    branches.iter().rev().find(ends).map(|(_, target)| (instance.id, *target))
                }
                _ => None,
            };
            let waiting: Vec<(InstanceId, usize)> = self.instances.running.iter().filter_map(target).collect();
            for (id, target) in waiting {
                let Some(index) = self.index(id) else { continue };
                let mut instance = self.instances.running[index].clone();
                let from = top(&instance);
                self.tracer.went(from.flow, from.at, target);
                jump(&mut instance, target);
                let completed = self.slide(&mut instance)? == Head::Completed;
                self.instances.running[index] = instance;
                if completed {
                    self.complete(id);
                }
            }
        }
        Ok(())
    }

    /// Drops the instance, and with it all that it holds up.
    fn abort(&mut self, id: InstanceId) {
        let mut doomed = vec![id];
        while let Some(id) = doomed.pop() {
            let held_up = self.instances.running.iter().filter(|instance| instance.interrupted_by == Some(id));
            doomed.extend(held_up.map(|instance| instance.id));
            let dropped = self.remove(id, What::FlowAborted);
            self.instances.dropped.extend(dropped);
        }
    }

    fn interrupt(&mut self, id: InstanceId, by: InstanceId) {
        let program = self.program;
        let name = self.index(by).map(|index| program.flow(self.instances.running[index].flow).name.clone());
        if let (Some(index), Some(by_flow)) = (self.index(id), name) {
            let instance = &mut self.instances.running[index];
            instance.interrupted_by = Some(by);
            self.tracer.flow(What::FlowInterrupted { by: by_flow }, program.flow(instance.flow));
        }
    }

    fn remove(&mut self, id: InstanceId, what: What) -> Option<Instance> {
        let instance = self.instances.running.remove(self.index(id)?);
        self.tracer.flow(what, self.program.flow(instance.flow));
        Some(instance)
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

/// Whether a step does something by itself and does not wait for the user.
fn acts(op: &Op) -> bool {
    matches!(op, Op::Bot(_) | Op::Execute { .. } | Op::Raise(_) | Op::Stop)
}

fn user_matches(pattern: UserPattern, event: &Event) -> bool {
    match (pattern, event) {
        (UserPattern::Any, Event::User(_) | Event::UserUnknown) => true,
        (UserPattern::Intent(wanted), Event::User(intent)) => wanted == *intent,
        _ => false,
    }
}

fn bot_matches(say: &Say, event: &Event, waiting: InstanceId) -> bool {
    let Event::Bot { message, by } = event else { return false };
    match say {
        Say::Message(wanted) => *message == Some(*wanted),
        Say::Any => true,
        Say::Variable(_) => *by == Some(waiting),
    }
}

/// Whether `pattern` waits for events of this kind, so that `else` answers the ones it does not match.
fn same_kind(pattern: &EventPattern, event: &Event) -> bool {
    match pattern {
        EventPattern::User(_) => matches!(event, Event::User(_) | Event::UserUnknown),
        EventPattern::Bot(_) | EventPattern::AnyBot => matches!(event, Event::Bot { .. }),
        EventPattern::Event(_) => matches!(event, Event::Custom { .. }),
        EventPattern::Flow(_) => false,
    }
}
