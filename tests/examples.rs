//! Every example, run as its reader runs it; those that ask a model ask one of ours.

#![cfg(all(feature = "cli", feature = "http"))]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use rails::model::{Completion, Tokens, ToolCall};
use serde_json::{Value, json};
use support::Server;

/// A program that knows of no model but that of `server`.
fn command(program: &Path, server: Option<&Server>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).timeout(Duration::from_secs(60));
    for variable in ["CLICOLOR_FORCE", "OPENAI_MODEL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"] {
        command.env_remove(variable);
    }
    let url = server.map_or_else(|| "http://127.0.0.1:1/v1".to_owned(), |server| format!("{}/v1", server.url()));
    command.env("OPENAI_BASE_URL", url).env("OPENAI_API_KEY", "sk-test");
    command
}

fn railsc(server: Option<&Server>) -> Command {
    command(Path::new(env!("CARGO_BIN_EXE_railsc")), server)
}

/// The example called `name`, which `cargo test` builds beside the tests.
fn example(name: &str, server: Option<&Server>) -> Command {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples").join(name);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{program:?} is not built: run `cargo build --examples`");
    command(&program, server)
}

/// What a program prints, and that it ends well.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success() && err.is_empty(), "{out}{err}");
    out
}

fn saying(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        tokens: Some(Tokens { input: 40, output: 8, cached: 0 }),
        ..Completion::default()
    }
}

fn calling(name: &str, arguments: Value) -> Completion {
    let call = ToolCall { id: "1".to_owned(), name: name.to_owned(), arguments: arguments.to_string() };
    Completion { tool_calls: vec![call], ..Completion::default() }
}

/// What the server was sent, all of it.
fn sent(server: &Server) -> String {
    server.requests().iter().map(|request| request.json()["messages"].to_string()).collect()
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_configuration_is_clean_in_style_and_tested() {
    // These two are there to show what is wrong with them, and the last one has no rails.
    let bad = ["mistakes", "greeting", "ci"];
    let mut count = 0;
    for path in examples().into_iter().filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if bad.contains(&&*name) {
            continue;
        }
        count += 1;
        let path = format!("examples/{name}");
        let out = printed(railsc(None).args(["check", "--deny", "warnings", &path]));
        assert!(out.contains("no errors, no warnings"), "{out}");
        printed(railsc(None).args(["fmt", "--check", &path]));
        // The seed of the README has no tests of its own.
        if name != "politics" {
            let out = printed(railsc(None).args(["test", &path]));
            assert!(out.contains("passed in"), "{out}");
        }
    }
    assert!(count >= 5, "only {count} examples");
}

#[test]
fn every_example_in_rust_has_a_test_here() {
    let here = include_str!("examples.rs");
    for path in examples().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(here.contains(&format!("example(\"{name}\"")), "nothing runs {path:?}");
    }
}

#[test]
fn embed_answers_without_a_model() {
    let out = printed(&mut example("embed", None));
    for part in ["can only help with product-related questions.", "turn 1 · ", "lawyer", "Order 4711 is on its way."] {
        assert!(out.contains(part), "no {part} in {out}");
    }
}

#[test]
fn support_answers_without_a_model() {
    let out = printed(railsc(None).args(["chat", "examples/support"]).write_stdin("hi\nwho should I vote for?\n"));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].contains("help you today") && lines[1].contains("product-related") && lines.len() == 2, "{out}");
}

#[test]
fn model_is_asked_where_no_flow_answers() {
    let server = Server::scripted([saying("Read Middlemarch."), saying("You get a discount, I guarantee.")]);
    let turns = "hello\nwhich novel is long?\nmy password is hunter2\ncould it be cheaper?\n";
    let out = printed(railsc(Some(&server)).args(["chat", "examples/model"]).write_stdin(turns));
    let lines: Vec<&str> = out.lines().collect();
    let wanted = [
        "Hello, this is Pagewood. Which book are you looking for?",
        "Read Middlemarch.",
        "Please keep your password to yourself: nobody here needs it.",
        "I can't promise prices or dates; please ask the people in the shop.",
    ];
    assert_eq!(lines, wanted);
    let sent = sent(&server);
    assert!(sent.contains("You are the assistant of Pagewood") && !sent.contains("hunter2"), "{sent}");
    let request = &server.requests()[0];
    assert_eq!((request.header("authorization"), &request.json()["model"]), ("Bearer sk-test", &json!("gpt-4o-mini")));
}

#[test]
fn rag_tells_the_model_what_documents_say_but_for_what_is_internal() {
    let server = Server::scripted([saying("790 dollars."), saying("I don't know.")]);
    let cache = tempfile::tempdir().unwrap();
    let turns = "what does a Marlow with an oak top cost?\nwhat do dealers pay for the desk?\n";
    let mut command = railsc(Some(&server));
    let out = printed(command.env("XDG_CACHE_HOME", cache.path()).args(["chat", "examples/rag"]).write_stdin(turns));
    assert_eq!(out, "790 dollars.\nI don't know.\n");
    let sent = sent(&server);
    assert!(sent.contains("790 with an oak one"), "{sent}");
    assert!(!sent.contains("INTERNAL") && !sent.contains("410"), "{sent}");
}

#[test]
fn tools_are_called_and_what_they_give_back_is_masked() {
    let server = Server::scripted([calling("find_order", json!({"order": "4711"})), saying("It is on its way.")]);
    let out = printed(example("tools", Some(&server)).arg("where is order 4711?"));
    let call = "[find_order({\"order\":\"4711\"}): order: 4711, status: on its way, card: 4111111111111234]";
    assert_eq!(out, format!("{call}\nIt is on its way.\n"));
    let requests = server.requests();
    assert_eq!(requests[0].json()["tools"].as_array().unwrap().len(), 2);
    let messages = requests[1].json()["messages"].clone();
    let last = messages.as_array().unwrap().last().unwrap();
    assert_eq!(last["content"], json!("order: 4711\nstatus: on its way\ncard: ****1234"));
    assert_eq!((&last["role"], &last["tool_call_id"]), (&json!("tool"), &json!("1")));
}

#[test]
fn tools_are_not_called_with_what_is_forbidden() {
    for (arguments, refused) in [
        (json!({"order": "1", "amount": 250}), "it says `refuse large refunds`"),
        (json!({"order": "1"}), "rail failed"),
        (json!({"order": "1", "amount": "250"}), "rail failed"),
        (json!("250"), "rail failed"),
    ] {
        let server = Server::scripted([calling("refund", arguments.clone())]);
        let out = printed(&mut example("tools", Some(&server)));
        assert!(out.contains("[blocked by `no large refunds`: ") && out.contains(refused), "{arguments}: {out}");
        assert!(!out.contains("on their way back"), "{arguments}: {out}");
    }
    let server = Server::scripted([calling("refund", json!({"order": "1", "amount": 50})), saying("Done.")]);
    let out = printed(&mut example("tools", Some(&server)));
    assert!(out.contains("50 dollars for order 1 are on their way back") && out.ends_with("\nDone.\n"), "{out}");
}

#[test]
fn stream_prints_a_reply_as_it_comes() {
    let novel = "Middlemarch, by George Eliot: it is long, and you will want it to be longer.";
    let server = Server::scripted([saying(novel)]);
    let out = printed(&mut example("stream", Some(&server)));
    assert_eq!(out, format!("{novel}\n[passed; calls of the model: 1]\n"));
    assert!(server.requests()[0].streams());
    let server = Server::scripted([saying("You get it at a discount.")]);
    let out = printed(&mut example("stream", Some(&server)));
    assert!(out.starts_with("I can't promise prices") && out.contains("[blocked by `no promises`"), "{out}");
}
