//! What a program and its surroundings ask of each other: actions, and rails.

use rustc_hash::FxHashSet;

use super::super::lower::GENERATE_VALUE;
use super::super::surroundings::{RailUse, Surroundings};
use super::super::{Callee, FlowId, Op, Program, Say};
use super::paths::{Paths, done_by};
use crate::diagnostic::{Diagnostic, codes, nearest};

/// Looks for actions that are run and exist nowhere, and reports each where it is run first.
pub(super) fn unknown_actions(program: &Program, surroundings: &Surroundings, found: &mut Vec<Diagnostic>) {
    let mut seen: FxHashSet<&str> = surroundings.actions.iter().map(|action| &**action).collect();
    seen.insert(GENERATE_VALUE);
    for step in program.flows.iter().flat_map(|flow| &flow.steps) {
        let Op::Execute { action, .. } = &step.op else { continue };
        if !seen.insert(action) {
            continue;
        }
        let diagnostic = Diagnostic::new(codes::UNKNOWN_ACTION, step.span, format!("no action is called `{action}`"))
            .label("unless the program that loads these rails registers it, this fails, and the turn with it");
        let meant = nearest(action, surroundings.actions.iter().map(|action| &**action));
        found.push(match meant {
            Some(meant) => diagnostic.suggest(Some(meant)),
            None => diagnostic.help(format!("add `actions: [{action}]` to `config.yml` when it is registered")),
        });
    }
}

/// Looks for rails that no flow is, and for rails that let everything pass.
pub(super) fn rails(program: &Program, surroundings: &Surroundings, paths: &Paths<'_>, found: &mut Vec<Diagnostic>) {
    for rail in &surroundings.rails {
        let Some(flow) = program.flow_named(&rail.name) else {
            let message = format!("no flow is called `{}`, so nothing is guarded by it", rail.name);
            let flows = program.flows.iter().map(|flow| &flow.name).chain(&surroundings.shipped);
            let meant = nearest(&rail.name, flows.map(|name| &**name));
            found.push(Diagnostic::new(codes::UNKNOWN_RAIL, rail.span, message).suggest(meant));
            continue;
        };
        if !may_block(program, paths, rail, flow) {
            let rewritten = rail.guards.variable();
            let is_action = |op: &Op| matches!(op, Op::Execute { .. });
            let but = match program.flow(flow).steps.iter().any(|step| is_action(&step.op)) {
                true => ", so it blocks only when an action of it fails",
                false => "",
            };
            found.push(
                Diagnostic::new(codes::TOOTHLESS_RAIL, rail.span, format!("rail `{}` can't block", rail.name))
                    .also(
                        program.flow(flow).span,
                        format!("never stops, says nothing, and leaves `${rewritten}` as it is{but}"),
                    )
                    .help("let it say a message and `stop` where something must not pass"),
            );
        }
    }
}

/// Looks for rails that run at the same time and rewrite what they guard, of which the second one fails.
pub(super) fn rewriting_at_once(program: &Program, surroundings: &Surroundings, found: &mut Vec<Diagnostic>) {
    for stage in &surroundings.parallel {
        let rewrites = |rail: &&RailUse| {
            let flow = program.flow_named(&rail.name);
            rail.guards == *stage && flow.is_some_and(|flow| rewrites(program, stage.variable(), flow))
        };
        let mut rewriting = surroundings.rails.iter().filter(rewrites);
        if let (Some(first), Some(second)) = (rewriting.next(), rewriting.next()) {
            let variable = stage.variable();
            let message = format!("rail `{}` rewrites `${variable}`, and so does `{}`", second.name, first.name);
            found.push(
                Diagnostic::new(codes::BOTH_REWRITE, second.span, message)
                    .label("they run at the same time: where both rewrite a text, this one fails")
                    .help("let them run one after the other, or rewrite in one of them"),
            );
        }
    }
}

/// Whether a step of the rail, or of a subflow it does, sets `variable`.
fn rewrites(program: &Program, variable: &str, flow: FlowId) -> bool {
    let flows = done_by(program, [flow]);
    let mut steps = flows.into_iter().flat_map(|flow| &program.flow(flow).steps);
    steps.any(|step| match &step.op {
        Op::Assign { variable: set, .. } => **set == *variable,
        Op::Execute { into: Some(into), .. } | Op::Do { into: Some(into), .. } => **into == *variable,
        _ => false,
    })
}

/// Whether a step of the rail, or of a subflow it does, stops the turn, says something, or changes what it guards.
fn may_block(program: &Program, paths: &Paths<'_>, rail: &RailUse, flow: FlowId) -> bool {
    let rewritten = rail.guards.variable();
    for flow in done_by(program, [flow]) {
        let flow = program.flow(flow);
        let reachable = paths.reachable(flow, false);
        for (step, _) in flow.steps.iter().zip(reachable).filter(|(_, is_reachable)| *is_reachable) {
            match &step.op {
                Op::Stop | Op::Raise(_) | Op::Bot(Say::Message(_) | Say::Variable(_) | Say::Any) => return true,
                Op::Assign { variable, .. } if **variable == *rewritten => return true,
                Op::Execute { into: Some(into), .. } if **into == *rewritten => return true,
                Op::Do { callee: Callee::Variable(_), .. } => return true,
                Op::Do { into: Some(into), .. } if **into == *rewritten => return true,
                _ => {}
            }
        }
    }
    false
}
