//! The compiled rails: names resolved, flows flat, spans kept. Knows no files and no runtime.

mod flow;
mod intent;
mod message;

use rustc_hash::FxHashMap;
use std::sync::Arc;

pub use flow::{Argument, Callee, EventPattern, Flow, FlowId, FlowKind, Op, Say, Step, UserPattern};
pub use intent::{Intent, IntentId, Utterance};
pub use message::{Message, MessageId, MessageText};

/// Everything a set of rail files says, ready to be run.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// In order of definition.
    pub intents: Vec<Intent>,
    /// In order of definition, those that are always present first.
    pub messages: Vec<Message>,
    /// In order of definition.
    pub flows: Vec<Flow>,
    intents_by_name: FxHashMap<Arc<str>, IntentId>,
    messages_by_name: FxHashMap<Arc<str>, MessageId>,
    flows_by_name: FxHashMap<Arc<str>, FlowId>,
}

impl Program {
    /// The intent `id` names.
    pub fn intent(&self, id: IntentId) -> &Intent {
        &self.intents[id.index()]
    }

    /// The message `id` names.
    pub fn message(&self, id: MessageId) -> &Message {
        &self.messages[id.index()]
    }

    /// The flow `id` names.
    pub fn flow(&self, id: FlowId) -> &Flow {
        &self.flows[id.index()]
    }

    /// The intent called `name`.
    pub fn intent_named(&self, name: &str) -> Option<IntentId> {
        self.intents_by_name.get(name).copied()
    }

    /// The message called `name`.
    pub fn message_named(&self, name: &str) -> Option<MessageId> {
        self.messages_by_name.get(name).copied()
    }

    /// The flow or subflow called `name`.
    pub fn flow_named(&self, name: &str) -> Option<FlowId> {
        self.flows_by_name.get(name).copied()
    }

    /// All intents with their ids.
    pub fn intents(&self) -> impl Iterator<Item = (IntentId, &Intent)> {
        self.intents.iter().enumerate().map(|(index, intent)| (IntentId(index as u32), intent))
    }

    /// All flows with their ids.
    pub fn flows(&self) -> impl Iterator<Item = (FlowId, &Flow)> {
        self.flows.iter().enumerate().map(|(index, flow)| (FlowId(index as u32), flow))
    }
}
