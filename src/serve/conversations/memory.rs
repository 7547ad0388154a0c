//! Conversations kept in memory: up to so many bytes, and as long as somebody goes on with them.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, pending, ready};
use moka::sync::Cache;

use super::turns::{Turn, Turns};
use super::{Key, Opened, Store, StoreError};
use crate::serve::settings::ConversationLimits;

/// What an entry takes besides its state, in bytes.
const OVERHEAD: usize = 256;

/// Conversations in memory.
pub(in crate::serve) struct Memory {
    kept: Cache<Key, Arc<[u8]>>,
    turns: Arc<Turns>,
    /// Bytes of one that may go on.
    most: usize,
}

impl Memory {
    pub(in crate::serve) fn new(limits: &ConversationLimits) -> Self {
        let weigh = |_: &Key, state: &Arc<[u8]>| u32::try_from(state.len() + OVERHEAD).unwrap_or(u32::MAX);
        let kept = Cache::builder().max_capacity(limits.bytes).weigher(weigh).time_to_idle(limits.idle_time).build();
        Self { kept, turns: Arc::new(Turns::new(limits.waiting)), most: limits.thread_bytes }
    }
}

impl Store for Memory {
    fn open(&self, key: Key) -> BoxFuture<'_, Result<Box<dyn Opened>, StoreError>> {
        async move {
            let turn = self.turns.clone().wait(key).await?;
            let (kept, state) = (self.kept.clone(), self.kept.get(&key));
            if state.as_ref().is_some_and(|state| state.len() > self.most) {
                return Err(StoreError::TooLong);
            }
            Ok(Box::new(Held { kept, key, state, _turn: turn }) as Box<dyn Opened>)
        }
        .boxed()
    }
}

struct Held {
    kept: Cache<Key, Arc<[u8]>>,
    key: Key,
    state: Option<Arc<[u8]>>,
    _turn: Turn,
}

impl Opened for Held {
    fn state(&self) -> Option<&[u8]> {
        self.state.as_deref()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        pending().boxed()
    }

    fn keep(self: Box<Self>, state: Vec<u8>) -> BoxFuture<'static, Result<(), StoreError>> {
        self.kept.insert(self.key, state.into());
        ready(Ok(())).boxed()
    }
}
