//! What goes wrong for one who calls is no business of others: they are answered, and see nothing of it.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use rails::model::Completion;
use serde_json::{Value, json};

use crate::client::{connect, exchange, parsed, request};
use crate::running::{CONFIG, Folder, RAILS, Running, command};
use crate::support::{Answer, Server};

const PATH: &str = "/v1/chat/completions";
/// All addresses that take a body.
const PATHS: [&str; 8] = [
    PATH,
    "/v1/checks",
    "/v1/moderations",
    "/beta/litellm_basic_guardrail_api",
    "/api/v1/text/contents",
    "/request",
    "/response",
    "/portkey",
];

fn canned() -> Folder {
    Folder::new().with("shop", RAILS, CONFIG, None)
}

fn head(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n")
}

/// A connection over which `bytes` have gone.
fn sent(server: &Running, bytes: &str) -> TcpStream {
    let mut stream = connect(server.address);
    stream.write_all(bytes.as_bytes()).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

fn hi(more: Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn whoever_takes_long_to_ask_holds_up_nobody() {
    let folder = canned();
    let server = Running::open(folder.path(), &[]);
    let body = hi(json!({})).to_string();
    let (half, rest) = body.split_at(20);
    let heads: Vec<_> = (0..100).map(|_| sent(&server, "POST /v1/chat/completions HTTP/1.1\r\nhost: loc")).collect();
    let begun = format!("{}connection: close\r\n\r\n{half}", head(PATH, body.len()));
    let mut bodies: Vec<_> = (0..100).map(|_| sent(&server, &begun)).collect();
    for _ in 0..10 {
        assert_eq!(server.chat(&hi(json!({}))).status, 200);
    }
    for mut stream in bodies.drain(..) {
        stream.write_all(rest.as_bytes()).unwrap();
        assert_eq!(parsed(&answer(stream)).json()["choices"][0]["message"]["content"], "Hello.");
    }
    drop(heads);
}

#[test]
fn a_body_that_breaks_off_is_told_and_nothing_is_done() {
    let model = Server::saying([]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    for path in PATHS {
        let stream = sent(&server, &format!("{}\r\n{{\"messages\": [", head(path, 500)));
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let bytes = answer(stream);
        // Whoever has closed its half may be taken to have left.
        match (bytes.is_empty(), path) {
            (true, _) => {}
            (false, "/portkey") => assert_eq!(parsed(&bytes).json()["verdict"], json!(false)),
            (false, _) => assert_eq!(parsed(&bytes).code(), "invalid_json", "{path}"),
        }
        drop(sent(&server, &format!("{}\r\n{{\"messages\": [", head(path, 500))));
    }
    assert_eq!(model.requests().len(), 0);
    assert_eq!(server.chat(&hi(json!({}))).status, 200);
}

#[test]
fn every_interface_refuses_what_it_can_not_read() {
    let folder = canned();
    let settings = folder.file("serve.yml", "limits: {body_bytes: 1000}\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    let large = format!("{{\"messages\": \"{}\"}}", "x".repeat(1000));
    for path in PATHS {
        for (body, status, code) in [
            (&b"{\"messages\": ["[..], 400, "invalid_json"),
            (b"{\"messages\": \"\xff\"}", 400, "invalid_utf8"),
            (b"7", 400, "invalid_value"),
            (large.as_bytes(), 413, "body_too_large"),
        ] {
            let answer = server.post_bytes(path, &[], body);
            if path == "/portkey" {
                // It takes any status but this one for a pass.
                assert_eq!((answer.status, &answer.json()["verdict"]), (200, &json!(false)), "{answer:?}");
            } else {
                assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}: {answer:?}");
            }
        }
    }
    assert_eq!(server.chat(&hi(json!({}))).status, 200);
}

#[test]
fn the_name_of_a_configuration_is_no_path() {
    let (inside, outside) = (canned(), Folder::new().with("other", RAILS, CONFIG, None));
    std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
    let server = Running::open(inside.path(), &[]);
    let absolute = outside.path().join("other").display().to_string();
    for id in [
        "../shop",
        "./shop",
        "shop/",
        "shop/.",
        "/shop",
        "shop/../shop",
        "link/other",
        "shop%2f",
        "shop\0",
        "",
        ".",
        "..",
        &absolute,
    ] {
        let refused = |answer: &crate::client::Answer| {
            assert_eq!((answer.status, answer.code().as_str()), (404, "config_not_found"), "{id}: {answer:?}");
        };
        refused(&server.chat(&hi(json!({"guardrails": {"config_id": id}}))));
        let checked = json!({"messages": [{"role": "user", "content": "hi"}], "guardrails": {"config_id": id}});
        refused(&server.post("/v1/checks", &[], &checked));
        if !id.contains('\0') {
            let texts = json!({"texts": ["hi"], "input_type": "request"});
            refused(&server.post("/beta/litellm_basic_guardrail_api", &[("x-rails-config", id)], &texts));
            refused(&server.post("/api/v1/text/contents", &[("detector-id", id)], &json!({"contents": ["hi"]})));
        }
    }
    assert_eq!(server.chat(&hi(json!({"guardrails": {"config_id": "shop"}}))).status, 200);
}

#[test]
fn headers_carry_nothing_into_others() {
    let folder = canned();
    let (server, keys) = Running::set(&folder, &["a"], "user: {header: x-user}\n");
    let body = hi(json!({})).to_string();
    let raw = |headers: &[u8]| {
        let key = format!("authorization: Bearer {}\r\nconnection: close\r\n", keys[0]);
        let bytes = [head(PATH, body.len()).as_bytes(), key.as_bytes(), headers, b"\r\n", body.as_bytes()].concat();
        exchange(server.address, &bytes)
    };
    for (headers, status, code) in [
        (&b"x-user: a\xff\r\n"[..], 400, "invalid_value"),
        (b"x-rails-config: sh\xffop\r\nx-user: a\r\n", 200, ""),
        (b"x-user: a\rset-cookie: b\r\n", 400, ""),
        (b"x-user: a\r\n set-cookie: b\r\n", 400, ""),
        (b"x-user : a\r\n", 400, ""),
        (b"transfer-encoding: chunked, identity\r\n", 400, ""),
    ] {
        let bytes = raw(headers);
        let answer = parsed(&bytes);
        assert_eq!(answer.status, status, "{:?}: {answer:?}", String::from_utf8_lossy(headers));
        assert_eq!(answer.header("set-cookie"), "", "{answer:?}");
        if !code.is_empty() {
            assert_eq!(answer.code(), code);
        }
    }
    // What names a request comes back in a header, and only where it can stand in one.
    for name in ["a\tb", "\u{e9}", "a b; c=d", &"x".repeat(5000)] {
        let answer = server.ask_as(&keys[0], "hi", &[("x-request-id", name)]);
        assert_eq!(answer.status, 200);
        let told = answer.header("x-request-id");
        assert!(told != name && told.len() < 200 && told.bytes().all(|byte| byte.is_ascii_graphic()), "{told}");
    }
    assert_eq!(server.ask_as("rk-\u{ff}", "hi", &[]).code(), "invalid_api_key");
}

#[test]
fn what_is_remembered_of_one_is_not_told_to_another() {
    let rails = "define user tell\n  \"I am Ada\"\ndefine user ask\n  \"who am I?\"\n\
        define flow\n  user tell\n  $name = \"Ada\"\n  $number = $seen\n  bot \"Noted.\"\n\
        define flow\n  user ask\n  bot \"You are $name, $number.\"\n";
    let folder = Folder::new().with("shop", rails, "", None).with("other", rails, "", None);
    let (server, keys) = Running::for_callers(&folder, &["a", "b"]);
    let ask = |key: &str, config: &str, thread: Option<&str>, messages: Value, seen: &str| {
        let mut body = json!({"model": config, "messages": messages, "guardrails": {"context": {"seen": seen}}});
        if let Some(thread) = thread {
            body["guardrails"]["thread_id"] = json!(thread);
        }
        let answer = server.post(PATH, &[("authorization", &format!("Bearer {key}"))], &body);
        answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    };
    let tell = json!([{"role": "user", "content": "I am Ada"}]);
    let who = json!([{"role": "user", "content": "who am I?"}]);
    let thread = Some("conversation-number-1");
    assert_eq!(ask(&keys[0], "shop", thread, tell.clone(), "7"), "Noted.");
    // The same name is another conversation under another key, and of another configuration.
    assert_eq!(ask(&keys[1], "shop", thread, who.clone(), "8"), "You are , .");
    assert_eq!(ask(&keys[0], "other", thread, who.clone(), "8"), "You are , .");
    assert_eq!(ask(&keys[0], "shop", thread, who, "7"), "You are Ada, 7.");
    // So it is with one that is told by its messages: they lead to the same flows, and to nobody else's variables.
    assert_eq!(ask(&keys[0], "shop", None, tell, "7"), "Noted.");
    let replayed = json!([
        {"role": "user", "content": "I am Ada"},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "who am I?"},
    ]);
    assert_eq!(ask(&keys[1], "shop", None, replayed.clone(), "8"), "You are Ada, 8.");
    assert_eq!(ask(&keys[0], "shop", None, replayed, "7"), "You are Ada, 7.");
}

#[test]
fn a_model_that_is_down_takes_no_turn_and_holds_up_nobody() {
    let down = Server::start(|request| {
        let text = request.json()["messages"].to_string();
        match (text.contains("wait"), text.contains("fail")) {
            (true, _) => Answer::completion(&Completion::default()).after(Duration::from_secs(60)),
            (_, true) => Answer::default().close(),
            _ => Answer::completion(&Completion { text: "Well.".to_owned(), ..Completion::default() }),
        }
    });
    let fine = Server::saying(["At nine."]);
    let folder = Folder::new().with("down", "", "", Some(&down.url())).with("fine", "", "", Some(&fine.url()));
    let (server, keys) = Running::for_callers(&folder, &["a", "b"]);
    let bearer = format!("Bearer {}", keys[0]);
    let turn = |text: &str| {
        json!({"model": "down", "messages": [{"role": "user", "content": text}],
            "guardrails": {"thread_id": "conversation-number-1"}})
    };
    let ask = |text: &str| server.post(PATH, &[("authorization", &bearer)], &turn(text));
    assert_eq!(ask("hello").status, 200);
    let failed = ask("fail");
    assert_eq!((failed.status, failed.code().as_str()), (502, "upstream_unreachable"));
    // Many wait for it, in conversations of their own.
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let body = json!({"model": "down", "messages": [{"role": "user", "content": "wait"}]}).to_string();
            let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
            let mut stream = connect(server.address);
            stream.write_all(&request(&format!("POST {PATH}"), &headers, body.as_bytes())).unwrap();
            stream
        })
        .collect();
    while down.requests().len() < 22 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let body = json!({"model": "fine", "messages": [{"role": "user", "content": "when do you open?"}]});
    let answer = server.post(PATH, &[("authorization", &format!("Bearer {}", keys[1]))], &body);
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "At nine.");
    assert_eq!(ask("hello again").status, 200, "the conversation goes on");
    let last = down.requests().last().unwrap().json()["messages"].to_string();
    assert!(last.contains("hello") && last.contains("Well.") && !last.contains("fail"), "{last}");
    drop(waiting);
}

#[test]
fn a_log_that_can_not_be_written_keeps_nobody_from_an_answer() {
    let folder = canned();
    let mut command = command(folder.path());
    // As on a disk that is full.
    command.arg("--no-auth").stderr(Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap()));
    let server = Running::start_with_log(command);
    for _ in 0..3 {
        assert_eq!(server.chat(&hi(json!({}))).json()["choices"][0]["message"]["content"], "Hello.");
    }
    assert_eq!(server.chat(&json!([])).code(), "invalid_value");
    assert_eq!(server.get("/healthz", &[]).status, 200);
}
