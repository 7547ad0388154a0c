//! What all requests share, and the way of a request to whoever answers it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use super::apis;
use super::callers::Callers;
use super::configs::Configs;
use super::conversations::Store;
use super::error::{ApiError, Code};
use super::request_id::{self, RequestId};
use super::settings::Settings;

/// What all requests share.
pub(super) struct App {
    pub settings: Settings,
    pub configs: Configs,
    pub callers: Callers,
    pub conversations: Arc<dyn Store>,
}

/// All that is served.
pub(super) fn router(app: &Arc<App>) -> Router {
    apis::routes()
        .route_layer(middleware::from_fn_with_state(app.clone(), identify))
        .merge(apis::open_routes())
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn(name))
        .with_state(app.clone())
}

/// Gives a request its name, and the answer too.
async fn name(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response
}

/// Finds out who calls.
async fn identify(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    if !app.callers.are_known() && !is_local(&request) {
        // A page of somebody else's may have its own name lead here.
        return Err(ApiError::new(Code::HostNotAllowed, "without keys, only `localhost` is answered"));
    }
    let caller = app.callers.identify(request.headers())?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Whether a request was sent to this machine by that name.
fn is_local(request: &Request) -> bool {
    let header = request.headers().get(axum::http::header::HOST).and_then(|host| host.to_str().ok());
    let Some(authority) = header.or_else(|| request.uri().authority().map(|authority| authority.as_str())) else {
        // Only a browser can be led astray, and it names the host.
        return true;
    };
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

async fn unknown(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(128).collect();
    ApiError::new(Code::UnknownUrl, format!("nothing is at `{path}`"))
}

async fn not_allowed() -> Response {
    let mut response = ApiError::new(Code::MethodNotAllowed, "this address takes other methods").into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
