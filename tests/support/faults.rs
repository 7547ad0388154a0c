//! The ways in which servers of models go wrong.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use crate::support::{Answer, KEY, LONG};

/// How an answer must be asked for to go wrong.
#[derive(Clone, Copy, PartialEq)]
pub enum When {
    Always,
    Whole,
    Streaming,
}
use When::{Always, Streaming, Whole};

/// How the streams begin that break.
const HALF: &str = r#"data: {"choices":[{"delta":{"content":"half"}}]}"#;

/// How streams break that have begun; the error that comes of it, and what it says.
pub fn breaks() -> Vec<(&'static str, Answer, &'static str, &'static str)> {
    let rest = Answer::default;
    vec![
        ("hangs between parts", rest().wait(LONG), "Timeout", "400ms"),
        (
            "a filter in a stream",
            rest().event(r#"{"choices":[{"finish_reason":"content_filter"}]}"#).end(),
            "Filtered",
            "",
        ),
        (
            "an error in a stream",
            rest().event(&format!(r#"{{"error":{{"message":"overloaded {KEY}"}}}}"#)).end(),
            "Reported",
            "overloaded ***",
        ),
        ("an error in words", rest().chunk("event: error\ndata: out of memory\n\n").end(), "Reported", "out of memory"),
        ("other JSON in a stream", rest().event(r#"{"choices": 3}"#).end(), "Malformed", "completion"),
        ("truncated stream", rest().end(), "CutOff", "ends before"),
        ("a stream cut in an event", rest().chunk(&HALF[..20]).end(), "Malformed", "breaks off"),
        ("cut in a stream", rest().close(), "CutOff", ""),
        ("invalid UTF-8 in a stream", rest().chunk(b"data: \xff\n\n").end(), "Malformed", "UTF-8"),
        ("10 MB in a stream", rest().chunk("data: \n\n".repeat(10 << 17)).end(), "TooLong", "8388608"),
        ("a line of 10 MB", rest().chunk(vec![b'x'; 10 << 20]).end(), "TooLong", "1048576"),
    ]
}

/// How servers go wrong; the error that comes of it, and what it says; how often they are asked.
pub fn faults() -> Vec<(&'static str, When, Answer, &'static str, &'static str, usize)> {
    let json = "content-type: application/json\r\n";
    let quota = json!({"error": {"message": "no credit", "code": "insufficient_quota"}});
    let filtered = json!({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]});
    let drip = |answer: Answer| (0..40).fold(answer, |answer, _| answer.send(" ").wait(Duration::from_millis(50)));
    let broken = breaks().into_iter().map(|(name, rest, kind, says)| {
        let answer = Answer::sse().chunk(format!("{HALF}\n\n")).then(rest);
        (name, Streaming, answer, kind, says, 1)
    });
    let mut faults = vec![
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
            Answer::raw("HTTP/1.1 500 -\r\ncontent-length: 9\r\n\r\nbu").wait(LONG),
            "Server",
            "bu",
            2,
        ),
        ("hangs", Always, Answer::default().wait(LONG), "Timeout", "400ms", 1),
        (
            "hangs behind the head",
            Whole,
            Answer::raw(format!("HTTP/1.1 200 -\r\n{json}content-length: 9\r\n\r\n{{")).wait(LONG),
            "Timeout",
            "400ms",
            1,
        ),
        ("hangs before a part", Streaming, Answer::sse().wait(LONG), "Timeout", "400ms", 1),
        (
            "drips",
            Whole,
            drip(Answer::raw(format!("HTTP/1.1 200 -\r\n{json}content-length: 99\r\n\r\n"))),
            "Timeout",
            "400ms",
            1,
        ),
        ("truncated JSON", Always, Answer::new(200, json, r#"{"choices": [{"mess"#), "Malformed", "breaks off", 1),
        ("other JSON", Always, Answer::new(200, json, r#"{"choices": 3}"#), "Malformed", "completion", 1),
        ("no choices", Always, Answer::new(200, json, r#"{"choices": []}"#), "Empty", "", 1),
        ("nothing in a choice", Always, Answer::new(200, json, r#"{"choices": [{"message": {}}]}"#), "Empty", "", 1),
        ("nothing in a stream", Streaming, Answer::sse().event("[DONE]").end(), "Empty", "", 1),
        ("a filter", Always, Answer::json(200, &filtered), "Filtered", "", 1),
        (
            "an error with 200",
            Always,
            Answer::new(200, json, r#"{"error": {"message": "upstream"}}"#),
            "Reported",
            "upstream",
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
    ];
    faults.extend(broken);
    faults
}

/// Tries those first that are slow because somebody waits, side by side, and then those that are much work, so that these don't make
/// others late.
pub async fn some_at_once<F: Future<Output = ()>>(tried: impl Iterator<Item = (&'static str, F)>) {
    let (hard, easy): (Vec<_>, Vec<_>) = tried.partition(|(name, _)| name.contains("10 MB"));
    stream::iter(easy).map(|(_, case)| case).buffer_unordered(8).collect::<()>().await;
    stream::iter(hard).for_each(|(_, case)| case).await;
}
