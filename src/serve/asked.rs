//! A request on its way: whose it is, which configuration answers it, and what is taken down of it at its end.

use std::sync::Arc;
use std::time::Instant;

use super::app::App;
use super::callers::Caller;
use super::configs::Configuration;
use super::error::ApiError;
use super::limits::Admission;
use super::log;
use super::request_id::RequestId;
use crate::engine::{Reply, What};

/// A request that a configuration answers.
pub(super) struct Asked {
    pub app: Arc<App>,
    pub id: RequestId,
    pub caller: Caller,
    pub config: Arc<Configuration>,
    /// Held until the answer is told whole.
    admission: Option<Arc<Admission>>,
    began: Instant,
}

impl Asked {
    pub(super) fn new(app: Arc<App>, id: RequestId, caller: Caller, config: Arc<Configuration>) -> Self {
        Self { app, id, caller, config, admission: None, began: Instant::now() }
    }

    /// Holds what the request has got of the limits.
    pub(super) fn admitted(self, admission: Arc<Admission>) -> Self {
        Self { admission: Some(admission), ..self }
    }

    /// Takes down how it ended. The text is what was said, where the log wants it.
    ///
    /// # Errors
    /// When a model did not answer, which clients are told by a status of its own.
    pub(super) fn done(&self, text: Option<&str>, reply: &Reply) -> Result<(), ApiError> {
        log::turn(&self.id, &self.caller, &self.config, reply, self.began.elapsed(), text);
        if let Some(admission) = &self.admission {
            admission.settle_tokens(reply.usage.input_tokens.saturating_add(reply.usage.output_tokens));
        }
        self.app.metrics.turn(&self.config.id, reply);
        let Some(error) = reply.failure.as_ref().and_then(|failure| failure.model.as_ref()) else { return Ok(()) };
        let mut error = ApiError::upstream(error);
        error.has_acted = reply.trace.events.iter().any(|event| matches!(event.what, What::Executed { .. }));
        self.app.metrics.upstream_failed(&self.config.id, error.code);
        Err(error)
    }
}
