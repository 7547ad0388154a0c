//! `GET /metrics`: what was counted, as Prometheus reads it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::serve::app::App;

pub(super) async fn text(State(app): State<Arc<App>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let configs = app.configs.all();
    let text = app.metrics.text(configs.iter().map(|config| (&*config.id, &config.rails)));
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
