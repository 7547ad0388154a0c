//! What compiles, and is still not what its author wants.

mod paths;
mod recursion;
mod starts;
mod steps;
mod surroundings;
mod variables;

use rustc_hash::{FxHashMap, FxHashSet};

pub(super) use self::paths::done_by;
use self::paths::{Paths, callees};
use super::resolve::{ALWAYS_PRESENT, Names};
use super::surroundings::{Asked, Surroundings};
use super::{Callee, Flow, FlowId, FlowKind, IntentId, MessageId, Program, Step as LoweredStep};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Definition, FlowDefinition, Step, StepKind, UserUtterance};

/// Looks for unnamed flows that say the same.
pub(super) fn identical_flows<'a>(
    definitions: impl Iterator<Item = &'a Definition>,
    sources: &SourceMap,
    names: &mut Names,
) {
    let mut seen: FxHashMap<String, Span> = FxHashMap::default();
    for definition in definitions {
        let Definition::Flow(FlowDefinition { name: None, header, body, .. }) = definition else { continue };
        if body.is_empty() {
            continue;
        }
        let mut text = String::new();
        outline(body, 0, sources, &mut text);
        match seen.get(&text) {
            Some(first) => names.diagnostics.push(
                Diagnostic::new(codes::IDENTICAL_FLOWS, *header, "this flow is the same as another one")
                    .also(*first, "the first one")
                    .help("delete one of them"),
            ),
            None => {
                seen.insert(text, *header);
            }
        }
    }
}

/// The steps as text, layout and comments left out.
fn outline(steps: &[Step], depth: usize, sources: &SourceMap, text: &mut String) {
    for step in steps {
        match &step.kind {
            StepKind::If { branches, otherwise } => {
                branches.iter().for_each(|branch| outline_block(branch.span, &branch.body, depth, sources, text));
                outline_else(otherwise.as_deref(), depth, sources, text);
            }
            StepKind::When { branches, otherwise } => {
                branches.iter().for_each(|branch| outline_block(branch.span, &branch.body, depth, sources, text));
                outline_else(otherwise.as_deref(), depth, sources, text);
            }
            StepKind::While { body, .. } => outline_block(step.span, body, depth, sources, text),
            // The lines of these blocks are no steps.
            StepKind::User(events) => {
                let spans = events.iter().map(|event| match &event.utterance {
                    UserUtterance::Intent(name) => name.span,
                    UserUtterance::Text(text) => text.span,
                    UserUtterance::Any => step.span,
                });
                spans.chain([step.span]).for_each(|span| outline_line(span, depth, sources, text));
            }
            StepKind::MetaBlock(entries) => {
                entries
                    .iter()
                    .for_each(|entry| outline_line(entry.key.span.to(entry.value.span), depth, sources, text));
            }
            _ => outline_line(step.span, depth, sources, text),
        }
    }
}

fn outline_block(header: Span, body: &[Step], depth: usize, sources: &SourceMap, text: &mut String) {
    outline_line(header, depth, sources, text);
    outline(body, depth + 1, sources, text);
}

fn outline_else(body: Option<&[Step]>, depth: usize, sources: &SourceMap, text: &mut String) {
    if let Some(body) = body {
        text.push_str(&format!("\n{depth} else"));
        outline(body, depth + 1, sources, text);
    }
}

fn outline_line(span: Span, depth: usize, sources: &SourceMap, text: &mut String) {
    text.push_str(&format!("\n{depth} "));
    let mut quote = None;
    for c in sources.text(span).chars() {
        match quote {
            Some(open) => quote = (c != open).then_some(open),
            None if matches!(c, '"' | '\'') => quote = Some(c),
            // Between texts one space is like many.
            None if c.is_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
                continue;
            }
            None => {}
        }
        text.push(c);
    }
}

/// Looks for definitions that nothing uses, and intents that nothing can mean.
/// What settings ask for is used: `asked_for`.
pub(super) fn unused(names: &mut Names, asked_for: &Asked) {
    for diagnostic in find_unused(names, asked_for) {
        names.diagnostics.push(diagnostic);
    }
}

fn find_unused(names: &Names, asked_for: &Asked) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let program = &names.program;
    for (index, intent) in program.intents.iter().enumerate() {
        if !names.is_defined_intent(IntentId(index as u32)) {
            continue;
        }
        let is_empty = intent.examples.is_empty() && intent.phrases.is_empty() && intent.regexes.is_empty();
        if is_empty && !names.broken_intents.contains(&IntentId(index as u32)) {
            found.push(
                Diagnostic::new(
                    codes::INTENT_WITHOUT_EXAMPLES,
                    intent.span,
                    format!("intent `{}` has no examples", intent.name),
                )
                .label("no text a user types can mean this")
                .help("put examples under it, indented, in double quotes"),
            );
        }
        let is_used = names.awaited[index] || asked_for.has(&intent.name);
        if !is_used && !program.flows.is_empty() {
            found.push(
                Diagnostic::new(codes::UNUSED_INTENT, intent.span, format!("no flow waits for `{}`", intent.name))
                    .help(format!("add `user {}` to a flow, or delete the intent", intent.name)),
            );
        }
    }
    for (index, message) in program.messages.iter().enumerate() {
        let Some(span) = message.span else { continue };
        if names.is_defined_message(MessageId(index as u32)) && !names.said[index] && !program.flows.is_empty() {
            found.push(
                Diagnostic::new(codes::UNUSED_MESSAGE, span, format!("no flow says `{}`", message.name))
                    .help(format!("add `bot {}` to a flow, or delete the message", message.name)),
            );
        }
    }
    found
}

/// Looks for what is wrong with a whole program, and with how it fits what is around it.
pub(super) fn whole(program: &Program, surroundings: &Surroundings, has_any_do: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let rails: Vec<FlowId> = surroundings.rails.iter().filter_map(|rail| program.flow_named(&rail.name)).collect();
    let is_rail = |id: FlowId| rails.contains(&id);
    if !has_any_do {
        unused_subflows(program, is_rail, &mut found);
    }
    let paths = Paths::new(program);
    // A rail goes on behind an event that it raises.
    let in_rails = only_done_by(program, &rails);
    steps::unreachable(program, &paths, |id| in_rails.contains(&id), &mut found);
    steps::endless(program, &paths, &mut found);
    steps::behind_events(program, &paths, |id| in_rails.contains(&id), &mut found);
    let is_said = |message: MessageId| surroundings.has_model || message.index() < ALWAYS_PRESENT.len();
    starts::never(program, &paths, is_rail, is_said, &mut found);
    starts::overruled(program, &paths, is_rail, &mut found);
    recursion::endless(program, &paths, &mut found);
    variables::unset(program, surroundings, &mut found);
    surroundings::unknown_actions(program, surroundings, &mut found);
    surroundings::rails(program, surroundings, &paths, &mut found);
    surroundings::rewriting_at_once(program, surroundings, &mut found);
    found
}

/// The flows `first`, and the subflows that only they, and others of these, do.
fn only_done_by(program: &Program, first: &[FlowId]) -> FxHashSet<FlowId> {
    let is_other = |(id, flow): &(FlowId, &Flow)| flow.kind == FlowKind::Flow && !first.contains(id);
    let elsewhere = done_by(program, program.flows().filter(is_other).map(|(id, _)| id));
    let mut done = done_by(program, first.iter().copied());
    done.retain(|id| !elsewhere.contains(id));
    done
}

fn unused_subflows(program: &Program, is_rail: impl Fn(FlowId) -> bool, found: &mut Vec<Diagnostic>) {
    let mut done = vec![false; program.flows.len()];
    program.flows.iter().flat_map(callees).for_each(|callee| done[callee.index()] = true);
    for (id, flow) in program.flows() {
        if flow.kind == FlowKind::Subflow && !done[id.index()] && !is_rail(id) {
            found
                .push(Diagnostic::new(codes::UNUSED_SUBFLOW, flow.span, format!("no flow does `{}`", flow.name)).help(
                    format!("add `do {}` to a flow, name it as a rail in `config.yml`, or delete it", flow.name),
                ));
        }
    }
}
