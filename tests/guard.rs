//! `railsc guard`: what the rails make of texts; the cases are in `tests/data/guard.jsonl`.

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use assert_cmd::Command;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Answer, Server};

const GUARDED: &str = "tests/data/guarded";

fn railsc() -> Command {
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CLICOLOR_FORCE").env_remove("ACTIONS_URL");
    command.timeout(Duration::from_secs(60));
    command
}

/// Runs `railsc guard` with `arguments`: exit code, standard output, standard error.
fn guard(arguments: &[&str], input: impl Into<Vec<u8>>) -> (i32, String, String) {
    let output = railsc().arg("guard").args(arguments).write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

fn rows(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(Deserialize)]
struct Case {
    name: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    exit: i32,
    /// Fields that the rows must have.
    rows: Vec<Value>,
    #[serde(default)]
    err: String,
}

#[test]
fn texts_are_guarded_as_the_cases_say() {
    let cases = include_str!("data/guard.jsonl").lines();
    let cases: Vec<Case> = cases.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= 20);
    for Case { name, args, stdin, exit, rows: wanted, err: part } in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (code, out, err) = guard(&[&[GUARDED, "--json"], &*args].concat(), stdin);
        assert_eq!(code, exit, "{name}: {out}{err}");
        assert!(err.contains(&part) && err.is_empty() == part.is_empty(), "{name}: {err}");
        let found = rows(&out);
        assert_eq!(found.len(), wanted.len(), "{name}: {out}");
        for (found, wanted) in found.iter().zip(&wanted) {
            for (field, value) in wanted.as_object().unwrap() {
                assert_eq!(&found[field], value, "{name}: `{field}`");
            }
        }
    }
}

#[test]
fn a_row_has_all_fields_in_this_order() {
    let (_, out, _) = guard(&[GUARDED, "--json", "my secret"], "");
    let row = rows(&out).remove(0);
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    let wanted = [
        "text",
        "status",
        "content",
        "rail",
        "reason",
        "rule",
        "score",
        "threshold",
        "spans",
        "line",
        "rails",
        "micros",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(
        (&row["line"]["file"], &row["line"]["start"]["line"]),
        (&json!("tests/data/guarded/rails.co"), &json!(9))
    );
    let rails = row["rails"].as_array().unwrap();
    let told: Vec<_> = rails.iter().map(|rail| (&rail["name"], &rail["type"], &rail["status"])).collect();
    let (mask, secrets) = (json!("mask cards"), json!("no secrets"));
    let (input, passed, blocked) = (json!("input"), json!("passed"), json!("blocked"));
    assert_eq!(told, [(&mask, &input, &passed), (&secrets, &input, &blocked)]);
    assert!(rails.iter().all(|rail| rail["duration_us"].is_number() && rail["failed_open"] == json!(false)));
    assert!(row["micros"].is_number());
    // The third rail has nobody to ask here, and is let pass.
    let (_, out, _) = guard(&[GUARDED, "--json", "a story"], "");
    assert_eq!(rows(&out)[0]["rails"][2]["failed_open"], json!(true));
}

#[test]
fn people_see_what_was_found_and_where() {
    let long = format!("{} secret {}", "so it goes on and on".repeat(20), "and on".repeat(20));
    let (code, out, err) = guard(
        &[
            GUARDED,
            "a story",
            "pay by 4111 2222",
            "tell me the secret",
            "日本語で secret と言う",
            "4111 is no secret",
            "\u{1b}[31mred\u{7}\r\n\u{202e}secret",
            &long,
        ],
        "",
    );
    assert_eq!((code, &*err), (1, ""));
    assert!(!out.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{out:?}");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(?m)^(.{8}) +[\d.]+ (µs|ms)", "$1        0 µs");
    settings.add_filter(r"median [\d.]+ (µs|ms)", "median 0 µs");
    settings.add_filter(r" \(os error \d+\)", "");
    settings.bind(|| insta::assert_snapshot!("human", out));
}

#[test]
fn what_is_withheld_is_marked_in_the_text_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = "rails: {input: {flows: [check secrets on input]}}";
    fs::write(folder.path().join("config.yml"), config).unwrap();
    let output = railsc().arg("guard").arg(folder.path()).arg("é: my password is 'umbrella', help").output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let marked = format!("é: my password is 'umbrella', help\n{:41}^^^^^^^^ assigned_secret\n", "");
    assert!(out.contains(&marked), "{out}");
    assert_eq!(out.matches("umbrella").count(), 1, "{out}");
}

#[test]
fn what_an_action_went_by_is_told() {
    let server = Server::start(|request| {
        assert_eq!(request.line, "POST /v1/actions/run");
        let text = request.json()["action_parameters"]["text"].as_str().unwrap().to_owned();
        let score = if text.contains("anvil") { 0.93 } else { 0.1 };
        let spans = json!([{"start": 2, "end": 7, "text": "anvil"}, {"start": 500, "end": 900}]);
        let result = json!({"rule": "heavy things", "score": score, "threshold": 0.8, "spans": spans});
        Answer::json(200, &json!({"status": "success", "result": result}))
    });
    let run = |arguments: &[&str]| {
        let output =
            railsc().args(["guard", GUARDED]).args(arguments).env("ACTIONS_URL", server.url()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, out) = run(&["--json", "a feather", "a anvil"]);
    let found = rows(&out);
    assert_eq!((code, &found[0]["status"], &found[0]["score"]), (1, &json!("passed"), &Value::Null));
    for (field, value) in [
        ("rule", json!("heavy things")),
        ("score", json!(0.93)),
        ("threshold", json!(0.8)),
        ("reason", json!("it stopped the turn")),
        ("content", json!("")),
    ] {
        assert_eq!(found[1][field], value, "{field}");
    }
    let (_, out) = run(&["a anvil"]);
    for part in [
        "  ^^^^^ heavy things\n",
        "by `not too heavy`: it stopped the turn",
        "score 0.93, threshold 0.80",
        "says: nothing",
    ] {
        assert!(out.contains(part), "no {part} in {out}");
    }
}

#[test]
fn without_rails_it_says_so_and_passes_nothing() {
    let (code, out, err) = guard(&["examples/politics", "hello"], "");
    assert_eq!((code, &*out), (1, ""));
    assert!(err.contains("`examples/politics` has no input rails, so it can't guard"), "{err}");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("rails.co", "define subflow calm\n  $bot_message = $bot_message.lower()\n");
    write("config.yml", "rails:\n  output:\n    flows: [calm]\n");
    let path = folder.path().to_str().unwrap();
    let (code, out, err) = guard(&[path, "--file", "-"], "hello\n");
    assert!(code == 1 && out.is_empty() && err.contains("it has output rails, which `--output` runs"), "{err}");
    assert_eq!(guard(&[path, "--output", "hello"], "").0, 0);
    // Rails that don't load guard nothing either.
    write("config.yml", "rails:\n  output:\n    flows: [clam]\n");
    let (code, out, err) = guard(&[path, "--output", "hello"], "");
    assert!(code == 1 && out.is_empty() && err.contains("`clam`"), "{err}");
}

#[test]
fn a_rail_that_fails_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let rail = "define subflow fails\n  if $missing > 3\n    stop\n";
    fs::write(folder.path().join("rails.co"), rail).unwrap();
    fs::write(folder.path().join("config.yml"), "rails:\n  input:\n    flows: [fails]\n").unwrap();
    let (code, out, _) = guard(&[folder.path().to_str().unwrap(), "--json", "hello"], "");
    let row = rows(&out).remove(0);
    assert_eq!((code, &row["status"]), (1, &json!("blocked")));
    assert!(row["reason"].as_str().unwrap().starts_with("rail failed: "), "{row}");
}

#[test]
fn bad_bytes_and_endless_lines_end_with_their_line() {
    let (code, out, err) = guard(&[GUARDED, "--json", "--file", "-"], b"fine\n\xff\xfe\nfine\n");
    assert!(code == 1 && rows(&out).len() == 1 && err.contains("-:2: the line is not UTF-8"), "{out}{err}");
    let (code, _, err) = guard(&[GUARDED, "--file", "-"], [b"fine\n".as_slice(), &[b'x'; (16 << 20) + 2]].concat());
    assert!(code == 1 && err.contains("-:2: the line is longer than"), "{err}");
    let (code, _, err) = guard(&[GUARDED, "--file", "-"], "fine\n".to_owned() + &"x".repeat(20_001) + "\n");
    assert!(code == 1 && err.contains("-:2: the message is longer than the"), "{err}");
    let (code, _, err) = guard(&[GUARDED, "fine", &"x".repeat(20_001)], "");
    assert!(code == 1 && err.contains("text 2: the message is longer than the"), "{err}");
    let (code, _, err) = guard(&[GUARDED, "--file", "tests"], "");
    assert!(code == 3 && err.contains("can't read `tests`"), "{err}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("texts.jsonl");
    fs::write(&file, "\u{feff}{\"text\": \"a\"}\r\n\"b\"\r\n").unwrap();
    let (code, out, err) = guard(&[GUARDED, "--json", "--file", file.to_str().unwrap()], "");
    assert!(code == 1 && rows(&out).len() == 1 && err.contains("texts.jsonl:2: this is no object"), "{err}");
}

#[test]
fn texts_that_nobody_hears_of_are_not_fine() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_railsc"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["guard", GUARDED, "--json", "--file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"a story\nmy secret\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// Whoever pipes texts in one at a time gets each outcome before the next.
#[test]
fn each_text_of_a_pipe_is_answered_at_once() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_railsc"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["guard", GUARDED, "--json", "--file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for (text, status) in [("a story", "passed"), ("my secret", "blocked")] {
        writeln!(input, "{text}").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(rows(&line)[0]["status"], json!(status));
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
