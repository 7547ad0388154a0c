//! Models over HTTP: what is sent, what comes of it, and what of servers that go wrong.

#![cfg(feature = "http")]

#[path = "support/faults.rs"]
mod faults;
#[path = "support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use faults::{When, faults, some_at_once};
use futures_util::StreamExt;
use futures_util::future::join_all;
use rails::config::ModelMode;
use rails::model::{ChatModel, ChatRequest, Completion, Message, ModelError, OpenAi, Piece, Task, Tokens, ToolCall};
use serde_json::json;
use support::{Answer, KEY, Server};

fn request() -> ChatRequest {
    ChatRequest::new(Task::General, vec![Message::system("Be kind."), Message::user("hi")])
}

/// A client without patience.
fn client(url: &str) -> OpenAi {
    let timeout = Duration::from_millis(400);
    OpenAi::new(url, "m").key(KEY).timeout(timeout).backoff(Duration::from_millis(5)).retries(1)
}

async fn complete(model: &OpenAi) -> Result<Completion, ModelError> {
    model.complete(request()).await
}

/// What a stream comes to, and in how many texts.
async fn stream(model: &OpenAi) -> Result<(Completion, usize), ModelError> {
    let mut pieces = model.stream(request());
    let (mut text, mut texts, mut last) = (String::new(), 0, None);
    while let Some(piece) = pieces.next().await {
        assert_eq!(last, None, "something follows the end");
        match piece? {
            Piece::Text(more) => {
                text += &more;
                texts += 1;
            }
            Piece::End { tool_calls, finish, tokens } => {
                last = Some(Completion { text: text.clone(), tool_calls, finish, tokens });
            }
        }
    }
    Ok((last.expect("a stream without an end"), texts))
}

fn hello() -> Completion {
    let tokens = Some(Tokens { input: 7, output: 3, cached: 0 });
    Completion {
        text: "Hello there, Grüße 🦀".to_owned(),
        finish: Some("stop".to_owned()),
        tokens,
        ..Default::default()
    }
}

fn calling() -> Completion {
    let call = |id: &str| ToolCall { id: id.to_owned(), name: "look_up".to_owned(), arguments: "{\"x\":1}".to_owned() };
    let finish = Some("tool_calls".to_owned());
    Completion { text: String::new(), tool_calls: vec![call("a"), call("b")], finish, tokens: None }
}

#[tokio::test]
async fn answers_come_whole_and_piece_by_piece() {
    for wanted in [hello(), calling()] {
        let server = Server::scripted([wanted.clone(), wanted.clone()]);
        let model = client(&server.url());
        assert_eq!(complete(&model).await.unwrap(), wanted);
        assert_eq!(stream(&model).await.unwrap().0, wanted);
        assert!(matches!(complete(&model).await, Err(ModelError::Server { status: 500, .. })), "the script is over");
        assert_eq!(server.connections(), 1, "connections are kept");
    }
}

#[tokio::test]
async fn a_conversation_is_sent_as_it_is() {
    let server = Server::scripted([hello(), hello()]);
    let model = client(&format!("{}/v1/", server.url()));
    let model =
        model.organization("org").project("pro").header("X-Own", "own").parameter("top_p", 0.5).parameter("seed", 1);
    let mut request = request();
    (request.temperature, request.max_tokens) = (Some(0.0), Some(9));
    (request.stop, request.tools) = (vec!["\n".to_owned()], vec![json!({"type": "function"})]);
    request.tool_choice = Some(json!("auto"));
    request.parameters.insert("seed".to_owned(), json!(2));
    model.complete(request.clone()).await.unwrap();
    model.stream(request).collect::<Vec<_>>().await;
    let [plain, streamed] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!(plain.line, "POST /v1/chat/completions");
    for (name, value) in [
        ("authorization", "Bearer sk-test-0123456789abcdef"),
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("openai-organization", "org"),
        ("openai-project", "pro"),
        ("x-own", "own"),
    ] {
        assert_eq!(plain.header(name), value, "{name}");
    }
    assert!(plain.header("user-agent").starts_with("railsc/"));
    let mut body = json!({"model": "m", "temperature": 0.0, "max_tokens": 9, "top_p": 0.5, "seed": 2, "stop": ["\n"],
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}],
        "tools": [{"type": "function"}], "tool_choice": "auto"});
    assert_eq!(plain.json(), body);
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    assert_eq!(streamed.json(), body);
    assert_eq!(streamed.header("accept"), "text/event-stream");
}

#[tokio::test]
async fn texts_are_continued_where_a_model_knows_no_conversations() {
    let server = Server::start(|request| {
        assert_eq!(request.line, "POST /v1/completions");
        match request.streams() {
            true => Answer::sse()
                .event(r#"{"choices":[{"text":" Hel","index":0}]}"#)
                .event(r#"{"choices":[{"text":"lo","index":0,"finish_reason":"stop"}]}"#)
                .event("[DONE]")
                .end(),
            false => Answer::json(200, &json!({"choices": [{"text": " Hello", "finish_reason": "stop"}]})),
        }
    });
    let model = client(&server.url()).mode(ModelMode::Text);
    assert_eq!(complete(&model).await.unwrap().text, " Hello");
    assert_eq!(stream(&model).await.unwrap().0.text, " Hello");
    assert_eq!(server.requests()[0].json()["prompt"], "Be kind.\nUser: hi\nAssistant:");
}

#[tokio::test]
async fn servers_of_all_habits_are_understood() {
    let server = Server::start(|request| match request.json() {
        body if body["stream_options"].is_object() => Answer::error(400, "Unknown parameter: stream_options"),
        body if body["model"] == json!("m") => Answer::streamed(&hello()),
        _ => Answer::completion(&hello()),
    });
    let model = client(&server.url());
    assert_eq!(stream(&model).await.unwrap().0, hello(), "a server that can't count");
    assert_eq!(stream(&model).await.unwrap().0, hello());
    assert_eq!(server.requests().len(), 3, "it is asked to count once");

    let server = Server::scripted([]);
    let missing = client(&server.url()).retries(0);
    assert!(stream(&missing).await.is_err());
    let server = Server::start(|_| Answer::completion(&hello()));
    assert_eq!(stream(&client(&server.url())).await.unwrap(), (hello(), 1), "a server that does not stream");
    let text = r#"data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}"#;
    for (name, answer) in [
        ("no DONE and no empty line", Answer::sse().chunk(text).end()),
        (
            "no length",
            Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n{text}\n"))
                .close(),
        ),
        ("no end at all", Answer::sse().chunk(format!("{text}\n\n")).wait(Duration::from_secs(9))),
        ("cut behind the end", Answer::sse().chunk(format!("{text}\n\n")).close()),
        (
            "single bytes",
            text.bytes().chain(*b"\r\n\r\n").fold(Answer::sse(), |answer, byte| answer.chunk([byte])).end(),
        ),
        ("comments", Answer::sse().chunk(": processing\n\n").chunk("event: x\r").chunk(text).chunk("\r\r").end()),
    ] {
        let server = Server::start(move |_| answer.clone());
        assert_eq!(stream(&client(&server.url())).await.unwrap().0.text, "hi", "{name}");
    }
}

fn expect(name: &str, result: Result<Completion, ModelError>, kind: &str, says: &str) {
    let error = result.expect_err(name);
    let (shown, debugged) = (error.to_string(), format!("{error:?}"));
    assert!(debugged.starts_with(kind), "{name}: {debugged}");
    assert!(shown.contains(says), "{name}: {shown}");
    assert!(shown.chars().count() < 400 && !shown.contains(['\n', '\u{1b}']), "{name}: {shown}");
    assert!(!shown.contains(&KEY[..8]) && !debugged.contains(&KEY[..8]), "{name}: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_is_an_error_that_says_so() {
    let tried = faults().into_iter().map(|(name, when, answer, kind, says, attempts)| {
        (name, async move {
            for streaming in [false, true] {
                if when == if streaming { When::Whole } else { When::Streaming } {
                    continue;
                }
                let answer = answer.clone();
                let server = Server::start(move |_| answer.clone());
                let mut model = client(&server.url());
                if !name.contains("hangs") && !name.contains("drips") {
                    model = model.timeout(Duration::from_secs(5));
                }
                let began = Instant::now();
                let result =
                    if streaming { stream(&model).await.map(|(whole, _)| whole) } else { complete(&model).await };
                expect(name, result, kind, says);
                assert!(began.elapsed() < Duration::from_secs(5), "{name} takes {:?}", began.elapsed());
                assert_eq!(server.requests().len(), attempts, "{name}");
            }
        })
    });
    some_at_once(tried).await;
}

#[tokio::test]
async fn whoever_can_t_be_reached_is_named() {
    let server = Server::start(|_| Answer::completion(&hello()));
    let plain = format!("https://{}", server.address());
    for (url, at) in [
        ("http://me:s3cret@127.0.0.1:1/s3cret?s3cret", "http://127.0.0.1:1 can't be reached"),
        ("http://nothing.invalid", "http://nothing.invalid can't be reached"),
        (&plain, "https://127.0.0.1"),
    ] {
        for streaming in [false, true] {
            let model = client(url).timeout(Duration::from_secs(5)).retries(1);
            let began = Instant::now();
            let result = if streaming { stream(&model).await.map(|(whole, _)| whole) } else { complete(&model).await };
            let error = result.as_ref().unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
            expect(url, result, "Unreachable", at);
            assert!(began.elapsed() < Duration::from_secs(11), "{url} takes {:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    for (headers, least) in [("", 0), ("retry-after: 1\r\n", 1000), ("retry-after-ms: 150\r\n", 150)] {
        for streaming in [false, true] {
            // The header in seconds once is enough.
            if streaming && least == 1000 {
                continue;
            }
            let asked = AtomicUsize::new(0);
            let server = Server::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
                0 => Answer::new(429, headers, "busy"),
                _ if request.streams() => Answer::streamed(&hello()),
                _ => Answer::completion(&hello()),
            });
            let (model, began) = (client(&server.url()), Instant::now());
            let answer = if streaming { stream(&model).await.unwrap().0 } else { complete(&model).await.unwrap() };
            assert_eq!((answer, server.requests().len()), (hello(), 2));
            let took = began.elapsed();
            assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(least + 900), "{took:?}");
        }
    }
    let server = Server::start(|_| Answer::new(429, "retry-after: 61\r\n", ""));
    let Err(ModelError::RateLimited { retry_after, .. }) = complete(&client(&server.url())).await else { panic!() };
    assert_eq!(retry_after, Some(Duration::from_secs(61)));
}

#[tokio::test]
async fn pieces_come_as_they_are_sent() {
    let server = Server::start(|_| {
        let wait = Duration::from_millis(150);
        (0..5)
            .fold(Answer::sse(), |answer, _| answer.event(r#"{"choices":[{"delta":{"content":"x"}}]}"#).wait(wait))
            .event("[DONE]")
            .end()
    });
    // All of it takes longer than one part may.
    let model = client(&server.url());
    let began = Instant::now();
    let mut pieces = model.stream(request());
    assert_eq!(pieces.next().await.unwrap().unwrap(), Piece::Text("x".to_owned()));
    assert!(began.elapsed() < Duration::from_millis(300), "the first piece takes {:?}", began.elapsed());
    assert_eq!(pieces.count().await, 5);
    assert!(began.elapsed() > Duration::from_millis(700));
}

#[tokio::test]
async fn who_does_not_wait_closes_the_connection() {
    let limit = Duration::from_secs(2);
    let model = |server: &Server| client(&server.url()).timeout(Duration::from_secs(9));
    let server = Server::start(|_| Answer::default().wait(Duration::from_secs(9)));
    tokio::time::timeout(Duration::from_millis(100), complete(&model(&server))).await.unwrap_err();
    assert!(tokio::task::spawn_blocking(move || server.sees_a_drop(limit)).await.unwrap());

    let server = Server::start(|_| {
        Answer::sse().event(r#"{"choices":[{"delta":{"content":"x"}}]}"#).wait(Duration::from_secs(9))
    });
    let model = model(&server);
    let mut pieces = model.stream(request());
    assert_eq!(pieces.next().await.unwrap().unwrap(), Piece::Text("x".to_owned()));
    drop(pieces);
    assert!(tokio::task::spawn_blocking(move || server.sees_a_drop(limit)).await.unwrap());
}

/// How many may be asked at once where both ends are in one process, which may open so many files.
fn room() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(256_usize);
    (files.saturating_sub(50) / 2).min(1000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_are_asked_at_once() {
    let server = Server::start(|_| Answer::completion(&hello()).after(Duration::from_millis(50)));
    let model = client(&server.url()).timeout(Duration::from_secs(20));
    let asked = (0..room()).map(|_| {
        let model = model.clone();
        tokio::spawn(async move { complete(&model).await })
    });
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap().unwrap(), hello());
    }
}

#[tokio::test]
async fn what_can_t_be_sent_is_said_at_once() {
    for (model, kind, says) in [
        (OpenAi::new("https://api.openai.com", "m"), "NoKey", "set `OPENAI_API_KEY`"),
        (OpenAi::new("localhost:1", "m"), "Other", "http://"),
        (OpenAi::new("http://127.0.0.1:1", "m").key("a\nb"), "Other", "the key"),
        (OpenAi::new("http://127.0.0.1:1", "m").header("a b", "c"), "Other", "`a b`"),
        (OpenAi::new("http://127.0.0.1:1", "m").header("a", "s3cret\u{1}"), "Other", "the header `a`"),
    ] {
        expect(says, complete(&model).await, kind, says);
        expect(says, stream(&model).await.map(|(whole, _)| whole), kind, says);
        assert!(!format!("{model:?}").contains("s3cret"));
    }
}
