//! Whether the server is alive, and whether it can answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body;
use crate::serve::app::App;

/// The process answers.
pub(super) async fn alive() -> Response {
    body::json(&json!({ "status": "ok" }))
}

/// Requests can be answered; `stale` names the configurations that have errors on the disk, so that those before are served.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    let (count, stale) = app.configs.condition();
    if count > 0 {
        return body::json(&json!({ "status": "ready", "configs": count, "stale": stale }));
    }
    let error = json!({ "status": "nothing to serve", "configs": count, "stale": stale });
    (StatusCode::SERVICE_UNAVAILABLE, body::json(&error)).into_response()
}
