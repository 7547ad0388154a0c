//! Requests that are wrong, and connections that go wrong: each gets an error that clients understand, and harms nobody else.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{connect, exchange, parsed, request};
use crate::running::{CONFIG, Folder, RAILS, Running};
use crate::support::{Answer, LONG, Server, Step};

const PATH: &str = "/v1/chat/completions";

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

fn served(settings: &str) -> (Folder, Running) {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let settings = folder.file("serve.yml", settings);
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    (folder, server)
}

fn is_fine(server: &Running) {
    assert_eq!(server.chat(&json!({"messages": hi()})).json()["choices"][0]["message"]["content"], "Hello.");
}

#[test]
fn what_is_no_request_is_told_by_field() {
    let (_folder, server) = served("");
    let with = |field: &str, value: Value| {
        let mut body = json!({"messages": hi()});
        body[field] = value;
        body
    };
    for (body, code, param, says) in [
        (json!([]), "invalid_value", Value::Null, "an object with `messages`"),
        (json!({}), "invalid_value", Value::Null, "missing field `messages`"),
        (json!({"messages": "hi"}), "invalid_value", json!("messages"), "expected a sequence"),
        (
            json!({"messages": [{"role": "robot", "content": "x"}]}),
            "invalid_value",
            json!("messages[0].role"),
            "unknown variant `robot`",
        ),
        (json!({"messages": [{"content": "x"}]}), "invalid_value", json!("messages[0]"), "missing field `role`"),
        (
            json!({"messages": [{"role": "user", "content": 3}]}),
            "invalid_value",
            json!("messages[0].content"),
            "a text, or a list of parts",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}),
            "invalid_value",
            json!("messages[0].content[0]"),
            "rails read texts only",
        ),
        (json!({"messages": []}), "no_user_message", json!("messages"), "nothing to reply to"),
        (with("stream", json!("yes")), "invalid_value", json!("stream"), "expected a boolean"),
        (with("n", json!(2)), "invalid_value", json!("n"), "`n` should be 1"),
        (with("functions", json!([])), "invalid_value", json!("functions"), "use `tools`"),
        (with("tools", json!({})), "invalid_value", json!("tools"), "expected a sequence"),
        (with("user", json!(1)), "invalid_value", json!("user"), "expected a string"),
        (
            with("guardrails", json!({"thread": "x"})),
            "invalid_value",
            json!("guardrails.thread"),
            "unknown field `thread`",
        ),
        (
            with("guardrails", json!({"options": {"rails": {"input": false}}})),
            "invalid_value",
            json!("guardrails.options.rails"),
            "unknown field `rails`",
        ),
        (
            with("guardrails", json!({"context": {"skip_output_rails": true}})),
            "invalid_value",
            json!("guardrails.context.skip_output_rails"),
            "pass them by",
        ),
        (
            with("guardrails", json!({"context": {"check_facts": false}})),
            "invalid_value",
            json!("guardrails.context.check_facts"),
            "pass them by",
        ),
        (
            with("guardrails", json!({"context": {"sensitive_vault": {}}})),
            "invalid_value",
            json!("guardrails.context.sensitive_vault"),
            "pass them by",
        ),
        (
            with("guardrails", json!({"state": {}})),
            "invalid_value",
            json!("guardrails.state"),
            "not taken from clients",
        ),
        (
            with("guardrails", json!({"config_ids": ["a", "b"]})),
            "invalid_value",
            json!("guardrails.config_ids"),
            "one configuration",
        ),
        (with("guardrails", json!({"config_id": "x"})), "config_not_found", json!("guardrails.config_id"), "`x`"),
    ] {
        let answer = server.chat(&body);
        let error = answer.json()["error"].clone();
        assert_eq!((answer.code().as_str(), &error["param"]), (code, &param), "{body}: {error}");
        assert!(error["message"].as_str().unwrap().contains(says), "{body}: {error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    let texts: Vec<_> = (0..101).map(|_| json!({"role": "user", "content": "x"})).collect();
    assert_eq!(server.chat(&json!({"messages": texts})).code(), "too_many_messages");
    let long = "x".repeat(1_000_001);
    assert_eq!(server.chat(&json!({"messages": [{"role": "user", "content": long}]})).code(), "text_too_long");
    is_fine(&server);
}

#[test]
fn bodies_that_are_no_json_are_refused() {
    let (_folder, server) = served("limits: {body_bytes: 1000}\n");
    let deep = "[".repeat(500);
    let large = format!("{{\"messages\": \"{}\"}}", "x".repeat(1000));
    for (body, status, code) in [
        (&b""[..], 400, "invalid_json"),
        (b"{\"messages\": [", 400, "invalid_json"),
        (b"{\"messages\": []} x", 400, "invalid_json"),
        (b"{\"messages\": \"\xff\"}", 400, "invalid_utf8"),
        (b"{\"model\": \"\\ud800\", \"messages\": []}", 400, "invalid_json"),
        (deep.as_bytes(), 400, "invalid_json"),
        (large.as_bytes(), 413, "body_too_large"),
    ] {
        let answer = server.post_bytes(PATH, &[], body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        if code == "invalid_json" && shown.starts_with('[') {
            // A list is wrong before it is seen to be deep.
            assert_eq!(answer.status, status, "{shown}");
            continue;
        }
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{shown}");
    }
    let chunk = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let answer = parsed(&exchange(server.address, format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()));
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = server.post_bytes(PATH, &[("content-type", kind)], b"{}");
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"), "{kind}");
    }
    is_fine(&server);
}

#[test]
fn addresses_that_are_not_there_say_so() {
    let (_folder, server) = served("");
    let answer = server.get("/v1/embeddings", &[]);
    assert_eq!((answer.status, answer.code().as_str()), (404, "unknown_url"));
    let answer = server.get(PATH, &[]);
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
    for path in ["/v1/models/..%2f..%2fetc", "/../../etc/passwd", "/v1/models/%00", "/v1/models/%ff"] {
        let status = server.get(path, &[]).status;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
}

#[test]
fn heads_that_are_wrong_or_too_large_are_refused() {
    let (_folder, server) = served("limits: {head_bytes: 8192}\n");
    let large = "x".repeat(20_000);
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\nbad header: x\r\n\r\n".to_owned(), 400),
        ("GET /healthz HTTP/1.1\r\nx: a\0b\r\n\r\n".to_owned(), 400),
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("hello\r\n\r\n".to_owned(), 400),
        (format!("GET /healthz HTTP/1.1\r\nx: {large}\r\n\r\n"), 431),
        (format!("POST {PATH} HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n"), 400),
    ] {
        let bytes = exchange(server.address, head.as_bytes());
        assert_eq!(parsed(&bytes).status, status, "{}", &head[..head.len().min(60)]);
    }
    let answer = server.get("/healthz", &[("x-request-id", "a\u{1b}[31m")]);
    assert!(answer.header("x-request-id").bytes().all(|byte| byte.is_ascii_alphanumeric()), "{answer:?}");
    assert_eq!(server.get("/healthz", &[("x-request-id", "mine-1")]).header("x-request-id"), "mine-1");
    is_fine(&server);
}

#[test]
fn whoever_sends_too_slowly_is_let_go() {
    let (folder, mut server) = served("limits: {idle_time: 300ms, body_time: 300ms}\n");
    // Drop by drop, a head never comes to its end.
    let mut head = connect(server.address);
    let mut left = Vec::new();
    for byte in b"GET /healthz HTTP/1.1\r\n" {
        if head.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(40));
    }
    let _ = head.read_to_end(&mut left);
    assert!(left.is_empty() || parsed(&left).status == 408, "{left:?}");

    let mut body = connect(server.address);
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{{"
    );
    body.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    body.read_to_end(&mut answer).unwrap();
    let answer = parsed(&answer);
    assert_eq!((answer.status, answer.code().as_str()), (408, "body_timeout"));
    assert!(server.child.try_wait().unwrap().is_none());
    // On a slow machine the short times are too short for anybody.
    is_fine(&Running::open(folder.path(), &[]));
}

#[test]
fn whoever_reads_nothing_of_a_stream_is_let_go() {
    // Each piece becomes a frame ten times its size; all together are more than the system keeps for a reader.
    let event = format!("{{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}", "\\u0001".repeat(50));
    let patience = Duration::from_secs(60);
    let model = Server::start(move |_| {
        let Step::Send(bytes) = Answer::default().event(&event).steps.remove(0) else { unreachable!() };
        Answer::sse().send(bytes.repeat(20_000)).wait(patience)
    });
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let settings = folder.file("serve.yml", "limits: {write_time: 300ms}\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    let mut stream = connect(server.address);
    let body = json!({"stream": true, "messages": [{"role": "user", "content": "tell me a story"}]}).to_string();
    let headers = [("content-type", "application/json")];
    stream.write_all(&request(&format!("POST {PATH}"), &headers, body.as_bytes())).unwrap();
    assert!(model.sees_a_drop(patience), "the model writes on for nobody");
    drop(stream);
}

#[test]
fn connections_beyond_the_limit_wait_for_others_to_end() {
    let (_folder, server) = served("limits: {connections: 2}\n");
    let idle = (connect(server.address), connect(server.address));
    let mut third = connect(server.address);
    third.write_all(&request("GET /healthz", &[], b"")).unwrap();
    drop(idle);
    let mut answer = Vec::new();
    third.read_to_end(&mut answer).unwrap();
    assert_eq!(parsed(&answer).status, 200);
}

#[test]
fn a_model_that_goes_wrong_has_a_status_that_says_how() {
    for (answer, status, code) in [
        (Answer::error(429, "slow down"), 429, "upstream_rate_limited"),
        (Answer::error(401, "wrong key"), 502, "upstream_refused"),
        (Answer::error(404, "no such model"), 502, "upstream_refused"),
        (Answer::error(400, "bad request"), 502, "upstream_refused"),
        (Answer::new(500, "", ""), 502, "upstream_failed"),
        (Answer::new(200, "content-type: application/json\r\n", "{"), 502, "upstream_failed"),
        (Answer::default().close(), 502, "upstream_unreachable"),
        (Answer::default().wait(LONG), 504, "upstream_timeout"),
    ] {
        // Whoever is to answer has all the time there is.
        let limits = if code == "upstream_timeout" { "limits: {timeout: 400ms}\n" } else { "" };
        let model = Server::start(move |_| answer.clone());
        let folder = Folder::new().with("shop", RAILS, &format!("{CONFIG}{limits}"), Some(&model.url()));
        let server = Running::open(folder.path(), &[]);
        for stream in [false, true] {
            let body = json!({"stream": stream, "messages": [{"role": "user", "content": "when do you open?"}]});
            let answer = server.chat(&body);
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
            assert!(!answer.body.contains("wrong key"), "what the model's server says is not for clients");
        }
        is_fine(&server);
    }
}

#[test]
fn a_turn_that_fails_otherwise_says_so_beside_the_apology() {
    let rails = "define user greet\n  \"hi\"\ndefine flow\n  user greet\n  $x = 1 / 0\n  bot \"Hello.\"\n";
    let folder = Folder::new().with("shop", rails, "", None);
    let server = Running::open(folder.path(), &[]);
    let reply = server.chat(&json!({"messages": hi()})).json();
    assert_eq!(reply["choices"][0]["message"]["content"], "I'm sorry, an internal error has occurred.");
    assert_eq!(reply["guardrails"]["failed"], true);
}

#[test]
fn a_stream_that_breaks_ends_with_an_error() {
    let half = "{\"choices\":[{\"delta\":{\"content\":\"half of it\"}}]}";
    let model = Server::start(move |_| Answer::sse().event(half).close());
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let server = Running::open(folder.path(), &[]);
    let body = json!({"stream": true, "messages": [{"role": "user", "content": "when do you open?"}]});
    let answer = server.chat(&body);
    let events = answer.events();
    assert_eq!(answer.status, 200);
    assert!(events.iter().any(|event| event.contains("half")), "{events:?}");
    let [.., error, done] = &*events else { panic!("{events:?}") };
    let error: Value = serde_json::from_str(error).unwrap();
    assert_eq!(
        (&error["error"]["type"], &error["error"]["code"]),
        (&json!("downstream_error"), &json!("upstream_failed"))
    );
    assert_eq!(*done, "[DONE]");
}

#[test]
fn what_is_under_way_ends_before_the_server_does() {
    let model = Server::start(|_| {
        let completion = rails::model::Completion { text: "At nine.".to_owned(), ..Default::default() };
        Answer::completion(&completion).after(Duration::from_millis(400))
    });
    let folder = Folder::usual(&model.url());
    let mut server = Running::open(folder.path(), &[]);
    let mut stream = connect(server.address);
    let body = json!({"messages": [{"role": "user", "content": "when do you open?"}]}).to_string();
    let headers = [("content-type", "application/json")];
    stream.write_all(&request(&format!("POST {PATH}"), &headers, body.as_bytes())).unwrap();
    while model.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = server.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(parsed(&bytes).json()["choices"][0]["message"]["content"], "At nine.");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn pages_of_other_origins_call_where_they_may() {
    let preflight = |server: &Running, origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        let bytes = exchange(server.address, &request(&format!("OPTIONS {PATH}"), &headers, b""));
        parsed(&bytes).header("access-control-allow-origin").to_owned()
    };
    let (_folder, server) = served("");
    assert_eq!(preflight(&server, "https://shop.example"), "");
    let (_folder, server) = served("cors: {origins: [\"https://shop.example\"]}\n");
    assert_eq!(preflight(&server, "https://shop.example"), "https://shop.example");
    assert_eq!(preflight(&server, "https://evil.example"), "");
    let (_folder, server) = served("cors: {origins: [\"*\"]}\n");
    assert_eq!(preflight(&server, "https://evil.example"), "*");
}
