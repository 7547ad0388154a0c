//! Conversations that the server keeps.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{connect, parsed, request};
use crate::running::{Folder, Running};
use crate::support::{Answer, Server};

/// Rails that ask for a name, and know it in the next turn.
pub const RAILS: &str = r#"
define user greet
  "hi"

define flow
  user greet
  bot "Who are you?"
  user ...
  $name = $last_user_message
  bot "Hello $name."

define user ask who i am
  "who am i?"

define flow
  user ask who i am
  bot "You are $name."
"#;

pub const ONE: &str = "conversation-number-1";

fn said(server: &Running, thread: &str, text: &str) -> String {
    let answer = server.chat(&turn(thread, text));
    answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

pub fn turn(thread: &str, text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": text}], "guardrails": {"thread_id": thread}})
}

#[test]
fn a_thread_goes_on_from_where_it_was() {
    let folder = Folder::new().with("shop", RAILS, "", None);
    let server = Running::open(folder.path(), &[]);
    assert_eq!(said(&server, ONE, "hi"), "Who are you?");
    assert_eq!(said(&server, "conversation-number-2", "hi"), "Who are you?");
    let mut stream = turn(ONE, "Ada");
    stream["stream"] = json!(true);
    assert!(server.chat(&stream).body.contains("Hello Ada."));
    assert_eq!(said(&server, "conversation-number-2", "Bob"), "Hello Bob.");
    assert_eq!(said(&server, ONE, "who am i?"), "You are Ada.");
    // What was said before need not be sent, and is passed over if it is.
    let mut whole = turn(ONE, "who am i?");
    whole["messages"] = json!([
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "Who are you?"},
        {"role": "user", "content": "who am i?"},
    ]);
    assert_eq!(server.chat(&whole).json()["choices"][0]["message"]["content"], "You are Ada.");
}

#[test]
fn threads_have_names_of_some_length() {
    let folder = Folder::new().with("shop", RAILS, "", None);
    let server = Running::open(folder.path(), &[]);
    for name in ["", "short", &"x".repeat(256), "conversation\nnumber-1"] {
        let answer = server.chat(&turn(name, "hi"));
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_value"), "{name}");
        assert_eq!(answer.json()["error"]["param"], "guardrails.thread_id");
    }
    assert_eq!(said(&server, &"x".repeat(255), "hi"), "Who are you?");
}

#[test]
fn the_thread_of_another_caller_is_no_way_in() {
    let folder = Folder::new().with("shop", RAILS, "", None);
    let (server, keys) = Running::for_callers(&folder, &["a", "b"]);
    let ask = |key: &str, text: &str| {
        let headers = [("authorization", &*format!("Bearer {key}"))];
        let answer = server.post("/v1/chat/completions", &headers, &turn(ONE, text));
        answer.json()["choices"][0]["message"]["content"].clone()
    };
    assert_eq!(ask(&keys[0], "hi"), "Who are you?");
    assert_eq!(ask(&keys[0], "Ada"), "Hello Ada.");
    assert_eq!(ask(&keys[1], "who am i?"), "You are .");
    assert_eq!(ask(&keys[0], "who am i?"), "You are Ada.");
}

#[test]
fn requests_of_one_thread_run_one_after_the_other() {
    let model = Server::start(|_| {
        Answer::completion(&rails::model::Completion { text: "ok".to_owned(), ..Default::default() })
            .after(Duration::from_millis(50))
    });
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let server = Running::open(folder.path(), &[]);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let server = &server;
            scope.spawn(move || assert_eq!(said(server, ONE, &format!("text {number}")), "ok"));
        }
    });
    let counts: Vec<_> =
        model.requests().iter().map(|request| request.json()["messages"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [counts[0], counts[0] + 2, counts[0] + 4, counts[0] + 6], "each sees the ones before");
}

#[test]
fn a_client_that_leaves_takes_its_turn_back() {
    let model = Server::start(|request| {
        let text = request.json()["messages"].to_string();
        let answer = Answer::completion(&rails::model::Completion { text: "ok".to_owned(), ..Default::default() });
        if text.contains("wait") { answer.after(Duration::from_secs(9)) } else { answer }
    });
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let server = Running::open(folder.path(), &[]);
    let body = turn(ONE, "wait for it").to_string();
    let mut stream = connect(server.address);
    let headers = [("content-type", "application/json")];
    stream.write_all(&request("POST /v1/chat/completions", &headers, body.as_bytes())).unwrap();
    while model.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(stream);
    assert!(model.sees_a_drop(Duration::from_secs(5)), "the model is asked on for nobody");
    assert_eq!(said(&server, ONE, "hello"), "ok");
    assert!(!model.requests()[1].json()["messages"].to_string().contains("wait"));
}

#[test]
fn whoever_closes_its_half_of_a_connection_is_answered_or_has_left() {
    let folder = Folder::new().with("shop", RAILS, "", None);
    let server = Running::open(folder.path(), &[]);
    let mut stream = connect(server.address);
    let headers = [("content-type", "application/json")];
    stream.write_all(&request("POST /v1/chat/completions", &headers, turn(ONE, "hi").to_string().as_bytes())).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(bytes.is_empty() || parsed(&bytes).status == 200, "{bytes:?}");
    // The turn was taken whole, or not at all; what was told was taken.
    let next = said(&server, ONE, "hi");
    assert!(next == "Hello hi." || (bytes.is_empty() && next == "Who are you?"), "{next}");
}

#[test]
fn a_thread_that_has_become_too_long_is_not_gone_on_with() {
    let model = Server::saying(["x".repeat(5_000).as_str(), "unheard"]);
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let settings = folder.file("serve.yml", "conversations: {thread_bytes: 4096}\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    assert_eq!(said(&server, ONE, "hello").len(), 5_000);
    assert_eq!(server.chat(&turn(ONE, "hello again")).code(), "thread_too_long");
    assert_eq!(model.requests().len(), 1);
}
