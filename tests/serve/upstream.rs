//! Models behind the server that fail: what clients are told, who answers in their place, and what is counted of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::running::{CONFIG, Folder, RAILS, Running};
use crate::support::{Answer, LONG, Server};

const PATH: &str = "/v1/chat/completions";

fn asked() -> Value {
    json!({"messages": [{"role": "user", "content": "when do you open?"}]})
}

/// Says so, for 1000 tokens in, of which 400 were read before, and 500 out.
fn answering() -> Server {
    let usage =
        json!({"prompt_tokens": 1000, "completion_tokens": 500, "prompt_tokens_details": {"cached_tokens": 400}});
    let choice = json!({"message": {"content": "At nine."}, "finish_reason": "stop"});
    giving(Answer::json(200, &json!({"choices": [choice], "usage": usage})))
}

/// Answers everything so.
fn giving(answer: Answer) -> Server {
    Server::start(move |_| answer.clone())
}

/// The shop, whose model `m` is at `url` with these parameters, and `n` at the other in its place.
fn shop(url: &str, parameters: &str, other: Option<&str>) -> Folder {
    let at = |url: &str| format!("base_url: \"{url}\", api_key: k, max_retries: 0");
    let fallbacks = other.map(|url| format!("[{{engine: openai, model: n, parameters: {{{}}}}}]", at(url)));
    let config = format!(
        "{CONFIG}models:\n  - type: main\n    engine: openai\n    model: m\n    parameters: {{{}{parameters}}}\n    \
         fallbacks: {}\n",
        at(url),
        fallbacks.unwrap_or_else(|| "[]".to_owned())
    );
    Folder::new().with("shop", RAILS, &config, None)
}

fn has_lines(server: &Running, lines: &[&str]) {
    let text = server.get("/metrics", &[]).body;
    for line in lines {
        assert!(text.lines().any(|found| found == *line), "{line}\n{text}");
    }
}

#[test]
fn whoever_answers_is_paid_and_counted() {
    let (first, second) = (giving(Answer::error(500, "out of order")), answering());
    let folder = shop(&first.url(), "", Some(&second.url()));
    let prices = "prices:\n  m: {input: 1000, output: 1000}\n  n: {input: 2, output: 4}\n";
    let (server, keys) = Running::set(&folder, &["a"], &format!("{prices}metrics: {{public: true}}\n"));
    let answer = server.ask(&keys[0], "when do you open?");
    assert_eq!((answer.status, &answer.json()["usage"]["cost"]), (200, &json!(0.004)), "{answer:?}");
    assert_eq!(answer.header("x-railsc-cost"), "0.004");
    has_lines(
        &server,
        &[
            r#"railsc_model_calls_total{config="shop",model="m",result="server"} 1"#,
            r#"railsc_model_calls_total{config="shop",model="n",result="answered"} 1"#,
            r#"railsc_fallbacks_total{config="shop",model="m",fallback="n",cause="server"} 1"#,
            r#"railsc_tokens_total{config="shop",model="n",direction="input"} 1000"#,
            r#"railsc_cached_tokens_total{config="shop",model="n"} 400"#,
            r#"railsc_cost_picodollars_total{config="shop"} 4000000000"#,
            &format!(r#"railsc_breaker_state{{config="shop",model="m",at="{}"}} 0"#, first.url()),
            &format!(r#"railsc_breaker_state{{config="shop",model="n",at="{}"}} 0"#, second.url()),
        ],
    );
}

#[test]
fn a_budget_sets_aside_what_the_dearest_of_them_costs() {
    let (first, second) = (answering(), answering());
    let folder = shop(&first.url(), "", Some(&second.url()));
    let settings = "prices: {m: {input: 1, output: 1}}\nbudgets: [{per: key, daily: 1}]\nusage: {path: usage.sqlite}\n";
    let (server, keys) = Running::set(&folder, &["a"], settings);
    let answer = server.ask(&keys[0], "when do you open?");
    assert_eq!((answer.status, answer.code().as_str()), (503, "price_unknown"), "nobody said what `n` costs");
    assert!(first.requests().is_empty());
}

#[test]
fn clients_are_told_when_a_model_is_asked_again() {
    let model = giving(Answer::error(500, "out of order"));
    let folder = shop(&model.url(), ", breaker: {failures: 2, open_for: 5m}", None);
    let server = Running::open(folder.path(), &[]);
    for _ in 0..2 {
        assert_eq!(server.chat(&asked()).code(), "upstream_failed");
    }
    let mut streamed = asked();
    streamed["stream"] = json!(true);
    for body in [asked(), streamed] {
        let answer = server.chat(&body);
        assert_eq!((answer.status, answer.code().as_str()), (503, "upstream_open"), "{answer:?}");
        assert_eq!(answer.json()["error"]["type"], "downstream_error");
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((200..=300).contains(&wait), "{wait}");
        assert!(!answer.body.contains("out of order"), "{answer:?}");
    }
    assert_eq!(model.requests().len(), 2);
    has_lines(
        &server,
        &[
            &format!(r#"railsc_breaker_state{{config="shop",model="m",at="{}"}} 2"#, model.url()),
            r#"railsc_upstream_errors_total{config="shop",code="upstream_open"} 2"#,
            r#"railsc_upstream_errors_total{config="shop",code="upstream_failed"} 2"#,
            r#"railsc_model_calls_total{config="shop",model="m",result="server"} 2"#,
        ],
    );
    // A configuration that is loaded again knows what was known.
    let config = std::fs::read_to_string(folder.path().join("shop/config.yml")).unwrap();
    std::fs::write(folder.path().join("shop/config.yml"), format!("{config}custom_data: {{a: 1}}\n")).unwrap();
    let loaded = r#"railsc_reloads_total{result="loaded"} 1"#;
    let began = std::time::Instant::now();
    while !server.get("/metrics", &[]).body.lines().any(|line| line == loaded) {
        assert!(began.elapsed() < Duration::from_secs(30), "it is not loaded again");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.chat(&asked()).code(), "upstream_open");
    assert_eq!(model.requests().len(), 2);
}

#[test]
fn a_client_that_leaves_takes_the_call_of_the_fallback_with_it() {
    let (first, second) = (giving(Answer::error(500, "out of order")), giving(Answer::default().wait(LONG)));
    let folder = shop(&first.url(), "", Some(&second.url()));
    let server = Running::open(folder.path(), &[]);
    let body = asked().to_string();
    let request =
        crate::client::request(&format!("POST {PATH}"), &[("content-type", "application/json")], body.as_bytes());
    let mut connection = crate::client::connect(server.address);
    std::io::Write::write_all(&mut connection, &request).unwrap();
    let began = std::time::Instant::now();
    while second.requests().is_empty() {
        assert!(began.elapsed() < LONG, "the fallback is not asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(connection);
    assert!(second.sees_a_drop(Duration::from_secs(3)));
    has_lines(&server, &[r#"railsc_fallbacks_total{config="shop",model="m",fallback="n",cause="server"} 1"#]);
}

#[test]
fn what_is_looked_up_is_counted() {
    let model = answering();
    let folder = shop(&model.url(), "", None);
    let server = Running::open(folder.path(), &[]);
    let first = json!({"role": "user", "content": "when do you open?"});
    let reply = server.chat(&json!({"messages": [first]})).json()["choices"][0]["message"]["content"].clone();
    let next = json!({"role": "user", "content": "and when do you close?"});
    let reply = json!({"role": "assistant", "content": reply});
    server.chat(&json!({"messages": [first, reply, next]}));
    server.chat(&json!({"messages": [first, {"role": "assistant", "content": "At ten."}, next]}));
    has_lines(
        &server,
        &[
            r#"railsc_cache_total{config="shop",cache="conversation",result="hit"} 1"#,
            r#"railsc_cache_total{config="shop",cache="conversation",result="miss"} 1"#,
        ],
    );
}
