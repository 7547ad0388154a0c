//! Conversations that were seen, by their messages, so that one that goes on need not be followed from its start.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::mem::size_of;

use moka::sync::Cache;

use super::conversation::Conversation;
use crate::expression::{Value, Variables};
use crate::model::Message;

/// Where conversations stood behind their last reply. Bounded by what they weigh; the least used go first.
pub(super) struct Seen {
    conversations: Option<Cache<Key, Conversation>>,
    /// Random, so that nobody can make up messages whose hashes are those of others.
    hashers: [RandomState; 2],
}

/// A hash of the messages so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u64; 2]);

impl Seen {
    /// As many bytes as are remembered unless the host program says otherwise.
    pub(super) const USUAL: u64 = 64 << 20;

    pub(super) fn new(bytes: u64) -> Self {
        let weigh = |_: &Key, conversation: &Conversation| weight(conversation);
        let conversations = (bytes > 0).then(|| Cache::builder().max_capacity(bytes).weigher(weigh).build());
        Self { conversations, hashers: [RandomState::new(), RandomState::new()] }
    }

    /// The key of the conversation of `owner`, begun with the variables of `context`, that is `messages`.
    pub(super) fn key(&self, owner: &str, context: &Variables, messages: &[Message]) -> Key {
        let context: Vec<_> = context.iter().map(|(name, value)| (name, value.to_string())).collect();
        let start = Key(self.hashers.each_ref().map(|state| state.hash_one((owner, &context))));
        messages.iter().fold(start, |key, message| self.with(key, message))
    }

    fn with(&self, Key(before): Key, message: &Message) -> Key {
        let Message { role, content, tool_calls, tool_call_id, name } = message;
        let mut key = before;
        for (part, state) in key.iter_mut().zip(&self.hashers) {
            *part = state.hash_one((before, role, content, tool_calls, tool_call_id, name));
        }
        Key(key)
    }

    pub(super) fn get(&self, key: &Key) -> Option<Conversation> {
        self.conversations.as_ref()?.get(key)
    }

    /// Remembers where a conversation stands that has got `reply` to `heard`, which came behind `before`.
    pub(super) fn remember(&self, before: &Key, heard: &[Message], reply: &Message, conversation: Conversation) {
        let Some(conversations) = &self.conversations else { return };
        let key = heard.iter().chain([reply]).fold(*before, |key, message| self.with(key, message));
        conversations.insert(key, conversation);
    }
}

/// About how many bytes a conversation takes.
fn weight(conversation: &Conversation) -> u32 {
    let variables = conversation.store.variables().iter().map(|(name, value)| name.len() + bytes(value) + 64);
    let history: usize = conversation.history.recent(usize::MAX).into_iter().map(|said| 128 + said.bytes()).sum();
    let total = size_of::<Conversation>() + variables.sum::<usize>() + history + conversation.instances.len() * 256;
    u32::try_from(total).unwrap_or(u32::MAX)
}

fn bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(bytes).sum(),
            Value::Object(entries) => entries.iter().map(|(name, value)| name.len() + 64 + bytes(value)).sum(),
            _ => 0,
        }
}
