//! What is remembered between the turns of one conversation.

use super::history::{History, Said};
use super::machine::Instances;
use super::store::Store;
use crate::expression::{Value, Variables};
use crate::library::sensitive::masked_again;
use crate::model::ToolCall;

/// Plain data; the rails that it belongs to are passed along.
#[derive(Debug, Clone, Default)]
pub(super) struct Conversation {
    pub store: Store,
    pub instances: Instances,
    /// How many turns were taken.
    pub turns: u32,
    /// Hash of all texts so far, which the choice among several texts of a message depends on.
    pub digest: Digest,
    /// What was said; kept when there is a model to read it.
    pub history: History,
}

/// A running FNV-1a hash: the same on every machine and in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// This hash with `text` added; an end mark keeps `ab`, `c` from being `a`, `bc`.
    pub(super) fn with(self, text: &str) -> Self {
        let bytes = text.bytes().chain(std::iter::once(0xff));
        Self(bytes.fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// One of `count` choices.
    pub(super) fn choose(self, count: usize) -> usize {
        // The low bits of FNV alternate with the last byte; the high ones are mixed.
        ((self.0 >> 32) as usize) % count.max(1)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Conversation {
    /// One that begins with these variables.
    pub(super) fn about(variables: Variables) -> Self {
        Self { store: Store::new(variables), ..Self::default() }
    }

    /// Sets the variables that a text of the user comes with.
    pub(super) fn hear(&mut self, text: &str) {
        let last_reply = self.store.variables().get("bot_message").cloned().unwrap_or(Value::Null);
        self.store.set("last_bot_message".into(), last_reply);
        self.store.set("user_message".into(), text.into());
        self.store.set("last_user_message".into(), text.into());
    }

    /// What is kept of `said` for models to read: what was masked in what the user said, and put back into a reply, is masked again.
    pub(super) fn masked_again(&self, said: Said) -> Said {
        let hidden = |text: String| masked_again(self.store.variables(), text);
        match said {
            Said::Bot { text, message } => Said::Bot { text: hidden(text), message },
            Said::Calls { text, calls } => {
                let call = |call: ToolCall| ToolCall { arguments: hidden(call.arguments), ..call };
                Said::Calls { text: hidden(text), calls: calls.into_iter().map(call).collect() }
            }
            other => other,
        }
    }

    /// The bot spoke before the user did.
    pub(super) fn greeted_with(&mut self, text: &str) {
        self.digest = self.digest.with(text);
        self.store.set("bot_message".into(), text.into());
    }
}
