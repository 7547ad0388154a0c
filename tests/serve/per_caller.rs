//! What goes for one caller and not for others: limits, budgets, and how much it is told.

use rails::model::{Completion, Tokens};
use serde_json::{Value, json};

use crate::running::{CONFIG, Folder, RAILS, Running, allowing, command, new_key};
use crate::support::{Answer, Server};

fn canned() -> Folder {
    Folder::new().with("shop", RAILS, CONFIG, None)
}

/// A server whose callers `a`, `b` and so on have these entries more each, and their keys.
fn served<const N: usize>(folder: &Folder, own: [&str; N], settings: &str) -> (Running, [String; N]) {
    let callers = ["a", "b", "c", "d"];
    let mut entries = String::new();
    let keys = std::array::from_fn(|at| {
        let (key, entry) = new_key(callers[at]);
        entries += &if own[at].is_empty() { entry } else { allowing(&entry, own[at]) };
        key
    });
    let file = folder.file("serve.yml", &format!("callers:\n{entries}{settings}"));
    let mut command = command(folder.path());
    command.arg("--config").arg(file);
    (Running::start(command), keys)
}

/// How many of `most` requests are answered before one is not, and why that is not.
fn let_in(most: usize, mut ask: impl FnMut() -> crate::client::Answer) -> (usize, String) {
    for count in 0..most {
        let answer = ask();
        if answer.status != 200 {
            return (count, answer.code());
        }
    }
    (most, String::new())
}

#[test]
fn a_caller_has_limits_of_its_own_in_place_of_those_for_all() {
    let rates = "rates: [{per: key, limit: 2 requests / hour}, {per: user, limit: 1 request / hour}]\n";
    let own = [
        "",
        "rates: [{per: key, limit: 4 requests / hour}]",
        "rates: [{per: user, requests: 2, in: hour}]",
        "rates: []",
    ];
    let (server, keys) = served(&canned(), own, &format!("user: {{header: x-user}}\n{rates}"));
    let let_in = |key: usize, user: &str| let_in(5, || server.ask_as(&keys[key], "hi", &[("x-user", user)]));
    let refused = |count| (count, "rate_limit_exceeded".to_owned());
    assert_eq!(let_in(0, "ada"), refused(1), "those for all");
    assert_eq!(let_in(1, "ada"), refused(4), "its own, and not the one of users");
    assert_eq!((let_in(2, "ada"), let_in(2, "bob")), (refused(2), refused(2)), "and not the one of keys");
    assert_eq!(let_in(3, "ada"), (5, String::new()));
    let answer = server.ask(&keys[1], "hi");
    assert_eq!(answer.json()["error"]["message"], "this key may send 4 requests in one hour");
    assert_eq!(answer.header("ratelimit-policy"), "\"key-requests\";q=4;w=3600");
    assert_eq!(server.ask(&keys[3], "hi").header("ratelimit-policy"), "");
}

#[test]
fn addresses_are_counted_whatever_a_key_may() {
    let (server, keys) = served(&canned(), ["rates: []"], "rates: [{per: ip, limit: 2 requests / hour}]\n");
    assert_eq!(let_in(5, || server.ask(&keys[0], "hi")), (2, "rate_limit_exceeded".to_owned()));
}

#[test]
fn a_caller_has_budgets_of_its_own_in_place_of_those_for_all() {
    let tokens = Some(Tokens { input: 1000, output: 300, cached: 0 });
    let said = Completion { tokens, text: "At nine.".to_owned(), ..Completion::default() };
    let model = Server::start(move |_| Answer::completion(&said));
    // Each costs half a cent, and may cost a little more than a cent.
    let settings = "prices: {m: {input: 2, output: 10}}\nuser: {header: x-user}\nusage: {path: usage.sqlite}\n\
        budgets: [{per: key, daily: 0.013}]\n";
    let own = ["", "budgets: [{per: key, daily: 0.0181}]", "budgets: [{per: user, monthly: 0.013}]", "budgets: []"];
    let (server, keys) = served(&Folder::usual(&model.url()), own, settings);
    let let_in =
        |key: usize, user: &str| let_in(4, || server.ask_as(&keys[key], "when do you open?", &[("x-user", user)]));
    let refused = |count| (count, "insufficient_quota".to_owned());
    assert_eq!(let_in(0, "ada"), refused(1));
    assert_eq!(let_in(1, "ada"), refused(2));
    assert_eq!((let_in(2, "ada"), let_in(2, "bob")), (refused(1), refused(1)));
    assert_eq!(let_in(3, "ada"), (4, String::new()));
    let budget = |key: usize, query: &str| {
        let bearer = format!("Bearer {}", keys[key]);
        let used = server.get(&format!("/v1/usage{query}"), &[("authorization", &bearer)]).json();
        (used["day"]["budget"].clone(), used["month"]["budget"].clone())
    };
    assert_eq!(budget(0, ""), (json!(0.013), Value::Null));
    assert_eq!(budget(1, ""), (json!(0.0181), Value::Null));
    assert_eq!((budget(2, ""), budget(2, "?user=ada")), ((Value::Null, Value::Null), (Value::Null, json!(0.013))));
    assert_eq!(budget(3, ""), (Value::Null, Value::Null));
}

#[test]
fn a_model_without_a_price_is_served_to_keys_without_a_budget() {
    let model = Server::saying(["At nine."]);
    let settings = "usage: {path: usage.sqlite}\n";
    let (server, keys) = served(&Folder::usual(&model.url()), ["budgets: [{per: key, daily: 1}]", ""], settings);
    assert_eq!(server.ask(&keys[0], "when do you open?").code(), "price_unknown");
    assert_eq!(server.ask(&keys[1], "when do you open?").status, 200);
}

#[test]
fn a_key_may_be_denied_to_see_how_replies_come_about() {
    let model = Server::saying(["The secret is 42."]);
    let (server, keys) = served(&Folder::usual(&model.url()), ["logs: false", "logs: true"], "");
    let ask = |key: &str, log: Value| {
        let body =
            json!({"messages": [{"role": "user", "content": "tell me"}], "guardrails": {"options": {"log": log}}});
        server.post("/v1/chat/completions", &[("authorization", &format!("Bearer {key}"))], &body)
    };
    for part in ["trace", "activated_rails", "lines"] {
        let refused = ask(&keys[0], json!({part: true}));
        assert_eq!((refused.status, refused.code().as_str()), (403, "log_not_allowed"), "{part}");
        assert_eq!(refused.json()["error"]["param"], "guardrails.options.log");
    }
    assert_eq!(model.requests().len(), 0, "what is refused asks no model");
    let reply = ask(&keys[0], json!({"trace": false}));
    assert_eq!((reply.status, &reply.json()["guardrails"]["log"]), (200, &Value::Null));
    assert_eq!(reply.json()["guardrails"]["verdict"]["rail"], "no secrets", "what became of it is told to everyone");
    assert!(!reply.body.contains("is 42"), "{reply:?}");
    assert_eq!(ask(&keys[1], json!({"lines": true})).status, 502, "the model has nothing more to say");
}

#[test]
fn what_goes_for_one_is_read_strictly() {
    let folder = canned();
    let (_, entry) = new_key("a");
    for (own, says) in [
        ("rates: [{per: ip, limit: 5 requests / hour}]", "addresses are counted before it is known who calls"),
        ("rates: [{per: key, limit: 5 requests}]", "such as `50 requests / hour`"),
        (
            "rates: [{per: user, limit: 9 concurrent}, {per: user, concurrent: 9}]",
            "this limit stands in the list already",
        ),
        ("rates: {per: key}", "this should be a list"),
        ("rates: ~", "say `[]` where none does"),
        ("budgets: [{per: key}]", "a budget with `per`"),
        ("budgets: ~", "say `[]` where none does"),
        ("budgets: [{per: key, daily: 1}]", "say `usage: {path: usage.sqlite}`"),
        ("logs: ~", "`logs` should be `true` or `false`"),
        ("logs: sometimes", "`true` or `false`"),
        ("log: false", "did you mean `logs`?"),
    ] {
        let settings = folder.file("serve.yml", &format!("callers:\n{}", allowing(&entry, own)));
        let output = command(folder.path()).arg("--config").arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{own}: {error}");
        assert!(error.contains(says), "{own}: {error}");
        assert!(error.contains("serve.yml:2:") || says.contains("usage.sqlite"), "{own}: {error}");
    }
}
