//! Subflows that do themselves, with nothing in between that could end it.

use super::super::{Callee, FlowId, Op, Program};
use super::paths::{Paths, walk};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;

/// Looks for circles of `do` steps that nothing waits in and no condition leaves.
pub(super) fn endless(program: &Program, paths: &Paths<'_>, found: &mut Vec<Diagnostic>) {
    let calls: Vec<Vec<(FlowId, Span)>> = program.flows().map(|(id, _)| endless_calls(program, paths, id)).collect();
    // 0: not seen, 1: being followed, 2: done.
    let mut state = vec![0_u8; program.flows.len()];
    for start in 0..program.flows.len() {
        let mut path = vec![(start, 0)];
        while let Some((flow, next)) = path.pop() {
            state[flow] = 1;
            let Some((callee, span)) = calls[flow].get(next).copied() else {
                state[flow] = 2;
                continue;
            };
            path.push((flow, next + 1));
            match state[callee.index()] {
                0 => path.push((callee.index(), 0)),
                1 => found.push(circle(program, callee, span)),
                _ => {}
            }
        }
    }
}

fn circle(program: &Program, callee: FlowId, span: Span) -> Diagnostic {
    let callee = program.flow(callee);
    Diagnostic::new(
        codes::ENDLESS_RECURSION,
        span,
        format!("`{}` is done again before it ends, without an end", callee.name),
    )
    .label("the turn is stopped when its budget is spent")
    .also(callee.span, "on the way from here, nothing waits and no condition leads out")
    .help("put it under an `if`, or wait for the user before it")
}

/// The steps of an endless flow that do endless subflows before it waits for anything.
fn endless_calls(program: &Program, paths: &Paths<'_>, id: FlowId) -> Vec<(FlowId, Span)> {
    let flow = program.flow(id);
    let mut calls = Vec::new();
    if !paths.of(id).is_endless() {
        return calls;
    }
    walk(flow, 0, |at, next| {
        if let Some(step) = flow.steps.get(at)
            && let Op::Do { callee: Callee::Flow(callee), .. } = &step.op
            && paths.of(*callee).is_endless()
        {
            calls.push((*callee, step.span));
        }
        paths.onwards(flow, at, next);
    });
    calls
}
