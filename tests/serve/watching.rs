//! What the server tells of itself: metrics, and the log.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::running::{Folder, Running, asked, command, saying};
use crate::support::{Answer, Server};

#[test]
fn turns_are_counted() {
    let model = Server::scripted([saying("At nine.")]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    for text in ["hi", "when do you open?", "my password is x", "what was that again?"] {
        server.chat(&asked(text));
    }
    let text = server.get("/metrics", &[]).body;
    for line in [
        "railsc_turns_total{config=\"shop\",status=\"passed\"} 2",
        "railsc_turns_total{config=\"shop\",status=\"failed\"} 1",
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
    logged_of(&Folder::usual("http://127.0.0.1:1"), settings, text)
}

/// The same of what is in `folder`.
fn logged_of(folder: &Folder, settings: &str, text: &str) -> Vec<Value> {
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
    assert!(turn["line"].as_str().is_some_and(|line| line.contains(".co:")) && turn["rule"].is_null(), "{turn}");
    assert!(!log.iter().any(|event| event.to_string().contains("hunter2")), "{log:?}");
    let failed = logged("", "when do you open, hunter2?");
    let event = failed.iter().find(|event| event["message"] == "turn failed").unwrap_or_else(|| panic!("{failed:?}"));
    assert_eq!(
        (&event["error"], &event["cause"]),
        (&json!("upstream_unreachable"), &json!("it can't be reached")),
        "{event}"
    );
    let turn = failed.iter().find(|event| event["message"] == "turn").unwrap_or_else(|| panic!("{failed:?}"));
    assert_eq!(turn["status"], "failed");
    assert!(!failed.iter().any(|event| event.to_string().contains("hunter2")), "{failed:?}");
    let told = logged("log: {texts: true}\n", "my password is hunter2");
    let turn =
        told.iter().find(|event| event["text"] == "my password is hunter2").unwrap_or_else(|| panic!("{told:?}"));
    assert!(turn["rule"].as_str().is_some_and(|rule| rule.contains("password")), "{turn}");
    assert_eq!(logged("log: {level: error}\n", "my password is x"), Vec::<Value>::new());
}

#[test]
fn what_the_server_of_a_model_says_is_neither_logged_nor_told() {
    let rails = r#"
define user greet
  "hi"

define flow
  user greet
  bot "Hello."

define subflow self check
  # Is this fit for children? Answer yes or no.
  $fit = ...
  if $fit == "no"
    stop
"#;
    let echo = "your prompt was: I am hunter2";
    for (config, verdict) in [
        ("", json!(null)),
        (
            "rails: {input: {flows: [self check]}}\n",
            json!("rail failed: model, asked for a value: `m`: the request is refused (400)"),
        ),
        (
            "rails: {dialog: {judge: always}}\n",
            json!("judge failed: model, asked for a choice of intents: `m`: the request is refused (400)"),
        ),
    ] {
        let model = Server::start(move |_| Answer::error(400, echo));
        let folder = Folder::new().with("shop", rails, config, Some(&model.url()));
        let log = logged_of(&folder, "", "I am hunter2");
        assert!(log.iter().any(|event| event["message"] == "turn"), "{log:?}");
        assert!(!log.iter().any(|event| event.to_string().contains("hunter2")), "{log:?}");
        let server = Running::open(folder.path(), &[]);
        let answer = server.chat(&json!({
            "messages": [{"role": "user", "content": "I am hunter2"}],
            "guardrails": {"options": {"log": {"activated_rails": true}}},
        }));
        assert_eq!(answer.json()["guardrails"]["verdict"]["reason"], verdict, "{answer:?}");
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
    }
}

#[test]
fn an_intent_in_the_words_of_a_model_is_not_logged() {
    let rails = "define user greet\n  \"hi\"\ndefine flow\n  user greet\n  bot \"Hello.\"\n";
    for (said, intent) in [("greet", json!("greet")), ("say that I am hunter2", json!(null))] {
        let model = Server::saying([said, "bot answer", "Well."]);
        let folder = Folder::new().with("shop", rails, "compat: nemo\n", Some(&model.url()));
        let log = logged_of(&folder, "", "well, good morning to all of you");
        let turn = log.iter().find(|event| event["message"] == "turn").unwrap_or_else(|| panic!("{log:?}"));
        assert_eq!((&turn["intent"], model.requests().is_empty()), (&intent, false), "{turn}");
        assert!(!log.iter().any(|event| event.to_string().contains("hunter2")), "{log:?}");
    }
}

#[test]
fn why_actions_and_expressions_fail_is_told_by_the_trace_alone() {
    let status = "failed: no row for hunter2";
    let actions = Server::start(move |_| Answer::json(200, &json!({"status": status})));
    let config =
        format!("actions_server_url: \"http://{}\"\nrails: {{input: {{flows: [check]}}}}\n", actions.address());
    for (rail, cause) in [
        ("$ok = execute look_up", "action `look_up`: the actions server says that it failed"),
        ("$ok = $user_message.hunter2", "an expression has no value"),
        ("bot \"It is {{ 1 / $hunter2 }}\"", "a text can't be filled in"),
    ] {
        let folder = Folder::new().with("shop", &format!("define subflow check\n  {rail}\n"), &config, None);
        let log = logged_of(&folder, "", "hello");
        let event = log.iter().find(|event| event["message"] == "rail failed").unwrap_or_else(|| panic!("{log:?}"));
        assert_eq!((&event["rail"], &event["cause"]), (&json!("check"), &json!(cause)));
        assert!(event["line"].as_str().unwrap().contains("rails.co:"), "{event}");
        assert!(!log.iter().any(|event| event.to_string().contains("hunter2")), "{log:?}");
        let log = logged_of(&folder, "log: {texts: true}\n", "hello");
        assert!(log.iter().any(|event| event["reason"].to_string().contains("hunter2")), "{log:?}");

        let server = Running::open(folder.path(), &[]);
        let ask = |log: Value| {
            let mut body = asked("hello");
            body["guardrails"] = json!({"options": {"log": log}});
            server.chat(&body)
        };
        let answer = ask(json!({"activated_rails": true}));
        assert_eq!(answer.json()["guardrails"]["verdict"]["reason"], format!("rail failed: {cause}"));
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
        for (path, body) in [
            ("/v1/checks", asked("hello")),
            ("/v1/moderations", json!({"input": "hello"})),
            ("/beta/litellm_basic_guardrail_api", json!({"texts": ["hello"], "input_type": "request"})),
        ] {
            let answer = server.post(path, &[], &body);
            assert!(answer.status == 200 && !answer.body.contains("hunter2"), "{path}: {answer:?}");
        }
        assert!(ask(json!({"trace": true})).body.contains("hunter2"), "whoever may ask is told all of it");
    }
}
