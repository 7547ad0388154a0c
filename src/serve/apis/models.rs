//! `GET /v1/models`: each configuration is a model to clients.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::body;
use crate::serve::app::App;
use crate::serve::callers::Caller;
use crate::serve::configs::Configuration;
use crate::serve::error::{ApiError, Code};

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Serialize)]
struct Model {
    id: Arc<str>,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

impl Model {
    fn of(config: &Configuration) -> Self {
        Self { id: config.id.clone(), object: "model", created: config.loaded, owned_by: "railsc" }
    }
}

pub(super) async fn list(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>) -> Response {
    let data = app.configs.of(&caller).iter().map(|config| Model::of(config)).collect();
    body::json(&List { object: "list", data })
}

pub(super) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let configs = app.configs.of(&caller);
    let found = configs.iter().find(|config| *config.id == *id);
    let found = found.ok_or_else(|| ApiError::new(Code::ModelNotFound, "there is no such model").at("model"))?;
    Ok(body::json(&Model::of(found)))
}
