//! Variables that are read and never set.

use rustc_hash::FxHashSet;

use super::super::surroundings::Surroundings;
use super::super::{Argument, Callee, EventPattern, Op, Program, Say, slot};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Expression;
use crate::source::Span;

/// Variables that are always there, or that Colang 1.0 knows.
const ALWAYS_SET: &[&str] = &[
    "user_message",
    "last_user_message",
    "bot_message",
    "last_bot_message",
    "relevant_chunks",
    "event",
    "config",
    "triggered_input_rail",
    "triggered_output_rail",
    "allowed",
    "generation_options",
    "skip_output_rails",
];

/// Looks for variables that are read and never set, and reports each where it is read first.
pub(super) fn unset(program: &Program, surroundings: &Surroundings, found: &mut Vec<Diagnostic>) {
    let known = known(program, surroundings);
    let mut reads = Reads { known: &known, seen: FxHashSet::default(), found };
    for flow in &program.flows {
        for step in &flow.steps {
            reads.op(&step.op, step.span);
        }
    }
    for text in program.messages.iter().flat_map(|message| &message.texts) {
        let Some(span) = text.span else { continue };
        text.conditions.iter().for_each(|condition| reads.expression(condition, span));
        for name in text.template.variables() {
            reads.name(name, span, "so it prints as nothing");
        }
    }
}

fn known<'a>(program: &'a Program, surroundings: &'a Surroundings) -> FxHashSet<String> {
    let mut known: FxHashSet<String> = ALWAYS_SET.iter().map(|name| (*name).to_owned()).collect();
    known.extend(surroundings.rails.iter().flat_map(|rail| &rail.parameters).map(|name| name.to_string()));
    known.extend(program.intents.iter().flat_map(slot::names).map(|name| name.to_string()));
    known.extend(program.taken_slots.iter().map(|name| name.to_string()));
    for step in program.flows.iter().flat_map(|flow| &flow.steps) {
        match &step.op {
            Op::Assign { variable, .. } => {
                known.insert(variable.to_string());
            }
            Op::Execute { into, .. } => known.extend(into.iter().map(|name| name.to_string())),
            Op::Do { arguments, into, .. } => {
                known.extend(into.iter().map(|name| name.to_string()));
                known.extend(arguments.iter().map(|argument| argument.name.to_string()));
            }
            _ => {}
        }
    }
    known
}

struct Reads<'a> {
    known: &'a FxHashSet<String>,
    seen: FxHashSet<String>,
    found: &'a mut Vec<Diagnostic>,
}

impl Reads<'_> {
    fn op(&mut self, op: &Op, span: Span) {
        match op {
            Op::Bot(Say::Variable(name)) => self.name(name, span, "so this says nothing"),
            Op::Execute { arguments, .. } => self.arguments(arguments, span),
            Op::Do { callee, arguments, .. } => {
                if let Callee::Variable(name) = callee {
                    self.name(name, span, "so this does nothing");
                }
                self.arguments(arguments, span);
            }
            Op::When { branches, .. } => {
                for (pattern, _) in branches {
                    if let EventPattern::Event(event) = pattern {
                        self.arguments(&event.arguments, span);
                    }
                }
            }
            Op::Event(event) | Op::Raise(event) => self.arguments(&event.arguments, span),
            Op::Branch { condition, .. } => self.expression(condition, span),
            Op::Assign { value, .. } => self.expression(value, span),
            Op::Return(Some(value)) => self.expression(value, span),
            Op::Return(None) | Op::User(_) | Op::Bot(_) | Op::Jump(_) | Op::Stop => {}
        }
    }

    fn arguments(&mut self, arguments: &[Argument], span: Span) {
        arguments.iter().for_each(|argument| self.expression(&argument.value, span));
    }

    fn expression(&mut self, expression: &Expression, span: Span) {
        for name in expression.variables() {
            self.name(name, span, "so it is `None` here");
        }
    }

    fn name(&mut self, name: &str, span: Span, effect: &str) {
        // Positional arguments have numbers for names.
        if self.known.contains(name)
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !self.seen.insert(name.to_owned())
        {
            return;
        }
        let message = format!("`${name}` is never set");
        let mut names: Vec<&str> = self.known.iter().map(String::as_str).collect();
        names.sort_unstable();
        let diagnostic = Diagnostic::new(codes::UNSET_VARIABLE, span, message).label(effect);
        self.found.push(match nearest(name, names) {
            Some(meant) => diagnostic.help(format!("did you mean `${meant}`?")),
            None => diagnostic.help("set it in a flow, or by a slot in an example"),
        });
    }
}
