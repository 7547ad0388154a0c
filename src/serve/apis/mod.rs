//! The interfaces, one file each.

mod agentgateway;
mod body;
mod call;
mod chat;
mod check;
mod checks;
mod configs;
mod fms;
mod health;
mod litellm;
mod metrics;
mod models;
mod moderations;
mod openapi;
mod portkey;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use super::app::{App, identify};

/// Those that need a key.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/checks", post(checks::run))
        .route("/v1/moderations", post(moderations::run))
        .route("/beta/litellm_basic_guardrail_api", post(litellm::run))
        .route("/api/v1/text/contents", post(fms::run))
        .route("/request", post(agentgateway::request))
        .route("/response", post(agentgateway::response))
        .route("/portkey", post(portkey::run))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .route("/v1/rails/configs", get(configs::list))
        .route("/v1/usage", get(usage::show))
}

/// Those that anybody may ask; `/metrics` where the settings say so.
pub(super) fn open_routes(app: &Arc<App>) -> Router<Arc<App>> {
    let counted = get(metrics::text);
    let counted = match app.settings.public_metrics {
        true => counted,
        false => counted.route_layer(middleware::from_fn_with_state(app.clone(), identify)),
    };
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/v1/health", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(openapi::document))
        .route("/metrics", counted)
}
