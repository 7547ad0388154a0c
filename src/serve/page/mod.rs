//! The page at `/`: a conversation with any configuration, and beside each reply why it is what it is. It is a client as any other, of the
//! interfaces that stand beside it; its files are in the binary.

mod file;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use super::app::App;
use super::error::{ApiError, Code};
use file::File;

/// What browsers may do with the page: take its own files, ask its own server, and nothing else. No text can become markup or a program.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

static INDEX: File = File::new("index.html", include_str!("assets/index.html"));

/// What the page is made of.
static FILES: [File; 11] = [
    File::new("page.css", include_str!("assets/page.css")),
    File::new("decision.css", include_str!("assets/decision.css")),
    File::new("icon.svg", include_str!("assets/icon.svg")),
    File::new("main.js", include_str!("assets/main.js")),
    File::new("server.js", include_str!("assets/server.js")),
    File::new("events.js", include_str!("assets/events.js")),
    File::new("turn.js", include_str!("assets/turn.js")),
    File::new("decision.js", include_str!("assets/decision.js")),
    File::new("path.js", include_str!("assets/path.js")),
    File::new("sentences.js", include_str!("assets/sentences.js")),
    File::new("element.js", include_str!("assets/element.js")),
];

/// Its files hold nothing that is anyone's, so they need no key.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/", get(index)).route("/page/{name}", get(one))
}

async fn index(headers: HeaderMap) -> Response {
    INDEX.answer(&headers)
}

async fn one(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let file = FILES.iter().find(|file| file.name == name);
    let file = file.ok_or_else(|| ApiError::new(Code::UnknownUrl, "the page has no such file"))?;
    Ok(file.answer(&headers))
}
