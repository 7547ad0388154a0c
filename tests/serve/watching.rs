//! What the server tells of itself: metrics, and the log.

use std::io::Read as _;
use std::process::Stdio;

use rails::model::{Completion, Tokens};
use serde_json::{Value, json};

use crate::running::{Folder, Running, command};
use crate::support::Server;

fn asked(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": text}]})
}

#[test]
fn turns_are_counted() {
    let said = Completion {
        tokens: Some(Tokens { input: 7, output: 3, cached: 0 }),
        text: "At nine.".to_owned(),
        ..Completion::default()
    };
    let model = Server::scripted([said]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    for text in ["hi", "when do you open?", "my password is x", "what was that again?"] {
        server.chat(&asked(text));
    }
    let text = server.get("/metrics", &[]).body;
    for line in [
        "railsc_turns_total{config=\"shop\",status=\"passed\"} 3",
        "railsc_turns_total{config=\"shop\",status=\"blocked\"} 1",
        "railsc_rails_total{config=\"shop\",rail=\"no passwords\",stage=\"input\",status=\"blocked\",mode=\"enforced\"} 1",
        "railsc_tiers_total{config=\"shop\",tier=\"exact\"} 1",
        "railsc_tokens_total{config=\"shop\",model=\"m\",direction=\"input\"} 7",
        "railsc_tokens_total{config=\"shop\",model=\"m\",direction=\"output\"} 3",
        "railsc_upstream_errors_total{config=\"shop\",code=\"upstream_failed\"} 1",
        "railsc_requests_total{route=\"/v1/chat/completions\",status=\"200\"} 3",
        "railsc_requests_total{route=\"/v1/chat/completions\",status=\"502\"} 1",
        "railsc_request_duration_seconds_count{route=\"/v1/chat/completions\"} 4",
        "railsc_config_current{config=\"shop\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn metrics_are_for_those_with_a_key_unless_they_are_public() {
    let folder = Folder::usual("http://127.0.0.1:1");
    let (server, keys) = Running::for_callers(&folder, &["a"]);
    assert_eq!(server.get("/metrics", &[]).status, 401);
    assert_eq!(server.get("/metrics", &[("x-api-key", &keys[0])]).status, 200);
    let settings = std::fs::read_to_string(folder.path().join("serve.yml")).unwrap();
    let settings = folder.file("serve.yml", &(settings + "metrics: {public: true}\n"));
    let mut command = command(folder.path());
    command.arg("--config").arg(settings);
    assert_eq!(Running::start(command).get("/metrics", &[]).status, 200);
}

/// What is logged of a turn that says `text`.
fn logged(settings: &str, text: &str) -> Vec<Value> {
    let folder = Folder::usual("http://127.0.0.1:1");
    let settings = folder.file("serve.yml", settings);
    let mut command = command(folder.path());
    command.arg("--no-auth").arg("--config").arg(settings);
    command.stderr(Stdio::piped());
    let mut server = Running::start_with_log(command);
    server.post("/v1/chat/completions", &[("x-request-id", "mine")], &asked(text));
    server.child.kill().unwrap();
    let mut log = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn the_log_tells_of_turns_and_not_what_was_said() {
    let log = logged("", "my password is hunter2");
    let turn = log.iter().find(|event| event["message"] == "turn").unwrap_or_else(|| panic!("{log:?}"));
    assert_eq!(
        (&turn["request_id"], &turn["status"], &turn["rail"]),
        (&json!("mine"), &json!("blocked"), &json!("no passwords"))
    );
    assert_eq!((&turn["caller"], &turn["config"]), (&json!("anyone"), &json!("shop")));
    assert!(!log.iter().any(|event| event.to_string().contains("hunter2")), "{log:?}");
    let failed = logged("", "when do you open, hunter2?");
    let event = failed.iter().find(|event| event["message"] == "turn failed").unwrap_or_else(|| panic!("{failed:?}"));
    assert!(event["error"].as_str().unwrap().contains("can't be reached"), "{event}");
    assert!(!failed.iter().any(|event| event.to_string().contains("hunter2")), "{failed:?}");
    let told = logged("log: {texts: true}\n", "my password is hunter2");
    assert!(told.iter().any(|event| event["text"] == "my password is hunter2"), "{told:?}");
    assert_eq!(logged("log: {level: error}\n", "my password is x"), Vec::<Value>::new());
}
