//! Several servers that share what they count, in a Redis of their own. These need `redis-server`, of the Debian package of that name, so
//! that they run where they are asked for: `cargo test --test serve shared -- --ignored`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rails::model::{Completion, Tokens};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{connect, request};
use crate::running::{CONFIG, Folder, RAILS, Running, command, new_key};
use crate::support::{Answer, Server};

/// A Redis that keeps nothing, until it is dropped.
struct Redis {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_at(port)
    }

    fn start_at(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("`redis-server` should be installed");
        let redis = Self { port, child, _folder: folder };
        until(|| redis.ask("PING").starts_with("+PONG"));
        redis
    }

    fn ask(&self, line: &str) -> String {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return String::new() };
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let count = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }

    fn settings(&self, more: &str) -> String {
        format!("redis: {{url: \"redis://127.0.0.1:{}\", timeout: 5s{more}}}\n", self.port)
    }

    fn stop(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.port
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(says: impl Fn() -> bool) {
    let began = Instant::now();
    while !says() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// So many servers with the same settings, and a key for them.
fn servers(count: usize, folder: &Folder, settings: &str) -> (Vec<Running>, String) {
    let (key, entry) = new_key("a");
    let file = folder.file("serve.yml", &format!("callers:\n{entry}{settings}"));
    let start = |_| {
        let mut command = command(folder.path());
        command.arg("--config").arg(&file);
        Running::start(command)
    };
    ((0..count).map(start).collect(), key)
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
        let _redis = Redis::start_at(port);
        until(|| server.ask(&key, "hi").status == if settings == rates { 429 } else { 200 });
    }
}

#[test]
fn redis_is_set_strictly() {
    let folder = canned();
    for (text, says) in [
        ("redis: {}\n", "a Redis with its `url`"),
        ("redis: {url: \"http://localhost\"}\n", "`redis.url`"),
        ("redis: {url: \"redis://localhost\", when_gone: {rates: maybe}}\n", "`open` or `closed`"),
        ("redis: {url: \"redis://localhost\"}\nusage: {path: u.sqlite}\n", "usage is kept in one place"),
    ] {
        let settings = folder.file("serve.yml", text);
        let output = command(folder.path()).args(["--no-auth", "--config"]).arg(&settings).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{text}: {error}");
    }
}
