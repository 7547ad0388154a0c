//! One request after the other, in each conversation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::{Key, StoreError};

/// Who has which conversation, and who waits for it. Only those somebody has are in here.
pub(super) struct Turns {
    /// By the first byte of the key, so that requests of different conversations seldom meet.
    shards: Vec<Mutex<HashMap<Key, Queue>>>,
    /// How many may wait for one conversation.
    waiting: usize,
}

#[derive(Default)]
struct Queue {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Those that have it or wait for it.
    requests: usize,
}

impl Turns {
    const SHARDS: usize = 16;

    pub(super) fn new(waiting: usize) -> Self {
        Self { shards: (0..Self::SHARDS).map(|_| Mutex::default()).collect(), waiting }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, HashMap<Key, Queue>> {
        let shard = &self.shards[usize::from(key.0[0]) % Self::SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else has the conversation.
    pub(super) async fn wait(self: Arc<Self>, key: Key) -> Result<Turn, StoreError> {
        let (ticket, lock) = {
            let mut shard = self.shard(&key);
            let queue = shard.entry(key).or_default();
            if queue.requests > self.waiting {
                return Err(StoreError::Busy);
            }
            queue.requests += 1;
            let lock = queue.lock.clone();
            drop(shard);
            (Ticket { turns: self, key }, lock)
        };
        Ok(Turn { _held: lock.lock_owned().await, _ticket: ticket })
    }
}

/// The right to go on with a conversation, until it is dropped.
pub(super) struct Turn {
    // Let go of before the place in the queue is given up.
    _held: OwnedMutexGuard<()>,
    _ticket: Ticket,
}

/// A place in a queue.
struct Ticket {
    turns: Arc<Turns>,
    key: Key,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut shard = self.turns.shard(&self.key);
        if let Some(queue) = shard.get_mut(&self.key) {
            queue.requests -= 1;
            if queue.requests == 0 {
                shard.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn turns_are_taken_one_after_the_other_and_leave_nothing_behind() {
        let turns = Arc::new(Turns::new(1));
        let (one, other) = (Key([1; 32]), Key([17; 32]));
        let first = turns.clone().wait(one).await.unwrap();
        let second = turns.clone().wait(one);
        let mut second = Box::pin(second);
        assert!(second.as_mut().now_or_never().is_none(), "both have it");
        assert_eq!(turns.clone().wait(one).await.err(), Some(StoreError::Busy));
        let elsewhere = turns.clone().wait(other).await.unwrap();
        drop(first);
        let second = second.await.unwrap();
        let mut left = Box::pin(turns.clone().wait(one));
        assert!(left.as_mut().now_or_never().is_none());
        drop(left);
        drop((second, elsewhere));
        assert!(turns.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}
