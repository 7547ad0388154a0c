//! Rails that are ready to run, by what they guard.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, OnError};
use crate::expression::Variables;
use crate::program::{FlowId, FlowKind, Guards, MessageId, Op, Program, Say};

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
}

/// The rails that `config` names, in its order. Those that no flow is are errors at check.
pub(super) fn guards(config: &Config, program: &Program) -> Vec<Guard> {
    let guard = |rail: &crate::config::Rail| {
        Some(Guard {
            guards: rail.guards,
            name: rail.name.clone(),
            flow: program.flow_named(&rail.name)?,
            model: rail.model().map(Arc::from),
            locals: rail.parameters.iter().cloned().collect(),
            on_error: rail.on_error.unwrap_or(config.on_error),
            timeout: rail.timeout.unwrap_or(config.limits.timeout),
        })
    };
    config.rails.iter().filter_map(guard).collect()
}

/// What the rails, and subflows they may do, say.
pub(super) fn rail_messages(program: &Program, guards: &[Guard]) -> Vec<MessageId> {
    let flows = program
        .flows()
        .filter(|(id, flow)| flow.kind == FlowKind::Subflow || guards.iter().any(|guard| guard.flow == *id));
    let said = flows.flat_map(|(_, flow)| &flow.steps).filter_map(|step| match &step.op {
        Op::Bot(Say::Message(message)) => Some(*message),
        _ => None,
    });
    // A rail that fails says this.
    if guards.is_empty() { Vec::new() } else { said.chain([MessageId::INTERNAL_ERROR]).collect() }
}
