//! Which variables are read where.

use rustc_hash::FxHashSet;

use super::{Argument, Callee, EventPattern, FlowId, MessageText, Op, Program, Say};
use crate::expression::Expression;
use crate::source::Span;

impl Program {
    /// Whether anything in it reads the variable called `name`, without the `$`.
    pub fn reads(&self, name: &str) -> bool {
        let mut found = false;
        visit(self, &mut |read, _, _| found |= read == name);
        found
    }

    /// The variables that `flow` reads by itself, in its steps and in what it says, without the `$`: what is local to it goes no further.
    pub(crate) fn read_in(&self, flow: FlowId) -> FxHashSet<String> {
        let mut read = FxHashSet::default();
        let mut found = |name: &str, _: Span, _: &str| {
            read.insert(name.to_owned());
        };
        for step in &self.flow(flow).steps {
            op(&step.op, step.span, &mut found);
            if let Op::Bot(Say::Message(message)) = &step.op {
                self.message(*message).texts.iter().for_each(|said| text(said, &mut found));
            }
        }
        read
    }
}

/// Calls `found` with each variable that is read, where, and what comes of it when it has no value.
pub(super) fn visit(program: &Program, found: &mut dyn FnMut(&str, Span, &str)) {
    for step in program.flows.iter().flat_map(|flow| &flow.steps) {
        op(&step.op, step.span, found);
    }
    program.messages.iter().flat_map(|message| &message.texts).for_each(|said| text(said, found));
}

fn text(text: &MessageText, found: &mut dyn FnMut(&str, Span, &str)) {
    let Some(span) = text.span else { return };
    text.conditions.iter().for_each(|condition| expression(condition, span, found));
    for name in text.template.variables() {
        found(name, span, "so it prints as nothing");
    }
}

fn op(op: &Op, span: Span, found: &mut dyn FnMut(&str, Span, &str)) {
    match op {
        Op::Bot(Say::Variable(name)) => found(name, span, "so this says nothing"),
        Op::Execute { arguments: values, .. } => arguments(values, span, found),
        Op::Do { callee, arguments: values, .. } => {
            if let Callee::Variable(name) = callee {
                found(name, span, "so this does nothing");
            }
            arguments(values, span, found);
        }
        Op::When { branches, .. } => {
            for (pattern, _) in branches {
                if let EventPattern::Event(event) = pattern {
                    arguments(&event.arguments, span, found);
                }
            }
        }
        Op::Event(event) | Op::Raise(event) => arguments(&event.arguments, span, found),
        Op::Branch { condition, .. } => expression(condition, span, found),
        Op::Assign { value, .. } => expression(value, span, found),
        Op::Return(Some(value)) => expression(value, span, found),
        Op::Return(None) | Op::User(_) | Op::Bot(_) | Op::Jump(_) | Op::Stop => {}
    }
}

fn arguments(arguments: &[Argument], span: Span, found: &mut dyn FnMut(&str, Span, &str)) {
    arguments.iter().for_each(|argument| expression(&argument.value, span, found));
}

fn expression(expression: &Expression, span: Span, found: &mut dyn FnMut(&str, Span, &str)) {
    expression.variables().into_iter().for_each(|name| found(name, span, "so it is `None` here"));
}
