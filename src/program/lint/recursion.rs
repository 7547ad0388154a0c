//! Subflows that do themselves, with nothing in between that could end it.

use super::super::{Callee, Flow, FlowId, Op, Program};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;

/// Looks for circles of `do` steps that nothing waits in and no condition leaves.
pub(super) fn endless(program: &Program, found: &mut Vec<Diagnostic>) {
    let calls: Vec<Vec<(FlowId, Span)>> = program.flows.iter().map(certain_calls).collect();
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

/// The subflows that a flow does whatever happens, before it waits for anything.
fn certain_calls(flow: &Flow) -> Vec<(FlowId, Span)> {
    let (mut calls, mut seen, mut at) = (Vec::new(), vec![false; flow.steps.len()], 0);
    while let Some(step) = flow.steps.get(at) {
        if std::mem::replace(&mut seen[at], true) {
            break;
        }
        at = match &step.op {
            Op::Jump(target) => *target,
            Op::Do { callee: Callee::Flow(callee), .. } => {
                calls.push((*callee, step.span));
                at + 1
            }
            Op::Bot(_) | Op::Execute { .. } | Op::Raise(_) | Op::Assign { .. } => at + 1,
            Op::Do { callee: Callee::Variable(_), .. }
            | Op::Branch { .. }
            | Op::User(_)
            | Op::When { .. }
            | Op::Event(_)
            | Op::Stop
            | Op::Return(_) => break,
        };
    }
    calls
}
