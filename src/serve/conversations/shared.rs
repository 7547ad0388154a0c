//! Conversations in Redis, which several servers share.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use redis::Script;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::lease::{LEASE, Lease, Names};
use super::{Key, Opened, Store, StoreError};
use crate::serve::redis::{Gone, Redis};
use crate::serve::settings::ConversationLimits;

static OPEN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("open.lua")));
static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("keep.lua")));

/// How long a request counts among those that wait without asking again. A server that dies leaves no gap that is longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often one asks that is next, at first and then; and one that is not.
const NEXT: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(80)];
const BEHIND: Duration = Duration::from_millis(200);
/// How long a turn that was taken is tried to be kept, and how often. Less than is left of a lease.
const KEEPING: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(100);

/// Conversations in Redis.
pub(in crate::serve) struct Shared {
    redis: Arc<Redis>,
    limits: ConversationLimits,
}

impl Shared {
    pub(in crate::serve) fn new(redis: Arc<Redis>, limits: &ConversationLimits) -> Self {
        Self { redis, limits: limits.clone() }
    }
}

impl Store for Shared {
    fn open(&self, key: Key) -> BoxFuture<'_, Result<Box<dyn Opened>, StoreError>> {
        async move {
            if self.redis.is_resting() {
                // Nothing was asked for that would have to be given up.
                return Err(StoreError::Unavailable);
            }
            let names = Names::of(&key);
            let mut lease = Lease::new(self.redis.clone(), names.clone())?;
            let kept = self.limits.idle_time.as_millis();
            let numbers = [LEASE.as_millis(), PATIENCE.as_millis(), self.limits.waiting as u128, kept.max(1)];
            let mut arguments = vec![lease.request().to_owned()];
            arguments.extend(numbers.map(|number| number.to_string()));
            let mut pause = NEXT[0];
            loop {
                let asked = Instant::now();
                let answer: (i64, u64, Option<Vec<u8>>) = self.redis.run(&OPEN, &names.0, &arguments).await?;
                match answer {
                    (1, _, state) => {
                        // Of what was too long, nothing was kept but that it was.
                        let fits = |state: &Vec<u8>| (1..=self.limits.thread_bytes).contains(&state.len());
                        if !state.as_ref().is_none_or(fits) {
                            return Err(StoreError::TooLong);
                        }
                        let is_lost = lease.renewed(asked);
                        let (redis, limits) = (self.redis.clone(), self.limits.clone());
                        return Ok(Box::new(Held { redis, names, lease, state, is_lost, limits }) as _);
                    }
                    (0, 0, _) => {
                        sleep(pause).await;
                        pause = (pause * 2).min(NEXT[1]);
                    }
                    (0, ..) => sleep(BEHIND).await,
                    _ => return Err(StoreError::Busy),
                }
            }
        }
        .boxed()
    }
}

struct Held {
    redis: Arc<Redis>,
    names: Names,
    lease: Lease,
    state: Option<Vec<u8>>,
    is_lost: watch::Receiver<bool>,
    limits: ConversationLimits,
}

impl Opened for Held {
    fn state(&self) -> Option<&[u8]> {
        self.state.as_deref()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let mut is_lost = self.is_lost.clone();
        async move {
            // Nobody watches over it any more when the sender is gone, and so it is lost as well.
            let _ = is_lost.wait_for(|is_lost| *is_lost).await;
        }
        .boxed()
    }

    fn keep(self: Box<Self>, mut state: Vec<u8>) -> BoxFuture<'static, Result<(), StoreError>> {
        async move {
            let Self { redis, names, lease, limits, .. } = *self;
            if state.len() > limits.thread_bytes {
                state.clear();
            }
            let kept = limits.idle_time.as_millis().max(1).to_string();
            let arguments = [lease.request().as_bytes(), &state, kept.as_bytes()];
            let until = Instant::now() + KEEPING;
            loop {
                match timeout_at(until, redis.run(&KEEP, &names.0[..2], arguments)).await {
                    Ok(Ok(1)) => {
                        lease.end();
                        return Ok(());
                    }
                    Ok(Ok(_)) => return Err(StoreError::Lost),
                    Ok(Err(Gone)) if Instant::now() < until => sleep(AGAIN).await,
                    Ok(Err(Gone)) | Err(_) => return Err(StoreError::Unavailable),
                }
            }
        }
        .boxed()
    }
}
