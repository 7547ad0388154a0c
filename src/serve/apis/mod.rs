//! The interfaces, one file each.

mod body;
mod chat;
mod health;
mod models;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::app::App;

/// Those that need a key.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
}

/// Those that anybody may ask.
pub(super) fn open_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/v1/health", get(health::alive))
        .route("/readyz", get(health::ready))
}
