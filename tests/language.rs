//! The documents about the language: every piece of rails loads without a finding, or with those that its fence names,
//! and every conversation goes as written with the rails above it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rails::tools::test;
use rails::{Args, Rails};
use serde_json::json;
use tempfile::TempDir;

/// Names and texts, and how many pieces of rails and conversations there are at least.
const DOCUMENTS: &[(&str, &str, usize, usize)] = &[
    ("docs/language.md", include_str!("../docs/language.md"), 20, 10),
    ("COMPATIBILITY.md", include_str!("../COMPATIBILITY.md"), 4, 3),
    ("docs/models.md", include_str!("../docs/models.md"), 1, 0),
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
    for (name, document, pieces, conversations) in DOCUMENTS {
        let (mut folder, mut count, mut chats) = (None, 0, 0);
        let blocks = blocks(document);
        for (index, (info, text)) in blocks.iter().enumerate() {
            match info[..] {
                ["co", ref expected @ ..] => {
                    count += 1;
                    let config = blocks.get(index + 1).filter(|(info, _)| *info == ["yaml"]).map(|(_, text)| *text);
                    let folder = folder.insert(project(text, config));
                    let report = rails::check(folder.path());
                    if text.contains("define test") {
                        run_tests(name, folder.path()).await;
                    }
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
                    chat(name, folder.as_ref().unwrap().path(), text).await;
                }
                ["yaml"] if index == 0 || blocks[index - 1].0.first() != Some(&"co") => {
                    let folder = project("", Some(text));
                    let found = rails::check(folder.path()).diagnostics.into_iter().map(|found| found.code.id());
                    // It names rails, models and servers that stand elsewhere.
                    let wrong: Vec<&str> = found.filter(|code| !["E0306", "E0613", "W1601"].contains(code)).collect();
                    assert!(wrong.is_empty(), "{name}: {wrong:?}:\n{text}");
                }
                _ => {}
            }
        }
        assert!(
            count >= *pieces && chats >= *conversations,
            "{name} has {count} pieces of rails and {chats} conversations"
        );
    }
}

fn project(rails: &str, config: Option<&str>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("block.co"), rails).unwrap();
    if let Some(config) = config {
        fs::write(folder.path().join("config.yml"), config).unwrap();
    }
    folder
}

async fn run_tests(name: &str, rails: &Path) {
    let mut outcome = test::Outcome::default();
    test::run(rails, &test::Options::default(), &mut outcome).await.unwrap();
    let mut told = Vec::new();
    test::render(&outcome, test::Format::Human, false, &mut told).unwrap();
    assert!(!outcome.has_failed(), "{name}: {}", String::from_utf8(told).unwrap());
}

async fn chat(name: &str, rails: &Path, conversation: &str) {
    let built = Rails::builder().path(rails).action("check_order", |args| async { Ok(check_order(args)) }).build();
    let mut session = built.unwrap().session();
    let mut expected = conversation.lines().peekable();
    while let Some(line) = expected.next() {
        let text = line.strip_prefix("> ").unwrap_or_else(|| panic!("{name}: {line} is nobody's"));
        let mut reply = Vec::new();
        while let Some(line) = expected.next_if(|line| !line.starts_with("> ")) {
            reply.push(line);
        }
        let found = session.generate(text).await.unwrap();
        assert_eq!(found.text, reply.join("\n"), "{name}: {text}\n{}\n{}", found.trace, rails.display());
    }
}
