//! Variables that are read and never set.

use rustc_hash::FxHashSet;

use super::super::surroundings::{Guards, Surroundings};
use super::super::{Op, Program, reads, slot};
use crate::diagnostic::{Diagnostic, codes, nearest};

/// Variables that are always there, or that Colang 1.0 knows.
const ALWAYS_SET: &[&str] = &[
    "user_message",
    "last_user_message",
    "bot_message",
    "last_bot_message",
    "relevant_chunks",
    "relevant_chunks_sep",
    "tool_message",
    "tool_name",
    "tool_call_id",
    "tool_calls",
    "event",
    "config",
    "allowed",
    "generation_options",
    "skip_output_rails",
];

/// Looks for variables that are read and never set, and reports each where it is read first.
pub(super) fn unset(program: &Program, surroundings: &Surroundings, found: &mut Vec<Diagnostic>) {
    let known = known(program, surroundings);
    let mut seen: FxHashSet<String> = FxHashSet::default();
    reads::visit(program, &mut |name, span, effect| {
        // Positional arguments have numbers for names.
        if known.contains(name) || name.starts_with(|c: char| c.is_ascii_digit()) || !seen.insert(name.to_owned()) {
            return;
        }
        let message = format!("`${name}` is never set");
        let mut names: Vec<&str> = known.iter().map(String::as_str).collect();
        names.sort_unstable();
        let diagnostic = Diagnostic::new(codes::UNSET_VARIABLE, span, message).label(effect);
        found.push(match nearest(name, names) {
            Some(meant) => diagnostic.help(format!("did you mean `${meant}`?")),
            None => diagnostic.help("set it in a flow, or by a slot in an example"),
        });
    });
}

fn known<'a>(program: &'a Program, surroundings: &'a Surroundings) -> FxHashSet<String> {
    let always = ALWAYS_SET.iter().copied().chain(Guards::ALL.map(Guards::triggered));
    let mut known: FxHashSet<String> = always.map(str::to_owned).collect();
    known.extend(surroundings.rails.iter().flat_map(|rail| &rail.parameters).map(|name| name.to_string()));
    known.extend(program.intents.iter().flat_map(slot::names).map(|name| name.to_string()));
    known.extend(program.taken_slots.iter().map(|name| name.to_string()));
    for step in program.flows.iter().flat_map(|flow| &flow.steps) {
        match &step.op {
            // Counting on from nothing fails, and sets nothing.
            Op::Assign { variable, value } if value.counts_on(variable) => {}
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
