//! The command as its users run it.

#[path = "support/project.rs"]
mod project;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use project::project;
use serde_json::Value;
use tempfile::TempDir;

fn railsc() -> Command {
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CLICOLOR_FORCE").timeout(Duration::from_secs(60));
    command
}

/// Runs with `arguments`: exit code, standard output, standard error.
fn run(arguments: &[&str], input: impl Into<Vec<u8>>) -> (i32, String, String) {
    let output = railsc().args(arguments).write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().unwrap()
}

// --- check -------------------------------------------------------------------------------------------------------

#[test]
fn check_gives_every_document_its_verdict() {
    let mut wrong = Vec::new();
    for line in include_str!("data/documents.jsonl").lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        let folder = project(&[("rails.co", document["colang"].as_str().unwrap().as_bytes())]);
        let (code, out, _) = run(&["check", "--format", "short", path(&folder)], "");
        let fits = match document["expect"].as_str().unwrap() {
            "error" => code == 1 && out.contains(": error["),
            "flagged" => !out.is_empty(),
            "clean" => code == 0,
            other => panic!("{other}"),
        };
        if !fits {
            wrong.push(format!("{}: exit {code}\n{out}", document["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn check_exits_by_what_it_finds() {
    let warned = project(&[("a.co", b"define user greet\n")]);
    let bad = project(&[("a.co", b"defin user greet\n")]);
    assert_eq!(run(&["check", "examples/support", "examples/politics"], "").0, 0);
    assert_eq!(run(&["check", path(&warned)], "").0, 0);
    assert_eq!(run(&["check", "--deny", "warnings", path(&warned)], "").0, 1);
    assert_eq!(run(&["check", path(&bad), path(&warned)], "").0, 1);
    for usage in [&["check"][..], &["check", "--format", "xml", "."], &["chck"], &[]] {
        let (code, _, err) = run(usage, "");
        assert_eq!(code, 2, "{usage:?}");
        assert!(err.contains("Usage") || err.contains("--help"), "{err}");
    }
}

#[test]
fn check_reports_all_files_in_one_run() {
    let folder = project(&[
        ("a.co", &b"define user greet\n  hi\n"[..]),
        ("b/c.co", b"define flow\n  user greet\n  bto \"x\"\n"),
        ("config.yml", b"limts:\n  steps: 3\n"),
    ]);
    let (code, out, _) = run(&["check", "--format", "json", path(&folder)], "");
    let found: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes: Vec<&str> = found.iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!((code, codes), (1, vec!["E0606", "E0206", "E0202"]));
    let step = &found[2];
    assert!(step["file"].as_str().unwrap().ends_with("b/c.co"));
    assert_eq!(step["start"], serde_json::json!({"line": 3, "column": 3, "offset": 27}));
    assert_eq!(step["help"], "did you mean `bot`?");
    assert_eq!(step["fix"], serde_json::json!([{"start": 27, "end": 30, "text": "bot"}]));
}

#[test]
fn short_is_one_line_a_finding() {
    let folder = project(&[("a.co", b"define user greet\n  hi\n  there\n")]);
    let (_, out, _) = run(&["check", "--format", "short", path(&folder)], "");
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(out.lines().all(|line| line.contains("a.co:") && line.contains(":3: error[E0206]: ")), "{out}");
}

#[test]
fn formats_for_ci_are_one_document_of_all_paths() {
    let bad = project(&[("a.co", &b"defin user greet\n"[..]), ("b.co", b"")]);
    let (code, out, err) = run(&["check", "--format", "sarif", path(&bad), "no/such", "examples/politics"], "");
    let log: Value = serde_json::from_str(&out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let ids: Vec<&str> = results.iter().map(|result| result["ruleId"].as_str().unwrap()).collect();
    assert_eq!((code, ids, &*err), (1, vec!["E0201", "E0601"], ""));
    let uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("file:///") && uri.ends_with("/a.co"), "{uri}");

    let (code, out, _) = run(&["check", "--format", "junit", path(&bad), "no/such", "examples/politics"], "");
    assert_eq!((code, out.matches("<testsuite ").count()), (1, 3));
    assert!(out.contains(r#"<testsuites name="railsc" tests="4" failures="2" errors="0">"#), "{out}");
    let passed = r#"<testcase classname="examples/politics" name="examples/politics/politics.co" file="examples/politics/politics.co"/>"#;
    assert!(out.contains(passed), "{out}");

    let (code, out, _) = run(&["check", "--format", "github", path(&bad), "no/such", "./examples/mistakes"], "");
    assert!(
        code == 1 && out.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")),
        "{out}"
    );
    assert!(out.contains("::error file=examples/mistakes/mistakes.co,line=13,col=3,"), "{out}");
    assert!(out.contains("::error title=E0601 path does not exist::there is nothing at `no/such`%0A"), "{out}");
}

#[test]
fn formats_for_ci_say_that_nothing_was_found() {
    for (format, part) in [("sarif", "\"results\": []"), ("junit", r#"failures="0""#), ("github", "")] {
        let (code, out, err) = run(&["check", "--format", format, "examples/support"], "");
        assert!(code == 0 && out.contains(part) && err.is_empty(), "{out}{err}");
    }
}

#[test]
fn denied_warnings_fail_their_test() {
    let warned = project(&[("a.co", b"define user greet\n")]);
    let (code, out, _) = run(&["check", "--format", "junit", path(&warned)], "");
    assert!(code == 0 && out.contains("<system-out>") && !out.contains("<failure"), "{out}");
    let (code, out, _) = run(&["check", "--format", "junit", "--deny", "warnings", path(&warned)], "");
    assert!(code == 1 && out.contains("<failure type=\"W") && !out.contains("<system-out>"), "{out}");
}

#[test]
fn check_reads_one_text_from_standard_input() {
    let check = |arguments: &[&str], input: &[u8]| run(&[&["check", "--stdin"], arguments].concat(), input);
    let (code, out, _) = check(&["--format", "short"], b"define user greet\n  hi\n");
    assert!(code == 1 && out.starts_with("<stdin>:2:3: error[E0206]: "), "{out}");
    let (code, out, _) = check(&["--format", "json", "--stdin-filename", "rails/a.co"], b"define user greet\n  hi\n");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &found["file"], &found["code"]), (1, &"rails/a.co".into(), &"E0206".into()));
    let (code, out, _) = check(&[], b"define flow\n  user \"hi\"\n  bot \"hello\"\n");
    assert_eq!((code, &*out), (0, "`<stdin>`: no errors, no warnings\n"));
    let (code, out, _) = check(&[], b"define user greet\n  'hi'\n");
    assert!(code == 1 && !out.contains("--fix"), "{out}");
}

#[test]
fn standard_input_is_bounded_and_must_be_utf8() {
    let latin = b"define user greet\n  \"caf\xe9\"\n";
    let folder = project(&[("a.co", latin)]);
    let file = folder.path().join("a.co");
    let file = file.to_str().unwrap();
    let (_, of_file, _) = run(&["check", "--format", "json", file], "");
    let (code, out, _) = run(&["check", "--format", "json", "--stdin", "--stdin-filename", file], latin);
    assert!(code == 1 && out.contains("E0603") && out == of_file, "{out}{of_file}");
    let endless = Stdio::from(fs::File::open("/dev/zero").unwrap());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_railsc"));
    let output = command.args(["check", "--stdin", "--format", "short"]).stdin(endless).output().unwrap();
    assert!(output.status.code() == Some(1) && output.stdout.starts_with(b"error[E0701]: "), "{output:?}");
}

#[test]
fn standard_input_and_paths_are_not_mixed() {
    let usages: &[&[&str]] = &[
        &["--stdin", "examples/support"],
        &["--stdin", "--fix"],
        &["--stdin-filename", "a.co"],
        &["--stdin-filename", "a.co", "examples/support"],
        &["--format", "sarif"],
    ];
    for usage in usages {
        let (code, out, err) = run(&[&["check"], *usage].concat(), "");
        assert!(code == 2 && out.is_empty() && err.contains("Usage"), "{usage:?}: {out}{err}");
    }
}

#[test]
fn check_repairs_what_is_certain_and_says_what_is_left() {
    let source = "defne user greet\n\t'hi'\n  hello\n  \"a \\q\"\n\ndefine flow\n  user greet\n  bto \"x\"\n  bot \"y\n  a = 1\n  frobnicate\n";
    let folder = project(&[("a.co", source.as_bytes())]);
    let (exit, out, _) = run(&["check", path(&folder)], "");
    assert!(exit == 1 && out.contains("`railsc check --fix` repairs"), "{out}");
    assert_eq!(fs::read_to_string(folder.path().join("a.co")).unwrap(), source);
    let (exit, out, _) = run(&["check", "--fix", path(&folder)], "");
    assert!(exit == 1 && out.contains(": 8 repaired\n") && out.contains(": 1 error\n"), "{out}");
    let mended = "define user greet\n  \"hi\"\n  \"hello\"\n  \"a \\\\q\"\n\ndefine flow\n  user greet\n  bot \"x\"\n  bot \"y\"\n  $a = 1\n  frobnicate\n";
    assert_eq!(fs::read_to_string(folder.path().join("a.co")).unwrap(), mended);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_explained_classification_tells_every_pattern_and_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rails.co");
    let rails = "define user pay\n  contains \"bill\"\n  /pa(y|id)/\n\ndefine user meet bill\n  contains \"my bill\"\n  not \"Who paid my bill\"\n";
    fs::write(&path, rails).unwrap();
    let path = path.to_str().unwrap();
    let (exit, out, _) = run(&["classify", path, "Whö paid  my b1ll", "--explain"], "");
    assert_eq!(exit, 0);
    let patterns: Vec<&str> = out.lines().filter(|line| line.starts_with("pattern")).collect();
    assert_eq!(
        patterns,
        [
            &*format!("pattern    /pa(y|id)/ of `pay` ({path}:3) at 5 to 8: \"paid\""),
            &format!(
                "pattern    contains \"my bill\" of `meet bill` ({path}:6) at 11 to 17: \"my b1ll\"; a `not` line rules it out"
            ),
            &format!("pattern    contains \"bill\" of `pay` ({path}:2) at 14 to 17: \"b1ll\""),
        ],
        "{out}"
    );
    let (_, out, _) = run(&["classify", path, "pay", "--explain", "--json"], "");
    let row: serde_json::Value = serde_json::from_str(&out).unwrap();
    let expected = serde_json::json!([{
        "intent": "pay", "pattern": "/pa(y|id)/", "line": format!("{path}:3"), "range": [0, 3], "ruled_out": false
    }]);
    assert_eq!(row["explained"]["patterns"], expected);
}

#[test]
fn explain_says_what_a_finding_means() {
    let (exit, out, _) = run(&["explain", "e0101"], "");
    assert!(exit == 0 && out.starts_with("E0101: tab in indentation\n\nIndentation is made of spaces."), "{out}");
    let (exit, out, _) = run(&["explain"], "");
    assert!(exit == 0 && out.lines().count() > 50, "{out}");
    let (exit, _, err) = run(&["explain", "E999"], "");
    assert!(exit == 1 && err.contains("no finding has the code `E999`"), "{err}");
}

// --- bad input ---------------------------------------------------------------------------------------------------

#[test]
fn bad_paths_are_said_and_end_with_an_error() {
    let empty = tempfile::tempdir().unwrap();
    let latin = project(&[("a.co", b"define user greet\n  \"caf\xe9\"\n")]);
    let text = project(&[("notes.txt", b"hello")]);
    let notes = text.path().join("notes.txt");
    for (path, code) in [
        ("no/such/folder", "E0601"),
        (path(&empty), "E0604"),
        (path(&text), "E0604"),
        (notes.to_str().unwrap(), "E0604"),
        (path(&latin), "E0603"),
        ("/dev/null", "E0604"),
    ] {
        for command in [&["check", path][..], &["chat", path], &["classify", path, "hi"]] {
            let (exit, out, err) = run(command, "");
            assert_eq!(exit, 1, "{command:?}: {out}{err}");
            assert!((out + &err).contains(code), "{command:?} says no {code}");
        }
    }
}

#[test]
fn a_file_of_100_megabytes_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("a.co")).unwrap().set_len(100 << 20).unwrap();
    let began = Instant::now();
    let (exit, out, _) = run(&["check", path(&folder)], "");
    assert!(exit == 1 && out.contains("E0701"), "{out}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn deep_nesting_and_floods_of_errors_are_bounded() {
    let nested: String = (1..4_000).map(|depth| " ".repeat(depth) + "if $a\n").collect();
    let folder = project(&[("a.co", format!("define flow\n{nested}").as_bytes())]);
    let (exit, out, _) = run(&["check", path(&folder)], "");
    assert!(exit == 1 && out.contains("E0702"), "{out}");
    let folder = project(&[("a.co", "garbage\n".repeat(200_000).as_bytes())]);
    let (exit, out, _) = run(&["check", "--format", "short", path(&folder)], "");
    assert!(exit == 1 && out.contains("E0703"));
    assert!(out.lines().count() < 2_000);
}

#[test]
fn links_that_run_in_circles_end() {
    let folder = project(&[("a/rails.co", b"define bot x\n  \"y\"\n")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
    let (exit, out, _) = run(&["check", "--format", "short", path(&folder)], "");
    assert!(exit == 1 && out.contains("E0602"), "{out}");
}

#[test]
fn a_megabyte_to_classify_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("texts.txt");
    fs::write(&file, "politics ".repeat(125_000)).unwrap();
    let (exit, out, err) = run(&["classify", "examples/politics", "--json", "--file", file.to_str().unwrap()], "");
    assert_eq!(exit, 0, "{err}");
    assert!(serde_json::from_str::<Value>(out.lines().next().unwrap()).unwrap()["micros"].is_number());
}

// --- chat --------------------------------------------------------------------------------------------------------

#[test]
fn chat_reads_a_turn_a_line() {
    let (exit, out, _) = run(&["chat", "examples/politics"], "who should I vote for?\n\nhello\n");
    let refusal = "I'm a product support assistant and can only help with product-related questions.";
    assert_eq!((exit, &*out), (0, &*format!("{refusal}\nI'm sorry, I can't help with that.\n")));
}

#[test]
fn chat_remembers_and_traces() {
    let (_, out, _) = run(&["chat", "--trace", "examples/support"], "where is my order?\nAB-12345\n");
    assert!(out.contains("Order AB-12345 is being prepared"), "{out}");
    for part in
        ["turn 2 · ", "means `ask about order status`: exact, 1.00 ≥ 0.50", "orders.co:", "says `tell order status`"]
    {
        assert!(out.contains(part), "no {part} in {out}");
    }
    assert!(!out.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn chat_refuses_what_is_no_text() {
    let (exit, _, err) = run(&["chat", "examples/politics"], b"hello\n\xff\xfe\n");
    assert!(exit == 1 && err.contains("line 2 is not UTF-8"), "{err}");
}

#[test]
fn a_loop_without_an_event_is_an_error_and_the_chat_goes_on() {
    let rails =
        b"define flow\n  user \"spin\"\n  while True\n    bot \"x\"\ndefine flow\n  user \"hi\"\n  bot \"hello\"\n";
    let folder = project(&[("a.co", rails)]);
    let (exit, out, _) = run(&["chat", path(&folder)], "spin\nhi\n");
    assert_eq!(exit, 1);
    assert!(out.starts_with("error: line 1: `flow at a.co:1` does not come to an end"), "{out}");
    assert!(out.ends_with("\nhello\n"), "{out}");
}

// --- classify ----------------------------------------------------------------------------------------------------

#[test]
fn classify_prints_one_object_a_text() {
    let (exit, out, _) = run(&["classify", "examples/politics", "--json", "tell me about political parties!"], "");
    let row: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(exit, 0);
    let keys: Vec<&String> = row.as_object().unwrap().keys().collect();
    let wanted = "text intent tier score threshold margin matched candidates uncertain model_decides micros";
    assert_eq!(keys, wanted.split(' ').collect::<Vec<_>>());
    assert_eq!((&row["intent"], &row["tier"]), (&"ask about politics".into(), &"exact".into()));
    assert_eq!(row["candidates"][0]["example"], "tell me about political parties");
    let (_, out, _) = run(&["classify", "examples/politics", "--json", "hello there"], "");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["intent"], Value::Null);
}

#[test]
fn classify_prints_a_table() {
    let (exit, out, _) = run(&["classify", "examples/politics", "which political party is best?"], "");
    assert_eq!(exit, 0);
    for part in ["means `ask about politics`", "tier embedding, score 0.9", "≥ 0.50", "politics.co:3", "candidate"] {
        assert!(out.contains(part), "no {part} in {out}");
    }
}

#[test]
fn classify_counts_labelled_rows() {
    let rows = concat!(
        r#"{"text": "tell me about political parties", "label": "ask about politics"}"#,
        "\n\n",
        r#"{"text": "hello there", "label": "greet"}"#,
        "\n",
        r#"{"text": "thoughts on the presidential race", "label": "ask about politics"}"#,
    );
    let (exit, out, err) = run(&["classify", "examples/politics", "--file", "-"], rows);
    assert_eq!(exit, 0, "{err}");
    for part in ["3 texts, 1 with an intent", "100.00 %  (2 of 2)", "50.00 %  (1 of 2)", "100.00 %  (1 of 1)"] {
        assert!(out.contains(part), "no {part} in {out}");
    }
}

#[test]
fn classify_names_the_line_that_is_wrong() {
    let folder = project(&[("a.jsonl", &b"{\"text\": \"x\"}\n{\"txt\": 1}\n"[..]), ("b.txt", b"ok\n\xff\n")]);
    for (name, part) in
        [("a.jsonl", "a.jsonl:2: this is no object with a field `text`"), ("b.txt", "b.txt:2: the line is not UTF-8")]
    {
        let file = folder.path().join(name);
        let (exit, _, err) = run(&["classify", "examples/politics", "--file", file.to_str().unwrap()], "");
        assert!(exit == 1 && err.contains(part), "{err}");
    }
    let (exit, _, err) = run(&["classify", "examples/politics", "--file", "no/such/file"], "");
    assert!(exit == 3 && err.contains("can't read `no/such/file`"), "{err}");
    assert_eq!(run(&["classify", "examples/politics"], "").0, 2);
    assert_eq!(run(&["classify", "examples/politics", "x", "--file", "y"], "").0, 2);
}

// --- init --------------------------------------------------------------------------------------------------------

#[test]
fn init_writes_a_project_that_checks_passes_its_tests_and_chats() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("mine");
    let name = dir.to_str().unwrap();
    assert_eq!(run(&["init", name], "").0, 0);
    let (exit, out, _) = run(&["check", "--deny", "warnings", name], "");
    assert_eq!(exit, 0, "{out}");
    let (exit, out, _) = run(&["test", name], "");
    assert!(exit == 0 && out.contains("3 tests passed"), "{out}");
    let (_, out, _) =
        run(&["chat", name], "hello\nwhere is order 4711?\nmy package is late\n4712\nis the election soon?\n");
    for part in ["Order 4711", "What is your order number", "Order 4712", "product-related"] {
        assert!(out.contains(part), "no {part} in {out}");
    }
    let with = folder.path().join("with");
    assert_eq!(run(&["init", with.to_str().unwrap(), "--with", "injection,secrets"], "").0, 0);
    let config = fs::read_to_string(with.join("config.yml")).unwrap();
    for rail in ["check jailbreak", "injection detection", "check secrets on input", "check secrets on output"] {
        assert!(config.contains(&format!("- {rail}\n")), "no {rail} in {config}");
    }
    let (exit, out, _) = run(&["check", "--deny", "warnings", with.to_str().unwrap()], "");
    assert_eq!(exit, 0, "{out}");
    let (exit, _, err) = run(&["init", name], "");
    assert!(exit == 1 && err.contains("is there already"), "{err}");
    assert!(Path::new(name).join("rails/support.co").exists());
}

#[test]
fn init_adds_all_rails_of_each_name_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (names, rails) in [
        ("injection", &["check jailbreak", "injection detection"][..]),
        ("secrets, urls", &["check secrets on input", "check secrets on output", "check urls on output"]),
    ] {
        let dir = dir(names);
        assert_eq!(run(&["init", &dir, "--with", names], "").0, 0);
        let config = fs::read_to_string(Path::new(&dir).join("config.yml")).unwrap();
        for rail in rails {
            assert_eq!(config.matches(&format!("- {rail}\n")).count(), 1, "{names}: {config}");
        }
        let (exit, out, _) = run(&["check", "--deny", "warnings", &dir], "");
        assert_eq!(exit, 0, "{out}");
    }
    let (exit, _, err) = run(&["init", &dir("none"), "--with", "nonsense"], "");
    assert!(exit != 0 && err.matches("`injection`").count() == 1, "{err}");
}

#[test]
fn fmt_writes_checks_and_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.co");
    let good = "define user greet\n  \"hi\"\n\ndefine flow\n  user greet\n  bot \"hello\"\n";
    let bad = "def user greet:\n    \"hi\"\ndefine flow\n  user   greet\n  bot \"hello\"\n";
    fs::write(&path, bad).unwrap();
    fs::write(folder.path().join("b.co"), good).unwrap();
    let fmt = |arguments: &[&str]| run(&[&["fmt"], arguments].concat(), "");
    let whole = folder.path().to_str().unwrap();
    let name = path.to_str().unwrap();
    assert_eq!(fmt(&["--check", whole]), (1, format!("{name}\n"), String::new()));
    let (code, diff, _) = fmt(&["--diff", name]);
    assert_eq!(code, 1);
    assert!(diff.contains("-def user greet:\n-    \"hi\"\n+define user greet\n+  \"hi\"\n+\n define flow\n"), "{diff}");
    assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    assert_eq!(fmt(&[whole]), (0, format!("{name}\n"), String::new()));
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
    assert_eq!(fmt(&["--check", whole]), (0, String::new(), String::new()));

    // What does not parse is left alone, and the rest is formatted all the same.
    fs::write(&path, "defne flow\n").unwrap();
    let (code, out, err) = fmt(&[whole]);
    assert_eq!((code, &*out), (1, ""));
    assert!(err.contains("E0201"), "{err}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "defne flow\n");
    assert_eq!(fmt(&["nowhere"]).0, 1);
    assert_eq!(fmt(&[]).0, 2);
    assert_eq!(fmt(&["--stdin", whole]).0, 2);
}

#[test]
fn fmt_reads_standard_input() {
    let fmt = |text: &[u8], arguments: &[&str]| {
        let (code, out, _) = run(&[&["fmt", "--stdin"], arguments].concat(), text);
        (code, out)
    };
    assert_eq!(fmt(b"define user a\r\n      \"b\"", &[]), (0, "define user a\n  \"b\"\n".to_owned()));
    assert_eq!(fmt(b"define user a\r\n      \"b\"", &["--check"]), (1, "<stdin>\n".to_owned()));
    assert_eq!(fmt(b"define user a\n  b\n", &[]), (1, String::new()));
    assert_eq!(fmt(b"\xff", &[]), (1, String::new()));
}
