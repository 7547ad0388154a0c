//! A request on its way: whose it is, which configuration answers it, and what is taken down of it at its end.

use std::sync::Arc;
use std::time::Instant;

use super::app::App;
use super::callers::Caller;
use super::configs::Configuration;
use super::error::ApiError;
use super::log;
use super::request_id::RequestId;
use super::usage::Reservation;
use crate::engine::{Reply, What};

/// A request that a configuration answers.
pub(super) struct Asked {
    pub app: Arc<App>,
    pub id: RequestId,
    pub caller: Caller,
    pub config: Arc<Configuration>,
    /// Held until the answer is told whole.
    pub reservation: Reservation,
    began: Instant,
}

impl Asked {
    pub(super) fn new(
        app: Arc<App>,
        id: RequestId,
        caller: Caller,
        config: Arc<Configuration>,
        reservation: Reservation,
    ) -> Self {
        Self { app, id, caller, config, reservation, began: Instant::now() }
    }

    /// Takes down how it ended. The text is what was said, where the log wants it.
    ///
    /// # Errors
    /// When a model did not answer, which clients are told by a status of its own.
    pub(super) fn done(&self, text: Option<&str>, reply: &Reply) -> Result<(), ApiError> {
        log::turn(self, reply, status(reply), self.began.elapsed(), text);
        self.app.metrics.turn(&self.config.id, reply, status(reply));
        let Some(error) = reply.failure.as_ref().and_then(|failure| failure.model.as_ref()) else { return Ok(()) };
        let mut error = ApiError::upstream(error);
        error.has_acted = has_acted(reply);
        self.app.metrics.upstream_failed(&self.config.id, error.code);
        Err(error)
    }
}

/// Whether something was done for `reply` that would be done again if it were asked for again.
pub(super) fn has_acted(reply: &Reply) -> bool {
    reply.trace.events.iter().any(|event| matches!(event.what, What::Executed { .. }))
}

/// What became of a turn, in a word. One that failed has not passed, whatever its rails said until then.
fn status(reply: &Reply) -> &'static str {
    match reply.failure {
        Some(_) if !reply.verdict.is_blocked() => "failed",
        _ => reply.verdict.status.name(),
    }
}
