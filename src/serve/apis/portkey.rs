//! `POST /portkey`: Portkey's webhook. It takes an answer that comes late, after three seconds, and any error for a pass.

use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body;
use super::call::Call;
use super::check::{Outcome, check, check_choices, check_messages, must_guard, named, text_in};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::asked::Asked;
use crate::serve::error::{ApiError, Code};

/// Within the time that Portkey waits, with some left for the way.
const LONGEST: Duration = Duration::from_millis(2500);

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
    text: Value,
}

#[derive(Clone, Copy, Deserialize)]
enum Event {
    #[serde(rename = "beforeRequestHook")]
    Before,
    #[serde(rename = "afterRequestHook")]
    After,
}

/// A verdict, whatever happens: Portkey takes any answer but one of 200, and one that comes late, for a pass.
pub(super) async fn run(call: Call, request: Request) -> Response {
    // Ahead of the end that every request has.
    let limit = LONGEST.min(call.app.settings.limits.request_time.mul_f32(0.9));
    let verdict = tokio::time::timeout(limit, verdict(&call, request)).await;
    let late = || ApiError::new(Code::RequestTimeout, format!("rails came to no end within {limit:?}"));
    verdict.unwrap_or_else(|_| Err(late())).unwrap_or_else(|error| {
        let mut response = body::json(&json!({ "verdict": false, "data": { "reason": error.message } }));
        // By which it is logged and counted as the error that it is.
        response.extensions_mut().insert(error.code);
        response
    })
}

async fn verdict(call: &Call, request: Request) -> Result<Response, ApiError> {
    let mut hook: Hook = body::read(request, &call.app.settings.limits).await?;
    let asked = call.asked(named(&call.headers)?, None).await?;
    must_guard(&asked)?;
    // It only helps rails to judge the answer, which goes without where it has pictures.
    let input = match hook.event {
        Event::Before => None,
        Event::After => text_in(&mut hook.request.text).ok().filter(|text| !text.is_empty()),
    };
    let (side, name) = match hook.event {
        Event::Before => (&mut hook.request, "request"),
        Event::After => (&mut hook.response, "response"),
    };
    let structured = match hook.event {
        Event::Before => match side.json.get_mut("messages").and_then(Value::as_array_mut) {
            Some(messages) => check_messages(&asked, messages).await?,
            None => None,
        },
        Event::After => match side.json.get_mut("choices").and_then(Value::as_array_mut) {
            Some(choices) => check_choices(&asked, choices, input.as_deref()).await?,
            None => None,
        },
    };
    let outcome = match structured {
        Some(outcome) => outcome,
        None => in_words(&asked, hook.event, side).await?,
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
async fn in_words(asked: &Asked, event: Event, side: &mut Side) -> Result<Outcome, ApiError> {
    let stage = match event {
        Event::Before => Guards::Input,
        Event::After => Guards::Output,
    };
    let text = text_in(&mut side.text)?;
    if text.is_empty() && !is_empty(&side.json) {
        return Err(ApiError::new(Code::InvalidValue, "there is no text that rails could check"));
    }
    let checked = check(asked, stage, &text, None).await?;
    Ok(if checked.status == Status::Passed { Outcome::Passed } else { Outcome::Blocked(Box::new(checked)) })
}

fn is_empty(json: &Value) -> bool {
    json.is_null() || json.as_object().is_some_and(Map::is_empty) || json.as_array().is_some_and(Vec::is_empty)
}
