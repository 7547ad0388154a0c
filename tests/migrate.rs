//! `railsc migrate` as its users run it.

#[path = "support/project.rs"]
mod project;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use project::project;
use serde_json::Value;
use tempfile::TempDir;

const DATA: &str = "tests/data/migrate";
const WHY: &str =
    "# NeMo Guardrails' ways where railsc has its own: the order of model calls, the first of several texts.
# Delete it to answer without a model call where the rails know the answer.
";

/// Runs with `arguments`: exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("CLICOLOR_FORCE").timeout(Duration::from_secs(60));
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

fn configurations() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 7);
    paths
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().unwrap()
}

/// The files right in a folder, and their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.is_file());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

fn copied(from: &Path) -> TempDir {
    let files = files(from);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    project(&files)
}

fn json(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(&[&["migrate", "--format", "json"], arguments].concat());
    assert_eq!(err, "");
    (code, serde_json::from_str(&out).unwrap())
}

#[test]
fn what_is_said_of_each_configuration() {
    for path in configurations() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (code, out, err) = run(&["migrate", &format!("{DATA}/{name}")]);
        insta::assert_snapshot!(name, format!("{out}{err}exit {code}\n"));
    }
}

#[test]
fn what_is_promised_is_found_once_it_is_written() {
    for original in configurations() {
        let folder = copied(&original);
        let before = files(folder.path());
        let (code, told) = json(&[path(&folder)]);
        assert_eq!(files(folder.path()), before, "nothing is written unless it is asked for");

        let (written, out, _) = run(&["migrate", "--write", path(&folder)]);
        assert_eq!(written, code);
        let proposal = told["proposal"].as_object().unwrap();
        assert_eq!(out.matches("\nwrote ").count(), proposal.len(), "{out}");
        for (name, text) in proposal {
            assert_eq!(fs::read_to_string(name).unwrap(), text.as_str().unwrap());
            let kept = fs::read(format!("{name}.before-railsc")).unwrap();
            assert_eq!(kept, before[Path::new(name).file_name().unwrap().to_str().unwrap()]);
        }

        let (_, out, _) = run(&["check", "--format", "json", path(&folder)]);
        let found: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let count = |severity: &str| found.iter().filter(|found| found["severity"] == severity).count();
        assert_eq!(told["check"], serde_json::json!({"errors": count("error"), "warnings": count("warning")}), "{out}");

        let (_, again) = json(&[path(&folder)]);
        assert_eq!(again["proposal"], serde_json::json!({}), "{}", original.display());
        assert_eq!(again["check"], told["check"]);
        // With nothing to write, what is kept is in nobody's way.
        assert_eq!(run(&["migrate", "--write", path(&folder)]).0, code);
    }
}

#[test]
fn json_is_one_object() {
    let (code, told) = json(&[&format!("{DATA}/dialog")]);
    assert_eq!(code, 1);
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["works", "differs", "missing", "proposal", "check"]);
    let tracing = told["missing"].as_array().unwrap().iter().find(|item| item["what"] == "`tracing`").unwrap();
    assert_eq!(tracing["file"], format!("{DATA}/dialog/config.yml"));
    assert_eq!(tracing["line"], 25);
    assert!(tracing["how"].as_str().unwrap().contains("Reply.trace"));
    let python = told["missing"][0]["how"].as_str().unwrap();
    assert!(python.contains("`check_length`, `find_book`"), "{python}");
}

/// The text that is proposed for a `config.yml`.
fn proposed(text: &str) -> Option<String> {
    let folder = project(&[("config.yml", text.as_bytes()), ("a.co", b"define user greet\n  \"hi\"\n")]);
    let (_, told) = json(&[path(&folder)]);
    let proposal = told["proposal"].as_object().unwrap();
    assert!(proposal.len() <= 1);
    proposal.values().next().map(|text| text.as_str().unwrap().to_owned())
}

#[test]
fn the_rest_of_the_file_stays_as_it_is() {
    let models = "models: []\n";
    let plain = "# mine\n\nmodels:   # all of them\n- {type: main, engine: openai}\n\n\n# the end\n";
    assert_eq!(proposed(plain).unwrap(), format!("{plain}\n{WHY}compat: nemo\n"));
    let dos = "models: []\r\nstreaming: True\r\n";
    let why = WHY.replace('\n', "\r\n");
    assert_eq!(proposed(dos).unwrap(), format!("{dos}\r\n{why}compat: nemo\r\n"));
    assert_eq!(proposed("models: []").unwrap(), format!("{models}\n{WHY}compat: nemo\n"));
    assert_eq!(proposed(&format!("\u{feff}{models}")).unwrap(), format!("\u{feff}{models}\n{WHY}compat: nemo\n"));
    // A text that runs to the end of the file, its empty lines kept.
    let kept = "models: []\nsample_conversation: |+\n  user \"é\"\n\n";
    let text = proposed(kept).unwrap();
    assert!(text.starts_with(WHY) && text.ends_with(kept), "{text}");
    let braces = "{models: [], streaming: True}\n";
    assert_eq!(proposed(braces).unwrap(), "{compat: nemo, models: [], streaming: True}\n");
    let indented = "  models: []\n  streaming: True\n";
    let why: String = WHY.lines().map(|line| format!("  {line}\n")).collect();
    assert_eq!(proposed(indented).unwrap(), format!("{indented}\n{why}  compat: nemo\n"));
    let ended = "---\nmodels: []\n...\n";
    let text = proposed(ended).unwrap();
    assert!(text.contains("compat: nemo") && text.ends_with(ended.trim_start_matches("---\n")), "{text}");
    let version = "colang_version: '1.0' # old\nmodels: []\n";
    assert_eq!(proposed(version).unwrap(), version.replace("models", &format!("{WHY}compat: nemo\nmodels")));
}

#[test]
fn nothing_is_proposed_for_what_is_ours() {
    for text in ["compat: none\nmodels: []\n", "limits: {steps: 3}\nmodels: []\n", "# nothing\n", "lints: {}\n"] {
        assert_eq!(proposed(text), None, "{text}");
    }
    for path in ["examples/politics", "examples/support", "examples/greeting/greeting.co"] {
        let (code, told) = json(&[path]);
        assert_eq!((code, &told["proposal"]), (0, &serde_json::json!({})), "{path}");
        assert_eq!(told["missing"], serde_json::json!([]));
    }
}

/// What is said of a `config.yml`, in the group and with the words given.
fn says(text: &str, group: &str, what: &str) -> Option<String> {
    let folder = project(&[("config.yml", text.as_bytes()), ("a.co", b"define flow check\n  user ...\n")]);
    let (_, told) = json(&[path(&folder)]);
    let items = told[group].as_array().unwrap();
    let item = items.iter().find(|item| item["what"] == what)?;
    Some(item["how"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn nothing_is_said_to_work_that_check_says_does_nothing() {
    let text = "compat: nemo\nprices: {gpt-4o: {input: 1, output: 2}}\ncache: {enabled: true}\nlimits: {steps: 9}\n";
    for key in ["`prices`", "`cache`"] {
        assert_eq!(says(text, "works", key), None);
        assert_eq!(says(text, "differs", key).as_deref(), Some("nothing is done with it yet"));
    }
    assert!(says(text, "works", "`limits`").is_some());
    let text = "models:\n  - {type: main, engine: openai, mode: text}\n";
    assert_eq!(says(text, "differs", "`models[].mode`"), None);
}

#[test]
fn embedders_are_told_as_check_takes_them() {
    let model = |engine: &str| format!("models:\n  - {{type: embeddings, engine: {engine}}}\n");
    let groups = [
        ("static", "works"),
        ("exact", "works"),
        ("FastEmbed", "differs"),
        ("SentenceTransformers", "differs"),
        ("openai", "missing"),
        ("mine", "missing"),
    ];
    for (engine, group) in groups {
        assert!(says(&model(engine), group, &format!("embeddings by `{engine}`")).is_some(), "{engine}");
    }
    let variable = "\"${NO_SUCH_VARIABLE_IS_SET:-exact}\"";
    assert!(says(&model(variable), "works", "embeddings by `${NO_SUCH_VARIABLE_IS_SET:-exact}`").is_some());
}

#[test]
fn rails_of_tools_are_told_apart() {
    let text = "rails:\n  tool_input: {flows: [check]}\n  tool_output: {flows: [check]}\n";
    for stage in ["tool_input", "tool_output"] {
        assert!(says(text, "works", &format!("the {stage} rail `check`")).is_some());
    }
}

#[test]
fn an_alias_is_mended_where_it_is_written() {
    let text = "x: &e FastEmbed\nmodels:\n  - &m {type: embeddings, engine: 'FastEmbed'}\n  - *m\ncompat: nemo\n";
    let text = proposed(text).unwrap();
    assert_eq!(text.matches("engine: 'static'").count(), 1, "{text}");
}

#[test]
fn two_keys_are_not_made_one() {
    let text = "modles: []\nmodesl: []\ncompat: nemo\n";
    assert_eq!(proposed(text).unwrap(), text.replacen("modles", "models", 1));
    assert_eq!(proposed("models: []\nmodles: []\ncompat: nemo\n"), None);
}

#[test]
fn a_service_runs_what_is_in_python() {
    let python = b"@action()\nasync def find_book(title):\n    return 7\n";
    let yaml = b"actions_server_url: http://localhost:8001\n";
    let folder = project(&[("actions.py", &python[..]), ("config.yml", yaml)]);
    let (code, told) = json(&[path(&folder)]);
    assert_eq!((code, &told["missing"]), (0, &serde_json::json!([])));
    let how = told["differs"][0]["how"].as_str().unwrap();
    assert!(how.contains("actions_server_url") && how.contains("`find_book`"), "{how}");
}

#[test]
fn edits_go_where_the_key_stands() {
    let folder = project(&[
        ("a.yml", &b"streeming: True\n"[..]),
        ("b.yml", b"models:\n  - {type: main, engine: openai}\n"),
        ("c.yml", b"models:\n  - {type: embeddings, engine: \"SentenceTransformers\"}\n"),
    ]);
    let (_, told) = json(&[path(&folder)]);
    let proposal = told["proposal"].as_object().unwrap();
    let text = |name: &str| proposal[folder.path().join(name).to_str().unwrap()].as_str().unwrap();
    assert_eq!(text("a.yml"), "streaming: True\n");
    assert!(text("b.yml").ends_with("compat: nemo\n"));
    assert_eq!(text("c.yml"), "models:\n  - {type: embeddings, engine: \"static\"}\n");

    let output = folder.path().join("new.txt");
    let (code, _, err) = run(&["migrate", "-o", output.to_str().unwrap(), path(&folder)]);
    assert_eq!(code, 1);
    assert!(err.contains("`--write` writes them in place"), "{err}");
    assert!(!output.exists());
}

#[test]
fn the_proposal_goes_where_it_is_sent() {
    let folder = copied(&Path::new(DATA).join("embeddings"));
    let before = files(folder.path());
    let out = tempfile::tempdir().unwrap();
    let output = out.path().join("new.yml");
    let (code, told) = json(&["-o", output.to_str().unwrap(), path(&folder)]);
    let proposal = told["proposal"].as_object().unwrap().values().next().unwrap();
    assert_eq!((code, &*fs::read_to_string(&output).unwrap()), (1, proposal.as_str().unwrap()));
    assert_eq!(files(folder.path()), before);

    let lost = out.path().join("no/such/new.yml");
    assert_eq!(run(&["migrate", "-o", lost.to_str().unwrap(), path(&folder)]).0, 3);
    let bare = project(&[("a.co", b"define user greet\n  \"hi\"\n")]);
    let (code, _, err) = run(&["migrate", "-o", output.to_str().unwrap(), path(&bare)]);
    assert_eq!(code, 1);
    assert!(err.contains("no YAML"), "{err}");
}

#[test]
fn what_was_kept_is_not_written_over() {
    let folder = copied(&Path::new(DATA).join("basic"));
    fs::write(folder.path().join("config.yml.before-railsc"), "older").unwrap();
    let before = files(folder.path());
    let (code, out, err) = run(&["migrate", "--write", path(&folder)]);
    assert_eq!((code, &*out), (1, ""));
    assert!(err.contains("config.yml.before-railsc` is there already, and nothing was written"), "{err}");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn it_exits_by_what_it_finds() {
    let fine = project(&[("config.yml", b"models:\n  - {type: main, engine: openai}\n")]);
    assert_eq!(run(&["migrate", path(&fine)]).0, 0);
    assert_eq!(run(&["migrate", &format!("{DATA}/library")]).0, 1);
    let usage: [&[&str]; 4] = [
        &["migrate"],
        &["migrate", "a", "b"],
        &["migrate", "--format", "sarif", "."],
        &["migrate", "--write", "-o", "x", "."],
    ];
    for usage in usage {
        assert_eq!(run(usage).0, 2, "{usage:?}");
    }
}

#[test]
fn what_is_no_configuration_is_told_as_check_tells_it() {
    let deep = "[".repeat(10_000);
    let nested = format!("models: {}1{}", "[".repeat(70), "]".repeat(70));
    let folders = [
        project::<&[u8]>(&[]),
        project(&[("config.yml", b"models: [\n")]),
        project(&[("config.yml", b"models: \xff\n")]),
        project(&[("config.yml", deep.as_bytes())]),
        project(&[("config.yml", nested.as_bytes())]),
        project(&[("config.yml", b"a: 1\n---\nb: 2\n")]),
        project(&[("config.yml", &b"models: []\n"[..]), ("a.co", b"\xff")]),
    ];
    let paths = folders.iter().map(path).chain(["no/such/folder", "README.md"]);
    for path in paths {
        let (checked, out, _) = run(&["check", "--format", "short", path]);
        let (code, migrated, err) = run(&["migrate", path]);
        assert_eq!((checked, code, &*migrated), (1, 1, ""), "{path}: {out}{err}");
        let id = out.split("error[").nth(1).unwrap().split(']').next().unwrap();
        assert!(err.contains(&format!("error[{id}]")), "{out}{err}");
    }
}

#[test]
fn odd_shapes_are_no_harm() {
    let shapes = [
        "",
        "1",
        "[]",
        "models",
        "models: main",
        "models: {type: main}",
        "models: [main, [], {}, {type: {}}]",
        "rails: []",
        "rails: {input: [x]}",
        "rails: {input: {flows: {a: b}}}",
        "prompts: {task: x}",
        "prompts: [[x]]",
        "? [a]\n: b",
        "? \"models\"\n: []",
        "\"modles\": []",
        "&a models: *a",
        "rails: {config: [1]}",
        "models: []\nmodels: []",
        "colang_version: [2]",
        "colang_version: 2.x",
        "knowledge_base: kb",
        "<<: {models: []}",
        "modles: []\nmodls: []",
        "\u{1b}[31m: red",
        "models: [{type: main, engine: ${NO_SUCH_VARIABLE_IS_SET}}]",
    ];
    for shape in shapes {
        let folder = project(&[("config.yml", shape.as_bytes()), ("a.co", b"define user greet\n  \"hi\"\n")]);
        let (code, out, err) = run(&["migrate", path(&folder)]);
        assert!(code == 0 || code == 1, "{shape}: {code}\n{out}{err}");
        assert!(!err.contains("panicked"), "{shape}: {err}");
    }
}
