//! A graph as a page of its own, for a browser.

use super::Graph;

const PAGE: &str = include_str!("page.html");

/// The graph of the configuration `title` as one HTML page, which loads nothing from elsewhere.
///
/// # Errors
/// None that can happen: a graph is always JSON.
pub fn html(graph: &Graph, title: &str) -> serde_json::Result<String> {
    // In a script, `</` ends it, and so does nothing else that JSON may hold.
    let script_safe =
        |json: String| json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    let data = script_safe(serde_json::to_string(graph)?);
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let (before, rest) = PAGE.split_once("{{graph}}").unwrap_or((PAGE, ""));
    Ok(format!("{}{data}{rest}", before.replace("{{title}}", &title)))
}
