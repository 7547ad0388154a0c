//! Models that stand in for others, and models that are left alone for a while, over servers that go wrong.

#![cfg(feature = "http")]

#[path = "support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rails::model::{Completion, ModelError, Tokens};
use rails::{Rails, Reply};
use serde_json::{Value, json};
use support::deployed::{ERROR, drained, failures};
use support::{Answer, KEY, LONG, Request, Server};

const RAILS: &str = r#"
define user greet
  "hello there"

define flow
  user greet
  bot "Hello."

define subflow no secrets
  if "swordfish" in $bot_message
    bot "That I can't say."
    stop
"#;

/// A server that says `text` for 7 tokens in and 3 out.
fn saying(text: &'static str) -> Server {
    Server::start(move |request| said(request, text))
}

fn said(request: &Request, text: &str) -> Answer {
    let tokens = Some(Tokens { input: 7, output: 3, cached: 0 });
    let finish = Some("stop".to_owned());
    let completion = Completion { text: text.to_owned(), finish, tokens, ..Completion::default() };
    if request.streams() { Answer::streamed(&completion) } else { Answer::completion(&completion) }
}

fn answering(answer: Answer) -> Server {
    Server::start(move |_| answer.clone())
}

/// What `parameters` say of a server.
fn at(url: &str, more: &str) -> String {
    format!("{{base_url: \"{url}\", api_key: {KEY}, max_retries: 0{more}}}")
}

/// A fallback called `name` at `url`.
fn fallback(name: &str, url: &str) -> String {
    format!("{{engine: openai, model: {name}, parameters: {}}}", at(url, ""))
}

/// Rails whose main model is `m` with these parameters and fallbacks.
fn deployed(config: &str, parameters: &str, fallbacks: &[String]) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    let fallbacks = fallbacks.join(", ");
    let model = format!(
        "models:\n  - {{type: main, engine: openai, model: m, parameters: {parameters}, fallbacks: [{fallbacks}]}}\n"
    );
    std::fs::write(folder.path().join("rails.co"), RAILS).unwrap();
    std::fs::write(folder.path().join("config.yml"), format!("{config}\n{model}")).unwrap();
    Rails::from_path(folder.path()).unwrap_or_else(|error| panic!("{error}"))
}

/// The events of a kind: their data.
fn events(reply: &Reply, kind: &str) -> Vec<Value> {
    let trace = serde_json::to_value(&reply.trace).unwrap();
    let events = trace["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind);
    events.map(|event| event["data"].clone()).collect()
}

/// The error that ended the turn.
fn error(reply: &Reply) -> &ModelError {
    reply.failure.as_ref().and_then(|failure| failure.model.as_ref()).unwrap_or_else(|| panic!("{}", reply.trace))
}

/// A reply, whole or as a stream.
async fn replied(rails: &Rails, streaming: bool) -> Reply {
    match streaming {
        true => drained(rails.stream("what is new?")).await.1,
        false => rails.generate("what is new?").await.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_answers_where_that_may_help() {
    let in_html = Answer::new(200, "content-type: text/html\r\n", "<html>");
    for (name, answer, cause) in [
        ("500", Answer::error(500, "out of order"), Some("server")),
        ("529", Answer::error(529, "overloaded"), Some("server")),
        ("429", Answer::error(429, "slow down"), Some("rate_limited")),
        ("no money", Answer::error(402, "no credit"), Some("refused")),
        ("a hang", Answer::default().wait(LONG), Some("timeout")),
        ("no HTTP", Answer::default().close(), Some("unreachable")),
        ("HTML", in_html, Some("malformed")),
        ("nothing", Answer::json(200, &json!({"choices": []})), Some("empty")),
        ("an error with 200", Answer::json(200, &json!({"error": {"message": "overloaded"}})), Some("reported")),
        ("400", Answer::error(400, "too long"), None),
        ("401", Answer::error(401, "wrong key"), None),
        ("403", Answer::error(403, "not yours"), None),
        ("404", Answer::error(404, "no such model"), None),
        ("422", Answer::error(422, "no such parameter"), None),
        ("a filter", Answer::json(400, &json!({"error": {"code": "content_filter", "message": ""}})), None),
    ] {
        for streaming in [false, true] {
            let (first, second) = (answering(answer.clone()), saying("All is well."));
            let rails = deployed("limits: {timeout: 4s}", &at(&first.url(), ""), &[fallback("n", &second.url())]);
            let reply = replied(&rails, streaming).await;
            let failed = events(&reply, "model_failed");
            assert_eq!(first.requests().len(), 1, "{name}");
            let Some(cause) = cause else {
                assert_eq!((&*reply.text, failed.len(), second.requests().len()), (ERROR, 0, 0), "{name}");
                continue;
            };
            assert_eq!((&*reply.text, second.requests().len()), ("All is well.", 1), "{name}: {}", reply.trace);
            assert!(reply.failure.is_none(), "{name}");
            let [failed] = &failed[..] else { panic!("{name}: {failed:?}") };
            assert_eq!(
                (&failed["model"], &failed["next"], &failed["cause"]),
                (&json!("m"), &json!("n"), &json!(cause)),
                "{name}"
            );
            assert_eq!(events(&reply, "asked")[0]["model"], "n", "{name}");
            let calls: Vec<_> = reply.usage.models.iter().map(|of| (&*of.model, of.calls, of.uncounted)).collect();
            assert_eq!(calls, [("m", 1, 1), ("n", 1, 0)], "{name}");
            assert_eq!((reply.usage.input_tokens, reply.usage.output_tokens), (7, 3), "{name}");
            let explained = rails::explain(&reply);
            assert!(explained.contains("`m` does not answer, and `n` is asked in its place: "), "{explained}");
        }
    }
}

#[tokio::test]
async fn they_are_asked_in_their_order_until_one_answers() {
    let [first, second] = ["one", "two"].map(|text| answering(Answer::error(500, text)));
    let (third, fourth) = (saying("Three."), saying("Four."));
    let fallbacks = [("n", &second), ("o", &third), ("p", &fourth)].map(|(name, server)| fallback(name, &server.url()));
    let reply = deployed("", &at(&first.url(), ""), &fallbacks).generate("what is new?").await.unwrap();
    assert_eq!(reply.text, "Three.");
    let asked = [&first, &second, &third, &fourth].map(|server| server.requests().len());
    assert_eq!(asked, [1, 1, 1, 0]);
    assert_eq!(failures(&reply), "the server fails (500): one\nthe server fails (500): two");
    let reply = deployed("", &at(&first.url(), ""), &fallbacks[..1]).generate("what is new?").await.unwrap();
    assert_eq!(reply.text, ERROR);
    assert!(failures(&reply).ends_with("`n`: the server fails (500): two"), "the last one says why: {}", reply.trace);
}

#[tokio::test]
async fn a_name_alone_is_another_model_of_the_same_server() {
    let server = Server::start(|request| match request.json()["model"].as_str() {
        Some("n") => said(request, "All is well."),
        _ => Answer::error(500, "out of order"),
    });
    let rails = deployed("", &at(&server.url(), ", top_p: 0.5, model_name: m"), &["n".to_owned()]);
    assert_eq!(rails.models(), ["m", "n"]);
    assert_eq!(rails.generate("what is new?").await.unwrap().text, "All is well.");
    let requests = server.requests();
    for request in &requests {
        assert_eq!(
            (request.header("authorization"), &request.json()["top_p"]),
            (&*format!("Bearer {KEY}"), &json!(0.5))
        );
        assert!(request.json().get("breaker").is_none() && request.json().get("model_name").is_none());
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn who_is_asked_next_gets_a_prompt_and_a_key_of_its_own() {
    let (first, second) = (answering(Answer::error(500, "out of order")), saying("All is well."));
    let prompt = "prompts: [{task: general, models: [mine/n], content: 'You are {{ history | length }} n.'}]";
    let parameters = format!("{{base_url: \"{}\", max_retries: 0}}", second.url());
    let other = format!("{{engine: mine, model: n, mode: text, parameters: {parameters}}}");
    let rails = deployed(prompt, &at(&first.url(), ""), &[other]);
    rails.generate("what is new?").await.unwrap();
    let request = &second.requests()[0];
    assert_eq!((&*request.line, request.header("authorization")), ("POST /v1/completions", ""));
    let sent = request.json()["prompt"].to_string();
    assert!(sent.contains(" n."), "{sent}");
}

#[tokio::test]
async fn all_of_them_have_the_time_of_one() {
    let [first, second, third] = [(); 3].map(|()| answering(Answer::default().wait(LONG)));
    let fallbacks = [("n", &second), ("o", &third)].map(|(name, server)| fallback(name, &server.url()));
    let rails = deployed("limits: {timeout: 900ms}", &at(&first.url(), ""), &fallbacks);
    for streaming in [false, true] {
        let began = Instant::now();
        let reply = replied(&rails, streaming).await;
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
        assert!(matches!(error(&reply), ModelError::Timeout { .. }), "{}", reply.trace);
        assert_eq!(events(&reply, "model_failed").len(), 2, "each has a share: {}", reply.trace);
    }
    let first = answering(Answer::new(429, "retry-after: 20\r\n", ""));
    let second = saying("All is well.");
    let parameters = at(&first.url(), "").replace("max_retries: 0", "max_retries: 2");
    let (rails, began) = (deployed("", &parameters, &[fallback("n", &second.url())]), Instant::now());
    assert_eq!(rails.generate("what is new?").await.unwrap().text, "All is well.");
    assert!(began.elapsed() < Duration::from_secs(10), "nobody waits longer than its share: {:?}", began.elapsed());
}

/// The beginning of a stream.
fn half() -> Answer {
    Answer::sse().event(r#"{"choices":[{"delta":{"content":"Half a text"}}]}"#)
}

#[tokio::test]
async fn nothing_is_begun_anew_of_which_something_is_out() {
    let guarded = "rails:\n  output: {flows: [no secrets]}";
    for (config, pieces, text) in [
        ("", vec!["Half a text", ERROR], format!("Half a text\n{ERROR}")),
        // What rails still hold is not out.
        (guarded, vec!["All is well."], "All is well.".to_owned()),
    ] {
        let (first, second) = (answering(half().close()), saying("All is well."));
        let rails = deployed(config, &at(&first.url(), ""), &[fallback("n", &second.url())]);
        let (came, reply) = drained(rails.stream("what is new?")).await;
        assert_eq!(reply.text, text, "{}", reply.trace);
        assert_eq!(came.concat(), text);
        let is_out = pieces.len() > 1;
        assert_eq!((first.requests().len(), second.requests().len()), (1, usize::from(!is_out)));
        if is_out {
            assert!(matches!(error(&reply), ModelError::CutOff { .. }), "{}", reply.trace);
        }
    }
}

#[tokio::test]
async fn who_leaves_closes_the_connection_to_the_fallback() {
    let (first, second) = (answering(Answer::error(500, "out of order")), answering(Answer::default().wait(LONG)));
    let rails = deployed("", &at(&first.url(), ""), &[fallback("n", &second.url())]);
    let asked = tokio::spawn(async move { rails.generate("what is new?").await.unwrap() });
    let began = Instant::now();
    while second.requests().is_empty() {
        assert!(began.elapsed() < LONG, "the fallback is not asked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    asked.abort();
    let limit = Duration::from_secs(2);
    assert!(tokio::task::spawn_blocking(move || second.sees_a_drop(limit)).await.unwrap());
}

#[tokio::test]
async fn a_model_that_fails_again_and_again_is_left_alone() {
    let server = answering(Answer::error(500, "out of order"));
    let parameters = at(&server.url(), ", breaker: {failures: 2, open_for: 10m}");
    let rails = deployed("", &parameters, &[]);
    for _ in 0..2 {
        let reply = rails.generate("what is new?").await.unwrap();
        assert!(matches!(error(&reply), ModelError::Server { .. }), "{}", reply.trace);
    }
    // Whoever else asks the same in this process knows, such as a configuration that is loaded again.
    let again = deployed("", &parameters, &[]);
    drop(rails);
    for streaming in [false, true] {
        let reply = replied(&again, streaming).await;
        let ModelError::Open { failures: 2, since, wait, cause } = error(&reply) else { panic!("{}", reply.trace) };
        assert_eq!((*since + *wait).as_secs_f64().round(), 600.0, "{since:?} {wait:?}");
        assert_eq!(**cause, ModelError::Server { status: 500, message: "out of order".to_owned() });
        assert_eq!(reply.usage.calls, 0, "what is not asked is no call");
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn one_call_tries_whether_it_is_well_again() {
    let works = Arc::new(AtomicBool::new(false));
    let switch = works.clone();
    let server = Server::start(move |request| match switch.load(Ordering::SeqCst) {
        true => said(request, "All is well."),
        false => Answer::error(500, "out of order"),
    });
    let rails = deployed("", &at(&server.url(), ", breaker: {failures: 1, open_for: 1ms}"), &[]);
    let due = || tokio::time::sleep(Duration::from_millis(5));
    for _ in 0..2 {
        let reply = rails.generate("what is new?").await.unwrap();
        assert!(matches!(error(&reply), ModelError::Server { .. }), "{}", reply.trace);
        due().await;
    }
    works.store(true, Ordering::SeqCst);
    for streaming in [true, false, false] {
        assert_eq!(replied(&rails, streaming).await.text, "All is well.");
    }
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn who_is_left_alone_is_not_waited_for_where_there_is_another() {
    let (first, second) = (answering(Answer::error(503, "busy")), saying("All is well."));
    let parameters = at(&first.url(), ", breaker: {failures: 1, open_for: 1m}");
    let rails = deployed("", &parameters, &[fallback("n", &second.url())]);
    for _ in 0..3 {
        assert_eq!(rails.generate("what is new?").await.unwrap().text, "All is well.");
    }
    assert_eq!((first.requests().len(), second.requests().len()), (1, 3));
    let reply = rails.generate("what is new?").await.unwrap();
    let failed = &events(&reply, "model_failed")[0];
    assert_eq!(failed["cause"], "open");
    assert!(failed["reason"].as_str().unwrap().starts_with("it failed and is not asked since"), "{failed}");
    assert_eq!(reply.usage.models.len(), 1);
}

#[tokio::test]
async fn some_are_asked_however_often_they_fail() {
    for (parameters, status) in [(", breaker: off", 500), ("", 400)] {
        let server = answering(Answer::error(status, "no"));
        let rails = deployed("", &at(&server.url(), parameters), &[]);
        for _ in 0..7 {
            rails.generate("what is new?").await.unwrap();
        }
        assert_eq!(server.requests().len(), 7, "{parameters} {status}");
    }
    let server = answering(Answer::error(500, "no"));
    let rails = deployed("", &at(&server.url(), ""), &[]);
    for _ in 0..7 {
        rails.generate("what is new?").await.unwrap();
    }
    assert_eq!(server.requests().len(), 5, "five failures, unless said otherwise");
}

#[tokio::test]
async fn a_hang_counts_whoever_gives_up() {
    let rail = "
define subflow self check input
  # Is it fit for children? Answer yes or no.
  $fit = ...
  if $fit == \"no\"
    stop
";
    let server = answering(Answer::default().wait(LONG));
    let folder = tempfile::tempdir().unwrap();
    let parameters = at(&server.url(), ", breaker: {failures: 1, open_for: 1m}");
    let config = format!(
        "rails:\n  input: {{flows: [{{name: self check input, timeout: 300ms}}]}}\n\
         models: [{{type: main, engine: openai, model: m, parameters: {parameters}}}]\n"
    );
    std::fs::write(folder.path().join("rails.co"), rail).unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    let rails = Rails::from_path(folder.path()).unwrap();
    for reason in ["it took longer than 300ms", "it failed too often and is not asked"] {
        let reply = rails.generate("what is new?").await.unwrap();
        let told = reply.verdict.reason.clone().unwrap_or_default();
        assert!(told.contains(reason), "{told}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn one_tries_while_others_learn_that_it_does() {
    let (asked, is_over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (count, may_answer) = (asked.clone(), is_over.clone());
    let server = Server::start(move |request| {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            return Answer::error(500, "out of order");
        }
        let began = Instant::now();
        while !may_answer.load(Ordering::SeqCst) && began.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(5));
        }
        said(request, "All is well.")
    });
    let rails = deployed("", &at(&server.url(), ", breaker: {failures: 1, open_for: 1ms}"), &[]);
    rails.generate("what is new?").await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let first = tokio::spawn({
        let rails = rails.clone();
        async move { rails.generate("what is new?").await.unwrap() }
    });
    let began = Instant::now();
    while asked.load(Ordering::SeqCst) < 2 {
        assert!(began.elapsed() < LONG, "nobody tries");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = rails.generate("what is new?").await.unwrap();
    is_over.store(true, Ordering::SeqCst);
    assert!(matches!(error(&second), ModelError::Open { wait: Duration::ZERO, .. }), "{}", second.trace);
    assert_eq!(first.await.unwrap().text, "All is well.");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
