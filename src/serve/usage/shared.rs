//! Accounts in Redis, which several servers share.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;

use super::account::{Totals, Who};
use super::accounts::Hold;
use super::budget::{Budget, Budgets, Exhausted};
use super::date::{Date, Span};
use crate::serve::limits::Per;
use crate::serve::prices::Money;
use crate::serve::redis::{Gone, Redis};

static RESERVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("reserve.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("settle.lua")));
static READ: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("read.lua")));

/// How long days and months are kept, in seconds.
const KEPT: [u64; 2] = [40 * 86_400, 400 * 86_400];
/// How often what was used is told to Redis until it is given up, and how long it is waited at first; twice as long each time.
const TRIES: u32 = 7;
const PAUSE: Duration = Duration::from_millis(250);

/// Accounts in Redis.
pub(super) struct Shared {
    redis: Arc<Redis>,
    budgets: Arc<Budgets>,
    /// How long money is set aside for a request; one that is not settled by then was left behind by a server that is gone.
    patience: Duration,
}

impl Shared {
    pub(super) fn new(redis: Arc<Redis>, budgets: Arc<Budgets>, patience: Duration) -> Self {
        Self { redis, budgets, patience }
    }

    /// As [`Accounts::reserve`](super::accounts::Accounts::reserve).
    pub(super) async fn reserve(
        &self,
        whose: &[Who],
        amount: Money,
        date: Date,
    ) -> Result<Result<Vec<Hold>, Exhausted>, Gone> {
        let mut name = [0; 8];
        // Without randomness, requests could be taken for each other.
        getrandom::fill(&mut name).map_err(|_| Gone)?;
        let lease = u64::from_le_bytes(name);
        let holds = || whose.iter().map(|who| Hold { who: who.clone(), amount, lease }).collect();
        let limits: Vec<_> = whose.iter().map(|who| self.least(who)).collect();
        if limits.iter().flatten().all(Option::is_none) {
            return Ok(Ok(holds()));
        }
        let patience = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
        let mut arguments = vec![lease.to_string(), patience.to_string(), amount.as_picos().to_string()];
        let told = |limit: &Option<(Per, Money)>| limit.map_or(-1, |(_, limit)| limit.as_picos()).to_string();
        limits.iter().flatten().for_each(|limit| arguments.push(told(limit)));
        let answer: Vec<usize> = self.redis.run(&RESERVE, &keys(whose, date), arguments).await?;
        match *answer {
            [1] => Ok(Ok(holds())),
            [0, account, span @ (1 | 2)] => {
                let (per, limit) = limits.get(account).and_then(|limits| limits[span - 1]).ok_or(Gone)?;
                let span = if span == 1 { Span::Day } else { Span::Month };
                Ok(Err(Exhausted { per, span, limit, wait: date.left(span) }))
            }
            _ => Err(Gone),
        }
    }

    /// The least that `who` may spend a day, and a month.
    fn least(&self, who: &Who) -> [Option<(Per, Money)>; 2] {
        let least = |of: fn(&Budget) -> Option<Money>| {
            let limits = self.budgets.of(who).filter_map(|budget| Some((budget.per, of(budget)?)));
            limits.min_by_key(|(_, limit)| *limit)
        };
        [least(|budget| budget.daily), least(|budget| budget.monthly)]
    }

    /// As [`Accounts::settle`](super::accounts::Accounts::settle), of all that was set aside for a request.
    pub(super) async fn settle(&self, holds: &[Hold], used: &Totals, date: Date) {
        let Some(hold) = holds.first() else { return };
        let whose: Vec<_> = holds.iter().map(|hold| hold.who.clone()).collect();
        let picos = hold.amount.as_picos();
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX).to_string();
        let arguments = [
            format!("{}:{picos}", hold.lease),
            count(used.requests),
            count(used.input_tokens),
            count(used.output_tokens),
            used.cost.as_picos().to_string(),
            count(used.unknown),
            KEPT[0].to_string(),
            KEPT[1].to_string(),
        ];
        let mut keys = keys(&whose, date);
        // What Redis has done and could not say is not done again.
        keys.push(format!("railsc:settled:{}", hold.lease).into_bytes());
        for attempt in 0..TRIES {
            if self.redis.run::<i64>(&SETTLE, &keys, &arguments).await.is_ok() {
                return;
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
        }
        tracing::error!(caller = &*hold.who.caller, cost = %used.cost, "what a request has cost is lost: redis is gone");
    }

    /// As [`Accounts::read`](super::accounts::Accounts::read).
    pub(super) async fn read(&self, who: &Who, date: Date) -> Result<(Totals, Totals, Money), Gone> {
        let answer: Vec<u64> = self.redis.run(&READ, &keys(std::slice::from_ref(who), date), [""; 0]).await?;
        let (used, reserved) = answer.split_at_checked(10).ok_or(Gone)?;
        let of = |counts: &[u64]| Totals {
            requests: counts[0],
            input_tokens: counts[1],
            output_tokens: counts[2],
            cost: Money::picos(counts[3]),
            unknown: counts[4],
        };
        let reserved = reserved.iter().fold(Money::ZERO, |sum, picos| sum.plus(Money::picos(*picos)));
        Ok((of(&used[..5]), of(&used[5..]), reserved))
    }
}

/// Where accounts are: their day, their month, and what is set aside of them.
fn keys(whose: &[Who], date: Date) -> Vec<Vec<u8>> {
    let of = |who: &Who| {
        let (caller, user) = (&who.caller, who.user.as_deref());
        // With the length, so that no name can be taken for the end of another.
        let name = format!("{}:{caller}:{}", caller.len(), user.map_or("=".to_owned(), |user| format!("@{user}")));
        let day = format!("railsc:usage:{}:{name}", date.name(Span::Day));
        let month = format!("railsc:usage:{}:{name}", date.name(Span::Month));
        [day, month, format!("railsc:reserved:{name}")].map(String::into_bytes)
    };
    whose.iter().flat_map(of).collect()
}
