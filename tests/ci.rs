//! What projects copy to check their rails: the hooks for pre-commit and the workflow for GitHub Actions. Both are YAML,
//! and their commands are run on the project that `railsc init` writes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rails::diagnostic::codes;
use regex::Regex;
use tempfile::TempDir;

const HOOKS: &str = include_str!("../.pre-commit-hooks.yaml");
const WORKFLOW: &str = include_str!("../examples/ci/github-actions.yml");

fn sh(folder: &Path, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_railsc")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    // As GitHub Actions runs it: the first command that fails ends it.
    shell.args(["-ec", command]).current_dir(folder).env("PATH", path).env("rails", ".");
    shell.output().unwrap()
}

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(sh(folder.path(), "railsc init .").status.success());
    folder
}

#[test]
fn they_are_yaml() {
    for text in [HOOKS, WORKFLOW] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yml"), text).unwrap();
        let found = rails::check(folder.path()).diagnostics;
        let wrong: Vec<_> = found.iter().filter(|found| found.code == codes::BAD_YAML).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

#[test]
fn hooks_pass_on_a_new_project_and_stop_at_an_error() {
    let entries: Vec<&str> = HOOKS.lines().filter_map(|line| line.strip_prefix("  entry: ")).collect();
    assert_eq!(entries, ["railsc check", "railsc fmt"]);
    assert!(HOOKS.contains("args: [\".\"]\n  pass_filenames: false"));
    let folder = project();
    let wrong = folder.path().join("rails/wrong.co");
    for (command, name) in [("railsc check .", "wrong.co"), ("railsc fmt rails/support.co rails/wrong.co", "wrong.co")]
    {
        fs::write(&wrong, "define bot farewell again\n  \"bye\"\n").unwrap();
        let output = sh(folder.path(), command);
        assert!(output.status.success(), "{output:?}");
        fs::write(&wrong, "define flow\n  frobnicate \"\n").unwrap();
        let output = sh(folder.path(), command);
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(name), "{said}");
    }
}

#[test]
fn the_workflow_passes_on_a_new_project_and_writes_its_log_when_there_are_errors() {
    let commands: Vec<String> = Regex::new("(?m)^ +run: (railsc .+)$")
        .unwrap()
        .captures_iter(WORKFLOW)
        .map(|found| found[1].to_owned())
        .collect();
    assert_eq!(commands.len(), 4);
    let folder = project();
    for command in &commands {
        let output = sh(folder.path(), command);
        assert!(output.status.success(), "{command}: {output:?}");
    }
    fs::write(folder.path().join("rails/wrong.co"), "define flow\n  frobnicate \"\n").unwrap();
    let passed: Vec<bool> = commands.iter().map(|command| sh(folder.path(), command).status.success()).collect();
    assert_eq!(passed, [false, false, false, true]);
    let log = fs::read_to_string(folder.path().join("railsc.sarif")).unwrap();
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_ne!(log["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn the_workflow_installs_this_version() {
    assert!(WORKFLOW.contains(concat!("\n  railsc: ", env!("CARGO_PKG_VERSION"), "\n")));
    assert!(HOOKS.contains(concat!("rev: v", env!("CARGO_PKG_VERSION"), "\n")));
}
