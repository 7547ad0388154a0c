//! Bodies of JSON: read once, within their limits, with errors that name the field.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::serve::error::{ApiError, Code};
use crate::serve::settings::Limits;

/// The body of `request` as JSON.
pub(super) async fn read<T: DeserializeOwned>(request: Request, limits: &Limits) -> Result<T, ApiError> {
    let (head, body) = request.into_parts();
    is_json(&head.headers)?;
    let bytes = tokio::time::timeout(limits.body_time, collect(&head.headers, body, limits.body_bytes)).await;
    let bytes = bytes.map_err(|_| ApiError::new(Code::BodyTimeout, "the body did not come in time"))??;
    parse(&bytes)
}

/// A page of another origin can send a form without asking, and no JSON.
fn is_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(Code::UnsupportedMediaType, "the body should be JSON: send `content-type: application/json`"))
}

async fn collect(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::new(Code::BodyTooLarge, format!("the body has more than {limit} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut parts = body.into_data_stream();
    let cut = |_| ApiError::new(Code::InvalidJson, "the body broke off");
    let first = parts.next().await.transpose().map_err(cut)?.unwrap_or_default();
    let Some(second) = parts.next().await.transpose().map_err(cut)? else {
        return if first.len() > limit { Err(too_large()) } else { Ok(first) };
    };
    let mut whole = Vec::with_capacity(announced.map_or(first.len() + second.len(), |length| length as usize));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(part) = parts.next().await {
        if whole.len() > limit {
            return Err(too_large());
        }
        whole.extend_from_slice(&part.map_err(cut)?);
    }
    if whole.len() > limit { Err(too_large()) } else { Ok(whole.into()) }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("the body is not UTF-8: byte {} starts no character", error.valid_up_to());
        ApiError::new(Code::InvalidUtf8, message)
    })?;
    // The path is only kept track of once it is known that it will be told.
    serde_json::from_str(text).map_err(|_| explain::<T>(text))
}

/// What is wrong with `text`, and where.
fn explain<T: DeserializeOwned>(text: &str) -> ApiError {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read: Result<T, _> = serde_path_to_error::deserialize(&mut reader);
    match read {
        Err(error) => {
            let path = error.path().to_string();
            let inner = error.into_inner();
            if inner.is_data() {
                let error = ApiError::new(Code::InvalidValue, inner.to_string());
                return if path == "." { error } else { error.at(path) };
            }
            ApiError::new(Code::InvalidJson, format!("the body is no JSON: {inner}"))
        }
        Ok(_) => ApiError::new(Code::InvalidJson, "the body is no JSON: something stands behind its end"),
    }
}

/// An answer of JSON.
pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => ApiError::new(Code::InternalError, "the answer can't be written as JSON").into_response(),
    }
}
