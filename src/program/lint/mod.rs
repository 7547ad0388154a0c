//! What compiles, and is still not what its author wants.

mod recursion;
mod starts;
mod surroundings;
mod variables;

use rustc_hash::FxHashMap;

use super::resolve::{Findings, Names};
use super::surroundings::Surroundings;
use super::{Callee, Flow, FlowId, FlowKind, IntentId, MessageId, Op, Program, Step as LoweredStep};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Definition, FlowDefinition, Step, StepKind};

/// Looks for steps that can't be reached.
pub(super) fn unreachable(steps: &[Step], names: &mut Names) {
    for (index, step) in steps.iter().enumerate() {
        match &step.kind {
            StepKind::If { branches, otherwise } => {
                branches.iter().for_each(|branch| unreachable(&branch.body, names));
                unreachable(otherwise.as_deref().unwrap_or_default(), names);
            }
            StepKind::When { branches, otherwise } => {
                branches.iter().for_each(|branch| unreachable(&branch.body, names));
                unreachable(otherwise.as_deref().unwrap_or_default(), names);
            }
            StepKind::While { body, .. } => unreachable(body, names),
            _ => {}
        }
        if let Some(next) = steps.get(index + 1)
            && leaves(step)
            // A label may be jumped to.
            && !matches!(next.kind, StepKind::Label(_))
        {
            names.diagnostics.push(
                Diagnostic::new(codes::UNREACHABLE, next.span, "step can't be reached")
                    .also(step.span, "nothing behind this runs")
                    .help("delete it, or move it up"),
            );
            return;
        }
    }
}

/// Whether no step behind this one is ever reached from it.
fn leaves(step: &Step) -> bool {
    let block_leaves = |steps: &[Step]| steps.last().is_some_and(leaves);
    match &step.kind {
        StepKind::Stop | StepKind::Return(_) | StepKind::Break | StepKind::Continue | StepKind::Goto(_) => true,
        StepKind::If { branches, otherwise: Some(otherwise) } => {
            branches.iter().all(|branch| block_leaves(&branch.body)) && block_leaves(otherwise)
        }
        StepKind::When { branches, otherwise } => {
            branches.iter().all(|branch| block_leaves(&branch.body))
                && otherwise.as_ref().is_none_or(|otherwise| block_leaves(otherwise))
        }
        _ => false,
    }
}

/// Looks for a loop that, once entered, neither ends nor waits for anything.
pub(super) fn endless(flow: &Flow, diagnostics: &mut Findings) {
    // From which step each one was first passed; what was passed before leads nowhere new.
    let mut passed: Vec<Option<usize>> = vec![None; flow.steps.len()];
    for start in 0..flow.steps.len() {
        let mut at = start;
        while let Some(step) = flow.steps.get(at) {
            match passed[at] {
                Some(from) if from == start => {
                    diagnostics.push(
                        Diagnostic::new(codes::ENDLESS_LOOP, step.span, "this loop never ends and waits for nothing")
                            .label("the turn is stopped when its budget of steps is spent")
                            .help("wait for the user in it, or give it a way out"),
                    );
                    return;
                }
                Some(_) => break,
                None => passed[at] = Some(start),
            }
            at = match &step.op {
                Op::Jump(target) => *target,
                Op::Assign { .. } => at + 1,
                Op::Branch { condition, otherwise } => match condition.constant_truth() {
                    Some(true) => at + 1,
                    Some(false) => *otherwise,
                    None => break,
                },
                _ => break,
            };
        }
    }
}

/// Looks for steps that an event, raised right before them, leaves behind.
pub(super) fn behind_events(flow: &Flow, diagnostics: &mut Findings) {
    for pair in flow.steps.windows(2) {
        if let [
            LoweredStep { op: Op::Raise(spec), .. },
            LoweredStep { op: Op::Bot(_) | Op::Execute { .. }, span, .. },
        ] = pair
        {
            diagnostics.push(
                Diagnostic::new(codes::BEHIND_EVENT, *span, "step is dropped by the event that is raised before it")
                    .also(pair[0].span, "the flow moves on, then this arrives and does not match")
                    .help(format!("wait for it in between, by `event {}`", spec.name)),
            );
        }
    }
}

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
    let mut line = |span: Span, depth: usize| {
        text.push_str(&format!("\n{depth} "));
        text.extend(sources.text(span).split_whitespace().flat_map(|word| [word, " "]));
    };
    // Spans of headers are enough: a block's own lines follow below.
    for step in steps {
        line(step.span, depth);
    }
    for step in steps {
        match &step.kind {
            StepKind::If { branches, otherwise } => {
                for branch in branches {
                    outline_branch(branch.span, &branch.body, depth, sources, text);
                }
                outline(otherwise.as_deref().unwrap_or_default(), depth + 1, sources, text);
            }
            StepKind::When { branches, otherwise } => {
                for branch in branches {
                    outline_branch(branch.span, &branch.body, depth, sources, text);
                }
                outline(otherwise.as_deref().unwrap_or_default(), depth + 1, sources, text);
            }
            StepKind::While { body, .. } => outline(body, depth + 1, sources, text),
            _ => {}
        }
    }
}

fn outline_branch(span: Span, body: &[Step], depth: usize, sources: &SourceMap, text: &mut String) {
    text.push_str(&format!("\n{depth} {}", sources.text(span)));
    outline(body, depth + 1, sources, text);
}

/// Looks for definitions that nothing uses, and intents that nothing can mean.
pub(super) fn unused(names: &mut Names) {
    for diagnostic in find_unused(names) {
        names.diagnostics.push(diagnostic);
    }
}

fn find_unused(names: &Names) -> Vec<Diagnostic> {
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
        if !names.awaited[index] && !program.flows.is_empty() {
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
    starts::never(program, is_rail, &mut found);
    starts::overruled(program, is_rail, &mut found);
    recursion::endless(program, &mut found);
    variables::unset(program, surroundings, &mut found);
    surroundings::unknown_actions(program, surroundings, &mut found);
    surroundings::rails(program, surroundings, &mut found);
    found
}

fn unused_subflows(program: &Program, is_rail: impl Fn(FlowId) -> bool, found: &mut Vec<Diagnostic>) {
    let mut done = vec![false; program.flows.len()];
    for step in program.flows.iter().flat_map(|flow| &flow.steps) {
        if let Op::Do { callee: Callee::Flow(callee), .. } = &step.op {
            done[callee.index()] = true;
        }
    }
    for (id, flow) in program.flows() {
        if flow.kind == FlowKind::Subflow && !done[id.index()] && !is_rail(id) {
            found
                .push(Diagnostic::new(codes::UNUSED_SUBFLOW, flow.span, format!("no flow does `{}`", flow.name)).help(
                    format!("add `do {}` to a flow, name it as a rail in `config.yml`, or delete it", flow.name),
                ));
        }
    }
}
