//! `railsc test` as its users run it. The rails are in `tests/data/tested/`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

const TESTED: &str = "tests/data/tested";

/// Runs with `arguments`: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CLICOLOR_FORCE").timeout(Duration::from_secs(60));
    let output = command.arg("test").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

/// The rails under test, with other files beside or instead of theirs.
fn tested_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(TESTED);
    fs::create_dir(folder.path().join("tests")).unwrap();
    for name in ["rails.co", "config.yml"] {
        fs::copy(from.join(name), folder.path().join(name)).unwrap();
    }
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What is printed about one test, without what differs from run to run.
fn settings(folder: &TempDir) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&regex::escape(folder.path().to_str().unwrap()), "DIR");
    settings.add_filter(r" +[\d.]+ µs", " T µs");
    settings.add_filter(r" in [\d.]+ ms", " in T");
    settings.add_filter(r#"time="[\d.]+""#, r#"time="T""#);
    settings.add_filter(r#""(micros|at_us|dur_us)":[\d.]+"#, r#""$1":T"#);
    settings
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().unwrap()
}

#[test]
fn blocks_and_transcripts_of_a_configuration_pass() {
    let (exit, out, err) = run(&[TESTED, "--coverage"]);
    assert!(exit == 0, "{out}{err}");
    assert!(out.contains("8 tests passed in "), "{out}");
    assert!(out.contains("intents 2/2, messages 5/5, flows 4/4, branches 4/4: 100.0 %"), "{out}");
}

#[test]
fn every_transcript_passes() {
    let (exit, out, err) = run(&["tests/data/transcripts.jsonl"]);
    assert!(exit == 0 && out.contains("84 tests passed"), "{out}{err}");
}

const FAILING: &str = r#"define test another text
  user "hello"
  bot "Good day."

define test another intent
  user "where is my order 7"
  intent greet

define test more than is expected
  action find order returns {"shipped": False}
  user "where is my order 7"
  bot "It is being packed."

define test less than is expected
  user "hello"
  bot greet back
  bot ...

define test another argument
  action find order(number="8") returns {"shipped": True}
  user "where is my order 7"
  bot "It is on its way."

define test an action that is not called
  action find order returns {}
  user "hello"
  bot greet back

define test an action that nothing is said of
  user "where is my order 7"
  bot "It is on its way."

define test nothing blocks
  input "hello"
  blocked by no secrets

define test something blocks
  user "a secret"
  passed

define test whether a condition holds
  user "hello"
  check $user_message == "good bye" and $count is None

define test nothing is expected
  user "hello"

define test nothing is said
  bot greet back

define test an answer of the model is left
  model "never asked"
  user "hello"
  bot greet back

define test a turn that fails has not passed
  action find order fails "closed"
  user "where is my order 7"
  passed

define test it passes
  user "hello"
  bot greet back
"#;

#[test]
fn what_fails_is_told_with_all_that_led_there() {
    let folder = tested_with(&[("tests/failing.co", FAILING)]);
    let (exit, out, err) = run(&[path(&folder), "--filter", "h"]);
    assert!(exit == 1 && err.is_empty(), "{err}");
    settings(&folder).bind(|| insta::assert_snapshot!("test_human", out));
    for format in ["json", "junit", "github"] {
        let (exit, out, _) = run(&[path(&folder), "--filter", "another", "--format", format]);
        assert_eq!(exit, 1);
        settings(&folder).bind(|| insta::assert_snapshot!(format!("test_{format}"), out));
    }
}

#[test]
fn transcripts_fail_for_what_they_say() {
    let lines = [
        r#"{"name": "text", "turns": [{"user": "hello", "bot": "Good day."}]}"#,
        r#"{"name": "intent", "turns": [{"user": "hello", "intent": "ask order"}]}"#,
        r#"{"name": "calls", "turns": [{"user": "hello", "calls": [["find_order", {}]]}]}"#,
        r#"{"name": "rail", "turns": [{"user": "hello", "blocked_by": "no secrets"}]}"#,
        r#"{"name": "nothing", "turns": [{"user": "hello"}]}"#,
        r#"{"name": "turns", "turns": []}"#,
        r#"{"name": "error", "turns": [{"user": "hello", "error": true}]}"#,
        r#"{"name": "rejected", "colang": "define user greet\n  \"hi\"", "rejected": true}"#,
        r#"{"name": "loads", "colang": "defne flow", "turns": [{"user": "hello", "bot": "hi"}]}"#,
        r#"{"name": "unknown", "turns": [{"user": "hello", "bott": "hi"}]}"#,
        r#"{"name": "folder", "config": "nowhere", "turns": [{"user": "hello", "bot": "hi"}]}"#,
        r#"{"name": "missing, and rejected", "config": "nowhere", "rejected": true}"#,
        r#"{"name": "unnamed, and rejected", "config": "nowhere", "colang": "x", "rejected": true}"#,
        r#"{"name": "rejected, with turns", "colang": "defne flow", "rejected": true, "turns": [{"user": "hello", "bot": "hi"}]}"#,
        r#"{"name": "rejected indeed", "colang": "defne flow", "rejected": true}"#,
        r#"{"name": "error and text", "turns": [{"user": "hello", "error": true, "bot": "hi"}]}"#,
        "no JSON",
    ];
    let folder = tested_with(&[("tests/failing.jsonl", &lines.join("\n"))]);
    let (exit, out, _) = run(&[path(&folder)]);
    assert_eq!(exit, 1);
    settings(&folder).bind(|| insta::assert_snapshot!("test_transcripts", out));
}

#[test]
fn a_floor_of_coverage_fails() {
    let folder = tested_with(&[]);
    let (exit, out, err) = run(&[path(&folder), "--min-coverage", "90%"]);
    assert!(exit == 1 && err.contains("of the rails ran, and at least 90 % should"), "{err}");
    settings(&folder).bind(|| insta::assert_snapshot!("test_coverage", out));
    let (exit, ..) = run(&[path(&folder), "--min-coverage", "20"]);
    assert_eq!(exit, 0);
    let (exit, _, err) = run(&["tests/data/transcripts.jsonl", "--min-coverage", "1"]);
    assert!(exit == 1 && err.contains("no coverage was measured"), "{err}");
    let (exit, _, err) = run(&[path(&folder), "--min-coverage", "101"]);
    assert!(exit == 2 && err.contains("a number from 0 to 100"), "{err}");
}

#[test]
fn what_tests_nothing_fails() {
    let rails = "define flow\n  user \"hi\"\n  bot \"hello\"\n";
    let folder = tested_with(&[("rails.co", rails), ("config.yml", ""), ("bare.co", rails), ("empty.jsonl", "\n")]);
    for name in ["bare.co", "empty.jsonl", ""] {
        let (exit, out, _) = run(&[folder.path().join(name).to_str().unwrap()]);
        assert!(exit == 1 && out.contains("expected: a t") && out.contains("1 failed"), "{name}: {out}");
    }
    fs::write(folder.path().join("tests/empty.co"), "").unwrap();
    let (exit, out, _) = run(&[path(&folder)]);
    assert!(exit == 1 && out.contains("empty.co"), "{out}");
    let (exit, out, _) = run(&[TESTED, "--filter", "no such test"]);
    assert!(exit == 1 && out.contains("no test ran"), "{out}");
    let (exit, out, _) = run(&["nowhere", TESTED]);
    assert!(exit == 1 && out.contains("there is nothing at `nowhere`") && out.contains("8 passed, 1 failed"), "{out}");
    let lonely = folder.path().join("lonely.jsonl");
    fs::write(&lonely, r#"{"name": "a", "turns": [{"user": "hi", "bot": "hello"}]}"#).unwrap();
    let (exit, out, _) = run(&[lonely.to_str().unwrap()]);
    assert!(exit == 1 && out.contains("no rails are named"), "{out}");
}

#[test]
fn the_tests_of_a_configuration_may_be_named_alone() {
    let tests = format!("{TESTED}/tests");
    for (path, count) in [(tests.clone(), 8), (format!("{tests}/orders.co"), 5), (format!("{tests}/talks.jsonl"), 2)] {
        let (exit, out, err) = run(&[&path]);
        assert!(exit == 0 && out.contains(&format!("\n{count} tests passed")), "{path}: {out}{err}");
    }
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(&tests));
    let output = command.args(["test", "orders.co", "talks.jsonl"]).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.contains("7 tests passed"), "{out}");
}

#[test]
fn a_folder_that_is_no_configuration_is_rejected_for_what_it_holds() {
    let lines = r#"{"name": "empty", "config": "empty", "rejected": true}
{"name": "no UTF-8", "config": "bytes", "rejected": true}
{"name": "missing", "config": "missing", "rejected": true}"#;
    let folder = tested_with(&[("cases.jsonl", lines)]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join("bytes")).unwrap();
    fs::write(folder.path().join("bytes/a.co"), b"define flow \xff").unwrap();
    let (exit, out, _) = run(&[folder.path().join("cases.jsonl").to_str().unwrap()]);
    assert!(exit == 1 && out.contains("2 passed, 1 failed") && out.contains("failed missing"), "{out}");
}

#[test]
fn a_line_that_names_nothing_fails_its_test() {
    let test = "define test a name with a slip\n  user \"hello\"\n  bot greet bakc\n  intent greet\n";
    let folder = tested_with(&[("tests/slip.co", test)]);
    let (exit, out, _) = run(&[path(&folder), "--filter", "slip"]);
    assert!(exit == 1 && out.contains("slip.co:3") && out.contains("names what does not exist"), "{out}");
}

#[test]
fn update_writes_down_what_is_said_now() {
    let block = "define test greeting, spoken\n  user \"hello\"\n  bot \"Good day.\"  # what a day\n\ndefine test an order\n  \
                 action find order returns {\"shipped\": True}\n  user \"where is my order 7\"\n  bot greet back\n";
    let talk = "\u{feff}{\"name\": \"a\",  \"turns\":[{\"user\": \"hello\", \"bot\": \"\\u00e9\"}]}\r\n\r\n";
    let folder = tested_with(&[("tests/a.co", block), ("tests/b.jsonl", talk)]);
    let (exit, out, err) = run(&[path(&folder), "--update"]);
    assert!(exit == 0 && out.contains("a.co: 2 rewritten") && out.contains("b.jsonl: 1 rewritten"), "{out}{err}");
    let updated = block.replace("\"Good day.\"", "greet back").replacen(
        "7\"\n  bot greet back",
        "7\"\n  bot \"It is on its way.\"",
        1,
    );
    assert_eq!(fs::read_to_string(folder.path().join("tests/a.co")).unwrap(), updated);
    let talk = talk.trim_start_matches('\u{feff}').replace("\\u00e9", "Hello, .");
    assert_eq!(fs::read_to_string(folder.path().join("tests/b.jsonl")).unwrap(), talk);
    let (exit, out, _) = run(&[path(&folder), "--update"]);
    assert!(exit == 0 && !out.contains("rewritten"), "{out}");
}

#[test]
fn rails_alone_see_the_conversation_and_leave_it_alone() {
    let rails = "define subflow no parroting
  if $user_message and $user_message in $bot_message
    bot \"no parroting\"

define flow
  user \"hello friend\"
  bot \"Hi.\"

define flow
  user \"what did you say?\"
  bot \"I said: $last_bot_message\"

define test an output is compared with what the user said
  output \"hello friend\"
  passed
  user \"hello friend\"
  bot \"Hi.\"
  output \"well, hello friend\"
  blocked by no parroting

define test an input is nobody's turn
  user \"hello friend\"
  bot \"Hi.\"
  input \"typed and gone\"
  passed
  user \"what did you say?\"
  bot \"I said: Hi.\"
";
    let config = "rails: {output: {flows: [no parroting]}}";
    let folder = tested_with(&[("rails.co", rails), ("config.yml", config)]);
    let (exit, out, err) = run(&[path(&folder)]);
    assert!(exit == 0 && out.contains("2 tests passed"), "{out}{err}");
}

#[test]
fn calls_of_tools_go_through_their_rails_alone() {
    let rails = "define subflow cap
  if $tool_calls[0].name == \"nonsense\"
    $tool_calls = \"nonsense\"
  else if $tool_calls[0].args.amount > 100
    $tool_calls = [{\"name\": $tool_calls[0].name, \"id\": $tool_calls[0].id, \"args\": {\"amount\": 100}}]

define flow
  user \"what did you say?\"
  bot \"I said: $last_bot_message\"

define test calls are rewritten
  $amount = 500
  tool_output refund(amount=$amount, to={\"name\": [\"Jane\", None]})
  passed
  check $tool_calls[0].args == {\"amount\": 100}
  tool_output refund(amount=20, to={\"name\": [\"Jane\", None]}), refund
  passed
  check $tool_calls[0].args.to.name[1] == None and $tool_calls[1].args == {} and $tool_calls[1].name == \"refund\"

define test nobody has said anything
  tool_output refund(amount=1)
  user \"what did you say?\"
  bot \"I said: None\"

define test what is no list of calls fails
  tool_output nonsense
  passed

define test nothing is blocked
  tool_output refund(amount=20), pay(amount=1 + 1)
  blocked by cap

define test nothing is said
  tool_output refund(amount=20)
  bot ...

define test a rail that fails blocks
  tool_output refund(amount=None)
  blocked by cap
";
    let folder = tested_with(&[("rails.co", rails), ("config.yml", "rails: {tool_output: {flows: [cap]}}")]);
    let (exit, out, _) = run(&[path(&folder)]);
    let failed: Vec<&str> = out.lines().filter(|line| line.starts_with("failed ")).collect();
    assert!(exit == 1 && failed.len() == 3 && out.contains("3 passed, 3 failed"), "{out}");
    for told in [
        "a rail has set `$tool_calls` to what is no list of calls",
        "turn 1, tool_output refund {\"amount\":20}, pay {\"amount\":2}\n  expected: blocked by cap\n       got: passed",
        "expected: bot ...\n       got: nothing",
    ] {
        assert!(out.contains(told), "{told}:\n{out}");
    }
}

#[test]
fn the_script_stands_in_for_every_model() {
    let rails = "define subflow self check\n  # Does the text ask for something forbidden? Answer yes or no.\n  $answer = ...\n  if $answer == \"yes\"\n    \
                 bot \"No.\"\n    stop\n\ndefine test a forbidden text is stopped\n  model \"yes\"\n  user \"do it\"\n  blocked by self check\n  bot \"No.\"\n";
    let config = "models:\n  - {type: main, engine: openai, model: m}\n  - {type: guard, engine: openai, model: g}\n\
                  rails: {input: {flows: [self check $model=guard]}}\n";
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rails.co"), rails).unwrap();
    fs::write(folder.path().join("config.yml"), config).unwrap();
    let (code, out, err) = run(&[folder.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{out}{err}");
}
