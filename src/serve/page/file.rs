//! A file of the page, as browsers get it.

use std::sync::OnceLock;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::POLICY;

/// A file that is in the binary.
pub(super) struct File {
    pub name: &'static str,
    text: &'static str,
    tag: OnceLock<HeaderValue>,
}

impl File {
    pub(super) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, tag: OnceLock::new() }
    }

    /// The file, or that it is still as the browser has it.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let tag = self.tag();
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
        let is_known = known.flat_map(|tags| tags.split(',')).any(|known| {
            let known = known.trim();
            known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes()
        });
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => ([(header::CONTENT_TYPE, self.kind())], self.text).into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, tag);
        for (name, value) in [
            // Another version of the binary has other files under the same names.
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn kind(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        }
    }

    /// A name for what is in it.
    fn tag(&self) -> HeaderValue {
        let made = self.tag.get_or_init(|| {
            let hash = Sha256::digest(self.text.as_bytes());
            let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            HeaderValue::try_from(format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
        });
        made.clone()
    }
}
