//! Flows that never start, and flows that another one decides before.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::{Callee, EventPattern, Flow, FlowId, FlowKind, IntentId, MessageId, Op, Program, Say, UserPattern};
use super::paths::{Paths, callers, done_by};
use crate::diagnostic::{Diagnostic, codes};

/// How many flows are named that a wildcard decides before.
const NAMED: usize = 3;

/// How many acts of two flows are compared.
const COMPARED: usize = 16;

/// Looks for flows whose first step nothing matches. A message that `is_said` may be said by something else than flows.
pub(super) fn never(
    program: &Program,
    paths: &Paths<'_>,
    is_rail: impl Fn(FlowId) -> bool,
    is_said: impl Fn(MessageId) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let (sayers, callers) = (sayers(program), callers(program));
    for (id, flow) in program.flows() {
        if flow.kind == FlowKind::Subflow || is_rail(id) || flow.steps.is_empty() {
            continue;
        }
        // What the flow says itself, or a subflow that only it does, comes too late to start it.
        let done = done_by(program, [id]);
        let is_own = |sayer: FlowId| {
            sayer == id || done.contains(&sayer) && callers[sayer.index()].iter().all(|caller| done.contains(caller))
        };
        let says = |message: &MessageId| {
            is_said(*message) || sayers.get(message).is_some_and(|flows| flows.iter().any(|flow| !is_own(*flow)))
        };
        let waits = |op: &Op| match op {
            Op::User(_) | Op::Event(_) | Op::Bot(Say::Any) | Op::Do { .. } => true,
            Op::Bot(Say::Message(message)) => says(message),
            Op::When { branches, otherwise } => {
                otherwise.is_some()
                    || branches.iter().any(|(pattern, _)| match pattern {
                        EventPattern::Bot(message) => says(message),
                        EventPattern::Flow(_) => false,
                        _ => true,
                    })
            }
            _ => false,
        };
        let do_is_left = |op: &Op| !matches!(op, Op::Do { callee: Callee::Flow(_), .. }) && waits(op);
        if paths.finds(id, 0, &do_is_left).is_some() {
            continue;
        }
        let why = match &flow.steps[0].op {
            Op::Bot(Say::Message(_)) => "it starts when this is said, and no other flow says it",
            _ => "a flow starts when its first step matches what is said, and this waits for nothing",
        };
        found.push(
            Diagnostic::new(codes::NEVER_STARTS, flow.span, format!("`{}` never starts", flow.name))
                .also(flow.steps[0].span, why)
                .help("start it with `user …`; or make it a subflow, for another flow to `do` or `config.yml` to name as a rail"),
        );
    }
}

/// Which flows say a message.
fn sayers(program: &Program) -> FxHashMap<MessageId, FxHashSet<FlowId>> {
    let mut sayers: FxHashMap<MessageId, FxHashSet<FlowId>> = FxHashMap::default();
    for (id, flow) in program.flows() {
        for step in &flow.steps {
            if let Op::Bot(Say::Message(message)) = &step.op {
                sayers.entry(*message).or_default().insert(id);
            }
        }
    }
    sayers
}

/// One way for a flow to start: what the user says, and what the flow does then before it waits.
struct Start<'a> {
    pattern: UserPattern,
    acts: Vec<&'a Op>,
    /// It may wait for something before it ends, and while it does, another flow gets its turn.
    waits: bool,
}

/// A flow that the user's words start.
struct Starter<'a> {
    flow: &'a Flow,
    starts: Vec<Start<'a>>,
}

/// Looks for flows that start along with one that goes first and never get to decide.
pub(super) fn overruled(
    program: &Program,
    paths: &Paths<'_>,
    is_rail: impl Fn(FlowId) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let starting = program.flows().filter(|(id, flow)| flow.kind == FlowKind::Flow && !is_rail(*id));
    let mut starters: Vec<Starter<'_>> = starting
        .map(|(_, flow)| Starter { flow, starts: starts(program, paths, flow) })
        .filter(|starter| !starter.starts.is_empty())
        .collect();
    // In the order in which they decide.
    starters.sort_by(|one, other| other.flow.priority.total_cmp(&one.flow.priority));
    let mut by_intent: FxHashMap<IntentId, Vec<(usize, usize)>> = FxHashMap::default();
    let mut wildcards: Vec<Wildcard<'_>> = Vec::new();
    for (index, starter) in starters.iter().enumerate() {
        let mut overruling =
            starter.starts.iter().map(|start| overruling(&starters, index, start, &wildcards, &by_intent));
        match overruling.next().flatten() {
            Some(first) if overruling.all(|other| other.is_some()) => match first {
                Overruling::Alike(other) => found.push(alike(other, starter.flow)),
                Overruling::Wildcard(place) => wildcards[place].shadowed.push(starter.flow),
            },
            _ => {}
        }
        // What an extension says does not keep others from saying theirs.
        if starter.flow.modifiers.extension {
            continue;
        }
        for (place, start) in starter.starts.iter().enumerate() {
            if start.waits && !starter.flow.modifiers.parallel {
                continue;
            }
            match start.pattern {
                UserPattern::Any => {
                    wildcards.push(Wildcard { flow: starter.flow, acts: start.acts.clone(), shadowed: Vec::new() });
                }
                UserPattern::Intent(intent) => by_intent.entry(intent).or_default().push((index, place)),
            }
        }
    }
    found.extend(wildcards.iter().filter_map(Wildcard::diagnostic));
}

enum Overruling<'a> {
    /// By a flow that starts just so.
    Alike(&'a Flow),
    /// By one that starts whatever the user says.
    Wildcard(usize),
}

/// What decides before a start of the flow at `index`.
fn overruling<'a>(
    starters: &[Starter<'a>],
    index: usize,
    start: &Start<'a>,
    wildcards: &[Wildcard<'a>],
    by_intent: &FxHashMap<IntentId, Vec<(usize, usize)>>,
) -> Option<Overruling<'a>> {
    let flow = starters[index].flow;
    let wildcard = wildcards
        .iter()
        .position(|wildcard| !std::ptr::eq(wildcard.flow, flow) && decides_otherwise(&wildcard.acts, &start.acts));
    if let Some(place) = wildcard {
        let is_alike = start.pattern == UserPattern::Any && wildcards[place].flow.priority == flow.priority;
        return Some(if is_alike { Overruling::Alike(wildcards[place].flow) } else { Overruling::Wildcard(place) });
    }
    let UserPattern::Intent(intent) = start.pattern else { return None };
    let earlier = by_intent.get(&intent)?.iter().find(|(other, place)| {
        *other != index
            && starters[*other].flow.priority == flow.priority
            && decides_otherwise(&starters[*other].starts[*place].acts, &start.acts)
    })?;
    Some(Overruling::Alike(starters[earlier.0].flow))
}

/// A flow that starts whatever the user says, and those it decides before.
struct Wildcard<'a> {
    flow: &'a Flow,
    acts: Vec<&'a Op>,
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
        let why = if self.flow.priority > first.priority {
            "has a lower priority, so what it says is never said"
        } else {
            "comes later, so what it says is never said"
        };
        Some(
            Diagnostic::new(codes::SHADOWED, self.flow.steps[0].span, message)
                .label("matches whatever the user says")
                .also(first.span, why)
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

/// What the user may say to start `flow`, as far as it is certain.
fn starts<'a>(program: &'a Program, paths: &Paths<'_>, flow: &'a Flow) -> Vec<Start<'a>> {
    let mut places = Vec::new();
    let Some(step) = certain_step(program, &mut places, flow, 0) else { return Vec::new() };
    let start = |pattern: UserPattern, target: usize| {
        let mut places = places.clone();
        if let Some(place) = places.last_mut() {
            place.1 = target;
        }
        // Callers of the subflow that the start lies in go on behind their `do`.
        let behind = |place: &(&Flow, usize), is_last: bool| place.1 + usize::from(!is_last);
        let last = places.len().saturating_sub(1);
        let waits =
            places.iter().enumerate().any(|(depth, place)| paths.may_wait(place.0, behind(place, depth == last)));
        Start { pattern, acts: certain_acts(program, places), waits }
    };
    let next = places.last().map_or(0, |place| place.1 + 1);
    match step {
        Op::User(patterns) => patterns.iter().map(|pattern| start(*pattern, next)).collect(),
        Op::When { branches, otherwise: None } => {
            let by_user = branches.iter().map(|(pattern, target)| match pattern {
                EventPattern::User(pattern) => Some(start(*pattern, *target)),
                _ => None,
            });
            // What else may start it is not looked at.
            by_user.collect::<Option<Vec<_>>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The first step, from `at` on, that waits or acts, if no variable decides which one that is. `places` becomes where it
/// is: in which flow, and in which subflows.
fn certain_step<'a>(
    program: &'a Program,
    places: &mut Vec<(&'a Flow, usize)>,
    flow: &'a Flow,
    at: usize,
) -> Option<&'a Op> {
    places.push((flow, at));
    let mut budget = 64 * COMPARED;
    loop {
        budget = usize::checked_sub(budget, 1)?;
        let (flow, at) = places.last_mut()?;
        let Some(step) = flow.steps.get(*at) else {
            places.pop();
            places.last_mut()?.1 += 1;
            continue;
        };
        match &step.op {
            Op::Jump(target) => *at = *target,
            Op::Assign { .. } => *at += 1,
            Op::Branch { condition, otherwise } => *at = if condition.constant_truth()? { *at + 1 } else { *otherwise },
            Op::Do { callee: Callee::Flow(callee), .. } => places.push((program.flow(*callee), 0)),
            Op::Return(_) => {
                places.pop();
                places.last_mut()?.1 += 1;
            }
            op => return Some(op),
        }
    }
}

/// What is certain to be done from the last of `places` on, before anything is waited for.
fn certain_acts<'a>(program: &'a Program, mut places: Vec<(&'a Flow, usize)>) -> Vec<&'a Op> {
    let mut found = Vec::new();
    while found.len() < COMPARED {
        let Some((flow, at)) = places.pop() else { break };
        let Some(op) = certain_step(program, &mut places, flow, at).filter(|op| op.acts()) else { break };
        found.push(op);
        match (op, places.last_mut()) {
            (Op::Stop, _) | (_, None) => break,
            (_, Some(place)) => place.1 += 1,
        }
    }
    found
}

/// Whether what does `first` acts, and otherwise than what does `second`, before either waits: then the latter, which
/// comes later, is dropped.
fn decides_otherwise(first: &[&Op], second: &[&Op]) -> bool {
    for (one, other) in first.iter().zip(second) {
        match (one, other) {
            (Op::Bot(one), Op::Bot(other)) if one == other => {}
            (Op::Execute { action: one, .. }, Op::Execute { action: other, .. }) if one == other => {}
            (Op::Stop, Op::Stop) => return false,
            // An event passes by the flow that waits to act, and it acts later.
            (one, _) => return !matches!(one, Op::Raise(_)),
        }
    }
    false
}
