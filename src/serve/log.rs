//! The log: one event a turn, with no text of a user unless that is asked for.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;

use super::callers::Caller;
use super::configs::Configuration;
use super::request_id::RequestId;
use super::settings::{LogFormat, LogSettings};
use crate::engine::{Reply, What};

/// Starts the log of this process on standard error; a second call does nothing.
pub fn start_log(settings: &LogSettings) {
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(LevelFilter::from_level(settings.level));
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Fitting => !io::stderr().is_terminal(),
    };
    // Another one may be there already.
    let _ = match json {
        true => {
            log.json().flatten_event(true).with_current_span(false).with_span_list(false).with_target(false).try_init()
        }
        false => log.with_target(false).with_ansi(io::stderr().is_terminal()).try_init(),
    };
}

/// A turn, or a check, that came to its end.
pub(super) fn turn(
    id: &RequestId,
    caller: &Caller,
    config: &Configuration,
    reply: &Reply,
    time: Duration,
    texts: Option<&str>,
) {
    let tier = reply.trace.events.iter().find_map(|event| match &event.what {
        What::Classified { tier, .. } => Some(tracing::field::display(*tier)),
        _ => None,
    });
    tracing::info!(
        request_id = &*id.0,
        caller = &*caller.name,
        config = &*config.id,
        status = reply.verdict.status.name(),
        rail = reply.verdict.rail.as_deref(),
        intent = reply.intent.as_deref(),
        tier,
        input_tokens = reply.usage.input_tokens,
        output_tokens = reply.usage.output_tokens,
        micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        text = texts,
        reply = texts.map(|_| &*reply.text),
        "turn"
    );
    for rail in reply.verdict.rails.iter().filter(|rail| rail.shadow && rail.status != crate::engine::Status::Passed) {
        tracing::info!(
            request_id = &*id.0,
            config = &*config.id,
            rail = &*rail.name,
            status = rail.status.name(),
            line = rail.line.as_ref().map(tracing::field::display),
            "shadow"
        );
    }
    if let Some(failure) = &reply.failure {
        let error = failure.model.as_ref().map(tracing::field::display);
        tracing::warn!(
            request_id = &*id.0,
            config = &*config.id,
            error,
            // It may repeat what somebody said.
            reason = texts.map(|_| &*failure.reason),
            "turn failed"
        );
    }
}
