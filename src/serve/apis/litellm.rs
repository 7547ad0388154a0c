//! `POST /beta/litellm_basic_guardrail_api`: LiteLLM's generic guardrail.

mod said;

use axum::extract::Request;
use axum::response::Response;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body;
use super::call::Call;
use super::check::{Checked, MOST_TEXTS, check, is_guarded, must_guard, named};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::asked::Asked;
use crate::serve::error::{ApiError, Code};
use said::said;

#[derive(Deserialize)]
struct GuardrailRequest {
    #[serde(default)]
    texts: Option<Vec<String>>,
    #[serde(default)]
    images: Option<Vec<IgnoredAny>>,
    /// The messages that `texts` are of, in OpenAI's shape.
    #[serde(default)]
    structured_messages: Option<Vec<Value>>,
    /// What an answer calls, in OpenAI's shape.
    #[serde(default)]
    tool_calls: Option<Vec<Value>>,
    input_type: InputType,
    #[serde(default)]
    additional_provider_specific_params: Option<Parameters>,
}

/// What LiteLLM's own configuration of the guardrail says.
#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    config_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum InputType {
    Request,
    Response,
}

#[derive(Serialize)]
struct GuardrailReply {
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Vec<String>>,
}

impl GuardrailReply {
    fn blocked(reason: String) -> Self {
        Self { action: "BLOCKED", blocked_reason: Some(reason), texts: None }
    }

    /// What is said in place of what rails block.
    fn by(checked: Checked) -> Self {
        let reason = checked.reason();
        let is_said = checked.is_blocked() && !checked.content.is_empty();
        Self::blocked(if is_said { checked.content } else { reason })
    }
}

pub(super) async fn run(call: Call, request: Request) -> Result<Response, ApiError> {
    let sent: GuardrailRequest = body::read(request, &call.app.settings.limits).await?;
    let parameters = sent.additional_provider_specific_params.unwrap_or_default();
    let asked = call.asked(parameters.config_id.as_deref().or(named(&call.headers)?), None).await?;
    let stage = match sent.input_type {
        InputType::Request => Guards::Input,
        InputType::Response => Guards::Output,
    };
    must_guard(&asked)?;
    if sent.images.is_some_and(|images| !images.is_empty()) && is_guarded(&asked, stage) {
        let reason = "rails read texts only, so that images can't be checked".to_owned();
        return Ok(body::json(&GuardrailReply::blocked(reason)));
    }
    let texts = sent.texts.unwrap_or_default();
    let messages = sent.structured_messages.unwrap_or_default();
    let (contents, calls) = match sent.input_type {
        InputType::Request => (said(&texts, &messages), Vec::new()),
        InputType::Response => (None, sent.tool_calls.unwrap_or_default()),
    };
    let contents = contents.unwrap_or_else(|| (0..texts.len()).map(|at| vec![at]).collect());
    let mut looked = Looked { asked: &asked, stage, left: MOST_TEXTS, texts, is_modified: false };
    let blocked = match looked.contents(&contents).await? {
        Some(blocked) => Some(blocked),
        None => looked.calls(&calls).await?,
    };
    Ok(body::json(&match blocked {
        Some(checked) => GuardrailReply::by(checked),
        None if looked.is_modified => {
            GuardrailReply { action: "GUARDRAIL_INTERVENED", blocked_reason: None, texts: Some(looked.texts) }
        }
        None => GuardrailReply { action: "NONE", blocked_reason: None, texts: None },
    }))
}

/// What was looked at so far.
struct Looked<'a> {
    asked: &'a Asked,
    stage: Guards,
    /// How many texts may still be checked.
    left: usize,
    texts: Vec<String>,
    /// Whether rails rewrote one of `texts`.
    is_modified: bool,
}

impl Looked<'_> {
    /// Has texts checked, where they stand and as the contents that they are parts of; what stands in the way, if anything does.
    async fn contents(&mut self, contents: &[Vec<usize>]) -> Result<Option<Checked>, ApiError> {
        for parts in contents {
            for &at in parts {
                let checked = self.text(&self.texts[at].clone(), "texts").await?;
                match checked.status {
                    Status::Passed => {}
                    Status::Modified => {
                        self.texts[at] = checked.content;
                        self.is_modified = true;
                    }
                    Status::Blocked => return Ok(Some(checked)),
                }
            }
            if parts.len() > 1 {
                let whole: Vec<_> = parts.iter().map(|&at| &*self.texts[at]).collect();
                let checked = self.text(&whole.join("\n"), "texts").await?;
                if checked.status != Status::Passed {
                    return Ok(Some(checked));
                }
            }
        }
        Ok(None)
    }

    /// Has checked what tools are called with. LiteLLM has no way to rewrite that.
    async fn calls(&mut self, calls: &[Value]) -> Result<Option<Checked>, ApiError> {
        for call in calls {
            let arguments = call.pointer("/function/arguments").unwrap_or(call);
            let text = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
            let checked = self.text(&text, "tool_calls").await?;
            if checked.status != Status::Passed {
                return Ok(Some(checked));
            }
        }
        Ok(None)
    }

    async fn text(&mut self, text: &str, param: &'static str) -> Result<Checked, ApiError> {
        let too_many = || ApiError::new(Code::InvalidValue, format!("{MOST_TEXTS} texts at most")).at(param);
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        check(self.asked, self.stage, text, None).await
    }
}
