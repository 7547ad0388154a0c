//! A conversation at rest: what a session is between its turns, to be kept and taken up again in another process.

use serde::{Deserialize, Serialize};

use super::conversation::{Conversation, Digest};
use super::history::Said;
use super::machine::Instances;
use super::pipeline::CONFIG;
use super::store::Store;
use crate::expression::Variables;
use crate::program::Program;

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
    history: Vec<Said>,
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
    pub(super) fn new(conversation: &Conversation, fingerprint: &str) -> Self {
        let Conversation { store, instances, turns, digest, history } = conversation;
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
            history: history.recent(usize::MAX).into_iter().cloned().collect(),
        }
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
