//! Rails as they are deployed: a folder on a disk, whose models are at local addresses.

use std::fmt::Write as _;
use std::time::Duration;

use rails::{Rails, Reply, ReplyStream};
use serde_json::Value;

use super::KEY;

/// What is said when a turn fails.
pub const ERROR: &str = "I'm sorry, an internal error has occurred.";

/// A model of `config.yml`, with a key.
pub struct Model<'a> {
    pub kind: &'a str,
    pub engine: &'a str,
    /// As servers are asked for it.
    pub name: &'a str,
    pub url: &'a str,
    pub retries: u32,
    /// What the client waits for; more than a turn may take, unless said otherwise.
    pub timeout: Duration,
}

impl<'a> Model<'a> {
    pub fn main(url: &'a str) -> Self {
        Self::of("main", "m", url)
    }

    pub fn of(kind: &'a str, name: &'a str, url: &'a str) -> Self {
        Self { kind, engine: "openai", name, url, retries: 0, timeout: Duration::from_secs(9) }
    }
}

/// Loads a folder with this rail file and `config.yml`, to which `models` are added.
pub fn deployed(rails: &str, config: &str, models: &[Model<'_>]) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    let mut text = format!("{config}\nmodels:\n");
    for Model { kind, engine, name, url, retries, timeout } in models {
        let (key, timeout) = (KEY, timeout.as_millis());
        write!(text, "  - type: {kind}\n    engine: {engine}\n    model: {name}\n    parameters: ").unwrap();
        writeln!(text, "{{base_url: \"{url}\", api_key: {key}, max_retries: {retries}, timeout: {timeout}ms}}")
            .unwrap();
    }
    std::fs::write(folder.path().join("rails.co"), rails).unwrap();
    std::fs::write(folder.path().join("config.yml"), text).unwrap();
    Rails::from_path(folder.path()).unwrap_or_else(|error| panic!("{error}"))
}

/// All pieces of a stream, and the reply.
pub async fn drained(mut stream: ReplyStream<'_>) -> (Vec<String>, Reply) {
    let mut pieces = Vec::new();
    while let Some(piece) = stream.next().await {
        pieces.push(piece);
    }
    (pieces, stream.reply().await.unwrap())
}

/// Why a turn, or a judge or a rail in it, failed, as the trace has it.
pub fn failures(reply: &Reply) -> String {
    let trace = serde_json::to_value(&reply.trace).unwrap();
    let events = trace["events"].as_array().unwrap().iter();
    let reasons = events.filter(|event| event["kind"].as_str().is_some_and(|kind| kind.ends_with("failed")));
    reasons.filter_map(|event| event["data"]["reason"].as_str()).collect::<Vec<_>>().join("\n")
}

/// The messages of a request, but for what the system says.
pub fn said(request: &Value) -> Vec<(&str, &str)> {
    let messages = request["messages"].as_array().unwrap().iter();
    let pairs = messages.map(|message| (message["role"].as_str().unwrap(), message["content"].as_str().unwrap()));
    pairs.filter(|(role, _)| *role != "system").collect()
}
