//! `POST /v1/checks`: what rails make of the last messages, with the evidence, and without a reply to it.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::body;
use super::call::Call;
use super::chat::Sent;
use super::check::{Checked, MOST_TEXTS, check, last_said, must_be_guarded};
use crate::engine::{Evidence, RailVerdict, Status};
use crate::model::{Message, Role};
use crate::program::Guards;
use crate::serve::asked::Asked;
use crate::serve::error::{ApiError, Code};
use crate::source::Location;

#[derive(Deserialize)]
pub(super) struct CheckRequest {
    #[serde(default)]
    model: Option<String>,
    messages: Vec<Sent>,
    #[serde(default)]
    guardrails: Guardrails,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Guardrails {
    config_id: Option<String>,
    rail_types: Option<Vec<RailType>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RailType {
    Input,
    Output,
}

impl RailType {
    fn stage(self) -> Guards {
        match self {
            Self::Input => Guards::Input,
            Self::Output => Guards::Output,
        }
    }
}

#[derive(Serialize)]
struct CheckReply<'a> {
    status: Status,
    content: &'a str,
    rail: Option<&'a str>,
    reason: Option<String>,
    #[serde(flatten)]
    evidence: &'a Evidence,
    line: Option<&'a Location>,
    failed_open: &'a [Arc<str>],
    rails: Vec<&'a RailVerdict>,
    config_id: &'a str,
}

pub(super) async fn run(call: Call, request: Request) -> Result<Response, ApiError> {
    let CheckRequest { model, messages, guardrails } = body::read(request, &call.app.settings.limits).await?;
    let asked = call.asked(guardrails.config_id.as_deref(), model.as_deref()).await?;
    let messages: Vec<Message> = messages.into_iter().map(Message::from).collect();
    let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
    let types = match (&guardrails.rail_types, messages.last().map(|message| message.role)) {
        (Some(types), _) => types.clone(),
        (None, Some(Role::User)) => vec![RailType::Input],
        (None, Some(Role::Assistant)) => vec![RailType::Output],
        (None, _) => return Err(no_text("the last message should be the user's, or the assistant's")),
    };
    if types.is_empty() {
        return Err(no_text("`rail_types` should name some").at("guardrails.rail_types"));
    }
    let mut done: Vec<Checked> = Vec::new();
    'stages: for stage in [RailType::Input, RailType::Output].iter().filter(|stage| types.contains(stage)) {
        must_be_guarded(&asked, stage.stage())?;
        let said = match stage {
            RailType::Input => last_said(&roles, Role::User, Role::Assistant),
            RailType::Output => last_said(&roles, Role::Assistant, Role::User),
        };
        let first = *said.first().ok_or_else(|| no_text("there is no message for these rails to check"))?;
        if said.len() > MOST_TEXTS {
            return Err(no_text(&format!("{MOST_TEXTS} texts at most")));
        }
        let before = messages[..first].iter().rfind(|message| message.role == Role::User);
        let input = before.filter(|_| *stage == RailType::Output).map(|message| &*message.content);
        for at in said {
            let checked = check(&asked, stage.stage(), &messages[at].content, input).await?;
            let is_blocked = checked.is_blocked();
            done.push(checked);
            if is_blocked {
                break 'stages;
            }
        }
    }
    Ok(body::json(&reply(&asked, &done)?))
}

fn no_text(message: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, message).at("messages")
}

/// What became of the text that was blocked, else of the last that was rewritten, else of the last.
fn reply<'a>(asked: &'a Asked, done: &'a [Checked]) -> Result<CheckReply<'a>, ApiError> {
    let last = done.last().ok_or_else(|| no_text("there is nothing to check"))?;
    let modified = done.iter().rfind(|checked| checked.status == Status::Modified);
    let told = modified.filter(|_| !last.is_blocked()).unwrap_or(last);
    let verdict = &told.reply.verdict;
    Ok(CheckReply {
        status: told.status,
        content: &told.content,
        rail: verdict.rail.as_deref(),
        reason: told.is_blocked().then(|| verdict.reason.clone().unwrap_or_else(|| told.reason())),
        evidence: &verdict.evidence,
        line: verdict.line.as_ref(),
        failed_open: &verdict.failed_open,
        rails: done.iter().flat_map(|checked| &checked.reply.verdict.rails).collect(),
        config_id: &asked.config.id,
    })
}
