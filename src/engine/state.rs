//! A conversation at rest: what a session is between its turns, to be kept and taken up again in another process.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::conversation::{Conversation, Digest};
use super::history::Said;
use super::machine::Instances;
use super::pipeline::CONFIG;
use super::store::Store;
use crate::expression::Variables;
use crate::program::{Flow, FlowId, Program};

/// The version of the state's shape.
pub const STATE_VERSION: u32 = 1;

/// A [`Session`](super::Session) between two turns. Serialise it with any serde format, and give it to
/// [`Rails::resume`](super::Rails::resume).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionState {
    v: u32,
    /// Of which program.
    program: String,
    turns: u32,
    digest: Digest,
    variables: Variables,
    flows: Instances,
    /// What the flows that run look like, so that rails which changed meanwhile know those that are as they were.
    #[serde(default)]
    looks: Vec<Look>,
    history: Vec<Said>,
}

/// What a flow looks like.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Look {
    flow: FlowId,
    /// Hash of its steps.
    steps: Arc<str>,
}

/// Why a conversation can't be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The state has a shape that this version does not read.
    #[error("the session was saved in version {found} of its shape, and this railsc reads version {STATE_VERSION}")]
    Version {
        /// The version it has.
        found: u32,
    },
    /// The state belongs to other rails.
    #[error("the session was saved with other rails: load those, or start a new session")]
    OtherProgram,
    /// The state could not have come about.
    #[error("the session is damaged: its flows stand where no flow can")]
    Damaged,
}

impl SessionState {
    pub(super) fn new(conversation: &Conversation, fingerprint: &str, looks: &[Arc<str>]) -> Self {
        let Conversation { store, instances, turns, digest, history } = conversation;
        let look = |flow: FlowId| Some(Look { flow, steps: looks.get(flow.index())?.clone() });
        Self {
            v: STATE_VERSION,
            program: fingerprint.to_owned(),
            turns: *turns,
            digest: *digest,
            // What the configuration says is said anew by the one that goes on.
            variables: store
                .variables()
                .iter()
                .filter(|(name, _)| &***name != CONFIG)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            flows: instances.clone(),
            looks: instances.flows().into_iter().filter_map(look).collect(),
            history: history.recent(usize::MAX).into_iter().cloned().collect(),
        }
    }

    /// The same for the rails of `program`, which may be others: without the flows that look otherwise there, or are not there.
    pub(super) fn carried_over(mut self, program: &Program, fingerprint: &str, looks: &[Arc<str>]) -> Self {
        if self.program != fingerprint {
            let here = |flow: FlowId| {
                let then = self.looks.iter().find(|look| look.flow == flow)?;
                program.flows().map(|(id, _)| id).find(|id| looks.get(id.index()) == Some(&then.steps))
            };
            self.flows.move_to(here);
            fingerprint.clone_into(&mut self.program);
        }
        self
    }

    pub(super) fn into_conversation(self, program: &Program, fingerprint: &str) -> Result<Conversation, ResumeError> {
        if self.v != STATE_VERSION {
            return Err(ResumeError::Version { found: self.v });
        }
        if self.program != fingerprint {
            return Err(ResumeError::OtherProgram);
        }
        if !self.flows.is_sound(program) {
            return Err(ResumeError::Damaged);
        }
        Ok(Conversation {
            store: Store::new(self.variables),
            instances: self.flows,
            turns: self.turns,
            digest: self.digest,
            history: self.history.into_iter().collect(),
        })
    }
}

/// A hash of everything that a running flow depends on; examples, texts, comments and places may change.
pub(super) fn fingerprint(program: &Program) -> String {
    let mut digest = Digest::default();
    for flow in &program.flows {
        digest = digest.with(&flow.name).with(&format!("{:?} {}", flow.modifiers, flow.priority));
        digest = flow.steps.iter().fold(digest, |digest, step| digest.with(&format!("{:?}", step.op)));
    }
    let names = program.intents.iter().map(|intent| &intent.name);
    digest = names
        .chain(program.messages.iter().map(|message| &message.name))
        .fold(digest, |digest, name| digest.with(name));
    digest.to_string()
}

/// Of each flow, a hash of everything that it does, by the names of what it is about: these stay when other things come or go.
pub(super) fn looks(program: &Program) -> Vec<Arc<str>> {
    let names = [
        ("IntentId(", program.intents.iter().map(|intent| &*intent.name).collect::<Vec<_>>()),
        ("MessageId(", program.messages.iter().map(|message| &*message.name).collect()),
        ("FlowId(", program.flows.iter().map(|flow| &*flow.name).collect()),
    ];
    let look = |flow: &Flow| {
        let start = Digest::default().with(&format!("{:?} {}", flow.modifiers, flow.priority));
        let steps = flow.steps.iter().map(|step| named(&format!("{:?}", step.op), &names));
        Arc::from(steps.fold(start, |digest, step| digest.with(&step)).to_string())
    };
    program.flows.iter().map(look).collect()
}

/// `text` with names in place of numbers that mean something in one program only.
fn named(text: &str, names: &[(&str, Vec<&str>)]) -> String {
    let mut text = text.to_owned();
    for (kind, names) in names {
        let mut parts = text.split(kind);
        let mut new = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let name = part[..end].parse::<usize>().ok().and_then(|index| names.get(index));
            new.push_str(kind);
            new.push_str(name.copied().unwrap_or(&part[..end]));
            new.push_str(&part[end..]);
        }
        text = new;
    }
    text
}
