//! What requests cost, and how much each may spend.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use rails::model::{Completion, Tokens};
use serde_json::{Value, json};

use crate::client::{connect, request};
use crate::running::{CONFIG, Folder, RAILS, Running, allowing, command, new_key};
use crate::support::{Answer, Server};

/// What the model of these tests costs: two dollars for a million tokens sent, ten for those received.
const PRICES: &str = "prices: {m: {input: 2, output: 10, cached: 0.5}}\n";

fn completion() -> Completion {
    let tokens = Some(Tokens { input: 1000, output: 300, cached: 0 });
    Completion { tokens, text: "At nine.".to_owned(), ..Completion::default() }
}

/// A model that answers everything by [`completion`].
fn model() -> Server {
    Server::start(|request| match request.streams() {
        true => Answer::streamed(&completion()),
        false => Answer::completion(&completion()),
    })
}

fn usage(server: &Running, key: &str, query: &str) -> Value {
    let answer = server.get(&format!("/v1/usage{query}"), &[("authorization", &format!("Bearer {key}"))]);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Asks until what is told is what is expected; what a client leaves is settled a moment later.
fn until(says: impl Fn() -> bool) {
    let began = Instant::now();
    while !says() {
        assert!(began.elapsed() < Duration::from_secs(10), "it does not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_reply_says_what_it_cost() {
    let model = model();
    let (server, keys) = Running::set(&Folder::usual(&model.url()), &["a"], PRICES);
    let answer = server.ask(&keys[0], "when do you open?");
    assert_eq!(answer.json()["usage"]["cost"], json!(0.005));
    assert_eq!((answer.header("x-railsc-cost"), answer.header("x-litellm-response-cost")), ("0.005", "0.005"));
    let canned = server.ask(&keys[0], "hi");
    assert_eq!((canned.json()["usage"]["cost"].as_u64(), canned.header("x-railsc-cost")), (Some(0), "0"));
    let body = json!({"messages": [{"role": "user", "content": "and when do you close?"}], "stream": true,
        "stream_options": {"include_usage": true}});
    let bearer = format!("Bearer {}", keys[0]);
    let answer = server.post("/v1/chat/completions", &[("authorization", &bearer)], &body);
    let events = answer.events();
    let last: Value = serde_json::from_str(events[events.len() - 2]).unwrap();
    assert_eq!(last["usage"]["cost"], json!(0.005));
    let used = usage(&server, &keys[0], "");
    assert_eq!((&used["day"]["cost"], &used["day"]["requests"]), (&json!(0.01), &json!(3)));
    assert_eq!(used["month"]["prompt_tokens"], 2000);
    assert_eq!((&used["reserved"], &used["day"]["budget"]), (&json!(0), &Value::Null));
    let metrics = server.get("/metrics", &[("authorization", &bearer)]).body;
    assert!(metrics.contains("railsc_cost_picodollars_total{config=\"shop\"} 10000000000"), "{metrics}");
}

#[test]
fn a_model_without_a_price_has_an_unknown_cost() {
    let model = model();
    let (server, keys) = Running::set(&Folder::usual(&model.url()), &["a"], "");
    let answer = server.ask(&keys[0], "when do you open?");
    assert_eq!((answer.json()["usage"]["cost"].clone(), answer.header("x-railsc-cost")), (Value::Null, ""));
    let used = usage(&server, &keys[0], "");
    assert_eq!(used["day"]["requests_of_unknown_cost"], 1);
    assert_eq!(used["day"]["completion_tokens"], 300);
}

#[test]
fn rails_that_ask_models_cost_as_well() {
    let model = Server::start(|request| {
        let is_rail = request.json()["messages"].to_string().contains("comply");
        let text = if is_rail { "\"yes\"" } else { "At nine." };
        Answer::completion(&Completion { text: text.to_owned(), ..completion() })
    });
    let rails = "define flow check by a model\n  # Does the text comply with the rules? Answer yes or no.\n  $fine = ...\n  if $fine == \"no\"\n    stop\n";
    let config = "rails:\n  input: {flows: [check by a model]}\n";
    let folder = Folder::new().with("shop", rails, config, Some(&model.url()));
    let (server, keys) = Running::set(&folder, &["a"], PRICES);
    let answer = server.ask(&keys[0], "when do you open?");
    assert_eq!((model.requests().len(), answer.json()["usage"]["cost"].clone()), (2, json!(0.01)), "{answer:?}");
    let bearer = format!("Bearer {}", keys[0]);
    let body = json!({"messages": [{"role": "user", "content": "hello"}], "guardrails": {"rail_types": ["input"]}});
    assert_eq!(server.post("/v1/checks", &[("authorization", &bearer)], &body).status, 200);
    until(|| usage(&server, &keys[0], "")["day"]["cost"] == json!(0.015));
}

#[test]
fn each_sees_its_own_and_admins_see_all() {
    let folder = Folder::usual("http://127.0.0.1:1");
    let (key, entry) = new_key("a");
    let (admin, admin_entry) = new_key("boss");
    let admin_entry = allowing(&admin_entry, "admin: true");
    let settings = folder.file("serve.yml", &format!("user: {{header: x-user}}\ncallers:\n{entry}{admin_entry}"));
    let mut command = command(folder.path());
    command.arg("--config").arg(settings);
    let server = Running::start(command);
    for user in ["ada", "ada", "bob"] {
        assert_eq!(server.ask_as(&key, "hi", &[("x-user", user)]).status, 200);
    }
    assert_eq!(usage(&server, &key, "")["day"]["requests"], 3);
    assert_eq!(usage(&server, &key, "?user=ada")["day"]["requests"], 2);
    assert_eq!(usage(&server, &key, "?user=nobody")["day"]["requests"], 0);
    assert_eq!(usage(&server, &admin, "?caller=a&user=bob")["day"]["requests"], 1);
    for (query, status, code) in [("?caller=boss", 403, "usage_not_allowed"), ("?users=ada", 400, "invalid_value")] {
        let answer = server.get(&format!("/v1/usage{query}"), &[("authorization", &format!("Bearer {key}"))]);
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
}

/// A day's budget of so many dollars for each key, kept in `usage.sqlite`.
fn budget(daily: &str) -> String {
    format!("{PRICES}budgets: [{{per: key, daily: {daily}}}]\nusage: {{path: usage.sqlite}}\n")
}

#[test]
fn what_is_spent_is_spent_after_a_restart_too() {
    let model = model();
    let folder = Folder::usual(&model.url());
    // Each costs half a cent, and may cost a little more than a cent.
    let (mut server, keys) = Running::set(&folder, &["a", "b"], &budget("0.0205"));
    for _ in 0..2 {
        assert_eq!(server.ask(&keys[0], "when do you open?").status, 200);
    }
    let kill = |server: &mut Running, signal: &str| {
        Command::new("kill").args([signal, &server.child.id().to_string()]).status().unwrap();
        server.child.wait().unwrap();
    };
    kill(&mut server, "-TERM");
    let start = || {
        let mut command = command(folder.path());
        command.arg("--config").arg(folder.path().join("serve.yml"));
        Running::start(command)
    };
    let mut server = start();
    assert_eq!(usage(&server, &keys[0], "")["day"]["remaining"], json!(0.0105));
    assert_eq!(server.ask(&keys[0], "when do you open?").status, 200);
    let refused = server.ask(&keys[0], "when do you open?");
    assert_eq!((refused.status, refused.code().as_str()), (429, "insufficient_quota"), "{refused:?}");
    assert_eq!(refused.header("x-should-retry"), "false");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 86_400);
    assert_eq!(server.ask(&keys[1], "when do you open?").status, 200, "another's budget");
    assert_eq!(model.requests().len(), 4, "what is refused asks no model");
    // What was written down is there even if the process is killed.
    until(|| {
        let used = usage(&server, &keys[0], "");
        used["day"]["cost"] == json!(0.015) && used["reserved"] == json!(0)
    });
    std::thread::sleep(Duration::from_secs(1));
    kill(&mut server, "-KILL");
    let server = start();
    assert_eq!(usage(&server, &keys[0], "")["day"]["cost"], json!(0.015));
    assert_eq!(usage(&server, &keys[0], "")["reserved"], json!(0), "what was promised died with the process");
    assert_eq!(server.ask(&keys[0], "when do you open?").code(), "insufficient_quota");
}

#[test]
fn a_stream_that_is_dropped_costs_what_came_of_it() {
    let slow = Server::start(|_| {
        let mut answer =
            Answer::streamed(&Completion { text: "Nine hundred words. ".repeat(9), ..Completion::default() });
        answer.steps.truncate(answer.steps.len() / 2);
        answer.wait(Duration::from_secs(9))
    });
    let (server, keys) = Running::set(&Folder::new().with("shop", "", "", Some(&slow.url())), &["a"], &budget("1"));
    let body = json!({"messages": [{"role": "user", "content": "tell me"}], "stream": true}).to_string();
    let bearer = format!("Bearer {}", keys[0]);
    let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
    let mut stream = connect(server.address);
    stream.write_all(&request("POST /v1/chat/completions", &headers, body.as_bytes())).unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("words") {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).unwrap();
        assert!(count > 0, "{seen:?}");
        seen.extend_from_slice(&bytes[..count]);
    }
    let reserved = usage(&server, &keys[0], "")["reserved"].as_f64().unwrap();
    assert!(reserved > 0.01, "{reserved}");
    drop(stream);
    until(|| usage(&server, &keys[0], "")["reserved"] == json!(0));
    let used = usage(&server, &keys[0], "");
    let cost = used["day"]["cost"].as_f64().unwrap();
    assert!(cost > 0.0 && cost < reserved, "{cost} of {reserved}");
    assert_eq!(used["day"]["requests_of_unknown_cost"], 1, "the tokens were guessed");
}

#[test]
fn budgets_need_prices_and_a_place() {
    let model = model();
    let folder = Folder::usual(&model.url());
    let budgets = "budgets: [{per: user, monthly: 5}]\n";
    let settings = folder.file("serve.yml", budgets);
    let output = command(folder.path()).args(["--no-auth", "--config"]).arg(&settings).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("say `usage: {path: usage.sqlite}`"), "{output:?}");
    let (server, keys) = Running::set(&folder, &["a"], &format!("{budgets}usage: {{path: usage.sqlite}}\n"));
    let refused = server.ask(&keys[0], "when do you open?");
    assert_eq!((refused.status, refused.code().as_str()), (503, "price_unknown"));
    assert_eq!(model.requests().len(), 0);
}

#[test]
fn a_full_disk_closes_budgets_and_nothing_else() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let ((key, entry), (other, other_entry)) = (new_key("a"), new_key("b"));
    let other_entry = allowing(&other_entry, "budgets: []");
    let settings = format!("user: field\ncallers:\n{entry}{other_entry}{}", budget("1"));
    let settings = folder.file("serve.yml", &settings);
    let mut inner = command(folder.path());
    inner.arg("--config").arg(settings);
    // Files may grow to 64 kB; writing more fails, as it does on a disk that is full.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 128; exec \"$0\" \"$@\""]).arg(inner.get_program());
    limited.args(inner.get_args());
    limited.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut server = Running::start(limited);
    let ask = |key: &str, number: u64| {
        let user = format!("{number}-{}", "u".repeat(200));
        let body = json!({"user": user, "messages": [{"role": "user", "content": "hi"}]});
        server.post("/v1/chat/completions", &[("authorization", &format!("Bearer {key}"))], &body)
    };
    // Each user takes some of the file; what does not fit any more is known a moment later.
    let refused = (0..100_000).map(|number| ask(&key, number)).enumerate().find(|(_, answer)| answer.status != 200);
    let (answered, refused) = refused.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (503, "budgets_unavailable"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(ask(&other, 0).status, 200, "without a budget, nothing has to be written first");
    assert_eq!(server.get("/v1/models", &[("authorization", &format!("Bearer {key}"))]).status, 200);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    // There is room again: nothing of what was used is lost.
    let id = server.child.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited:"]).status().unwrap().success());
    until(|| ask(&key, 0).status == 200);
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    server.child.wait().unwrap();
    let server = Running::start(inner);
    let requests = |key: &str| usage(&server, key, "")["day"]["requests"].as_u64().unwrap();
    assert_eq!((requests(&key), requests(&other)), (answered as u64 + 1, 1));
}

#[test]
fn prices_and_budgets_are_read_strictly() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    for (text, says) in [
        ("prices: {m: {input: 1}}\n", "a price with `input` and `output`"),
        ("prices: {m: {input: cheap, output: 1}}\n", "dollars, such as"),
        ("prices: {m: {input: -1, output: 1}}\n", "dollars, such as"),
        ("prices: {m: {inputs: 1, output: 1}}\n", "did you mean `input`?"),
        ("budgets: [{per: key}]\n", "a budget with `per`"),
        ("budgets: [{per: ip, daily: 1}]\n", "`key` or `user`"),
        ("budgets: [{per: key, daily: 1, weekly: 2}]\n", "unknown key `budgets[].weekly`"),
        ("usage: {file: x}\n", "unknown key `usage.file`"),
    ] {
        let settings = folder.file("serve.yml", text);
        let output = command(folder.path()).arg("--config").arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}: {error}");
        assert!(error.contains(says) && error.contains("serve.yml:1:"), "{text}: {error}");
    }
}
