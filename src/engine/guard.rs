//! Rails that are ready to run, by what they guard.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, OnError};
use crate::expression::Variables;
use crate::library::{Library, REPLACING};
use crate::program::{FlowId, GENERATE_VALUE, Guards, MessageId, Op, Program, Say};

/// One rail.
#[derive(Debug)]
pub(super) struct Guard {
    pub guards: Guards,
    pub name: Arc<str>,
    pub flow: FlowId,
    /// What it is given.
    pub locals: Variables,
    /// The model that it wants asked, by its type in `models`.
    pub model: Option<Arc<str>>,
    pub on_error: OnError,
    pub timeout: Duration,
    /// It is watched, and not obeyed.
    pub shadow: bool,
    /// How it rewrites again what the user said, or a tool gave back, in a turn that was taken before.
    pub again: Again,
    /// It replaces parts of what the bot says, by actions of ours: what may be the start of such a part must not be out before its end is seen.
    pub replaces_parts: bool,
}

/// What becomes of the text of an earlier turn, which a model is to read as a rail had let it pass then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The rail rewrites nothing, so the text stays.
    Stays,
    /// The rail rewrites it again.
    Rewrites,
    /// A model rewrote it, which may have said anything: nobody knows what it was then.
    Unknown,
}

/// The rails that `config` names, in its order. Those that no flow is are errors at check. `is_replaced` tells of an action whether the host has
/// another in its place.
pub(super) fn guards(
    config: &Config,
    program: &Program,
    is_replaced: impl Fn(&str) -> bool,
    shadow: bool,
) -> Vec<Guard> {
    let guard = |rail: &crate::config::Rail| {
        let flow = program.flow_named(&rail.name)?;
        let is_read_later = matches!(rail.guards, Guards::Input | Guards::ToolInput);
        Some(Guard {
            guards: rail.guards,
            name: rail.name.clone(),
            flow,
            again: if is_read_later { again(program, flow, rail.guards, &is_replaced) } else { Again::Stays },
            replaces_parts: rail.guards == Guards::Output && replaces_by(program, flow, &is_replaced),
            model: rail.model().map(Arc::from),
            locals: rail.parameters.iter().cloned().collect(),
            on_error: rail.on_error.unwrap_or(config.on_error),
            timeout: rail.timeout.unwrap_or(config.limits.timeout),
            shadow,
        })
    };
    config.rails.iter().filter_map(guard).collect()
}

/// Whether `flow` rewrites what it guards, and could do so again.
fn again(program: &Program, flow: FlowId, guards: Guards, is_replaced: impl Fn(&str) -> bool) -> Again {
    let (mut rewrites, mut by_model) = (false, false);
    for step in program.may_do([flow]).into_iter().flat_map(|flow| &program.flow(flow).steps) {
        let set = match &step.op {
            Op::Execute { action, into, .. } => {
                let asks = **action == *GENERATE_VALUE || Library::asks(action).is_some();
                by_model |= asks && !is_replaced(action);
                into.as_deref()
            }
            Op::Assign { variable, .. } => Some(&**variable),
            Op::Do { into, .. } => into.as_deref(),
            _ => None,
        };
        rewrites |= set == Some(guards.variable());
    }
    match (rewrites, by_model) {
        (false, _) => Again::Stays,
        (true, false) => Again::Rewrites,
        (true, true) => Again::Unknown,
    }
}

/// Whether `flow` runs an action of ours that replaces parts of a text.
fn replaces_by(program: &Program, flow: FlowId, is_replaced: impl Fn(&str) -> bool) -> bool {
    let flows = program.may_do([flow]);
    flows.iter().flat_map(|flow| &program.flow(*flow).steps).any(|step| match &step.op {
        Op::Execute { action, .. } => REPLACING.contains(&&**action) && !is_replaced(action),
        _ => false,
    })
}

/// What the rails, and subflows they may do, say.
pub(super) fn rail_messages(program: &Program, guards: &[Guard]) -> Vec<MessageId> {
    let flows = program.may_do(guards.iter().map(|guard| guard.flow));
    let steps = flows.iter().flat_map(|flow| &program.flow(*flow).steps);
    let said = steps.filter_map(|step| match &step.op {
        Op::Bot(Say::Message(message)) => Some(*message),
        _ => None,
    });
    // What fails says this.
    said.chain([MessageId::INTERNAL_ERROR]).collect()
}
