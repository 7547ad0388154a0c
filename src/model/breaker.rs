//! What keeps a model from being asked that fails again and again: whoever asks learns so at once, and its server is left alone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::ModelError;
use super::error::Health;

/// A circuit breaker. It opens when so many calls in a row have failed, stays open for a time, and then lets one call try: that closes it, or
/// opens it for as long again.
///
/// A call with all its retries counts as one. What counts as a failure is that a server can't be reached, does not answer in time, has too many
/// requests, fails, breaks off or can't be understood. A refused request and a withheld answer are answers.
#[derive(Debug)]
pub struct Breaker {
    at: Arc<str>,
    failures: u32,
    open_for: Duration,
    state: Mutex<State>,
}

/// Whether a [`Breaker`] lets calls through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// All of them.
    Closed,
    /// The next one, or one that is on its way, tries whether the model is well.
    HalfOpen,
    /// None.
    Open,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// How often the stage has changed: calls that began before say nothing of it.
    changes: u64,
    /// How many calls failed in a row.
    failed: u32,
}

#[derive(Debug)]
enum Stage {
    Closed,
    Open { since: Instant, until: Instant, cause: ModelError },
    Trying { since: Instant, cause: ModelError },
}

impl Breaker {
    /// One for the model at `at`, which is for people: it opens after `failures` calls in a row that failed, at least one, for `open_for`.
    pub fn new(at: impl Into<Arc<str>>, failures: u32, open_for: Duration) -> Self {
        let state = Mutex::new(State { stage: Stage::Closed, changes: 0, failed: 0 });
        Self { at: at.into(), failures: failures.max(1), open_for, state }
    }

    /// Where the model is.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// Whether it lets calls through now.
    pub fn state(&self) -> BreakerState {
        self.state_at(Instant::now())
    }

    fn state_at(&self, now: Instant) -> BreakerState {
        match self.lock().stage {
            Stage::Closed => BreakerState::Closed,
            Stage::Open { until, .. } if now < until => BreakerState::Open,
            Stage::Open { .. } | Stage::Trying { .. } => BreakerState::HalfOpen,
        }
    }

    /// Lets a call through that must be answered by `deadline`, or says why it may not begin.
    pub(crate) fn enter(&self, deadline: Instant) -> Result<Pass<'_>, ModelError> {
        self.enter_at(Instant::now(), deadline)
    }

    fn enter_at(&self, now: Instant, deadline: Instant) -> Result<Pass<'_>, ModelError> {
        let mut state = self.lock();
        let failures = state.failed;
        let open = |since: Instant, wait, cause: &ModelError| ModelError::Open {
            failures,
            since: now.saturating_duration_since(since),
            wait,
            cause: Box::new(cause.clone()),
        };
        let tries = match &state.stage {
            Stage::Closed => false,
            Stage::Trying { since, cause } => return Err(open(*since, Duration::ZERO, cause)),
            Stage::Open { since, until, cause } if now < *until => return Err(open(*since, *until - now, cause)),
            Stage::Open { since, cause, .. } => {
                let (since, cause) = (*since, cause.clone());
                state.turn(Stage::Trying { since, cause });
                true
            }
        };
        Ok(Pass {
            breaker: self,
            changes: state.changes,
            tries,
            began: now,
            deadline,
            answers: false,
            is_settled: false,
        })
    }

    /// A call that began when the stage had changed `changes` times has ended.
    fn ended(&self, changes: u64, result: Result<(), &ModelError>, now: Instant) {
        let mut state = self.lock();
        if state.changes != changes {
            return;
        }
        match result.map_or_else(ModelError::health, |()| Health::Well) {
            Health::Unknown => state.untried(now),
            Health::Well => {
                state.failed = 0;
                if !matches!(state.stage, Stage::Closed) {
                    state.turn(Stage::Closed);
                }
            }
            Health::Ill => {
                state.failed = state.failed.saturating_add(1);
                let is_still_open = match state.stage {
                    Stage::Trying { since, .. } => Some(since),
                    _ => None,
                };
                if let Err(cause) = result
                    && (is_still_open.is_some() || state.failed >= self.failures)
                {
                    let until = now.checked_add(self.open_for).unwrap_or(now);
                    state.turn(Stage::Open { since: is_still_open.unwrap_or(now), until, cause: cause.clone() });
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&mut self, stage: Stage) {
        self.stage = stage;
        self.changes += 1;
    }

    /// The call that should have tried ended without saying anything, so that the next one does.
    fn untried(&mut self, now: Instant) {
        if let Stage::Trying { since, cause } = &self.stage {
            let (since, cause) = (*since, cause.clone());
            self.turn(Stage::Open { since, until: now, cause });
        }
    }
}

/// A call that was let through.
///
/// One that is dropped says nothing, for whoever asked may have left; but if its time was over by then, and nothing had come, the model has not
/// answered in time.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    changes: u64,
    /// Whether it tries if the model is well.
    tries: bool,
    began: Instant,
    deadline: Instant,
    /// Whether something of an answer has come.
    answers: bool,
    is_settled: bool,
}

impl Pass<'_> {
    /// Something of the answer has come: the model is well, unless it says otherwise.
    pub fn answers(&mut self) {
        self.answers = true;
    }

    /// How the call ended.
    pub fn settle(self, result: Result<(), &ModelError>) {
        self.settle_at(result, Instant::now());
    }

    fn settle_at(mut self, result: Result<(), &ModelError>, now: Instant) {
        self.is_settled = true;
        self.breaker.ended(self.changes, result, now);
    }

    fn leave_at(&mut self, now: Instant) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        if self.answers {
            self.breaker.ended(self.changes, Ok(()), now);
        } else if now >= self.deadline {
            let limit = self.deadline.saturating_duration_since(self.began);
            self.breaker.ended(self.changes, Err(&ModelError::Timeout { limit }), now);
        } else if self.tries {
            let mut state = self.breaker.lock();
            if state.changes == self.changes {
                state.untried(now);
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.leave_at(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);
    const SECOND: Duration = Duration::from_secs(1);

    fn ill() -> ModelError {
        ModelError::Server { status: 500, message: "out of order".to_owned() }
    }

    /// A breaker that is open since the instant.
    fn opened() -> (Breaker, Instant) {
        let (breaker, now) = (Breaker::new("http://host", 2, 10 * SECOND), Instant::now());
        for _ in 0..2 {
            assert_eq!(breaker.state_at(now), BreakerState::Closed);
            breaker.enter_at(now, now + LIMIT).unwrap().settle_at(Err(&ill()), now);
        }
        assert_eq!(breaker.state_at(now), BreakerState::Open);
        (breaker, now)
    }

    #[test]
    fn it_says_since_when_it_is_open_and_until_when() {
        let (breaker, now) = opened();
        let error = breaker.enter_at(now + 3 * SECOND, now + 3 * SECOND + LIMIT).unwrap_err();
        let (since, wait, cause) = (3 * SECOND, 7 * SECOND, Box::new(ill()));
        assert_eq!(error, ModelError::Open { failures: 2, since, wait, cause });
        let said = "it failed 2 times in a row and is not asked since 3.0s, for another 7.0s; the last time: the server fails \
                    (500): out of order";
        assert_eq!(error.to_string(), said);
        assert!(!error.brief().contains("out of order"), "{}", error.brief());
    }

    #[test]
    fn one_call_tries_and_closes_it_or_opens_it_again() {
        let (breaker, now) = opened();
        let due = now + 10 * SECOND;
        assert_eq!(breaker.state_at(due), BreakerState::HalfOpen);
        let first = breaker.enter_at(due, due + LIMIT).unwrap();
        let waiting = breaker.enter_at(due + SECOND, due + SECOND + LIMIT).unwrap_err();
        assert!(
            matches!(waiting, ModelError::Open { wait: Duration::ZERO, .. }),
            "one tries, others do not: {waiting}"
        );
        first.settle_at(Err(&ill()), due + SECOND);
        let error = breaker.enter_at(due + 2 * SECOND, due + 2 * SECOND + LIMIT).unwrap_err();
        let (since, wait, cause) = (12 * SECOND, 9 * SECOND, Box::new(ill()));
        assert_eq!(error, ModelError::Open { failures: 3, since, wait, cause }, "for as long again");
        let due = due + 11 * SECOND;
        breaker.enter_at(due, due + LIMIT).unwrap().settle_at(Ok(()), due);
        assert_eq!(breaker.state_at(due), BreakerState::Closed);
        breaker.enter_at(due, due + LIMIT).unwrap().settle_at(Err(&ill()), due);
        assert_eq!(breaker.state_at(due), BreakerState::Closed, "failures are counted anew");
    }

    #[test]
    fn what_is_dropped_says_nothing_unless_its_time_was_over() {
        let (breaker, now) = opened();
        let due = now + 10 * SECOND;
        breaker.enter_at(due, due + LIMIT).unwrap().leave_at(due + SECOND);
        assert_eq!(breaker.state_at(due + SECOND), BreakerState::HalfOpen, "the next one tries");
        breaker.enter_at(due + SECOND, due + SECOND + LIMIT).unwrap().leave_at(due + SECOND + LIMIT);
        assert_eq!(breaker.state_at(due + SECOND + LIMIT), BreakerState::Open);
        let error = breaker.enter_at(due + SECOND + LIMIT, due + SECOND + LIMIT + LIMIT).unwrap_err();
        let ModelError::Open { cause, .. } = error else { panic!("{error}") };
        assert_eq!(*cause, ModelError::Timeout { limit: LIMIT });
    }

    #[test]
    fn whoever_has_begun_to_answer_is_well() {
        let (breaker, now) = opened();
        let due = now + 10 * SECOND;
        let mut pass = breaker.enter_at(due, due + LIMIT).unwrap();
        pass.answers();
        pass.leave_at(due + 2 * LIMIT);
        assert_eq!(
            breaker.state_at(due + 2 * LIMIT),
            BreakerState::Closed,
            "the one that asked has left, or has no more time"
        );
    }

    #[test]
    fn only_failures_in_a_row_count_and_only_those_of_the_server() {
        let (breaker, now) = (Breaker::new("http://host", 2, SECOND), Instant::now());
        let unwell = [Err(ill()), Ok(()), Err(ill()), Err(ModelError::Filtered), Err(ill()), Err(ModelError::Empty)];
        for result in
            unwell.into_iter().chain([Err(ill()), Err(ModelError::Refused { status: 400, message: String::new() })])
        {
            breaker.enter_at(now, now + LIMIT).unwrap().settle_at(result.as_ref().map(drop), now);
            assert_eq!(breaker.state_at(now), BreakerState::Closed);
        }
        for result in [ill(), ModelError::new("not asked"), ill()] {
            breaker.enter_at(now, now + LIMIT).unwrap().settle_at(Err(&result), now);
        }
        assert_eq!(breaker.state_at(now), BreakerState::Open, "what was not asked is no answer either");
    }

    #[test]
    fn calls_that_began_before_it_changed_change_nothing() {
        let (breaker, now) = (Breaker::new("http://host", 1, 10 * SECOND), Instant::now());
        let (slow, slower) = (breaker.enter_at(now, now + LIMIT).unwrap(), breaker.enter_at(now, now + LIMIT).unwrap());
        breaker.enter_at(now, now + LIMIT).unwrap().settle_at(Err(&ill()), now);
        slow.settle_at(Ok(()), now + SECOND);
        assert_eq!(breaker.state_at(now + SECOND), BreakerState::Open);
        let due = now + 10 * SECOND;
        breaker.enter_at(due, due + LIMIT).unwrap().settle_at(Ok(()), due);
        slower.settle_at(Err(&ill()), due);
        assert_eq!(breaker.state_at(due), BreakerState::Closed);
    }
}
