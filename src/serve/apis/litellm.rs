//! `POST /beta/litellm_basic_guardrail_api`: LiteLLM's generic guardrail.

use axum::extract::Request;
use axum::response::Response;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::body;
use super::call::Call;
use super::check::{MOST_TEXTS, check, is_guarded, must_guard, named};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::error::{ApiError, Code};

#[derive(Deserialize)]
struct GuardrailRequest {
    #[serde(default)]
    texts: Option<Vec<String>>,
    #[serde(default)]
    images: Option<Vec<IgnoredAny>>,
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
    let mut texts = sent.texts.unwrap_or_default();
    if texts.len() > MOST_TEXTS {
        return Err(ApiError::new(Code::InvalidValue, format!("{MOST_TEXTS} texts at most")).at("texts"));
    }
    if sent.images.is_some_and(|images| !images.is_empty()) && is_guarded(&asked, stage) {
        let reason = "rails read texts only, so that images can't be checked".to_owned();
        return Ok(body::json(&GuardrailReply::blocked(reason)));
    }
    let mut is_modified = false;
    for text in &mut texts {
        let checked = check(&asked, stage, text, None).await?;
        match checked.status {
            Status::Passed => {}
            Status::Modified => {
                *text = checked.content;
                is_modified = true;
            }
            Status::Blocked => {
                let reason = if checked.content.is_empty() { checked.reason() } else { checked.content };
                return Ok(body::json(&GuardrailReply::blocked(reason)));
            }
        }
    }
    Ok(body::json(&match is_modified {
        true => GuardrailReply { action: "GUARDRAIL_INTERVENED", blocked_reason: None, texts: Some(texts) },
        false => GuardrailReply { action: "NONE", blocked_reason: None, texts: None },
    }))
}
