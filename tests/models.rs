//! Models over HTTP: what is sent, what comes of it, and what of servers that go wrong.

#![cfg(feature = "http")]

#[path = "support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use rails::config::ModelMode;
use rails::model::{ChatModel, ChatRequest, Completion, Message, ModelError, OpenAi, Piece, Task, Tokens, ToolCall};
use serde_json::json;
use support::{Answer, Server};

const KEY: &str = "sk-test-0123456789abcdef";

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
    let tokens = Some(Tokens { input: 7, output: 3 });
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

#[derive(Clone, Copy, PartialEq)]
enum When {
    Always,
    Whole,
    Streaming,
}
use When::{Always, Streaming, Whole};

/// How servers go wrong; the error that comes of it, and what it says; how often they are asked.
fn faults() -> Vec<(&'static str, When, Answer, &'static str, &'static str, usize)> {
    let json = "content-type: application/json\r\n";
    let sse = "content-type: text/event-stream\r\n";
    let half = r#"data: {"choices":[{"delta":{"content":"half"}}]}"#;
    let began = || Answer::sse().chunk(format!("{half}\n\n"));
    let long = Duration::from_secs(9);
    let quota = json!({"error": {"message": "no credit", "code": "insufficient_quota"}});
    let filtered = json!({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]});
    let drip = |answer: Answer| (0..40).fold(answer, |answer, _| answer.send(" ").wait(Duration::from_millis(50)));
    vec![
        (
            "401",
            Always,
            Answer::error(401, &format!("Incorrect API key provided: {KEY}.\n")),
            "Unauthorized",
            "provided: ***.",
            1,
        ),
        ("403", Always, Answer::new(403, "", format!("<b>{}</b>", &KEY[..12])), "Unauthorized", "<b>***</b>", 1),
        ("404", Always, Answer::error(404, "The model `m` does not exist"), "NotFound", "`m` does not exist", 1),
        ("400", Always, Answer::error(400, &"long ".repeat(1000)), "Refused", "long long", 1),
        ("302", Always, Answer::new(302, "location: http://127.0.0.1:1/\r\n", ""), "Refused", "elsewhere", 1),
        ("429", Always, Answer::error(429, "slow down"), "RateLimited", "slow down", 2),
        (
            "429, for a while",
            Always,
            Answer::new(429, "retry-after: 3600\r\n", ""),
            "RateLimited",
            "too many requests",
            1,
        ),
        ("429, for good", Always, Answer::json(429, &quota), "RateLimited", "no credit", 1),
        ("500", Always, Answer::new(500, "", ""), "Server", "internal server error", 2),
        ("503", Always, Answer::new(503, "retry-after-ms: 10\r\n", "busy"), "Server", "busy", 2),
        (
            "a failure that hangs",
            Always,
            Answer::raw("HTTP/1.1 500 -\r\ncontent-length: 9\r\n\r\nbu").wait(long),
            "Server",
            "bu",
            2,
        ),
        ("hangs", Always, Answer::default().wait(long), "Timeout", "400ms", 1),
        (
            "hangs behind the head",
            Whole,
            Answer::raw(format!("HTTP/1.1 200 -\r\n{json}content-length: 9\r\n\r\n{{")).wait(long),
            "Timeout",
            "",
            1,
        ),
        ("hangs before a part", Streaming, Answer::sse().wait(long), "Timeout", "400ms", 1),
        ("hangs between parts", Streaming, began().wait(long), "Timeout", "400ms", 1),
        (
            "drips",
            Whole,
            drip(Answer::raw(format!("HTTP/1.1 200 -\r\n{json}content-length: 99\r\n\r\n"))),
            "Timeout",
            "",
            1,
        ),
        ("truncated JSON", Always, Answer::new(200, json, r#"{"choices": [{"mess"#), "Malformed", "breaks off", 1),
        ("other JSON", Always, Answer::new(200, json, r#"{"choices": 3}"#), "Malformed", "completion", 1),
        ("no choices", Always, Answer::new(200, json, r#"{"choices": []}"#), "Empty", "", 1),
        ("nothing in a choice", Always, Answer::new(200, json, r#"{"choices": [{"message": {}}]}"#), "Empty", "", 1),
        ("nothing in a stream", Streaming, Answer::sse().event("[DONE]").end(), "Empty", "", 1),
        ("a filter", Always, Answer::json(200, &filtered), "Filtered", "", 1),
        (
            "a filter in a stream",
            Streaming,
            began().event(r#"{"choices":[{"finish_reason":"content_filter"}]}"#).end(),
            "Filtered",
            "",
            1,
        ),
        (
            "an error with 200",
            Always,
            Answer::new(200, json, r#"{"error": {"message": "upstream"}}"#),
            "Reported",
            "upstream",
            1,
        ),
        (
            "an error in a stream",
            Streaming,
            began().event(&format!(r#"{{"error":{{"message":"overloaded {KEY}"}}}}"#)).end(),
            "Reported",
            "overloaded ***",
            1,
        ),
        (
            "an error in words",
            Streaming,
            began().chunk("event: error\ndata: out of memory\n\n").end(),
            "Reported",
            "out of memory",
            1,
        ),
        (
            "HTML",
            Always,
            Answer::new(200, "content-type: text/html; charset=x\r\n", "<html>"),
            "Malformed",
            "`text/html`",
            1,
        ),
        ("invalid UTF-8", Always, Answer::new(200, json, b"{\"choices\": \"\xff\"}"), "Malformed", "UTF-8", 1),
        ("invalid UTF-8 in a stream", Streaming, Answer::new(200, sse, b"data: \xff\n\n"), "Malformed", "UTF-8", 1),
        ("truncated stream", Streaming, began().end(), "CutOff", "ends before", 1),
        ("a stream cut in an event", Streaming, began().chunk(&half[..20]).end(), "Malformed", "breaks off", 1),
        ("cut in a stream", Streaming, began().close(), "CutOff", "", 1),
        ("cut before a stream", Streaming, Answer::sse().close(), "CutOff", "", 2),
        (
            "cut in the body",
            Whole,
            Answer::raw(format!("HTTP/1.1 200 -\r\n{json}content-length: 99\r\n\r\n{{")).close(),
            "CutOff",
            "",
            1,
        ),
        ("cut before the head", Always, Answer::default().close(), "Unreachable", "", 2),
        ("no HTTP", Always, Answer::raw("hello, who is there?\r\n\r\n").close(), "Unreachable", "", 2),
        ("10 MB", Always, Answer::new(200, json, vec![b' '; 10 << 20]), "TooLong", "8388608", 1),
        (
            "10 MB without a length",
            Always,
            Answer::raw([format!("HTTP/1.1 200 -\r\n{json}\r\n").into_bytes(), vec![b' '; 10 << 20]].concat()).close(),
            "TooLong",
            "8388608",
            1,
        ),
        ("10 MB in a stream", Streaming, Answer::new(200, sse, "data: \n\n".repeat(10 << 17)), "TooLong", "8388608", 1),
        ("a line of 10 MB", Streaming, Answer::new(200, sse, vec![b'x'; 10 << 20]), "TooLong", "1048576", 1),
    ]
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
    let tried = faults().into_iter().map(|(name, when, answer, kind, says, attempts)| async move {
        for streaming in [false, true] {
            if when == if streaming { Whole } else { Streaming } {
                continue;
            }
            let answer = answer.clone();
            let server = Server::start(move |_| answer.clone());
            let mut model = client(&server.url());
            if !name.contains("hangs") && !name.contains("drips") {
                model = model.timeout(Duration::from_secs(5));
            }
            let began = Instant::now();
            let result = if streaming { stream(&model).await.map(|(whole, _)| whole) } else { complete(&model).await };
            expect(name, result, kind, says);
            assert!(began.elapsed() < Duration::from_secs(5), "{name} takes {:?}", began.elapsed());
            assert_eq!(server.requests().len(), attempts, "{name}");
        }
    });
    join_all(tried).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_are_asked_at_once() {
    let server = Server::start(|_| Answer::completion(&hello()).after(Duration::from_millis(50)));
    // Where a process may open few files, some try again.
    let model = client(&server.url()).timeout(Duration::from_secs(20)).retries(20).backoff(Duration::from_millis(50));
    let asked = (0..1000).map(|_| {
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
