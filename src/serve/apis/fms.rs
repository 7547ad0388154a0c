//! `POST /api/v1/text/contents`: a detector, as FMS Guardrails asks it. The header `detector-id` names the configuration.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::body;
use super::call::Call;
use super::check::{Checked, MOST_TEXTS, check, must_be_guarded, named, named_by};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::error::{ApiError, Code};

#[derive(Deserialize)]
struct Contents {
    contents: Vec<String>,
}

/// A place in a text that a rail objects to, in characters from its start.
#[derive(Serialize)]
struct Detection {
    start: usize,
    end: usize,
    text: String,
    detection: Arc<str>,
    detection_type: &'static str,
    score: f64,
    evidence: Vec<Evidence>,
}

#[derive(Serialize)]
struct Evidence {
    name: &'static str,
    value: String,
}

pub(super) async fn run(call: Call, request: Request) -> Result<Response, ApiError> {
    let Contents { contents } = body::read(request, &call.app.settings.limits).await?;
    let detector = named_by(&call.headers, "detector-id")?.or(named(&call.headers)?);
    let asked = call.asked(detector, None).await?;
    must_be_guarded(&asked, Guards::Input)?;
    if contents.len() > MOST_TEXTS {
        return Err(ApiError::new(Code::InvalidValue, format!("{MOST_TEXTS} texts at most")).at("contents"));
    }
    let mut found = Vec::with_capacity(contents.len());
    for text in contents {
        let checked = check(&asked, Guards::Input, &text, None).await?;
        found.push(detections(&text, &checked));
    }
    Ok(body::json(&found))
}

/// What was found in `text`: the places that the rail names, or all of it.
fn detections(text: &str, checked: &Checked) -> Vec<Detection> {
    if checked.status == Status::Passed {
        return Vec::new();
    }
    let verdict = &checked.reply.verdict;
    let rail: Arc<str> = verdict.rail.clone().unwrap_or_else(|| "unchecked".into());
    let detection = |start: usize, end: usize, part: String| Detection {
        start,
        end,
        text: part,
        detection: rail.clone(),
        detection_type: checked.status.name(),
        score: verdict.evidence.score.unwrap_or(1.0),
        evidence: verdict.evidence.rule.iter().map(|rule| Evidence { name: "rule", value: rule.clone() }).collect(),
    };
    let part = |start: usize, end: usize| text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>();
    // Another rail may have rewritten the text before.
    let spans =
        verdict.evidence.spans.iter().filter(|span| span.text.is_empty() || part(span.start, span.end) == span.text);
    let found: Vec<_> = spans.map(|span| detection(span.start, span.end, part(span.start, span.end))).collect();
    match found.is_empty() {
        true => vec![detection(0, text.chars().count(), text.to_owned())],
        false => found,
    }
}
