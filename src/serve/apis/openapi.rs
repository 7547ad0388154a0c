//! `GET /openapi.json`: what all interfaces look like, for programs.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The document; a test holds it to the routes.
const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::DOCUMENT;

    /// Addresses and methods, as the router names them.
    fn routes() -> Vec<(String, &'static str)> {
        let source = include_str!("mod.rs");
        let routes = source.split(".route(\"").skip(1).map(|rest| {
            let (path, rest) = rest.split_once('"').unwrap();
            let method = if rest.trim_start_matches(", ").starts_with("post(") { "post" } else { "get" };
            (path.to_owned(), method)
        });
        routes.collect()
    }

    #[test]
    fn it_names_the_routes_and_no_others() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut documented: Vec<(String, String)> = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            documented.extend(methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())));
        }
        let mut routes: Vec<_> = routes().into_iter().map(|(path, method)| (path, method.to_owned())).collect();
        routes.sort();
        documented.sort();
        assert_eq!(routes, documented);
        assert!(routes.len() > 10);
    }

    #[test]
    fn all_it_refers_to_is_there() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let referred: Vec<_> =
            DOCUMENT.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(!referred.is_empty());
        for name in referred {
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
