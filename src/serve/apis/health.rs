//! Whether the server is alive, and whether it can answer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::body;
use crate::serve::app::App;

/// The process answers.
pub(super) async fn alive() -> Response {
    body::json(&json!({ "status": "ok" }))
}

/// Requests can be answered.
pub(super) async fn ready(State(_app): State<Arc<App>>) -> Response {
    body::json(&json!({ "status": "ready" }))
}
