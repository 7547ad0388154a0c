//! The log: one event a turn, with no text of a user unless that is asked for.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;

use super::asked::Asked;
use super::error::ApiError;
use super::settings::{LogFormat, LogSettings};
use crate::engine::{Reply, What};

/// Starts the log of this process on standard error; a second call does nothing.
pub fn start_log(settings: &LogSettings) {
    let log = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_max_level(LevelFilter::from_level(settings.level))
        // It would be said on standard error, which is what can't be written, and panic.
        .log_internal_errors(false);
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
pub(super) fn turn(asked: &Asked, reply: &Reply, status: &str, time: Duration, texts: Option<&str>) {
    let Asked { id, caller, config, .. } = asked;
    let tier = reply.trace.events.iter().find_map(|event| match &event.what {
        What::Classified { tier, .. } => Some(tracing::field::display(*tier)),
        _ => None,
    });
    tracing::info!(
        request_id = &*id.0,
        caller = &*caller.name,
        config = &*config.id,
        status,
        rail = reply.verdict.rail.as_deref(),
        line = reply.verdict.line.as_ref().map(tracing::field::display),
        score = reply.verdict.evidence.score,
        threshold = reply.verdict.evidence.threshold,
        // What a rail of somebody's own went by may be words of the text.
        rule = texts.and(reply.verdict.evidence.rule.as_deref()),
        // A model may have put it in words of its own, or of the user's.
        intent = reply.intent.as_deref().filter(|intent| config.rails.program().intent_named(intent).is_some()),
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
    for call in asked.reservation.meter.calls() {
        if let Some(failed) = &call.instead_of {
            tracing::warn!(
                request_id = &*id.0,
                config = &*config.id,
                model = &*failed.model,
                cause = failed.cause,
                asked = &*call.model,
                "fallback"
            );
        }
    }
    for event in &reply.trace.events {
        let (failed, rail, reason) = match &event.what {
            What::RailFailed { rail, reason, .. } => ("rail failed", Some(&**rail), reason),
            What::JudgeFailed { reason, .. } => ("judge failed", None, reason),
            What::EmbedderFailed { reason, .. } => ("embedder failed", None, reason),
            _ => continue,
        };
        tracing::warn!(
            request_id = &*id.0,
            config = &*config.id,
            rail,
            line = event.span.as_ref().map(tracing::field::display),
            cause = reason.brief(),
            reason = texts.map(|_| tracing::field::display(reason)),
            "{failed}"
        );
    }
    if let Some(failure) = &reply.failure {
        let model = failure.model.as_ref();
        tracing::warn!(
            request_id = &*id.0,
            config = &*config.id,
            error = model.map(|error| ApiError::upstream(error).code.name()),
            cause = model.map_or_else(|| failure.reason.brief().to_owned(), |error| error.brief()),
            // A model's server, or an action, may repeat in it what somebody said.
            reason = texts.map(|_| tracing::field::display(&failure.reason)),
            "turn failed"
        );
    }
}
