//! A window that slides: what was let in within the last so much time.
//!
//! The time is cut into parts, and what was let in is counted by part. A part counts whole as long as any of it is in the window, so that
//! never more is let in than the limit says; in return, something may come back a part later than it could.

use std::collections::VecDeque;
use std::time::Duration;

/// Into how many parts a window is cut. It bounds what one takes, and how late something comes back.
pub(super) const PARTS: u64 = 60;

/// How long a part of a window is, in milliseconds.
pub(super) fn part_of(window: Duration) -> u64 {
    (millis(window) / PARTS).max(1)
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How much of a limit there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    pub limit: u64,
    pub remaining: u64,
    /// When more of it is there again.
    pub reset: Duration,
}

/// What was let in, by part. Times are milliseconds since some beginning.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Parts in which something was let in, by their number, the oldest first.
    parts: VecDeque<(u64, u64)>,
    sum: u64,
}

impl Window {
    /// Takes `amount` out of what `limit` leaves, and says in which part it is counted; or how long it takes until there is so much.
    pub(super) fn take(
        &mut self,
        limit: u64,
        window: Duration,
        now: u64,
        amount: u64,
    ) -> Result<(u64, Quota), (Duration, Quota)> {
        let part = self.slide(window, now);
        // What is more than all of it takes all of it.
        let amount = amount.min(limit);
        let free = limit.saturating_sub(self.sum);
        if amount > free || free == 0 {
            let quota = Quota { limit, remaining: free, reset: self.reset(window, now) };
            return Err((self.wait(window, now, (amount.max(1)) - free), quota));
        }
        self.add(part, amount);
        Ok((part, Quota { limit, remaining: free - amount, reset: self.reset(window, now) }))
    }

    /// Gives back what turned out not to be needed of what was taken in `part`.
    pub(super) fn give_back(&mut self, part: u64, amount: u64) {
        if let Some((_, count)) = self.parts.iter_mut().find(|(number, _)| *number == part) {
            let amount = amount.min(*count);
            *count -= amount;
            self.sum -= amount;
        }
    }

    /// Counts what was needed beyond what was taken.
    pub(super) fn go_over(&mut self, window: Duration, now: u64, amount: u64) {
        let part = self.slide(window, now);
        self.add(part, amount);
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty_at(&mut self, window: Duration, now: u64) -> bool {
        self.slide(window, now);
        self.sum == 0
    }

    /// Forgets what is not in the window any more, and says which part it is now.
    fn slide(&mut self, window: Duration, now: u64) -> u64 {
        let length = part_of(window);
        while let Some((number, count)) = self.parts.front().copied() {
            if number.saturating_add(1).saturating_mul(length).saturating_add(millis(window)) > now {
                break;
            }
            self.sum -= count;
            self.parts.pop_front();
        }
        // Whoever took the time before another took the lock is not to count into what is over.
        self.parts.back().map_or(0, |(number, _)| *number).max(now / length)
    }

    fn add(&mut self, part: u64, amount: u64) {
        match self.parts.back_mut() {
            Some((number, count)) if *number == part => *count = count.saturating_add(amount),
            _ => self.parts.push_back((part, amount)),
        }
        self.sum = self.sum.saturating_add(amount);
    }

    fn reset(&self, window: Duration, now: u64) -> Duration {
        self.wait(window, now, 1)
    }

    /// How long it takes until `amount` has left the window.
    fn wait(&self, window: Duration, now: u64, amount: u64) -> Duration {
        let mut left = 0_u64;
        for (number, count) in &self.parts {
            left = left.saturating_add(*count);
            if left >= amount {
                let end = (number + 1).saturating_mul(part_of(window)).saturating_add(millis(window));
                return Duration::from_millis(end.saturating_sub(now));
            }
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_more_is_let_in_than_the_limit_says(
            limit in 1..20_u64,
            seconds in 1..100_u64,
            steps in prop::collection::vec((0..3000_u64, 1..4_u64), 1..200),
        ) {
            let length = Duration::from_secs(seconds);
            let (mut window, mut now, mut let_in) = (Window::default(), 12_345, Vec::new());
            for (pause, amount) in steps {
                now += pause;
                let amount = amount.min(limit);
                match window.take(limit, length, now, amount) {
                    Ok(_) => let_in.push((now, amount)),
                    Err((wait, quota)) => {
                        prop_assert!(quota.remaining < amount);
                        prop_assert!(wait > Duration::ZERO && wait <= length + Duration::from_millis(part_of(length)));
                        // It does not say a time at which there is still nothing.
                        now += millis(wait);
                        prop_assert!(window.take(limit, length, now, amount).is_ok());
                        let_in.push((now, amount));
                    }
                }
                prop_assert!(window.parts.len() as u64 <= PARTS + PARTS / 10 + 2, "{} parts", window.parts.len());
            }
            for (end, _) in &let_in {
                let within = let_in.iter().filter(|(at, _)| at <= end && at + millis(length) > *end);
                let sum: u64 = within.map(|(_, amount)| amount).sum();
                prop_assert!(sum <= limit, "{sum} within {length:?} until {end}");
            }
        }
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (mut window, hour) = (Window::default(), Duration::from_secs(3600));
        let (part, quota) = window.take(10, hour, 0, 10).unwrap();
        assert_eq!((quota.remaining, quota.reset), (0, hour + Duration::from_secs(60)));
        window.give_back(part, 4);
        assert!(window.take(10, hour, 1, 5).is_err());
        assert_eq!(window.take(10, hour, 1, 4).unwrap().1.remaining, 0);
        window.go_over(hour, 2, 5);
        assert!(window.take(10, hour, 3, 1).is_err());
        assert!(window.is_empty_at(hour, 3_660_000));
        assert_eq!(window.take(10, hour, 3_660_000, 99).unwrap().1.remaining, 0, "all of it at most");
    }
}
