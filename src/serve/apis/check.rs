//! Texts run through rails, for the interfaces that ask for no reply.

use axum::http::HeaderMap;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::chat::SentRole;
use crate::engine::{Reply, Status};
use crate::model::Role;
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

/// The places of the last messages of `role` between which none of `other` stands. What comes behind them, such as the
/// beginning of a reply that a model is to go on with, hides none of them.
pub(super) fn last_said(roles: &[Role], role: Role, other: Role) -> Vec<usize> {
    let end = roles.iter().rposition(|known| *known == role).map_or(0, |at| at + 1);
    let start = roles[..end].iter().rposition(|known| *known == other).map_or(0, |at| at + 1);
    (start..end).filter(|at| roles[*at] == role).collect()
}

/// Has the input rails check what the user said since the last reply, in messages of OpenAI's shape. `None` where there
/// was nothing to check.
pub(super) async fn check_messages(asked: &Asked, messages: &mut [Value]) -> Result<Option<Outcome>, ApiError> {
    let roles = messages.iter().enumerate().map(|(at, message)| role_of(at, message)).collect::<Result<Vec<_>, _>>()?;
    let said = last_said(&roles, Role::User, Role::Assistant);
    let mut contents = Vec::with_capacity(said.len());
    for (at, message) in messages.iter_mut().enumerate().filter(|(at, _)| said.contains(at)) {
        let refused = || ApiError::new(Code::InvalidValue, "missing field `content`").at(format!("messages[{at}]"));
        contents.push(message.get_mut("content").filter(|content| !content.is_null()).ok_or_else(refused)?);
    }
    check_contents(asked, Guards::Input, contents, None).await
}

fn role_of(at: usize, message: &Value) -> Result<Role, ApiError> {
    let refused = |message: String, param: String| ApiError::new(Code::InvalidValue, message).at(param);
    let role = message.get("role").ok_or_else(|| refused("missing field `role`".into(), format!("messages[{at}]")))?;
    let sent = SentRole::deserialize(role);
    sent.map(Role::from).map_err(|error| refused(error.to_string(), format!("messages[{at}].role")))
}

/// Has the output rails check choices of OpenAI's shape. `None` where there was nothing to check in any of them.
pub(super) async fn check_choices(
    asked: &Asked,
    choices: &mut [Value],
    input: Option<&str>,
) -> Result<Option<Outcome>, ApiError> {
    let mut contents = Vec::with_capacity(choices.len());
    let mut unread = None;
    for (at, choice) in choices.iter_mut().enumerate() {
        let before = contents.len();
        contents.extend(told(choice));
        if contents.len() == before {
            unread = Some(at);
        }
    }
    match unread {
        Some(at) if !contents.is_empty() => {
            let error = ApiError::new(Code::InvalidValue, "there is no text that rails could check");
            Err(error.at(format!("choices[{at}]")))
        }
        _ => check_contents(asked, Guards::Output, contents, input).await,
    }
}

/// What a choice tells: the content of its message or why that refuses, and what it calls tools with; or a bare text.
fn told(choice: &mut Value) -> Vec<&mut Value> {
    let Some(choice) = choice.as_object_mut() else { return Vec::new() };
    let is_bare = !choice.contains_key("message");
    let fields = if is_bare { Some(choice) } else { choice.get_mut("message").and_then(Value::as_object_mut) };
    let mut found = Vec::new();
    for (name, value) in fields.into_iter().flat_map(Map::iter_mut) {
        match &**name {
            "text" if is_bare => found.push(value),
            "content" | "refusal" if !is_bare => found.push(value),
            "tool_calls" if !is_bare => {
                let calls = value.as_array_mut().into_iter().flatten();
                found.extend(calls.filter_map(|call| call.pointer_mut("/function/arguments")));
            }
            _ => {}
        }
    }
    found.retain(|value| !value.is_null());
    found
}

/// Has rails check contents, texts or parts of one, and puts what they rewrite in its place. `None` where there are none.
async fn check_contents(
    asked: &Asked,
    stage: Guards,
    contents: Vec<&mut Value>,
    input: Option<&str>,
) -> Result<Option<Outcome>, ApiError> {
    let mut looked = Looked { asked, stage, input, left: MOST_TEXTS, outcome: None };
    for content in contents {
        let is_blocked = match content {
            Value::Array(parts) if parts.len() > 1 => match looked.parts(parts).await? {
                Joined::Blocked => true,
                Joined::Stands => false,
                Joined::Rewritten(text) => {
                    *content = Value::String(text);
                    false
                }
            },
            Value::Array(parts) => match parts.first_mut() {
                Some(part) => looked.text(text_of(part)?).await?,
                None => false,
            },
            Value::String(text) => looked.text(text).await?,
            _ => return Err(ApiError::new(Code::InvalidValue, "rails read texts only: other contents are refused")),
        };
        if is_blocked {
            break;
        }
    }
    Ok(looked.outcome)
}

/// What was looked at so far.
struct Looked<'a> {
    asked: &'a Asked,
    stage: Guards,
    input: Option<&'a str>,
    /// How many texts may still be checked.
    left: usize,
    /// Of what was checked, if anything was.
    outcome: Option<Outcome>,
}

/// What rails made of parts of a text as a whole.
enum Joined {
    Blocked,
    Stands,
    /// Across its parts, so that it has none any more.
    Rewritten(String),
}

impl Looked<'_> {
    /// Rewrites `text` as rails would have it, and says whether they block it.
    async fn text(&mut self, text: &mut String) -> Result<bool, ApiError> {
        let too_many = || ApiError::new(Code::InvalidValue, format!("{MOST_TEXTS} texts at most"));
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let checked = check(self.asked, self.stage, text, self.input).await?;
        match checked.status {
            Status::Passed => self.outcome = self.outcome.take().or(Some(Outcome::Passed)),
            Status::Modified => {
                *text = checked.content;
                self.outcome = Some(Outcome::Modified);
            }
            Status::Blocked => {
                self.outcome = Some(Outcome::Blocked(Box::new(checked)));
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Each by itself, so that it can be rewritten in its place, and all of them as the one text that a model reads.
    async fn parts(&mut self, parts: &mut [Value]) -> Result<Joined, ApiError> {
        for part in parts.iter_mut() {
            if self.text(text_of(part)?).await? {
                return Ok(Joined::Blocked);
            }
        }
        let joined = joined(parts)?;
        let mut whole = joined.clone();
        Ok(match self.text(&mut whole).await? {
            true => Joined::Blocked,
            false if whole == joined => Joined::Stands,
            false => Joined::Rewritten(whole),
        })
    }
}

/// The parts of a text as one, as `/v1/chat/completions` reads them.
fn joined(parts: &mut [Value]) -> Result<String, ApiError> {
    let mut whole = String::new();
    for part in parts {
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(text_of(part)?);
    }
    Ok(whole)
}

/// The text that `content` is, or that its parts are together.
pub(super) fn text_in(content: &mut Value) -> Result<String, ApiError> {
    match content {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(std::mem::take(text)),
        Value::Array(parts) => joined(parts),
        _ => Err(ApiError::new(Code::InvalidValue, "rails read texts only: other contents are refused")),
    }
}

fn text_of(part: &mut Value) -> Result<&mut String, ApiError> {
    let field = match part["type"].as_str() {
        Some("text") => "text",
        Some("refusal") => "refusal",
        _ => return Err(ApiError::new(Code::InvalidValue, "rails read texts only: parts of other types are refused")),
    };
    match part.get_mut(field) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(ApiError::new(Code::InvalidValue, format!("missing field `{field}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::last_said;
    use crate::model::Role::{Assistant, System, Tool, User};

    #[test]
    fn what_was_said_last_is_found_whatever_follows() {
        let input = |roles: &[_]| last_said(roles, User, Assistant);
        assert_eq!(input(&[System, User, Assistant, User, System, User]), [3, 5]);
        assert_eq!(input(&[User, Assistant, User, Assistant, Assistant]), [2]);
        assert_eq!(input(&[User, Assistant, Tool]), [0]);
        assert_eq!(input(&[System, Assistant]), [0; 0]);
        assert_eq!(last_said(&[User, Assistant, Tool, Assistant, User], Assistant, User), [1, 3]);
    }
}
