//! Conversations that are kept between requests: whose they are, where they are kept, and one request after the other in each.

mod memory;
mod turns;

use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::callers::Caller;
use super::configs::Configuration;
use super::error::{ApiError, Code};
use crate::engine::Session;
pub(super) use memory::Memory;

/// What a conversation is kept under: a hash, so that its caller is part of it and no name of one caller's can be made to mean another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    fn new(caller: &str, config: &str, thread: &str) -> Self {
        let hash = [caller, config, thread].iter().fold(Sha256::new(), |hash, part| {
            // With its length, so that no part can be taken for the end of another.
            hash.chain_update((part.len() as u64).to_le_bytes()).chain_update(part)
        });
        Self(hash.finalize().into())
    }
}

/// Why a conversation can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum StoreError {
    /// Too many requests wait for it.
    #[error("too many requests wait for this conversation: send one after the other")]
    Busy,
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::new(Code::ThreadBusy, error.to_string()).at("guardrails.thread_id"),
        }
    }
}

/// A place where conversations are kept.
pub(super) trait Store: Send + Sync {
    /// Waits until nobody else has the conversation, and takes it. Dropping what comes back gives it up as it was.
    fn open(&self, key: Key) -> BoxFuture<'_, Result<Box<dyn Opened>, StoreError>>;
}

/// A conversation that nobody else has.
pub(super) trait Opened: Send {
    /// What was kept; `None` of one that begins.
    fn state(&self) -> Option<&[u8]>;

    /// Keeps `state` in its place, and gives the conversation up.
    fn keep(self: Box<Self>, state: Vec<u8>) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// A conversation in the hands of a request.
pub(super) struct Thread {
    pub session: Session,
    opened: Box<dyn Opened>,
}

impl Thread {
    /// Takes up the conversation that `caller` calls `thread`.
    pub(super) async fn open(
        app: &App,
        caller: &Caller,
        config: &Configuration,
        thread: &str,
    ) -> Result<Self, ApiError> {
        let length = thread.chars().count();
        if !(16..=255).contains(&length) || thread.chars().any(char::is_control) {
            let message = "a conversation is named by 16 to 255 characters";
            return Err(ApiError::new(Code::InvalidValue, message).at("guardrails.thread_id"));
        }
        let opened = app.conversations.open(Key::new(&caller.name, &config.id, thread)).await?;
        let most = app.settings.conversations.thread_bytes;
        let session = match opened.state() {
            None => config.rails.session(),
            Some(state) if state.len() > most => {
                let message = "the conversation has become too long to go on: begin another";
                return Err(ApiError::new(Code::ThreadTooLong, message).at("guardrails.thread_id"));
            }
            Some(state) => {
                let damaged = || ApiError::new(Code::InternalError, "the conversation that was kept can't be read");
                let state = serde_json::from_slice(state).map_err(|_| damaged())?;
                config.rails.carry_over(state).map_err(|_| damaged())?
            }
        };
        Ok(Self { session, opened })
    }

    /// Keeps the conversation as it is now.
    pub(super) async fn keep(self) -> Result<(), ApiError> {
        let state = serde_json::to_vec(&self.session.state());
        let state = state.map_err(|_| ApiError::new(Code::InternalError, "the conversation can't be written down"))?;
        Ok(self.opened.keep(state).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn no_conversation_is_taken_for_another() {
        let keys = [("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("", "ab", "c"), ("A", "b", "c")];
        let keys: Vec<_> = keys.iter().map(|(caller, config, thread)| Key::new(caller, config, thread)).collect();
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key));
        }
        assert_eq!(keys[0], Key::new("a", "b", "c"));
    }
}
