//! Moving on within a flow, up to the next step that waits or acts.

use std::sync::Arc;

use super::{Event, Failure, Frame, Head, Instance, InstanceId, Machine, jump, step_on, top};
use crate::engine::budget::{CALL_DEPTH, Exhausted};
use crate::engine::reason::Reason;
use crate::expression::{self, Expression, Scope, Value};
use crate::program::{Argument, Callee, FlowId, FlowKind, Op};
use crate::source::Span;

impl Machine<'_> {
    /// Moves the head of the instance that raised an event on, before the event arrives.
    pub(in crate::engine) fn step_over(&mut self, id: InstanceId) -> Result<(), Failure> {
        self.advance(id, |machine, instance| {
            step_on(instance);
            machine.slide(instance)
        })?;
        self.tell_ends()
    }

    /// Moves an instance as `go` says, which may end it.
    pub(super) fn advance(
        &mut self,
        id: InstanceId,
        go: impl FnOnce(&mut Self, &mut Instance) -> Result<Head, Failure>,
    ) -> Result<(), Failure> {
        let Some(index) = self.index(id) else { return Ok(()) };
        let mut instance = self.instances.running[index].clone();
        let head = go(self, &mut instance)?;
        self.instances.running[index] = instance;
        if head == Head::Completed {
            self.complete(id);
        }
        Ok(())
    }

    /// Moves the head of `instance` to `target` and slides on from there.
    pub(super) fn go(&mut self, instance: &mut Instance, target: usize, event: &Event) -> Result<Head, Failure> {
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
    pub(super) fn slide(&mut self, instance: &mut Instance) -> Result<Head, Failure> {
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
    pub(super) fn leave(&mut self, instance: &mut Instance, value: Value) -> Head {
        if instance.frames.len() == 1 {
            return Head::Completed;
        }
        if let Some(Frame { into: Some(variable), .. }) = instance.frames.pop() {
            self.set(instance, variable, value);
        }
        Head::Rests
    }

    pub(super) fn callee(&self, callee: &Callee, frame: &Frame, span: Span) -> Result<FlowId, Failure> {
        let variable = match callee {
            Callee::Flow(flow) => return Ok(*flow),
            Callee::Variable(variable) => variable,
        };
        let value = frame.locals.get(variable).or_else(|| self.store.variables().get(variable));
        let named = value.and_then(Value::as_str).and_then(|name| self.program.flow_named(name));
        match named.filter(|flow| self.program.flow(*flow).kind == FlowKind::Subflow) {
            Some(flow) => Ok(flow),
            None => {
                let value = value.unwrap_or(&Value::Null);
                let full = format!("`do ${variable}`: no subflow is called {value}");
                let reason = Reason::of_others(full, "a flow asks for a subflow that is not there");
                Err(Failure::Failed { place: Some((frame.flow, span)), reason })
            }
        }
    }

    /// Sets a parameter of the subflow if it is called so, else a variable of the conversation.
    pub(super) fn set(&mut self, instance: &mut Instance, variable: Arc<str>, value: Value) {
        match instance.frames.last_mut().and_then(|frame| frame.locals.get_mut(&variable)) {
            Some(local) => *local = value,
            None => self.store.set(variable, value),
        }
    }

    pub(super) fn evaluate(&self, expression: &Expression, frame: &Frame, span: Span) -> Result<Value, Failure> {
        let scope = Scope { locals: &frame.locals, globals: self.store.variables() };
        expression.evaluate(scope).map_err(|error| Failure::Failed {
            place: Some((frame.flow, span)),
            reason: Reason::of_others(format!("`{}`: {error}", expression.source()), "an expression has no value"),
        })
    }

    pub(super) fn values(
        &self,
        arguments: &[Argument],
        frame: &Frame,
        span: Span,
    ) -> Result<Vec<(Arc<str>, Value)>, Failure> {
        let value = |argument: &Argument| Ok((argument.name.clone(), self.evaluate(&argument.value, frame, span)?));
        arguments.iter().map(value).collect()
    }
}
