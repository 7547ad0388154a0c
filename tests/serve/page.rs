//! The page at `/`: how its files are served, and what the server tells it of a reply. What it does in a browser is in `tests/browser`.

use serde_json::{Value, json};

use crate::running::{CONFIG, Folder, RAILS, Running};

/// The values of `attribute` in a text of markup or a program.
fn values<'a>(text: &'a str, attribute: &str) -> Vec<&'a str> {
    text.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The files that the page leads to, with their texts.
fn files(server: &Running) -> Vec<(String, String)> {
    let index = server.get("/", &[]).body;
    let mut names: Vec<String> = ["src=\"page/", "href=\"page/"]
        .iter()
        .flat_map(|attribute| values(&index, attribute))
        .map(str::to_owned)
        .collect();
    let mut files = Vec::new();
    while let Some(name) = names.pop() {
        if files.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let answer = server.get(&format!("/page/{name}"), &[]);
        assert_eq!(answer.status, 200, "{name}");
        names.extend(values(&answer.body, "from \"./").into_iter().map(str::to_owned));
        files.push((name, answer.body));
    }
    files.push(("index.html".to_owned(), index));
    files
}

#[test]
fn the_page_is_served_without_a_key_and_lets_no_text_become_a_program() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let (server, _) = Running::for_callers(&folder, &["page"]);
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page/main.js", "text/javascript; charset=utf-8"),
        ("/page/page.css", "text/css; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
    ] {
        let answer = server.get(path, &[]);
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self';", "connect-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for path in ["/page/", "/page/main.rs", "/page/..%2Fmod.rs", "/page/%00"] {
        assert_eq!(server.get(path, &[]).code(), "unknown_url", "{path}");
    }
    assert_eq!(server.post("/", &[], &json!({})).status, 405);
}

#[test]
fn the_page_is_made_of_its_own_files_alone() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let files = files(&Running::open(folder.path(), &[]));
    assert_eq!(files.len(), 12, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, text) in files {
        // The one address in the icon is the name of its format.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for bad in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"] {
            assert!(!text.contains(bad), "{name} has `{bad}`");
        }
        if name == "index.html" {
            for bad in ["<script>", "<style", " style=", " onclick="] {
                assert!(!text.contains(bad), "{name} has `{bad}`");
            }
        }
    }
}

#[test]
fn a_browser_is_told_when_its_copy_is_good() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let tag = server.get("/page/main.js", &[]).header("etag").to_owned();
    assert_ne!(tag, server.get("/page/turn.js", &[]).header("etag"));
    for (known, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ] {
        let answer = server.get("/page/main.js", &[("if-none-match", &known)]);
        assert_eq!((answer.status, answer.header("etag")), (status, &*tag), "{known}");
        assert_eq!(answer.body.is_empty(), status == 304);
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
}

fn logged(server: &Running, text: &str, log: &Value) -> Value {
    let messages = json!([{"role": "user", "content": text}]);
    server.chat(&json!({"messages": messages, "guardrails": {"options": {"log": log}}})).json()["guardrails"]["log"]
        .clone()
}

#[test]
fn the_lines_behind_a_reply_are_told_to_who_asks_for_them() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let log = logged(&server, "hi", &json!({"lines": true, "trace": true}));
    let lines = log["lines"].as_array().unwrap();
    let text = |line: u64| lines.iter().find(|told| told["line"] == line).map(|told| told["text"].as_str().unwrap());
    assert_eq!(text(3), Some("\"hi\""));
    assert_eq!(text(8), Some("define flow"));
    assert_eq!(text(10), Some("bot greet"));
    for event in log["trace"]["events"].as_array().unwrap() {
        let line = event["span"]["start"]["line"].as_u64();
        assert!(line.is_none_or(|line| text(line).is_some()), "{event} {lines:?}");
    }
    let blocked = logged(&server, "my password", &json!({"lines": true}));
    assert!(
        blocked["lines"].as_array().unwrap().iter().any(|line| line["text"] == "bot warn of passwords"),
        "{blocked}"
    );
    assert_eq!(blocked["trace"], Value::Null);
    assert_eq!(logged(&server, "hi", &json!({"trace": true}))["lines"], Value::Null);
    assert_eq!(logged(&server, "hi", &json!({})), Value::Null);
}

#[test]
fn a_trace_tells_what_was_weighed() {
    let rails = "define user greet\n  \"hello there\"\n  threshold 0.7\ndefine user leave\n  \"goodbye\"\n";
    let folder = Folder::new().with("shop", rails, "", None);
    let server = Running::open(folder.path(), &[]);
    let weighed = |text: &str| {
        let log = logged(&server, text, &json!({"trace": true}));
        let events = log["trace"]["events"].as_array().unwrap().clone();
        events.iter().find(|event| event["kind"] == "classified").unwrap()["data"]["candidates"].clone()
    };
    let exact = weighed("hello there");
    assert_eq!(exact.as_array().unwrap().len(), 1, "what equals an example is compared with nothing else");
    assert_eq!((&exact[0]["tier"], exact[0]["score"].as_f64()), (&json!("exact"), Some(1.0)));
    let near = weighed("hello you there");
    assert_eq!(
        (&near[0]["intent"], &near[0]["tier"], &near[0]["example"]),
        (&json!("greet"), &json!("embedding"), &json!("hello there"))
    );
    assert!((near[0]["threshold"].as_f64().unwrap() - 0.7).abs() < 1e-6);
    assert_eq!(near[0]["span"]["start"]["line"], 2);
}
