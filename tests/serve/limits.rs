//! How much somebody may ask.

use std::io::Write as _;
use std::time::Duration;

use rails::model::{Completion, Tokens};
use serde_json::json;

use crate::client::{connect, request};
use crate::running::{CONFIG, Folder, RAILS, Running, command};
use crate::support::{Answer, Server};

fn canned() -> Folder {
    Folder::new().with("shop", RAILS, CONFIG, None)
}

#[test]
fn a_key_may_send_so_many_requests() {
    let (server, keys) = Running::set(&canned(), &["a", "b"], "rates:\n  - {per: key, limit: 3 requests / hour}\n");
    for left in [2, 1, 0] {
        let answer = server.ask(&keys[0], "hi");
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (200, &*left.to_string()));
        assert_eq!(answer.header("ratelimit-limit"), "3");
        assert_eq!(answer.header("ratelimit-policy"), "\"key-requests\";q=3;w=3600");
    }
    let refused = server.ask(&keys[0], "hi");
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limit_exceeded"), "{refused:?}");
    assert_eq!(refused.json()["error"]["type"], "requests");
    assert_eq!(refused.json()["error"]["message"], "this key may send 3 requests in one hour");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3660).contains(&wait), "{wait}");
    assert_eq!((refused.header("ratelimit-remaining"), refused.header("ratelimit-reset")), ("0", &*wait.to_string()));
    assert!(refused.header("ratelimit").starts_with("\"key-requests\";r=0;t="));
    // Others are not affected, and looking at what there is takes nothing.
    assert_eq!(server.ask(&keys[1], "hi").status, 200);
    assert_eq!(server.get("/v1/models", &[("authorization", &format!("Bearer {}", keys[0]))]).status, 200);
}

#[test]
fn what_was_refused_is_let_in_when_it_was_said() {
    let (server, keys) = Running::set(&canned(), &["a"], "rates:\n  - {per: key, requests: 1, in: 1s}\n");
    assert_eq!(server.ask(&keys[0], "hi").status, 200);
    let mut refused = 0;
    loop {
        let answer = server.ask(&keys[0], "hi");
        if answer.status == 200 {
            break;
        }
        refused += 1;
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=2).contains(&wait) && refused < 3, "{wait}");
        std::thread::sleep(Duration::from_secs(wait));
    }
}

#[test]
fn users_of_one_key_are_counted_apart() {
    let rates = "rates:\n  - {per: user, limit: 1 request / hour}\n";
    let (server, keys) = Running::set(&canned(), &["a", "b"], &format!("user: {{header: X-User}}\n{rates}"));
    for (key, user, status) in
        [(0, "ada", 200), (0, "bob", 200), (0, "ada", 429), (1, "ada", 200), (0, "", 200), (0, "", 429)]
    {
        let headers = if user.is_empty() { vec![] } else { vec![("x-user", user)] };
        assert_eq!(server.ask_as(&keys[key], "hi", &headers).status, status, "{key} {user}");
    }
    assert_eq!(server.ask_as(&keys[0], "hi", &[("x-user", &"u".repeat(300))]).code(), "invalid_value");

    let folder = canned();
    let settings = folder.file("serve.yml", &format!("user: field\n{rates}"));
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    for (user, status) in [("ada", 200), ("bob", 200), ("ada", 429)] {
        let body = json!({"user": user, "messages": [{"role": "user", "content": "hi"}]});
        assert_eq!(server.chat(&body).status, status, "{user}");
    }
}

#[test]
fn addresses_are_counted_whatever_key_they_try() {
    let settings = "rates:\n  - {per: ip, limit: 3 requests / hour}\ntrusted_proxies: [127.0.0.0/8]\n";
    let (server, keys) = Running::set(&canned(), &["a"], settings);
    let from = |address| ("x-forwarded-for", address);
    for (key, address, status) in [
        ("rk-wrong", "1.1.1.1", 401),
        ("rk-wrong", "1.1.1.1", 401),
        (&keys[0], "6.6.6.6, 1.1.1.1", 200),
        ("rk-wrong", "1.1.1.1", 429),
        (&keys[0], "1.1.1.1", 429),
        (&keys[0], "2.2.2.2", 200),
    ] {
        assert_eq!(server.ask_as(key, "hi", &[from(address)]).status, status, "{address}");
    }
    assert_eq!(server.get("/healthz", &[from("1.1.1.1")]).status, 200);
}

#[test]
fn so_many_requests_may_be_under_way() {
    let model = Server::start(|request| {
        let text = request.json()["messages"].to_string();
        let answer = Answer::completion(&rails::model::Completion { text: "ok".to_owned(), ..Default::default() });
        if text.contains("wait") { answer.after(Duration::from_secs(9)) } else { answer }
    });
    let (server, keys) = Running::set(&Folder::usual(&model.url()), &["a"], "rates: [{per: key, concurrent: 1}]\n");
    let mut stream = connect(server.address);
    let body = json!({"messages": [{"role": "user", "content": "wait for it"}], "stream": true}).to_string();
    let bearer = format!("Bearer {}", keys[0]);
    let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
    stream.write_all(&request("POST /v1/chat/completions", &headers, body.as_bytes())).unwrap();
    while model.requests().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let refused = server.ask(&keys[0], "hello");
    assert_eq!((refused.status, refused.code().as_str()), (429, "concurrency_limit_exceeded"));
    assert_eq!(refused.header("retry-after"), "1");
    drop(stream);
    assert!(model.sees_a_drop(Duration::from_secs(5)));
    assert_eq!(server.ask(&keys[0], "hello").status, 200, "what a client left is over");
}

#[test]
fn tokens_are_counted_as_models_tell_of_them() {
    let said = || Completion {
        tokens: Some(Tokens { input: 70, output: 30, cached: 0 }),
        text: "At nine.".into(),
        ..Completion::default()
    };
    let model = Server::scripted([said(), said()]);
    let settings = "rates:\n  - {per: key, limit: 1500 tokens / hour}\n";
    let (server, keys) = Running::set(&Folder::usual(&model.url()), &["a"], settings);
    // What is expected is taken first: without a word of how long the reply may be, a thousand tokens.
    assert_eq!(server.ask(&keys[0], "when do you open?").status, 200);
    for _ in 0..3 {
        // What no model is asked for takes nothing.
        assert_eq!(server.ask(&keys[0], "hi").header("ratelimit-remaining"), "399");
    }
    assert_eq!(server.ask(&keys[0], "and when do you close?").status, 200);
    let refused = server.ask(&keys[0], &"long text ".repeat(150));
    assert_eq!((refused.status, refused.code().as_str()), (429, "token_limit_exceeded"), "{refused:?}");
    assert_eq!(
        (refused.json()["error"]["type"].as_str(), refused.header("ratelimit-remaining")),
        (Some("tokens"), "1300")
    );
    assert_eq!(model.requests().len(), 2);
}

#[test]
fn limits_are_read_strictly() {
    let folder = canned();
    for (text, says) in [
        ("rates: [{per: key}]\n", "one limit: `limit`"),
        ("rates: [{limit: 5 requests / hour}]\n", "says `per`"),
        ("rates: [{per: kee, limit: 5 requests / hour}]\n", "`key` or `user` or `ip`"),
        ("rates: [{per: key, limit: 5 requests}]\n", "such as `50 requests / hour`"),
        (
            "rates: [{per: key, limit: 60 requests / hour}, {per: key, requests: 60, in: 60 minutes}]\n",
            "this limit stands in the list already",
        ),
        ("rates: [{per: key, requests: 5}]\n", "one limit: `limit`"),
        ("rates: [{per: key, requests: 5, in: soon}]\n", "a time such as `hour`"),
        ("rates: [{per: key, concurrent: 5, in: hour}]\n", "one limit: `limit`"),
        ("rates: [{per: key, requests: 0, in: hour}]\n", "a whole number from 1"),
        ("rates: [{per: key, request: 5, in: hour}]\n", "did you mean `requests`?"),
        ("user: name\n", "`key` or `field`"),
        ("user: {header: \"a b\"}\n", "the name of a `header`"),
        ("trusted_proxies: [here]\n", "a network such as `10.0.0.0/8`"),
    ] {
        let settings = folder.file("serve.yml", text);
        let output = command(folder.path()).arg("--config").arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}: {error}");
        assert!(error.contains(says) && error.contains("serve.yml:1:"), "{text}: {error}");
    }
}
