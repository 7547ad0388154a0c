//! Steps that are never reached, loops that are never left, and steps that an event drops.

use super::super::{Flow, FlowId, Op, Program};
use super::paths::{Paths, walk};
use crate::diagnostic::{Diagnostic, codes};

/// Looks for steps that nothing leads to.
pub(super) fn unreachable(
    program: &Program,
    paths: &Paths<'_>,
    is_rail: impl Fn(FlowId) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    for (id, flow) in program.flows() {
        let reachable = paths.reachable(flow, is_rail(id));
        // Whoever writes a rail ends it so.
        let is_end = |op: &Op| matches!(op, Op::Jump(_)) || is_rail(id) && matches!(op, Op::Stop | Op::Return(_));
        let mut last = None;
        let mut is_said = false;
        for (at, step) in flow.steps.iter().enumerate() {
            if reachable[at] {
                (last, is_said) = (Some(at), false);
            } else if !is_said && !is_end(&step.op) {
                is_said = true;
                let mut diagnostic = Diagnostic::new(codes::UNREACHABLE, step.span, "step can't be reached");
                if let Some(last) = last.map(|at: usize| &flow.steps[at]) {
                    let label = match &last.op {
                        Op::Branch { .. } => "this is never true",
                        Op::Do { .. } => "this never comes back",
                        Op::Bot(_) => "what a rail says ends the turn",
                        _ => "nothing behind this runs",
                    };
                    diagnostic = diagnostic.also(last.span, label);
                }
                found.push(diagnostic.help("delete it, or move it up"));
            }
        }
    }
}

/// Looks for loops that, once entered, neither end nor wait for anything.
pub(super) fn endless(program: &Program, paths: &Paths<'_>, found: &mut Vec<Diagnostic>) {
    for flow in &program.flows {
        let has_loop = |(at, step): (usize, &super::LoweredStep)| matches!(step.op, Op::Jump(target) if target <= at);
        if !flow.steps.iter().enumerate().any(has_loop) {
            continue;
        }
        let (reachable, leaves) = (paths.reachable(flow, false), leaves(flow, paths));
        let is_stuck = |at: usize| reachable[at] && !leaves[at];
        let Some(step) = (0..flow.steps.len()).find(|at| is_stuck(*at) && comes_back(flow, paths, *at)) else {
            continue;
        };
        found.push(
            Diagnostic::new(codes::ENDLESS_LOOP, flow.steps[step].span, "this loop never ends and waits for nothing")
                .label("the turn is stopped when its budget of steps is spent")
                .help("wait for the user in it, or give it a way out"),
        );
    }
}

/// From which steps of `flow` the turn may come to an end.
fn leaves(flow: &Flow, paths: &Paths<'_>) -> Vec<bool> {
    let count = flow.steps.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); count + 1];
    let mut open = vec![count];
    let mut next = Vec::new();
    for at in 0..count {
        paths.onwards(flow, at, &mut next);
        if next.is_empty() {
            open.push(at);
        } else if let Op::Do { callee: super::Callee::Flow(callee), .. } = &flow.steps[at].op
            && paths.of(*callee).rests
        {
            open.push(at);
        }
        next.drain(..).for_each(|target: usize| before[target.min(count)].push(at));
    }
    let mut leaves = vec![false; count + 1];
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut leaves[at], true) {
            open.extend(&before[at]);
        }
    }
    leaves
}

fn comes_back(flow: &Flow, paths: &Paths<'_>, start: usize) -> bool {
    let mut comes_back = false;
    walk(flow, start, |at, next| {
        paths.onwards(flow, at, next);
        comes_back |= next.contains(&start);
    });
    comes_back
}

/// Looks for steps that an event, raised before them, leaves behind.
pub(super) fn behind_events(
    program: &Program,
    paths: &Paths<'_>,
    is_exempt: impl Fn(FlowId) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    for (id, flow) in program.flows().filter(|(id, _)| !is_exempt(*id)) {
        for (at, raise) in flow.steps.iter().enumerate() {
            let Op::Raise(spec) = &raise.op else { continue };
            // An exception may end the turn, and a `stop` behind it is for when it does not.
            let is_dropped = |op: &Op| op.acts() && !(matches!(op, Op::Stop) && spec.name.ends_with("Exception"));
            let Some(dropped) = paths.finds(id, at + 1, &is_dropped) else { continue };
            found.push(
                Diagnostic::new(
                    codes::BEHIND_EVENT,
                    flow.steps[dropped].span,
                    "step is dropped by the event that is raised before it",
                )
                .also(raise.span, "the flow moves on, then this arrives and does not match")
                .help(format!("wait for it in between, by `event {}`", spec.name)),
            );
        }
    }
}
