//! Which models are asked one after the other, and how long each may take.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::models::Served;
use crate::model::{Instead, ModelError, Pass};

/// A model and its fallbacks, while they are asked.
pub(super) struct Chain {
    first: Served,
    /// How many have failed.
    failed: usize,
    limit: Duration,
    /// By when all of them must be done.
    deadline: Instant,
    /// By when whoever asks must be done, if that is to be kept, too.
    until: Option<Instant>,
    /// What the one has that is asked now.
    time: Duration,
    instead_of: Option<Instead>,
}

/// A call that may be made, be it for a breaker or not.
pub(super) struct Entry<'a>(Option<Pass<'a>>);

impl Chain {
    /// All that `first` has behind it, with `limit` for all.
    pub(super) fn new(first: Served, limit: Duration, until: Option<Instant>) -> Self {
        let now = Instant::now();
        let mut new = Self { first, failed: 0, limit, deadline: now + limit, until, time: limit, instead_of: None };
        if new.behind() > 0 {
            new.deadline = until.map_or(new.deadline, |until| until.min(new.deadline));
            new.time = new.share(now);
        }
        new
    }

    /// The one to be asked.
    pub(super) fn served(&self) -> &Served {
        match self.failed.checked_sub(1) {
            None => &self.first,
            Some(at) => &self.first.fallbacks[at],
        }
    }

    /// The one that failed before it.
    pub(super) fn instead_of(&self) -> Option<Instead> {
        self.instead_of.clone()
    }

    /// How long it may take to answer, or to begin an answer that is streamed.
    pub(super) fn time(&self) -> Duration {
        self.time
    }

    /// How long all of it may take, and until when.
    pub(super) fn whole(&self) -> (Duration, Instant) {
        (self.limit, self.deadline)
    }

    /// Others have taken so much of the time.
    pub(super) fn put_off(&mut self, time: Duration) {
        self.deadline += time;
    }

    /// Whether `served` may be asked now, or why not.
    pub(super) fn enter<'a>(&self, served: &'a Served) -> Result<Entry<'a>, ModelError> {
        let deadline = Instant::now() + self.time;
        let deadline = self.until.map_or(deadline, |until| until.min(deadline));
        let pass = served.model.breaker().map(|breaker| breaker.enter(deadline.into_std())).transpose()?;
        Ok(Entry(pass))
    }

    /// Goes on to the next, for this one failed by `error`; whether there is one, and time for it.
    pub(super) fn advance(&mut self, error: &ModelError) -> bool {
        if self.behind() == 0 {
            return false;
        }
        let failed = Instead { model: self.served().model.name().into(), cause: error.kind() };
        self.failed += 1;
        self.time = self.share(Instant::now());
        if self.time.is_zero() {
            self.failed -= 1;
            return false;
        }
        self.instead_of = Some(failed);
        true
    }

    /// How many there are after the one to be asked.
    fn behind(&self) -> usize {
        self.first.fallbacks.len() - self.failed
    }

    /// What is left of the time, in even parts for all that are left; in milliseconds, for people.
    fn share(&self, now: Instant) -> Duration {
        let left = self.deadline.saturating_duration_since(now).as_millis() / (self.behind() as u128 + 1);
        Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

impl Entry<'_> {
    /// Something of the answer has come.
    pub(super) fn answers(&mut self) {
        self.0.iter_mut().for_each(Pass::answers);
    }

    /// How the call ended.
    pub(super) fn settle(self, result: Result<(), &ModelError>) {
        if let Some(pass) = self.0 {
            pass.settle(result);
        }
    }
}
