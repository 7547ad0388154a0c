//! What all requests share, and the way of a request to whoever answers it.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::apis;
use super::callers::Callers;
use super::configs::Configs;
use super::conversations::Store;
use super::error::{ApiError, Code};
use super::limits::{self, Limiter};
use super::metrics::Metrics;
use super::page;
use super::request_id::{self, RequestId};
use super::settings::{Origins, Settings};
use super::usage::Spending;

/// What all requests share.
pub(super) struct App {
    pub settings: Settings,
    pub configs: Arc<Configs>,
    pub metrics: Arc<Metrics>,
    pub callers: Callers,
    pub conversations: Arc<dyn Store>,
    pub limiter: Arc<Limiter>,
    pub spending: Arc<Spending>,
}

/// All that is served.
pub(super) fn router(app: &Arc<App>) -> Router {
    let router = apis::routes()
        .route_layer(middleware::from_fn_with_state(app.clone(), limits::by_caller))
        .route_layer(middleware::from_fn_with_state(app.clone(), identify))
        .route_layer(middleware::from_fn_with_state(app.clone(), limits::by_address))
        .merge(apis::open_routes(app))
        .merge(page::routes())
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), name))
        .with_state(app.clone());
    match cors(&app.settings.cors) {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Lets pages of these origins call, if there are any.
fn cors(origins: &Origins) -> Option<CorsLayer> {
    let origin = match origins {
        Origins::None => return None,
        Origins::Any => AllowOrigin::any(),
        Origins::These(these) => AllowOrigin::list(these.iter().cloned()),
    };
    let cors = CorsLayer::new().allow_origin(origin).allow_methods([Method::GET, Method::POST]);
    let exposed = [HeaderName::from_static(request_id::HEADER), header::RETRY_AFTER];
    Some(cors.allow_headers(AllowHeaders::mirror_request()).expose_headers(exposed))
}

/// Gives a request its name, and the answer too, and counts it.
async fn name(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());
    let under_way = UnderWay::new(&app.metrics);
    let mut response = next.run(request).await;
    drop(under_way);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    let (time, status) = (began.elapsed(), response.status().as_u16());
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    app.metrics.answered(route, status, time);
    match response.extensions().get::<Code>() {
        Some(code) => {
            app.metrics.refused(*code);
            tracing::info!(request_id = &*id.0, route, status, error = code.name(), "refused");
        }
        None => tracing::debug!(request_id = &*id.0, route, status, micros = time.as_micros() as u64, "answered"),
    }
    response
}

/// A request that has no answer yet; it may never get one.
struct UnderWay<'a>(&'a Metrics);

impl<'a> UnderWay<'a> {
    fn new(metrics: &'a Metrics) -> Self {
        metrics.under_way.inc();
        Self(metrics)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.dec();
    }
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request came upon a bug");
    ApiError::new(Code::InternalError, "the server came upon a bug of its own").into_response()
}

/// Finds out who calls.
pub(super) async fn identify(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !app.callers.are_known() && !is_local(&request) {
        // A page of somebody else's may have its own name lead here.
        return Err(ApiError::new(Code::HostNotAllowed, "without keys, only `localhost` is answered"));
    }
    let caller = app.callers.identify(request.headers())?;
    request.extensions_mut().insert(caller);
    let limit = app.settings.limits.request_time;
    let answered = tokio::time::timeout(limit, next.run(request)).await;
    answered.map_err(|_| ApiError::new(Code::RequestTimeout, format!("there is no answer within {limit:?}")))
}

/// Whether a request was sent to this machine by that name.
fn is_local(request: &Request) -> bool {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
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

async fn not_allowed() -> ApiError {
    ApiError::new(Code::MethodNotAllowed, "this address takes other methods")
}
