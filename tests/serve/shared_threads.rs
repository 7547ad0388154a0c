//! Conversations that several servers share, in a Redis of their own. As in `shared.rs`, those that need `redis-server` run where they are asked for.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rails::model::Completion;
use serde_json::{Value, json};

use crate::client::{Answer, connect, request};
use crate::redis::{Redis, replicas, until};
use crate::running::{Folder, Running};
use crate::support::{self, Server};
use crate::threads::{ONE, RAILS, turn};

const STORE: &str = "conversations: {store: redis}\n";

/// A caller of one of the servers.
struct Client<'a> {
    server: &'a Running,
    key: &'a str,
}

impl Client<'_> {
    fn ask(&self, body: &Value) -> Answer {
        self.server.post("/v1/chat/completions", &[("authorization", &format!("Bearer {}", self.key))], body)
    }

    fn said(&self, text: &str) -> String {
        content(&self.ask(&turn(ONE, text)))
    }
}

fn content(answer: &Answer) -> String {
    answer.json()["choices"][0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// Two servers by these settings, that keep conversations in `redis`, and the key of their one caller.
fn two(folder: &Folder, redis: &Redis, settings: &str) -> ([Running; 2], String) {
    let (servers, mut keys) = replicas(2, folder, &["a"], &format!("{settings}{}", redis.settings("")));
    (servers.try_into().ok().unwrap(), keys.remove(0))
}

/// A model that says what it was asked last, and waits with an answer to `wait` until it is told to go on.
fn gated() -> (Server, Arc<AtomicBool>) {
    let gate = Arc::new(AtomicBool::new(false));
    let is_open = gate.clone();
    let model = Server::start(move |request| {
        let asked = request.json()["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
        while asked.contains("wait") && !is_open.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let text = format!("re {}", asked.trim_matches('"'));
        support::Answer::completion(&Completion { text, ..Completion::default() })
    });
    (model, gate)
}

/// The texts that the model was sent last.
fn heard(model: &Server) -> String {
    model.requests().last().unwrap().json()["messages"].to_string()
}

/// The names under which Redis has this part of a conversation.
fn named(redis: &Redis, part: &str) -> Vec<String> {
    let answer = redis.ask(&format!("KEYS railsc:thread:*:{part}"));
    answer.lines().filter(|line| line.starts_with("railsc:")).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs redis-server"]
fn a_thread_goes_on_at_any_server() {
    let redis = Redis::start();
    let folder = Folder::new().with("shop", RAILS, "", None);
    let names = ["alice-of-sales", "bob-of-support"];
    let (servers, keys) = replicas(2, &folder, &names, &format!("{STORE}{}", redis.settings("")));
    let at = |server: usize, key: usize| Client { server: &servers[server], key: &keys[key] };
    assert_eq!(at(0, 0).said("hi"), "Who are you?");
    let mut stream = turn(ONE, "Ada");
    stream["stream"] = json!(true);
    assert!(at(1, 0).ask(&stream).body.contains("Hello Ada."));
    assert_eq!(at(0, 0).said("who am i?"), "You are Ada.");
    assert_eq!(at(1, 1).said("who am i?"), "You are .", "the name of another caller's conversation is no way in");
    assert_eq!(at(1, 0).said("who am i?"), "You are Ada.");
    let keys = redis.ask("KEYS railsc:thread:*");
    assert!(keys.starts_with("*2\r\n") && named(&redis, "state").len() == 2, "{keys}");
    assert!(!["Ada", "alice", "bob", "shop", ONE].iter().any(|text| keys.contains(text)), "{keys}");
}

#[test]
#[ignore = "needs redis-server"]
fn requests_of_one_thread_run_one_after_the_other_at_all_servers() {
    let redis = Redis::start();
    let model = Server::start(|_| {
        let ok = Completion { text: "ok".to_owned(), ..Completion::default() };
        support::Answer::completion(&ok).after(Duration::from_millis(50))
    });
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, STORE);
    std::thread::scope(|scope| {
        for number in 0..6 {
            let client = Client { server: &servers[number % 2], key: &key };
            scope.spawn(move || assert_eq!(client.said(&format!("text {number}")), "ok"));
        }
    });
    let counts: Vec<_> =
        model.requests().iter().map(|request| request.json()["messages"].as_array().unwrap().len()).collect();
    let expected: Vec<_> = (0..6).map(|turn| counts[0] + 2 * turn).collect();
    assert_eq!(counts, expected, "each sees the ones before");
}

#[test]
#[ignore = "needs redis-server"]
fn so_many_wait_for_a_thread_and_no_more() {
    let redis = Redis::start();
    let (model, gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, "conversations: {store: redis, waiting: 1}\n");
    let at = |server: usize| Client { server: &servers[server], key: &key };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| at(0).said("wait"));
        until(|| !model.requests().is_empty());
        let second = scope.spawn(|| at(1).said("second"));
        until(|| !named(&redis, "queue").is_empty());
        let third = at(0).ask(&turn(ONE, "third"));
        assert_eq!((third.status, third.code().as_str()), (409, "thread_busy"));
        gate.store(true, Ordering::SeqCst);
        assert_eq!((first.join().unwrap().as_str(), second.join().unwrap().as_str()), ("re wait", "re second"));
    });
    assert!(heard(&model).contains("re wait"), "the second does not know the first: {}", heard(&model));
}

#[test]
#[ignore = "needs redis-server"]
fn those_that_give_up_leave_nothing_behind() {
    let redis = Redis::start();
    let (model, gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, &format!("{STORE}limits: {{request_time: 4s}}\n"));
    let at = |server: usize| Client { server: &servers[server], key: &key };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| at(0).ask(&turn(ONE, "wait")));
        until(|| !model.requests().is_empty());
        for answer in [at(1).ask(&turn(ONE, "second")), first.join().unwrap()] {
            assert_eq!((answer.status, answer.code().as_str()), (504, "request_timeout"));
        }
    });
    until(|| redis.ask("KEYS railsc:thread:*").starts_with("*0"));
    gate.store(true, Ordering::SeqCst);
    assert_eq!(at(1).said("third"), "re third");
    assert!(!heard(&model).contains("wait"), "{}", heard(&model));
}

#[test]
#[ignore = "needs redis-server"]
fn a_thread_is_kept_as_long_as_it_says() {
    let redis = Redis::start();
    let folder = Folder::new().with("shop", RAILS, "", None);
    let (servers, key) = two(&folder, &redis, "conversations: {store: redis, idle_time: 6s}\n");
    let client = Client { server: &servers[0], key: &key };
    assert_eq!(client.said("hi"), "Who are you?");
    let left = redis.ask(&format!("PTTL {}", named(&redis, "state")[0]));
    let left: i64 = left.trim_matches([':', '\r', '\n']).parse().unwrap();
    assert!((1..=6000).contains(&left), "{left}");
    until(|| redis.ask("KEYS railsc:thread:*").starts_with("*0"));
    assert_eq!(client.said("who am i?"), "You are .");
}

#[test]
#[ignore = "needs redis-server"]
fn without_redis_no_thread_begins_anew() {
    let redis = Redis::start();
    let folder = Folder::new().with("shop", RAILS, "", None);
    let (servers, key) = two(&folder, &redis, STORE);
    let client = Client { server: &servers[0], key: &key };
    assert_eq!(client.said("hi"), "Who are you?");
    let port = redis.stop();
    for stream in [false, true, false] {
        let mut body = turn(ONE, "Ada");
        body["stream"] = json!(stream);
        let answer = client.ask(&body);
        assert_eq!((answer.status, answer.code().as_str()), (503, "conversations_unavailable"), "{answer:?}");
    }
    assert_eq!(client.server.ask(&key, "hi").status, 200, "without a thread nothing is missing");
    let _redis = Redis::start_at(port, &[]);
    until(|| client.ask(&turn(ONE, "hi")).status == 200);
    assert_eq!(client.said("Ada"), "Hello Ada.");
}

#[test]
#[ignore = "needs redis-server"]
fn a_thread_that_a_dead_server_held_goes_on() {
    let redis = Redis::start();
    let (model, _gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (mut servers, key) = two(&folder, &redis, STORE);
    assert_eq!(Client { server: &servers[0], key: &key }.said("first"), "re first");
    let headers = [("content-type", "application/json"), ("authorization", &*format!("Bearer {key}"))];
    let mut stream = connect(servers[0].address);
    let body = turn(ONE, "wait").to_string();
    stream.write_all(&request("POST /v1/chat/completions", &headers, body.as_bytes())).unwrap();
    until(|| model.requests().len() == 2);
    servers[0].child.kill().unwrap();
    assert_eq!(Client { server: &servers[1], key: &key }.said("third"), "re third");
    assert!(heard(&model).contains("re first") && !heard(&model).contains("wait"), "{}", heard(&model));
}

#[test]
#[ignore = "needs redis-server"]
fn a_server_that_stood_still_does_not_undo_what_others_did() {
    let redis = Redis::start();
    let (model, gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, STORE);
    let at = |server: usize| Client { server: &servers[server], key: &key };
    let signal = |signal: &str| {
        let pid = servers[0].child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    };
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| at(0).ask(&turn(ONE, "wait")));
        until(|| !model.requests().is_empty());
        signal("-STOP");
        assert_eq!(at(1).said("second"), "re second");
        gate.store(true, Ordering::SeqCst);
        signal("-CONT");
        assert_eq!(slow.join().unwrap().code(), "conversations_unavailable");
    });
    assert_eq!(at(0).said("third"), "re third");
    assert!(heard(&model).contains("re second") && !heard(&model).contains("wait"), "{}", heard(&model));
}

#[test]
#[ignore = "needs redis-server"]
fn who_has_lost_a_thread_can_not_write_to_it() {
    let redis = Redis::start();
    let (model, gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, STORE);
    let at = |server: usize| Client { server: &servers[server], key: &key };
    for (round, (stream, ends)) in [(false, false), (true, false), (false, true), (true, true)].into_iter().enumerate()
    {
        gate.store(false, Ordering::SeqCst);
        std::thread::scope(|scope| {
            let before = model.requests().len();
            let slow = scope.spawn(|| {
                let mut body = turn(ONE, "wait");
                body["stream"] = json!(stream);
                at(0).ask(&body)
            });
            until(|| model.requests().len() > before);
            // As if the lease had run out.
            redis.ask(&format!("DEL {}", named(&redis, "holder")[0]));
            let quick = format!("quick {round}");
            assert_eq!(at(1).said(&quick), format!("re {quick}"));
            // Either it comes to its end, or it learns before that the end is for nothing.
            gate.store(ends, Ordering::SeqCst);
            let answer = slow.join().unwrap();
            gate.store(true, Ordering::SeqCst);
            assert!(answer.body.contains("conversations_unavailable"), "{answer:?}");
            assert!(!answer.body.contains("\"finish_reason\":\"stop\""), "{answer:?}");
        });
    }
    assert_eq!(at(0).said("last"), "re last");
    let heard = heard(&model);
    assert!((0..4).all(|round| heard.contains(&format!("re quick {round}"))) && !heard.contains("wait"), "{heard}");
}

#[test]
#[ignore = "needs redis-server"]
fn what_can_not_be_read_is_told_and_not_begun_anew() {
    let redis = Redis::start();
    let (model, _gate) = gated();
    let folder = Folder::new().with("shop", "", "", Some(&model.url()));
    let (servers, key) = two(&folder, &redis, "conversations: {store: redis, thread_bytes: 4096}\n");
    let client = Client { server: &servers[0], key: &key };
    assert_eq!(client.said("hi"), "re hi");
    let name = named(&redis, "state").remove(0);
    for state in ["garbage", "{}", "[[[[[[", "null"] {
        redis.ask(&format!("HSET {name} state {state}"));
        let answer = client.ask(&turn(ONE, "Ada"));
        assert_eq!((answer.status, answer.code().as_str()), (500, "internal_error"), "{state}");
    }
    redis.ask(&format!("HDEL {name} state"));
    // What has become too long takes no room.
    assert_eq!(client.said(&"x".repeat(5000)).len(), 5003);
    assert!(redis.ask(&format!("HSTRLEN {name} state")).starts_with(":0"));
    assert_eq!(client.ask(&turn(ONE, "Ada")).code(), "thread_too_long");
    // What is no conversation at all is no answer.
    redis.ask(&format!("DEL {name}"));
    redis.ask(&format!("SET {name} text"));
    assert_eq!(client.ask(&turn(ONE, "Ada")).code(), "conversations_unavailable");
    redis.ask(&format!("DEL {name}"));
    until(|| client.ask(&turn(ONE, "hi")).status == 200);
}

#[test]
#[ignore = "needs redis-server"]
fn a_thread_goes_on_under_rails_that_have_changed() {
    let redis = Redis::start();
    let folder = Folder::new().with("shop", RAILS, "", None);
    let (servers, key) = two(&folder, &redis, STORE);
    let said = ["hi", "Ada", "hi"].map(|text| Client { server: &servers[0], key: &key }.said(text));
    assert_eq!(said, ["Who are you?", "Hello Ada.", "Who are you?"]);
    drop(servers);
    // The flow that waits for a name is another now, and the fact is still known.
    let rails = RAILS.replace("bot \"Hello $name.\"", "bot \"Welcome, $name.\"");
    let folder = Folder::new().with("shop", &rails, "", None);
    let (servers, keys) = replicas(1, &folder, &["a"], &format!("{STORE}{}", redis.settings("")));
    let client = Client { server: &servers[0], key: &keys[0] };
    assert_eq!(client.said("who am i?"), "You are Ada.");
}
