//! All accounts, in memory. Requests go by these alone; what is on a disk is written behind them.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::account::{Account, Row, Totals, Who};
use super::budget::{Budgets, Exhausted};
use super::date::Date;
use crate::serve::prices::Money;

const SHARDS: usize = 16;
/// The user that all are for whom there is no room. Nobody can be called so.
const REST: &str = "\u{0}";

/// What all have used today and this month.
pub(super) struct Accounts {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// How many a shard keeps; keys always have room.
    room: usize,
    budgets: Arc<Budgets>,
    /// Whether what was used can't be written down.
    is_failing: AtomicBool,
}

#[derive(Default)]
struct Shard {
    accounts: HashMap<Who, Account>,
    dirty: Vec<Who>,
    /// What is to be written of days that are over.
    over: Vec<Row>,
    swept: u32,
}

/// What was set aside for a request.
#[derive(Debug)]
pub(super) struct Hold {
    pub who: Who,
    pub amount: Money,
    /// The name of the request, where several servers keep accounts.
    pub lease: u64,
}

impl Accounts {
    pub(super) fn new(room: usize, budgets: Arc<Budgets>) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        let room = room.div_ceil(SHARDS);
        Self { hasher: RandomState::new(), shards, room, budgets, is_failing: AtomicBool::new(false) }
    }

    fn shard(&self, who: &Who) -> MutexGuard<'_, Shard> {
        let at = self.hasher.hash_one(who) as usize % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the account of `who`, or of the rest if there is no room for it. Says whose it was.
    fn with<T>(&self, who: Who, date: Date, act: impl FnOnce(&mut Shard, &Who) -> T) -> (Who, T) {
        let mut shard = self.shard(&who);
        if shard.has_room(&who, self.room, date) {
            shard.turn_to(&who, date);
            let done = act(&mut shard, &who);
            return (who, done);
        }
        drop(shard);
        let who = Who { user: Some(REST.into()), ..who };
        let mut shard = self.shard(&who);
        shard.turn_to(&who, date);
        let done = act(&mut shard, &who);
        (who, done)
    }

    /// Sets `amount` aside in the account of a key, and of its user.
    pub(super) fn reserve(&self, whose: &[Who], amount: Money, date: Date) -> Result<Vec<Hold>, Exhausted> {
        let mut holds: Vec<Hold> = Vec::with_capacity(whose.len());
        for who in whose {
            let budgets = self.budgets.of(who);
            let (who, reserved) =
                self.with(who.clone(), date, |shard, who| shard.account(who, date).reserve(budgets, amount));
            if let Err(exhausted) = reserved {
                holds.iter().for_each(|hold| self.release(hold));
                return Err(exhausted);
            }
            holds.push(Hold { who, amount, lease: 0 });
        }
        Ok(holds)
    }

    fn release(&self, hold: &Hold) {
        if let Some(account) = self.shard(&hold.who).accounts.get_mut(&hold.who) {
            account.settle(hold.amount, &Totals::default());
        }
    }

    /// Takes down what a request has used, in place of what was set aside for it.
    pub(super) fn settle(&self, hold: &Hold, used: &Totals, date: Date) {
        let mut shard = self.shard(&hold.who);
        shard.turn_to(&hold.who, date);
        let account = shard.account(&hold.who, date);
        account.settle(hold.amount, used);
        if !std::mem::replace(&mut account.is_dirty, true) {
            shard.dirty.push(hold.who.clone());
        }
    }

    /// What `who` has used today and this month, and what is set aside.
    pub(super) fn read(&self, who: &Who, date: Date) -> (Totals, Totals, Money) {
        let mut shard = self.shard(who);
        if !shard.accounts.contains_key(who) {
            return Default::default();
        }
        shard.turn_to(who, date);
        let account = shard.account(who, date);
        (account.day, account.month, account.reserved)
    }

    /// Takes up what was written down before, as long as there is room: what stands under a name is never added to that of the rest.
    pub(super) fn restore(&self, who: &Who, date: Date, day: Option<Totals>, month: Option<Totals>) {
        let mut shard = self.shard(who);
        if shard.has_room(who, self.room, date) {
            let account = shard.account(who, date);
            account.day.add(&day.unwrap_or_default());
            account.month.add(&month.unwrap_or_default());
        }
    }

    /// What was not written down yet, each but the last of its kind.
    pub(super) fn take_rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            rows.append(&mut shard.over);
            for who in std::mem::take(&mut shard.dirty) {
                if let Some(account) = shard.accounts.get_mut(&who) {
                    account.is_dirty = false;
                    rows.extend(account.rows(&who));
                }
            }
        }
        rows
    }

    /// Notes whether what is used can be written down, and says whether it could before.
    pub(super) fn fails(&self, is_failing: bool) -> bool {
        !self.is_failing.swap(is_failing, Ordering::SeqCst)
    }

    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::SeqCst)
    }
}

impl Shard {
    fn account(&mut self, who: &Who, date: Date) -> &mut Account {
        self.accounts.entry(who.clone()).or_insert_with(|| Account::new(date))
    }

    fn has_room(&mut self, who: &Who, room: usize, date: Date) -> bool {
        if who.user.is_none() || self.accounts.len() < room || self.accounts.contains_key(who) {
            return true;
        }
        // Those of months that are over are in nobody's way, once a day.
        if self.swept < date.day {
            self.swept = date.day;
            self.accounts.retain(|_, account| {
                account.date.month >= date.month || account.is_dirty || account.reserved > Money::ZERO
            });
        }
        self.accounts.len() < room
    }

    /// Has the account of `who` begin a new day, if it is one; what was not written of the old one is not lost.
    fn turn_to(&mut self, who: &Who, date: Date) {
        let Some(account) = self.accounts.get_mut(who) else { return };
        if date.day > account.date.day && account.is_dirty {
            self.over.extend(account.rows(who));
        }
        account.turn_to(date);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::budget::Budget;
    use super::*;
    use crate::serve::limits::Per;

    fn day(number: u64) -> Date {
        Date::at(Duration::from_secs(number * 86_400))
    }

    fn who(user: Option<&str>) -> Who {
        Who { caller: "a".into(), user: user.map(Into::into) }
    }

    fn used(picos: u64) -> Totals {
        Totals { requests: 1, cost: Money::picos(picos), ..Totals::default() }
    }

    fn budget(per: Per, daily: u64, monthly: u64) -> Budget {
        Budget { per, daily: Some(Money::picos(daily)), monthly: Some(Money::picos(monthly)) }
    }

    fn accounts(room: usize, budgets: &[Budget]) -> Accounts {
        Accounts::new(room, Arc::new(Budgets::new(budgets, &[], false)))
    }

    proptest! {
        #[test]
        fn what_is_spent_and_promised_stays_within_budgets(
            steps in prop::collection::vec((0..4_usize, 1..30_u64, 0..3_u64), 1..200)
        ) {
            let accounts = accounts(100, &[budget(Per::Key, 100, 150), budget(Per::User, 60, 1000)]);
            let whose = [[who(None), who(Some("x"))], [who(None), who(Some("y"))]];
            let (mut open, mut now) = (Vec::new(), 20_000);
            for (what, amount, days) in steps {
                match what {
                    0 | 1 => {
                        if let Ok(holds) = accounts.reserve(&whose[what], Money::picos(amount), day(now)) {
                            open.push(holds);
                        }
                    }
                    2 if !open.is_empty() => {
                        let holds = open.swap_remove(amount as usize % open.len());
                        // It costs what was expected at most.
                        let cost = holds[0].amount.divided(amount).as_picos() as u64;
                        holds.iter().for_each(|hold| accounts.settle(hold, &used(cost), day(now)));
                    }
                    _ => now += days,
                }
                let (today, month, reserved) = accounts.read(&who(None), day(now));
                prop_assert!(today.cost.as_picos() <= 100 && month.cost.as_picos() <= 150);
                let promised: u64 = open.iter().map(|holds: &Vec<Hold>| holds[0].amount.as_picos() as u64).sum();
                prop_assert_eq!(reserved.as_picos() as u64, promised);
            }
        }
    }

    #[test]
    fn threads_that_spend_at_once_spend_what_there_is() {
        let accounts = accounts(100, &[budget(Per::Key, 1000, 10_000)]);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        if let Ok(holds) = accounts.reserve(&[who(None)], Money::picos(7), day(1)) {
                            accounts.settle(&holds[0], &used(7), day(1));
                        }
                    }
                });
            }
        });
        let (today, _, reserved) = accounts.read(&who(None), day(1));
        assert_eq!((today.cost, today.requests, reserved), (Money::picos(994), 142, Money::ZERO));
    }

    #[test]
    fn a_new_day_loses_nothing_of_the_old_one() {
        let accounts = accounts(100, &[]);
        let holds = accounts.reserve(&[who(None)], Money::ZERO, day(20_453)).unwrap();
        accounts.settle(&holds[0], &used(5), day(20_453));
        accounts.settle(&holds[0], &used(7), day(20_454));
        let mut rows: Vec<_> = accounts.take_rows().into_iter().map(|row| (row.period, row.totals.cost)).collect();
        rows.dedup();
        let row = |period: &str, picos| (period.to_owned(), Money::picos(picos));
        assert_eq!(rows, [row("2025-12-31", 5), row("2025-12", 5), row("2026-01-01", 7), row("2026-01", 7)]);
        assert!(accounts.take_rows().is_empty());
    }

    #[test]
    fn users_without_room_share_an_account() {
        let accounts = accounts(SHARDS, &[budget(Per::User, 10, 10)]);
        let mut refused = 0;
        for number in 0..1000 {
            let whose = [who(None), who(Some(&number.to_string()))];
            match accounts.reserve(&whose, Money::picos(10), day(1)) {
                Ok(holds) => holds.iter().for_each(|hold| accounts.settle(hold, &used(10), day(1))),
                Err(_) => refused += 1,
            }
        }
        assert!((1000 - refused) <= SHARDS + 1, "{refused}");
        let known: usize = accounts.shards.iter().map(|shard| shard.lock().unwrap().accounts.len()).sum();
        assert!(known <= SHARDS + 2, "{known}");
    }
}
