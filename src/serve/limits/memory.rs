//! Limits counted in this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::rate::{Counted, Rate};
use super::window::{Quota, Window, millis};
use super::{Claim, Refusal, Subject, Taken};

const SHARDS: usize = 16;
/// How often a shard that is full is looked through for what is over, in milliseconds.
const PAUSE: u64 = 1000;

/// Counts in memory, of so many subjects at most; those beyond share one count.
pub(super) struct Memory {
    began: Instant,
    shards: Vec<Mutex<Shard>>,
    /// How many subjects a shard knows.
    room: usize,
}

#[derive(Default)]
struct Shard {
    counts: HashMap<(usize, Subject), Count>,
    swept: u64,
}

enum Count {
    Window(Window),
    UnderWay(u64),
}

impl Memory {
    pub(super) fn new(subjects: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { began: Instant::now(), shards, room: subjects.div_ceil(SHARDS) }
    }

    fn now(&self) -> u64 {
        millis(self.began.elapsed())
    }

    fn shard(&self, subject: &Subject) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(subject.0[0]) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all of `claims`, or nothing.
    pub(super) fn take(&self, rates: &[Rate], claims: &[Claim]) -> Result<Vec<(Taken, Quota)>, Refusal> {
        let mut taken: Vec<(Taken, Quota)> = Vec::with_capacity(claims.len());
        for claim in claims {
            match self.take_one(rates, claim) {
                Ok(one) => taken.push(one),
                Err(refusal) => {
                    taken.iter().for_each(|(taken, _)| self.settle(rates, taken, 0));
                    return Err(refusal);
                }
            }
        }
        Ok(taken)
    }

    fn take_one(&self, rates: &[Rate], claim: &Claim) -> Result<(Taken, Quota), Refusal> {
        let now = self.now();
        let mut shard = self.shard(&claim.subject);
        let subject = shard.admit(rates, claim, self.room, now);
        if subject == claim.subject {
            return shard.take(rates, claim, subject, now);
        }
        drop(shard);
        self.shard(&subject).take(rates, claim, subject, now)
    }

    /// Corrects what was taken to what was needed; requests under way need nothing any more.
    pub(super) fn settle(&self, rates: &[Rate], taken: &Taken, needed: u64) {
        let mut shard = self.shard(&taken.subject);
        let Place::Occupied(mut place) = shard.counts.entry((taken.rate, taken.subject)) else { return };
        let is_over = match place.get_mut() {
            Count::UnderWay(count) => {
                *count = count.saturating_sub(1);
                *count == 0
            }
            Count::Window(window) => {
                window.give_back(taken.part, taken.amount.saturating_sub(needed));
                if needed > taken.amount {
                    window.go_over(rates[taken.rate].window, self.now(), needed - taken.amount);
                }
                false
            }
        };
        if is_over {
            place.remove();
        }
    }
}

impl Shard {
    /// Under what a claim is counted: its own subject, unless there is no room for another one.
    fn admit(&mut self, rates: &[Rate], claim: &Claim, room: usize, now: u64) -> Subject {
        if self.counts.len() < room || self.counts.contains_key(&(claim.rate, claim.subject)) {
            return claim.subject;
        }
        if now >= self.swept + PAUSE {
            self.swept = now;
            self.counts.retain(|(rate, _), count| match count {
                Count::UnderWay(count) => *count > 0,
                Count::Window(window) => !window.is_empty_at(rates[*rate].window, now),
            });
        }
        if self.counts.len() < room { claim.subject } else { Subject::REST }
    }

    fn take(&mut self, rates: &[Rate], claim: &Claim, subject: Subject, now: u64) -> Result<(Taken, Quota), Refusal> {
        let rate = &rates[claim.rate];
        let count = self.counts.entry((claim.rate, subject)).or_insert_with(|| match rate.counted {
            Counted::Concurrent => Count::UnderWay(0),
            Counted::Requests | Counted::Tokens => Count::Window(Window::default()),
        });
        let (part, quota) = match count {
            Count::UnderWay(count) if *count >= rate.count => return Err(Refusal::under_way(claim.rate, rate)),
            Count::UnderWay(count) => {
                *count += 1;
                (0, Quota::under_way(rate, *count))
            }
            Count::Window(window) => window
                .take(rate.count, rate.window, now, claim.amount)
                .map_err(|(wait, quota)| Refusal { rate: claim.rate, wait, quota })?,
        };
        Ok((Taken { rate: claim.rate, subject, amount: claim.amount.min(rate.count), part, lease: 0 }, quota))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::rate::Per;
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(Per::Key, text).unwrap()
    }

    fn claim(rate: usize, subject: &str, amount: u64) -> Claim {
        Claim { rate, subject: Subject::of("", subject), amount }
    }

    #[test]
    fn threads_that_ask_at_once_get_as_much_as_there_is() {
        let (memory, rates) = (Memory::new(1000), [rate("100 requests / hour"), rate("1000 tokens / hour")]);
        let let_in = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let claims = [claim(0, "a", 1), claim(1, "a", 7)];
                        (0..100).filter(|_| memory.take(&rates, &claims).is_ok()).count()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(let_in, 100);
        assert_eq!(memory.take(&rates, &[claim(1, "a", 301)]).unwrap_err().quota.remaining, 300);
    }

    #[test]
    fn never_more_are_under_way_than_may_be() {
        let (memory, rates) = (Memory::new(1000), [rate("3 concurrent")]);
        let under_way = std::sync::atomic::AtomicI64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Ok(taken) = memory.take(&rates, &[claim(0, "a", 1)]) {
                            let now = under_way.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                            assert!(now <= 3, "{now} at once");
                            under_way.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                            memory.settle(&rates, &taken[0].0, 0);
                        }
                    }
                });
            }
        });
        assert!(memory.shards.iter().all(|shard| shard.lock().unwrap().counts.is_empty()));
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let (memory, rates) = (Memory::new(1000), [rate("5 requests / hour"), rate("1 concurrent")]);
        let first = memory.take(&rates, &[claim(0, "a", 1), claim(1, "a", 1)]).unwrap();
        let refusal = memory.take(&rates, &[claim(0, "a", 1), claim(1, "a", 1)]).unwrap_err();
        assert_eq!((refusal.rate, refusal.wait), (1, Duration::from_secs(1)));
        memory.settle(&rates, &first[1].0, 0);
        assert_eq!(memory.take(&rates, &[claim(0, "a", 1)]).unwrap()[0].1.remaining, 3);
    }

    #[test]
    fn subjects_without_room_share_a_count() {
        let (memory, rates) = (Memory::new(SHARDS), [rate("3 requests / hour")]);
        let let_in = (0..10_000).filter(|n| memory.take(&rates, &[claim(0, &n.to_string(), 1)]).is_ok()).count();
        assert_eq!(let_in, SHARDS + 3);
        let known: usize = memory.shards.iter().map(|shard| shard.lock().unwrap().counts.len()).sum();
        assert_eq!(known, SHARDS + 1);
    }
}
