//! Flows that never start, and flows that another one decides before.

use rustc_hash::FxHashMap;

use super::super::{Flow, FlowId, FlowKind, IntentId, Op, Program, Say, UserPattern};
use crate::diagnostic::{Diagnostic, codes};

/// How many flows are named that a wildcard decides before.
const NAMED: usize = 3;

/// Looks for flows whose first step nothing matches.
pub(super) fn never(program: &Program, is_rail: impl Fn(FlowId) -> bool, found: &mut Vec<Diagnostic>) {
    for (id, flow) in program.flows() {
        if flow.kind == FlowKind::Subflow || is_rail(id) || flow.steps.is_empty() || may_start(flow) {
            continue;
        }
        found.push(
            Diagnostic::new(codes::NEVER_STARTS, flow.span, format!("`{}` never starts", flow.name))
                .also(flow.steps[0].span, "a flow starts when its first step matches what is said, and this waits for nothing")
                .help("start it with `user …`; or make it a subflow, for another flow to `do` or `config.yml` to name as a rail"),
        );
    }
}

/// Whether the flow comes, from its first line, to a step that waits for something.
fn may_start(flow: &Flow) -> bool {
    let mut seen = vec![false; flow.steps.len()];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        let Some(step) = flow.steps.get(at) else { continue };
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match &step.op {
            Op::User(_) | Op::Event(_) | Op::When { .. } | Op::Do { .. } | Op::Bot(Say::Message(_) | Say::Any) => {
                return true;
            }
            Op::Jump(target) => open.push(*target),
            Op::Assign { .. } => open.push(at + 1),
            Op::Branch { condition, otherwise } => {
                let truth = condition.constant_truth();
                open.extend((truth != Some(false)).then_some(at + 1));
                open.extend((truth != Some(true)).then_some(*otherwise));
            }
            Op::Bot(Say::Variable(_)) | Op::Execute { .. } | Op::Raise(_) | Op::Stop | Op::Return(_) => {}
        }
    }
    false
}

/// Looks for flows that start along with an earlier one and never get to decide.
pub(super) fn overruled(program: &Program, is_rail: impl Fn(FlowId) -> bool, found: &mut Vec<Diagnostic>) {
    // Flows that decide as soon as they start, by what starts them.
    let mut by_intent: FxHashMap<IntentId, Vec<&Flow>> = FxHashMap::default();
    let mut wildcards: Vec<Wildcard<'_>> = Vec::new();
    for (id, flow) in program.flows() {
        let Some(Op::User(patterns)) = flow.steps.first().map(|step| &step.op) else { continue };
        if flow.kind == FlowKind::Subflow || is_rail(id) {
            continue;
        }
        let is_wild = patterns.contains(&UserPattern::Any);
        let intents = patterns.iter().filter_map(|pattern| match pattern {
            UserPattern::Intent(intent) => Some(*intent),
            UserPattern::Any => None,
        });
        let intents: Vec<IntentId> = intents.collect();
        let is_before = |other: &Flow| other.priority >= flow.priority && decides_otherwise(other, flow);
        if let Some(wildcard) = wildcards.iter_mut().find(|wildcard| is_before(wildcard.flow)) {
            if is_wild {
                found.push(alike(wildcard.flow, flow));
            } else {
                wildcard.shadowed.push(flow);
            }
        } else if !is_wild {
            let earlier = |intent: &IntentId| {
                let flows = by_intent.get(intent)?;
                flows.iter().copied().find(|other| other.priority == flow.priority && decides_otherwise(other, flow))
            };
            let overruling: Vec<_> = intents.iter().map(earlier).collect();
            if let Some(Some(first)) = overruling.first()
                && overruling.iter().all(Option::is_some)
            {
                found.push(alike(first, flow));
            }
        }
        if flow.modifiers.extension {
            continue;
        }
        if is_wild {
            wildcards.push(Wildcard { flow, shadowed: Vec::new() });
        }
        intents.into_iter().for_each(|intent| by_intent.entry(intent).or_default().push(flow));
    }
    found.extend(wildcards.iter().filter_map(Wildcard::diagnostic));
}

/// A flow that starts whatever the user says, and the later ones it decides before.
struct Wildcard<'a> {
    flow: &'a Flow,
    shadowed: Vec<&'a Flow>,
}

impl Wildcard<'_> {
    fn diagnostic(&self) -> Option<Diagnostic> {
        let first = self.shadowed.first()?;
        let names: Vec<String> = self.shadowed.iter().take(NAMED).map(|flow| format!("`{}`", flow.name)).collect();
        let more = self.shadowed.len() - names.len();
        let mut names = names.join(", ");
        if more > 0 {
            names += &format!(" and {more} more");
        }
        let message = format!("`user ...` decides before {names}");
        Some(
            Diagnostic::new(codes::SHADOWED, self.flow.steps[0].span, message)
                .label("matches whatever the user says")
                .also(first.span, "comes later, so what it says is never said")
                .help("move the flow with `user ...` behind the others, or give them a higher `priority`"),
        )
    }
}

fn alike(first: &Flow, second: &Flow) -> Diagnostic {
    let message = format!("`{}` starts as `{}` does, which decides", second.name, first.name);
    Diagnostic::new(codes::SAME_TRIGGER, second.span, message)
        .label("what this one says is never said")
        .also(first.span, "comes first")
        .help("join the two, or give one of them a higher `priority`")
}

/// Whether `first` acts, and otherwise than `second`, before either waits: then `second`, which comes later, is dropped.
fn decides_otherwise(first: &Flow, second: &Flow) -> bool {
    for (one, other) in first.steps.iter().zip(&second.steps).skip(1) {
        match (&one.op, &other.op) {
            (Op::Bot(one), Op::Bot(other)) if one == other => {}
            (Op::Execute { action: one, .. }, Op::Execute { action: other, .. }) if one == other => {}
            (one, other) => return acts(one) && acts(other),
        }
    }
    false
}

fn acts(op: &Op) -> bool {
    matches!(op, Op::Bot(_) | Op::Execute { .. })
}
