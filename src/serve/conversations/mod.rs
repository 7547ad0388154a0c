//! Conversations that are kept between requests: whose they are, where they are kept, and one request after the other in each.

mod lease;
mod memory;
mod shared;
mod turns;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::asked::has_acted;
use super::callers::Caller;
use super::configs::Configuration;
use super::error::{ApiError, Code, ServeError};
use super::redis::{Gone, Redis};
use super::settings::{Keeping, Settings};
use crate::engine::{Input, Reply, Session};
use memory::Memory;
use shared::Shared;

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
    /// It is longer than one may be that goes on.
    #[error("the conversation has become too long to go on: begin another")]
    TooLong,
    /// The place where it is kept does not answer.
    #[error("conversations can't be had right now")]
    Unavailable,
    /// Another request may have it by now.
    #[error("the turn is not kept: the conversation could not be held to its end")]
    Lost,
}

impl From<Gone> for StoreError {
    fn from(Gone: Gone) -> Self {
        Self::Unavailable
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Busy => Code::ThreadBusy,
            StoreError::TooLong => Code::ThreadTooLong,
            StoreError::Unavailable | StoreError::Lost => Code::ConversationsUnavailable,
        };
        let mut new = Self::new(code, error.to_string()).at("guardrails.thread_id");
        // How far the turn came, nobody knows.
        new.has_acted = error == StoreError::Lost;
        new
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

    /// Done when somebody else may have it, and nothing can be kept any more.
    fn lost(&self) -> BoxFuture<'static, ()>;

    /// Keeps `state` in its place, and gives the conversation up.
    fn keep(self: Box<Self>, state: Vec<u8>) -> BoxFuture<'static, Result<(), StoreError>>;
}

/// The place that `settings` name.
///
/// # Errors
/// When it is Redis, and there is none.
pub(super) fn store(settings: &Settings, redis: Option<&Arc<Redis>>) -> Result<Arc<dyn Store>, ServeError> {
    let limits = &settings.conversations;
    match (limits.store, redis) {
        (Keeping::Memory, _) => Ok(Arc::new(Memory::new(limits))),
        (Keeping::Redis, Some(redis)) => Ok(Arc::new(Shared::new(redis.clone(), limits))),
        (Keeping::Redis, None) => {
            let message =
                "`conversations.store: redis` keeps them in a Redis: say which by `redis: {url: \"redis://HOST\"}`";
            Err(ServeError::Setting(message.to_owned()))
        }
    }
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
        let session = match opened.state() {
            None => config.rails.session(),
            Some(state) => resume(state, config).map_err(|reason| {
                tracing::error!(caller = &*caller.name, config = &*config.id, reason, "a conversation can't be read");
                ApiError::new(Code::InternalError, "the conversation that was kept can't be read")
            })?,
        };
        Ok(Self { session, opened })
    }

    /// Takes its next turn.
    pub(super) async fn generate(&mut self, input: Input) -> Result<Reply, ApiError> {
        tokio::select! {
            reply = self.session.generate(input) => Ok(reply?),
            () = self.opened.lost() => Err(StoreError::Lost.into()),
        }
    }

    /// Done when somebody else may have it, and the turn is for nothing.
    pub(super) fn lost(&self) -> BoxFuture<'static, ()> {
        self.opened.lost()
    }

    /// Keeps the conversation as it is since `reply`.
    pub(super) async fn keep(self, reply: &Reply) -> Result<(), ApiError> {
        let state = serde_json::to_vec(&self.session.state());
        let state = state.map_err(|_| ApiError::new(Code::InternalError, "the conversation can't be written down"))?;
        self.opened.keep(state).await.map_err(|error| {
            tracing::error!(%error, "a turn was not kept");
            let mut error = ApiError::from(error);
            error.has_acted = has_acted(reply);
            error
        })
    }
}

/// The conversation that was written down as `state`. Errors say nothing of what was said in it.
fn resume(state: &[u8], config: &Configuration) -> Result<Session, String> {
    let state = serde_json::from_slice(state)
        .map_err(|error| format!("{:?} error in column {}", error.classify(), error.column()))?;
    config.rails.carry_over(state).map_err(|error| error.to_string())
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
