//! Why the server does not start, and what clients are told that a request went wrong.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::engine::{GenerateError, LoadError};
use crate::model::ModelError;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A configuration, or `serve.yml`, has errors.
    #[error("{0}")]
    Load(Box<LoadError>),
    /// A setting does not go with the others.
    #[error("{0}")]
    Setting(String),
    /// There is nothing to serve.
    #[error("no configuration is in `{0}`: it should be one, or a folder of folders with one in each")]
    NoConfig(String),
    /// The address can't be listened at.
    #[error("can't listen at {address}: {error}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// A file, or the system, fails.
    #[error("{what}: {error}")]
    Io {
        /// What was done.
        what: String,
        /// Why it failed.
        error: io::Error,
    },
}

impl ServeError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}

impl From<LoadError> for ServeError {
    fn from(error: LoadError) -> Self {
        Self::Load(Box::new(error))
    }
}

/// What went wrong with a request. Clients go by [`Code::name`], which is for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    InvalidJson,
    InvalidUtf8,
    InvalidValue,
    UnsupportedMediaType,
    BodyTooLarge,
    BodyTimeout,
    NoUserMessage,
    TooManyMessages,
    TextTooLong,
    InvalidApiKey,
    HostNotAllowed,
    ConfigNotAllowed,
    ConfigNotFound,
    ModelNotFound,
    UnknownUrl,
    MethodNotAllowed,
    NoRails,
    ThreadBusy,
    ThreadTooLong,
    ConversationsUnavailable,
    RateLimitExceeded,
    TokenLimitExceeded,
    ConcurrencyLimitExceeded,
    LimitsUnavailable,
    InsufficientQuota,
    BudgetsUnavailable,
    PriceUnknown,
    UsageNotAllowed,
    LogNotAllowed,
    RequestTimeout,
    TurnFailed,
    InternalError,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnreachable,
    UpstreamOpen,
    UpstreamRefused,
    UpstreamFailed,
    UpstreamFiltered,
}

impl Code {
    /// All of them, as they are documented.
    #[cfg(test)]
    pub(super) const ALL: &[Self] = &[
        Self::InvalidJson,
        Self::InvalidUtf8,
        Self::InvalidValue,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::BodyTimeout,
        Self::NoUserMessage,
        Self::TooManyMessages,
        Self::TextTooLong,
        Self::InvalidApiKey,
        Self::HostNotAllowed,
        Self::ConfigNotAllowed,
        Self::ConfigNotFound,
        Self::ModelNotFound,
        Self::UnknownUrl,
        Self::MethodNotAllowed,
        Self::NoRails,
        Self::ThreadBusy,
        Self::ThreadTooLong,
        Self::ConversationsUnavailable,
        Self::RateLimitExceeded,
        Self::TokenLimitExceeded,
        Self::ConcurrencyLimitExceeded,
        Self::LimitsUnavailable,
        Self::InsufficientQuota,
        Self::BudgetsUnavailable,
        Self::PriceUnknown,
        Self::UsageNotAllowed,
        Self::LogNotAllowed,
        Self::RequestTimeout,
        Self::TurnFailed,
        Self::InternalError,
        Self::UpstreamRateLimited,
        Self::UpstreamTimeout,
        Self::UpstreamUnreachable,
        Self::UpstreamOpen,
        Self::UpstreamRefused,
        Self::UpstreamFailed,
        Self::UpstreamFiltered,
    ];

    /// The status, the type by which OpenAI's clients choose the exception, and the name.
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        const REQUEST: &str = "invalid_request_error";
        const UPSTREAM: &str = "downstream_error";
        match self {
            Self::InvalidJson => (StatusCode::BAD_REQUEST, REQUEST, "invalid_json"),
            Self::InvalidUtf8 => (StatusCode::BAD_REQUEST, REQUEST, "invalid_utf8"),
            Self::InvalidValue => (StatusCode::BAD_REQUEST, REQUEST, "invalid_value"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, REQUEST, "unsupported_media_type"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, REQUEST, "body_too_large"),
            Self::BodyTimeout => (StatusCode::REQUEST_TIMEOUT, REQUEST, "body_timeout"),
            Self::NoUserMessage => (StatusCode::BAD_REQUEST, REQUEST, "no_user_message"),
            Self::TooManyMessages => (StatusCode::BAD_REQUEST, REQUEST, "too_many_messages"),
            Self::TextTooLong => (StatusCode::BAD_REQUEST, REQUEST, "text_too_long"),
            Self::InvalidApiKey => (StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key"),
            Self::HostNotAllowed => (StatusCode::FORBIDDEN, "permission_error", "host_not_allowed"),
            Self::ConfigNotAllowed => (StatusCode::FORBIDDEN, "permission_error", "config_not_allowed"),
            Self::ConfigNotFound => (StatusCode::NOT_FOUND, REQUEST, "config_not_found"),
            Self::ModelNotFound => (StatusCode::NOT_FOUND, REQUEST, "model_not_found"),
            Self::UnknownUrl => (StatusCode::NOT_FOUND, REQUEST, "unknown_url"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, REQUEST, "method_not_allowed"),
            Self::NoRails => (StatusCode::BAD_REQUEST, REQUEST, "no_rails"),
            Self::ThreadBusy => (StatusCode::CONFLICT, REQUEST, "thread_busy"),
            Self::ThreadTooLong => (StatusCode::BAD_REQUEST, REQUEST, "thread_too_long"),
            Self::ConversationsUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "server_error", "conversations_unavailable")
            }
            Self::RateLimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "requests", "rate_limit_exceeded"),
            Self::TokenLimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "tokens", "token_limit_exceeded"),
            Self::ConcurrencyLimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "requests", "concurrency_limit_exceeded"),
            Self::LimitsUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "server_error", "limits_unavailable"),
            // OpenAI's name of a budget that is used up.
            Self::InsufficientQuota => (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "insufficient_quota"),
            Self::BudgetsUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "server_error", "budgets_unavailable"),
            Self::PriceUnknown => (StatusCode::SERVICE_UNAVAILABLE, "server_error", "price_unknown"),
            Self::UsageNotAllowed => (StatusCode::FORBIDDEN, "permission_error", "usage_not_allowed"),
            Self::LogNotAllowed => (StatusCode::FORBIDDEN, "permission_error", "log_not_allowed"),
            Self::RequestTimeout => (StatusCode::GATEWAY_TIMEOUT, "server_error", "request_timeout"),
            Self::TurnFailed => (StatusCode::INTERNAL_SERVER_ERROR, "generation_error", "turn_failed"),
            Self::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "internal_error"),
            Self::UpstreamRateLimited => (StatusCode::TOO_MANY_REQUESTS, UPSTREAM, "upstream_rate_limited"),
            Self::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, UPSTREAM, "upstream_timeout"),
            Self::UpstreamUnreachable => (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_unreachable"),
            Self::UpstreamOpen => (StatusCode::SERVICE_UNAVAILABLE, UPSTREAM, "upstream_open"),
            Self::UpstreamRefused => (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_refused"),
            Self::UpstreamFailed => (StatusCode::BAD_GATEWAY, UPSTREAM, "upstream_failed"),
            Self::UpstreamFiltered => (StatusCode::BAD_REQUEST, UPSTREAM, "content_filter"),
        }
    }

    pub(super) fn status(self) -> StatusCode {
        self.parts().0
    }

    pub(super) fn name(self) -> &'static str {
        self.parts().2
    }
}

/// An error in the shape of OpenAI's.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub code: Code,
    pub message: String,
    /// The field of the request that is to blame, as a path such as `messages[1].role`.
    pub param: Option<String>,
    pub retry_after: Option<Duration>,
    /// Whether the request did something that a second one would do again.
    pub has_acted: bool,
}

impl ApiError {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), param: None, retry_after: None, has_acted: false }
    }

    /// About this field of the request.
    pub(super) fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// A model that did not answer.
    pub(super) fn upstream(error: &ModelError) -> Self {
        let (code, message) = match error {
            ModelError::RateLimited { .. } => (Code::UpstreamRateLimited, "the model has too many requests"),
            ModelError::Timeout { .. } => (Code::UpstreamTimeout, "the model did not answer in time"),
            ModelError::Unreachable { .. } => (Code::UpstreamUnreachable, "the model can't be reached"),
            ModelError::Open { .. } => {
                (Code::UpstreamOpen, "the model fails again and again, and is left alone for a while")
            }
            ModelError::NoKey { .. } | ModelError::Unauthorized { .. } => {
                (Code::UpstreamRefused, "the model does not take this server's key")
            }
            ModelError::NotFound { .. } => (Code::UpstreamRefused, "the model's server has no such model"),
            ModelError::Refused { .. } => (Code::UpstreamRefused, "the model's server refuses the request"),
            ModelError::Filtered => (Code::UpstreamFiltered, "the model's own content filter withheld the answer"),
            _ => (Code::UpstreamFailed, "the model failed"),
        };
        let mut new = Self::new(code, message);
        new.retry_after = match error {
            ModelError::RateLimited { retry_after, .. } => *retry_after,
            // While one call tries, nobody knows how long that takes.
            ModelError::Open { wait, .. } => Some((*wait).max(Duration::from_secs(1))),
            _ => None,
        };
        new
    }

    /// The error as a line of JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        let (_, kind, code) = self.code.parts();
        let body = Body { error: Told { message: &self.message, kind, param: self.param.as_deref(), code } };
        // Texts always have a JSON.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: &'a str,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<GenerateError> for ApiError {
    fn from(error: GenerateError) -> Self {
        let code = match error {
            GenerateError::NoUserMessage => Code::NoUserMessage,
            GenerateError::TooManyMessages { .. } => Code::TooManyMessages,
            GenerateError::TooLong { .. } => Code::TextTooLong,
            GenerateError::StepBudget { .. } => {
                return Self::new(Code::TurnFailed, "the rails do not come to an end; the server's log says where");
            }
        };
        Self::new(code, error.to_string()).at("messages")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.code.status(), json, self.json()).into_response();
        let headers = response.headers_mut();
        if let Some(time) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(time.as_secs_f64().ceil() as u64));
        }
        if self.has_acted || self.code == Code::InsufficientQuota || self.code == Code::PriceUnknown {
            // OpenAI's clients try again by themselves unless told so.
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        if self.code == Code::InvalidApiKey {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self.code);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_them_all() {
        let page = include_str!("../../docs/server.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.name(), code.status().as_u16());
            assert!(page.contains(&row), "{row}");
        }
    }

    #[test]
    fn every_error_has_a_name_of_its_own() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
    }
}
