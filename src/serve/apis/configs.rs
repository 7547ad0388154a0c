//! `GET /v1/rails/configs`: which configurations there are, as NeMo Guardrails' server lists them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::body;
use crate::serve::app::App;
use crate::serve::callers::Caller;

#[derive(Serialize)]
struct Config {
    id: Arc<str>,
    /// Whether its rails are watched and not obeyed.
    shadow: bool,
}

pub(super) async fn list(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Response {
    let configs = app.configs.of(&caller);
    let list: Vec<_> = configs.iter().map(|config| Config { id: config.id.clone(), shadow: config.shadow }).collect();
    body::json(&list)
}
