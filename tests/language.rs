//! The documents about the language: every piece of rails loads without a finding, or with those that its fence names,
//! and every conversation goes as written with the rails above it.

use std::collections::BTreeSet;

use rails::{Args, Rails};
use serde_json::json;

const DOCUMENTS: &[(&str, &str)] = &[
    ("docs/language.md", include_str!("../docs/language.md")),
    ("COMPATIBILITY.md", include_str!("../COMPATIBILITY.md")),
];

/// A fenced block: the words behind the fence, and the text.
fn blocks(document: &str) -> Vec<(Vec<&str>, &str)> {
    let mut blocks = Vec::new();
    let mut rest = document;
    while let Some((_, behind)) = rest.split_once("\n```") {
        let (info, body) = behind.split_once('\n').unwrap();
        let (text, behind) = body.split_once("```").unwrap();
        blocks.push((info.split_whitespace().collect(), text));
        rest = behind;
    }
    blocks
}

fn check_order(args: Args) -> serde_json::Value {
    json!({ "id": args.get::<Option<String>>("id").unwrap(), "status": "shipped" })
}

#[tokio::test]
async fn every_block_is_as_it_says() {
    for (name, document) in DOCUMENTS {
        let (mut rails, mut count, mut chats) = ("", 0, 0);
        for (info, text) in blocks(document) {
            match info[..] {
                ["co", ref expected @ ..] => {
                    count += 1;
                    rails = text;
                    let report = rails::check_source("block.co", text);
                    let found: BTreeSet<&str> = report.diagnostics.iter().map(|found| found.code.id()).collect();
                    let mut expected: BTreeSet<&str> = expected.iter().copied().collect();
                    if text.contains("check_order") {
                        // The test registers it, below.
                        expected.insert("W1310");
                    }
                    assert_eq!(found, expected, "{name}:\n{text}");
                }
                ["chat"] => {
                    chats += 1;
                    chat(name, rails, text).await;
                }
                _ => {}
            }
        }
        assert!(count >= 4 && chats >= 3, "{name} has {count} pieces of rails and {chats} conversations");
    }
}

async fn chat(name: &str, rails: &str, conversation: &str) {
    let built = Rails::builder().source(rails).action("check_order", |args| async { Ok(check_order(args)) }).build();
    let mut session = built.unwrap().session();
    let mut expected = conversation.lines().peekable();
    while let Some(line) = expected.next() {
        let text = line.strip_prefix("> ").unwrap_or_else(|| panic!("{name}: {line} is nobody's"));
        let mut reply = Vec::new();
        while let Some(line) = expected.next_if(|line| !line.starts_with("> ")) {
            reply.push(line);
        }
        let found = session.generate(text).await.unwrap();
        assert_eq!(found.text, reply.join("\n"), "{name}: {text}\n{}\n{rails}", found.trace);
    }
}
