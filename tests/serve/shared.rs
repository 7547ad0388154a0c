//! Several servers that share what they count, in a Redis of their own. These need `redis-server`, of the Debian package of that name, so
//! that they run where they are asked for: `cargo test --test serve shared -- --ignored`.

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use rails::model::{Completion, Tokens};
use rcgen::CertifiedKey;
use serde_json::{Value, json};

use crate::client::{connect, request};
use crate::redis::{Redis, replicas, serving, until};
use crate::running::{CONFIG, Folder, RAILS, Running, allowing, command, new_key};
use crate::support::{Answer, Server};

/// So many servers with the same settings, and a key for them.
fn servers(count: usize, folder: &Folder, settings: &str) -> (Vec<Running>, String) {
    let (servers, mut keys) = replicas(count, folder, &["a"], settings);
    (servers, keys.remove(0))
}

fn canned() -> Folder {
    Folder::new().with("shop", RAILS, CONFIG, None)
}

fn usage(server: &Running, key: &str) -> Value {
    server.get("/v1/usage", &[("authorization", &format!("Bearer {key}"))]).json()
}

/// How many of so many requests are let in, that threads send to all servers at once.
fn let_in(servers: &[Running], key: &str, text: &str) -> usize {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let server = &servers[thread % servers.len()];
                scope.spawn(move || (0..6).filter(|_| server.ask(key, text).status == 200).count())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

#[test]
#[ignore = "needs redis-server"]
fn replicas_let_in_together_what_the_limit_says() {
    let redis = Redis::start();
    let rates = "rates: [{per: key, limit: 20 requests / hour}, {per: key, limit: 50000 tokens / hour}]\n";
    let (servers, key) = servers(2, &canned(), &format!("{rates}{}", redis.settings("")));
    assert_eq!(let_in(&servers, &key, "hi"), 20);
    let refused = servers[1].ask(&key, "hi");
    assert_eq!((refused.status, refused.header("ratelimit-remaining")), (429, "0"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3500..=3660).contains(&wait), "{wait}");
    until(|| usage(&servers[0], &key)["day"]["requests"] == 20);
    assert!(redis.ask("KEYS railsc:rate:*").starts_with("*2"), "one for requests, one for tokens");
}

#[test]
#[ignore = "needs redis-server"]
fn replicas_count_together_what_is_a_callers_own() {
    let redis = Redis::start();
    let tokens = Some(Tokens { input: 1000, output: 300, cached: 0 });
    let model = Server::start(move |_| {
        Answer::completion(&Completion { tokens, text: "At nine.".to_owned(), ..Completion::default() })
    });
    let folder = Folder::usual(&model.url());
    let (key, entry) = new_key("a");
    let (other, other_entry) = new_key("b");
    // Each costs half a cent, and may cost a little more than a cent.
    let own = "rates: [{per: key, limit: 5 requests / hour}], budgets: [{per: key, daily: 0.0181}]";
    let entries = format!("{}{other_entry}", allowing(&entry, own));
    let settings = format!(
        "rates: [{{per: key, limit: 3 requests / hour}}]\nprices: {{m: {{input: 2, output: 10}}}}\n{}",
        redis.settings("")
    );
    let servers = serving(2, &folder, &format!("callers:\n{entries}{settings}"));
    let mut codes = Vec::new();
    for (at, key) in [&key, &key, &key, &key, &key, &key, &other, &other, &other, &other].into_iter().enumerate() {
        let answer = servers[at % 2].ask(key, "when do you open?");
        codes.push(if answer.status == 200 { "ok".to_owned() } else { answer.code() });
        until(|| usage(&servers[at % 2], key)["reserved"] == json!(0));
    }
    let (ok, quota, rate) = ("ok", "insufficient_quota", "rate_limit_exceeded");
    assert_eq!(codes, [ok, ok, quota, quota, quota, rate, ok, ok, ok, rate]);
}

#[test]
#[ignore = "needs redis-server"]
fn tokens_that_were_not_needed_come_back() {
    let redis = Redis::start();
    let rates = "rates: [{per: key, limit: 1500 tokens / hour}]\n";
    let (servers, key) = servers(1, &canned(), &format!("{rates}{}", redis.settings("")));
    for _ in 0..3 {
        until(|| servers[0].ask(&key, "hi").header("ratelimit-remaining") == "499");
    }
}

#[test]
#[ignore = "needs redis-server"]
fn replicas_spend_together_what_the_budget_says() {
    let redis = Redis::start();
    let tokens = Some(Tokens { input: 1000, output: 300, cached: 0 });
    let model = Server::start(move |_| {
        Answer::completion(&Completion { tokens, text: "At nine.".to_owned(), ..Completion::default() })
    });
    // Each costs half a cent, and is expected to cost a little more than a cent.
    let spending = "prices: {m: {input: 2, output: 10}}\nbudgets: [{per: key, daily: 0.0555}]\n";
    let folder = Folder::usual(&model.url());
    let (servers, key) = servers(2, &folder, &format!("{spending}{}", redis.settings("")));
    let answered = let_in(&servers, &key, "when do you open?");
    assert!((4..=10).contains(&answered), "{answered}");
    let cost = answered as f64 * 0.005;
    until(|| {
        let used = usage(&servers[0], &key);
        let spent = used["day"]["cost"].as_f64().unwrap();
        (spent - cost).abs() < 1e-9 && used["reserved"] == json!(0)
    });
    // One after the other all of it can be spent but for what the last would be expected to cost.
    while servers[0].ask(&key, "when do you open?").status == 200 {}
    until(|| usage(&servers[1], &key)["reserved"] == json!(0));
    let refused = loop {
        let answer = servers[1].ask(&key, "when do you open?");
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(refused.code(), "insufficient_quota");
    let spent = usage(&servers[1], &key)["day"]["cost"].as_f64().unwrap();
    assert!(spent <= 0.0555, "{spent}");
    assert!((model.requests().len() as f64 * 0.005 - spent).abs() < 1e-9, "{spent}");
}

#[test]
#[ignore = "needs redis-server"]
fn what_a_server_held_that_died_comes_back() {
    let redis = Redis::start();
    let model = Server::start(|_| Answer::completion(&Completion::default()).after(Duration::from_secs(9)));
    let settings = "rates: [{per: key, concurrent: 1}]\nlimits: {request_time: 2s}\n";
    let folder = Folder::usual(&model.url());
    let (mut servers, key) = servers(2, &folder, &format!("{settings}{}", redis.settings("")));
    let body = json!({"messages": [{"role": "user", "content": "when do you open?"}]}).to_string();
    let bearer = format!("Bearer {key}");
    let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
    let mut stream = connect(servers[0].address);
    stream.write_all(&request("POST /v1/chat/completions", &headers, body.as_bytes())).unwrap();
    until(|| !model.requests().is_empty());
    servers[0].child.kill().unwrap();
    until(|| servers[1].ask(&key, "hi").status == 200);
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_hangs_is_not_waited_for_by_everybody() {
    let redis = Redis::start();
    let (key, entry) = new_key("a");
    let (other, other_entry) = new_key("b");
    let entries = format!("{}{other_entry}", allowing(&entry, "budgets: [{per: key, daily: 1}]"));
    let settings = redis.settings("").replace("timeout: 5s", "timeout: 1s");
    let rates = "rates: [{per: key, limit: 1000 requests / hour}]\n";
    let servers = serving(1, &canned(), &format!("callers:\n{entries}{rates}{settings}"));
    let server = &servers[0];
    assert_eq!((server.ask(&key, "hi").status, server.ask(&other, "hi").status), (200, 200));
    let id = redis.child.id().to_string();
    let signal = |signal: &str| assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    signal("-STOP");
    for _ in 0..2 {
        let refused = server.ask(&key, "hi");
        assert_eq!((refused.status, refused.code().as_str()), (503, "budgets_unavailable"), "{refused:?}");
        assert_eq!(server.ask(&other, "hi").status, 200, "it has no budget, and rates are open");
    }
    signal("-CONT");
    until(|| server.ask(&key, "hi").status == 200);
    until(|| server.ask(&key, "hi").header("ratelimit-limit") == "1000");
}

#[test]
#[ignore = "needs redis-server"]
fn without_redis_requests_pass_or_not_as_it_is_said() {
    let rates = "rates: [{per: key, limit: 1 request / hour}]\n";
    let budgets = "budgets: [{per: key, daily: 1}]\n";
    for (settings, when_gone, expected) in [
        (rates, "", Ok(())),
        (rates, ", when_gone: {rates: closed}", Err("limits_unavailable")),
        (budgets, "", Err("budgets_unavailable")),
        (budgets, ", when_gone: {budgets: open}", Ok(())),
    ] {
        let redis = Redis::start();
        let (servers, key) = servers(1, &canned(), &format!("{settings}{}", redis.settings(when_gone)));
        let server = &servers[0];
        assert_eq!(server.ask(&key, "hi").status, 200);
        if settings == rates {
            assert_eq!(server.ask(&key, "hi").status, 429);
        }
        let port = redis.stop();
        for _ in 0..3 {
            let answer = server.ask(&key, "hi");
            match expected {
                Ok(()) => assert_eq!(answer.status, 200, "{settings}{when_gone}: {answer:?}"),
                Err(code) => assert_eq!((answer.status, answer.code().as_str()), (503, code), "{settings}{when_gone}"),
            }
        }
        assert_eq!(server.get("/healthz", &[]).status, 200);
        let _redis = Redis::start_at(port, &[]);
        until(|| server.ask(&key, "hi").status == if settings == rates { 429 } else { 200 });
    }
}

/// What it takes to be answered only by way of Redis.
const COUNTED: &str = "rates: [{per: key, limit: 100 requests / hour}]\n";

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_refused_the_connection_is_asked_again() {
    let port = Redis::start().stop();
    let redis = Redis::start_at(port, &["--requirepass", "another"]);
    let address =
        format!("redis: {{url: \"redis://:secret@127.0.0.1:{port}\", timeout: 5s, when_gone: {{rates: closed}}}}\n");
    let (servers, key) = servers(1, &canned(), &format!("{COUNTED}{address}"));
    assert_eq!(servers[0].ask(&key, "hi").code(), "limits_unavailable");
    redis.stop();
    let _redis = Redis::start_at(port, &["--requirepass", "secret"]);
    until(|| servers[0].ask(&key, "hi").status == 200);
}

#[test]
#[ignore = "needs redis-server"]
fn redis_is_asked_by_tls() {
    let subjects = || vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(subjects()).unwrap();
    let folder = canned();
    let certificate = folder.file("redis.pem", &cert.pem());
    let key = folder.file("redis.key", &signing_key.serialize_pem());
    folder.file("other.pem", &rcgen::generate_simple_self_signed(subjects()).unwrap().cert.pem());
    let (plain, tls) = (Redis::start().stop(), Redis::start().stop().to_string());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
    for (auth, more, works) in [
        ("no", "ca: redis.pem", true),
        ("no", "ca: other.pem", false),
        ("no", "", false),
        ("yes", "ca: redis.pem", false),
        ("yes", "ca: redis.pem, certificate: redis.pem, key: redis.key", true),
    ] {
        let arguments = [&["--tls-port", &tls, "--tls-auth-clients", auth][..], &files].concat();
        let _redis = Redis::start_at(plain, &arguments);
        let address = format!("url: \"rediss://127.0.0.1:{tls}\", timeout: 5s, when_gone: {{rates: closed}}");
        let (servers, key) = servers(1, &folder, &format!("{COUNTED}redis: {{{address}, {more}}}\n"));
        let status = if works { 200 } else { 503 };
        assert_eq!(servers[0].ask(&key, "hi").status, status, "{auth}, {more}");
    }
}

#[test]
fn redis_is_set_strictly() {
    let folder = canned();
    for (text, says) in [
        ("redis: {}\n", "a Redis with its `url`"),
        ("redis: {url: \"http://localhost\"}\n", "`redis.url`"),
        ("redis: {url: \"rediss://localhost#insecure\"}\n", "anybody could be that Redis"),
        ("redis: {url: \"redis://localhost\", ca: ca.pem}\n", "begins with `rediss://`"),
        ("redis: {url: \"rediss://localhost\", ca: none.pem}\n", "can't read"),
        ("redis: {url: \"rediss://localhost\", ca: serve.yml}\n", "holds no PEM that is wanted"),
        ("redis: {url: \"rediss://localhost\", key: key.pem}\n", "both `certificate` and `key`"),
        ("conversations: {store: redis}\n", "say which by `redis:"),
        ("conversations: {store: disk}\n", "`memory` or `redis`"),
        ("redis: {url: \"redis://localhost\", when_gone: {rates: maybe}}\n", "`open` or `closed`"),
        ("redis: {url: \"redis://localhost\"}\nusage: {path: u.sqlite}\n", "usage is kept in one place"),
    ] {
        let settings = folder.file("serve.yml", text);
        let output = command(folder.path()).args(["--no-auth", "--config"]).arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{text}: {error}");
    }
}
