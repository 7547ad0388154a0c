//! `POST /portkey`: Portkey's webhook. It takes an answer that comes late for a pass, after three seconds.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use super::check::{Outcome, check, check_choices, check_messages, must_guard, named};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::app::App;
use crate::serve::asked::Asked;
use crate::serve::callers::Caller;
use crate::serve::error::ApiError;
use crate::serve::limits::Admission;
use crate::serve::request_id::RequestId;

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    request: Side,
    #[serde(default)]
    response: Side,
    #[serde(rename = "eventType")]
    event: Event,
}

/// What goes in, or what came out.
#[derive(Default, Deserialize)]
struct Side {
    #[serde(default)]
    json: Value,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
enum Event {
    #[serde(rename = "beforeRequestHook")]
    Before,
    #[serde(rename = "afterRequestHook")]
    After,
}

pub(super) async fn run(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(id): Extension<RequestId>,
    Extension(admission): Extension<Arc<Admission>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let mut hook: Hook = body::read(request, &app.settings.limits).await?;
    let config = app.configs.choose(named(&headers)?, None, &caller)?;
    let asked = Asked::checking(app, id, caller, config, admission).await?;
    must_guard(&asked)?;
    let asked_for = hook.request.text.clone();
    let (side, name) = match hook.event {
        Event::Before => (&mut hook.request, "request"),
        Event::After => (&mut hook.response, "response"),
    };
    let structured = match hook.event {
        Event::Before => side.json.get_mut("messages").and_then(Value::as_array_mut),
        Event::After => side.json.get_mut("choices").and_then(Value::as_array_mut),
    };
    let outcome = match (structured, hook.event) {
        (Some(messages), Event::Before) => check_messages(&asked, messages).await?,
        (Some(choices), Event::After) => check_choices(&asked, choices, asked_for.as_deref()).await?,
        (None, event) => in_words(&asked, event, side).await?,
    };
    Ok(body::json(&match outcome {
        Outcome::Passed => json!({ "verdict": true }),
        Outcome::Modified => json!({ "verdict": true, "transformedData": { name: { "json": side.json } } }),
        Outcome::Blocked(checked) => {
            json!({ "verdict": false, "data": { "reason": checked.reason(), "message": checked.content } })
        }
    }))
}

/// Where there are no messages, the text is what is checked; it can't be rewritten in its place.
async fn in_words(asked: &Asked, event: Event, side: &Side) -> Result<Outcome, ApiError> {
    let stage = match event {
        Event::Before => Guards::Input,
        Event::After => Guards::Output,
    };
    let checked = check(asked, stage, side.text.as_deref().unwrap_or_default(), None).await?;
    Ok(if checked.status == Status::Passed { Outcome::Passed } else { Outcome::Blocked(Box::new(checked)) })
}
