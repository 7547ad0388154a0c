//! Texts run through rails, for the interfaces that ask for no reply.

use axum::http::HeaderMap;
use serde_json::Value;

use crate::engine::{Reply, Status};
use crate::program::Guards;
use crate::serve::asked::Asked;
use crate::serve::error::{ApiError, Code};

/// The header by which gateways choose a configuration that have no other way.
pub(super) const CONFIG_HEADER: &str = "x-rails-config";
/// How many texts one request may have checked.
pub(super) const MOST_TEXTS: usize = 256;

/// What rails made of a text.
pub(super) struct Checked {
    pub status: Status,
    /// What became of the text, or what is said instead.
    pub content: String,
    pub reply: Reply,
}

impl Checked {
    pub(super) fn is_blocked(&self) -> bool {
        self.status == Status::Blocked
    }

    /// Who blocked the text and why, in a line.
    pub(super) fn reason(&self) -> String {
        let verdict = &self.reply.verdict;
        match (&verdict.rail, &verdict.reason) {
            (Some(rail), Some(reason)) => format!("`{rail}`: {reason}"),
            (Some(rail), None) => format!("`{rail}`"),
            (None, _) => "it could not be checked".to_owned(),
        }
    }
}

/// The configuration that the header names, if it does.
pub(super) fn named(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    named_by(headers, CONFIG_HEADER)
}

/// As [`named`], by another header. One that can't be read is no header that is missing: the default may guard less.
pub(super) fn named_by<'a>(headers: &'a HeaderMap, header: &str) -> Result<Option<&'a str>, ApiError> {
    let text = headers.get(header).map(|value| std::str::from_utf8(value.as_bytes())).transpose();
    text.map_err(|_| ApiError::new(Code::InvalidValue, format!("the header `{header}` is not UTF-8")).at(header))
}

/// Whether rails guard `stage`.
pub(super) fn is_guarded(asked: &Asked, stage: Guards) -> bool {
    asked.config.rails.config().rails.iter().any(|rail| rail.guards == stage)
}

/// Without a rail every text would pass, which nobody who asks for a check means.
pub(super) fn must_be_guarded(asked: &Asked, stage: Guards) -> Result<(), ApiError> {
    if is_guarded(asked, stage) {
        return Ok(());
    }
    let message = format!("`{}` has no {stage} rails, so that nothing is checked", asked.config.id);
    Err(ApiError::new(Code::NoRails, message))
}

/// As [`must_be_guarded`], for those who call for both sides, whichever one rails guard.
pub(super) fn must_guard(asked: &Asked) -> Result<(), ApiError> {
    if is_guarded(asked, Guards::Output) { Ok(()) } else { must_be_guarded(asked, Guards::Input) }
}

/// Runs the rails of `stage` over `text`, a reply to `input` if that is known. What could not be checked has not passed.
pub(super) async fn check(asked: &Asked, stage: Guards, text: &str, input: Option<&str>) -> Result<Checked, ApiError> {
    let reply = asked.config.rails.check_metered(stage, text, input, &asked.reservation.meter).await?;
    asked.done(Some(text).filter(|_| asked.app.settings.log.texts), &reply)?;
    let status = if reply.failure.is_some() { Status::Blocked } else { reply.verdict.status };
    let content = reply.text.clone();
    Ok(Checked { status, content, reply })
}

/// What rails made of a body in the shape of OpenAI's.
pub(super) enum Outcome {
    Passed,
    /// Texts of it were rewritten in their place.
    Modified,
    Blocked(Box<Checked>),
}

/// Has the input rails check what was said since the last reply, in messages of OpenAI's shape.
pub(super) async fn check_messages(asked: &Asked, messages: &mut [Value]) -> Result<Outcome, ApiError> {
    let replied = messages.iter().rposition(|message| message["role"] == "assistant").map_or(0, |at| at + 1);
    let said = messages[replied..].iter_mut().filter(|message| message["role"] == "user");
    let contents: Vec<_> = said.filter_map(|message| message.get_mut("content")).collect();
    check_contents(asked, Guards::Input, contents, None).await
}

/// Has the output rails check the messages of choices of OpenAI's shape.
pub(super) async fn check_choices(
    asked: &Asked,
    choices: &mut [Value],
    input: Option<&str>,
) -> Result<Outcome, ApiError> {
    let messages = choices.iter_mut().filter_map(|choice| choice.get_mut("message"));
    let contents: Vec<_> = messages.filter_map(|message| message.get_mut("content")).collect();
    check_contents(asked, Guards::Output, contents, input).await
}

/// Has rails check contents, texts or parts of one, and puts what they rewrite in its place.
async fn check_contents(
    asked: &Asked,
    stage: Guards,
    contents: Vec<&mut Value>,
    input: Option<&str>,
) -> Result<Outcome, ApiError> {
    let mut outcome = Outcome::Passed;
    for content in contents {
        let texts = match content {
            Value::Null => continue,
            Value::Array(parts) => parts.iter_mut().map(text_of).collect::<Result<Vec<_>, _>>()?,
            text => vec![text],
        };
        for place in texts {
            let Value::String(text) = place else {
                return Err(ApiError::new(Code::InvalidValue, "rails read texts only: other contents are refused"));
            };
            let checked = check(asked, stage, text, input).await?;
            match checked.status {
                Status::Passed => {}
                Status::Modified => {
                    *text = checked.content;
                    outcome = Outcome::Modified;
                }
                Status::Blocked => return Ok(Outcome::Blocked(Box::new(checked))),
            }
        }
    }
    Ok(outcome)
}

fn text_of(part: &mut Value) -> Result<&mut Value, ApiError> {
    let is_text = part["type"] == "text";
    let refused = || ApiError::new(Code::InvalidValue, "rails read texts only: parts of other types are refused");
    part.get_mut("text").filter(|_| is_text).ok_or_else(refused)
}
