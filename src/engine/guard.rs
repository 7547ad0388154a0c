//! Rails that are ready to run, by what they guard.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, OnError};
use crate::expression::Variables;
use crate::program::{FlowId, Guards, Program};

/// One rail.
#[derive(Debug)]
pub(super) struct Guard {
    pub guards: Guards,
    pub name: Arc<str>,
    pub flow: FlowId,
    /// What it is given.
    pub locals: Variables,
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
            locals: rail.parameters.iter().cloned().collect(),
            on_error: rail.on_error.unwrap_or(config.on_error),
            timeout: rail.timeout.unwrap_or(config.limits.timeout),
        })
    };
    config.rails.iter().filter_map(guard).collect()
}
