//! `POST /request` and `POST /response`: the webhook of agentgateway and kgateway.

use axum::extract::Request;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body;
use super::call::Call;
use super::check::{Outcome, check_choices, check_messages, must_guard, named};
use crate::serve::error::{ApiError, Code};

/// The status that a client of the gateway gets for what rails block.
const BLOCKED: u16 = 403;

#[derive(Deserialize)]
struct Asking {
    body: Messages,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Value>,
}

#[derive(Deserialize)]
struct Answering {
    body: Choices,
}

#[derive(Deserialize)]
struct Choices {
    choices: Vec<Value>,
}

pub(super) async fn request(call: Call, request: Request) -> Result<Response, ApiError> {
    let Asking { body: Messages { mut messages } } = body::read(request, &call.app.settings.limits).await?;
    let asked = call.asked(named(&call.headers)?, None).await?;
    must_guard(&asked)?;
    let outcome = check_messages(&asked, &mut messages).await?.ok_or_else(|| unread("body.messages"))?;
    Ok(answer(outcome, json!({ "messages": messages })))
}

pub(super) async fn response(call: Call, request: Request) -> Result<Response, ApiError> {
    let Answering { body: Choices { mut choices } } = body::read(request, &call.app.settings.limits).await?;
    let asked = call.asked(named(&call.headers)?, None).await?;
    must_guard(&asked)?;
    let outcome = check_choices(&asked, &mut choices, None).await?.ok_or_else(|| unread("body.choices"))?;
    Ok(answer(outcome, json!({ "choices": choices })))
}

/// What nobody could look at has not passed.
fn unread(param: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, "there is no text that rails could check").at(param)
}

fn answer(outcome: Outcome, rewritten: Value) -> Response {
    let action = match outcome {
        Outcome::Passed => json!({ "reason": "passed" }),
        Outcome::Modified => json!({ "body": rewritten, "reason": "modified" }),
        Outcome::Blocked(checked) => {
            json!({ "body": checked.content, "status_code": BLOCKED, "reason": checked.reason() })
        }
    };
    body::json(&json!({ "action": action }))
}
