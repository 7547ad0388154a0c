//! Answers of HTTP, step by step, and those of models.

use std::time::Duration;

use rails::model::Completion;
use serde_json::{Value, json};

/// What a server does to answer.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Close,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub steps: Vec<Step>,
}

impl Answer {
    /// Bytes as they stand; whoever writes them writes the head too.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::default().send(bytes)
    }

    pub fn send(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    pub fn wait(mut self, time: Duration) -> Self {
        self.steps.push(Step::Wait(time));
        self
    }

    pub fn close(mut self) -> Self {
        self.steps.push(Step::Close);
        self
    }

    /// The same, and `other` behind it.
    pub fn then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// The same after `time`.
    pub fn after(mut self, time: Duration) -> Self {
        self.steps.insert(0, Step::Wait(time));
        self
    }

    /// A status, headers, each with its end of line, and a body.
    pub fn new(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        Self::raw([head.into_bytes(), body].concat())
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "content-type: application/json\r\n", body.to_string())
    }

    /// A failure, as OpenAI tells of one.
    pub fn error(status: u16, message: &str) -> Self {
        Self::json(status, &json!({"error": {"message": message, "type": "error"}}))
    }

    /// A whole completion.
    pub fn completion(completion: &Completion) -> Self {
        Self::json(200, &plain(completion))
    }

    /// A completion word by word.
    pub fn streamed(completion: &Completion) -> Self {
        let mut answer = Self::sse();
        for event in events(completion) {
            answer = answer.event(&event.to_string());
        }
        answer.event("[DONE]").end()
    }

    /// The head of a stream, whose chunks follow.
    pub fn sse() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    }

    /// A chunk of a stream.
    pub fn chunk(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
    }

    /// An event, in a chunk of its own.
    pub fn event(self, data: &str) -> Self {
        self.chunk(format!("data: {data}\n\n"))
    }

    /// The end of a stream.
    pub fn end(self) -> Self {
        self.send("0\r\n\r\n")
    }
}

fn usage(completion: &Completion) -> Value {
    completion
        .tokens
        .map_or(Value::Null, |tokens| json!({"prompt_tokens": tokens.input, "completion_tokens": tokens.output}))
}

fn finish(completion: &Completion) -> String {
    let usual = if completion.tool_calls.is_empty() { "stop" } else { "tool_calls" };
    completion.finish.clone().unwrap_or_else(|| usual.to_owned())
}

/// What OpenAI's interface answers at once.
pub fn plain(completion: &Completion) -> Value {
    let mut message = json!({"role": "assistant", "content": completion.text});
    if !completion.tool_calls.is_empty() {
        message["tool_calls"] = json!(completion.tool_calls);
    }
    let choice = json!({"index": 0, "message": message, "finish_reason": finish(completion)});
    json!({"id": "1", "object": "chat.completion", "model": "test", "choices": [choice], "usage": usage(completion)})
}

/// What it sends piece by piece.
pub fn events(completion: &Completion) -> Vec<Value> {
    let delta = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        json!({"id": "1", "object": "chat.completion.chunk", "model": "test", "choices": [choice]})
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    let words = completion.text.split_inclusive(' ');
    events.extend(words.map(|word| delta(json!({"content": word}), Value::Null)));
    for (index, call) in completion.tool_calls.iter().enumerate() {
        let start = json!({"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}});
        events.push(delta(json!({"tool_calls": [start]}), Value::Null));
        let more = json!({"index": index, "function": {"arguments": call.arguments}});
        events.push(delta(json!({"tool_calls": [more]}), Value::Null));
    }
    events.push(delta(json!({}), finish(completion).into()));
    if completion.tokens.is_some() {
        events.push(json!({"id": "1", "choices": [], "usage": usage(completion)}));
    }
    events
}
