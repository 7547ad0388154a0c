//! Limits counted in Redis, by all servers together.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;

use super::rate::{Counted, Rate};
use super::window::{Quota, millis, part_of};
use super::{Claim, Refusal, Subject, Taken};
use crate::serve::redis::{Gone, Redis};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("settle.lua")));

/// Counts in Redis.
pub(super) struct Shared {
    redis: Arc<Redis>,
    /// How long a request may be under way; one that is not ended by then was left behind by a server that is gone.
    patience: Duration,
}

impl Shared {
    pub(super) fn new(redis: Arc<Redis>, patience: Duration) -> Self {
        Self { redis, patience }
    }

    /// As [`Memory::take`](super::memory::Memory::take).
    pub(super) async fn take(
        &self,
        rates: &[Rate],
        claims: &[Claim],
    ) -> Result<Result<Vec<(Taken, Quota)>, Refusal>, Gone> {
        let mut name = [0; 8];
        // Without randomness, requests under way could be taken for each other.
        getrandom::fill(&mut name).map_err(|_| Gone)?;
        let lease = u64::from_le_bytes(name);
        let keys: Vec<_> = claims.iter().map(|claim| key(&rates[claim.rate], &claim.subject)).collect();
        let mut arguments = vec![lease.to_string(), millis(self.patience).to_string()];
        for claim in claims {
            let rate = &rates[claim.rate];
            let amount = claim.amount.min(rate.count);
            arguments.push(kind(rate).to_owned());
            arguments.extend([rate.count, millis(rate.window), part_of(rate.window), amount].map(|n| n.to_string()));
        }
        let answer: Vec<i64> = self.redis.run(&TAKE, &keys, arguments).await?;
        let count = |at: usize| answer.get(at).and_then(|count| u64::try_from(*count).ok()).ok_or(Gone);
        if count(0)? == 0 {
            let at = count(1)? as usize;
            let rate = claims.get(at).ok_or(Gone)?.rate;
            let reset = Duration::from_millis(count(4)?);
            let quota = Quota { limit: rates[rate].count, remaining: count(3)?, reset };
            return Ok(Err(Refusal { rate, wait: Duration::from_millis(count(2)?), quota }));
        }
        let taken = claims.iter().enumerate().map(|(index, claim)| {
            let Claim { rate, subject, amount } = *claim;
            let limit = rates[rate].count;
            let (part, remaining) = (count(1 + index * 3)?, count(2 + index * 3)?);
            let reset = Duration::from_millis(count(3 + index * 3)?);
            let taken = Taken { rate, subject, amount: amount.min(limit), part, lease };
            Ok((taken, Quota { limit, remaining, reset }))
        });
        taken.collect::<Result<_, Gone>>().map(Ok)
    }

    /// As [`Memory::settle`](super::memory::Memory::settle). What can't be corrected leaves the window by itself, and too much was counted.
    pub(super) async fn settle(&self, rate: Rate, taken: &Taken, needed: u64) -> Result<(), Gone> {
        let arguments = [
            taken.lease.to_string(),
            kind(&rate).to_owned(),
            millis(rate.window).to_string(),
            part_of(rate.window).to_string(),
            taken.part.to_string(),
            taken.amount.to_string(),
            needed.to_string(),
        ];
        self.redis.run::<i64>(&SETTLE, &[key(&rate, &taken.subject)], arguments).await.map(drop)
    }
}

fn kind(rate: &Rate) -> &'static str {
    if rate.counted == Counted::Concurrent { "concurrent" } else { "window" }
}

/// The same in all servers that have the same limit, wherever it stands in their settings.
fn key(rate: &Rate, subject: &Subject) -> Vec<u8> {
    let mut key = format!("railsc:rate:{}:{}:{}:", rate.name(), rate.count, rate.window.as_secs()).into_bytes();
    key.extend_from_slice(&subject.0);
    key
}
