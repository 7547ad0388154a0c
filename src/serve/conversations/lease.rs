//! One request after the other in a conversation that several servers share: a queue in Redis, and a lease that has to be renewed.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Key, StoreError};
use crate::serve::redis::{Gone, Redis, in_background};

static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("renew.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// How long a conversation is held for a server that says nothing more, which may be dead.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// When a server says that it goes on, and when it says so again after Redis did not answer.
const RENEWED: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(250);
/// How often Redis is told that a conversation is given up, each time after twice as long; by then the lease has almost run out.
const TRIES: u32 = 6;

/// Where a conversation is in Redis: its state, who has it, who waits for it, and until when each of these counts. The names tell nothing
/// of whose it is.
#[derive(Clone)]
pub(super) struct Names(pub [Vec<u8>; 4]);

impl Names {
    pub(super) fn of(key: &Key) -> Self {
        let name: String = key.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(["state", "holder", "queue", "waiting"].map(|part| format!("railsc:thread:{name}:{part}").into_bytes()))
    }
}

/// A request at a conversation: it waits, or has it. Dropping it gives up what it has.
pub(super) struct Lease {
    redis: Arc<Redis>,
    names: Names,
    /// The name of the request, which no other can guess.
    request: String,
    renewal: Option<AbortHandle>,
    is_over: bool,
}

impl Lease {
    pub(super) fn new(redis: Arc<Redis>, names: Names) -> Result<Self, StoreError> {
        let mut name = [0; 16];
        // Without randomness, requests could be taken for each other.
        getrandom::fill(&mut name).map_err(|_| StoreError::Unavailable)?;
        let request = format!("{:032x}", u128::from_le_bytes(name));
        Ok(Self { redis, names, request, renewal: None, is_over: false })
    }

    pub(super) fn request(&self) -> &str {
        &self.request
    }

    /// Renews it until it is over, from when on it was had at `since`. What comes back turns true when it is lost.
    pub(super) fn renewed(&mut self, since: Instant) -> watch::Receiver<bool> {
        let (lost, is_lost) = watch::channel(false);
        let (redis, names, request) = (self.redis.clone(), self.names.clone(), self.request.clone());
        let renewal = tokio::spawn(async move {
            renew(&redis, &names, &request, since).await;
            tracing::error!(
                "a conversation could not be held: its turn is for nothing, and another server may go on with it"
            );
            lost.send_replace(true);
        });
        self.renewal = Some(renewal.abort_handle());
        is_lost
    }

    /// Ends it with nothing left to give up.
    pub(super) fn end(mut self) {
        self.is_over = true;
    }
}

/// Renews a lease until it is lost.
async fn renew(redis: &Redis, names: &Names, request: &str, since: Instant) {
    let keys = [names.0[1].clone()];
    let lease = LEASE.as_millis().to_string();
    let (mut until, mut pause) = (since + LEASE, RENEWED);
    loop {
        sleep(pause).await;
        // By our own clock it ends a little before it does by that of Redis.
        let asked = Instant::now();
        match timeout_at(until, redis.run::<i64>(&RENEW, &keys, [request, &*lease])).await {
            Ok(Ok(1)) => (until, pause) = (asked + LEASE, RENEWED),
            Ok(Err(Gone)) if Instant::now() < until => pause = AGAIN,
            _ => return,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
        if self.is_over {
            return;
        }
        let (redis, request) = (self.redis.clone(), std::mem::take(&mut self.request));
        let keys = self.names.0[1..].to_vec();
        in_background(async move {
            for attempt in 0..TRIES {
                if attempt > 0 {
                    sleep(AGAIN * 2_u32.pow(attempt - 1)).await;
                }
                if redis.run::<i64>(&RELEASE, &keys, [&*request]).await.is_ok() {
                    return;
                }
            }
        });
    }
}
