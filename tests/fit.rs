//! `railsc fit`: thresholds from labelled texts, and from the examples alone.

#![cfg(feature = "cli")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use rails::Rails;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Intents of CLINC150 (see `tests/data/README.md`) that the rails have; those behind them are out of scope.
const INTENTS: usize = 12;
const OTHERS: usize = 12;

fn rows(text: &str) -> Vec<(String, String)> {
    let row = |line| -> Value { serde_json::from_str(line).unwrap() };
    let field = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    text.lines().map(row).map(|row| (field(&row, "text"), field(&row, "label"))).collect()
}

/// A configuration of a few intents, and labelled texts for it and for others.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let train = rows(include_str!("data/clinc150/train_10.jsonl"));
    let mut labels: Vec<&str> = train.iter().map(|(_, label)| &**label).collect();
    labels.sort_unstable();
    labels.dedup();
    let mut rails = String::new();
    for label in &labels[..INTENTS] {
        writeln!(rails, "define user {label}").unwrap();
        for (text, _) in train.iter().filter(|(_, own)| own == label) {
            writeln!(rails, "  \"{text}\"").unwrap();
        }
        writeln!(rails).unwrap();
    }
    let rails = format!("{}\n", rails.trim_end());
    fs::write(folder.path().join("rails.co"), rails).unwrap();
    let mut data = String::new();
    for (text, label) in rows(include_str!("data/clinc150/validation.jsonl")) {
        if labels[..INTENTS + OTHERS].contains(&&*label) {
            writeln!(data, "{}", json!({"text": text, "label": label})).unwrap();
        }
    }
    fs::write(folder.path().join("data.jsonl"), data).unwrap();
    folder
}

/// Runs `railsc` in `folder`: exit code, standard output, standard error.
fn railsc(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("railsc").unwrap();
    command.current_dir(folder).args(arguments).env("RAILSC_CACHE_DIR", "").env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn thresholds_are_fitted_on_one_half_and_reported_on_the_other() {
    let folder = folder();
    let folder = folder.path();
    let (code, out, err) = railsc(folder, &["fit", ".", "--data", "data.jsonl"]);
    assert_eq!((code, &*err), (0, ""), "{out}");
    assert!(out.starts_with("fitted on 240 texts, reported on 240 others (data.jsonl)\n"), "{out}");
    assert!(out.contains("wrote ./thresholds.yml: 0."), "{out}");
    let written = fs::read_to_string(folder.join("thresholds.yml")).unwrap();
    let rails = Rails::from_path(folder).unwrap();
    assert!(rails.diagnostics().iter().all(|found| found.code.id() != "W1606"), "they are of these rails");
    let default = format!("default: {:.2}\n", rails.classifier().default_threshold());
    assert!(written.contains(&default), "{written}");
    for (id, intent) in rails.program().intents() {
        let own = format!("  \"{}\": {:.2}\n", intent.name, rails.classifier().threshold(id));
        assert!(written.contains(&own) || default.contains(&own[own.len() - 5..]), "{own} in {written}");
    }
    let (_, again, _) = railsc(folder, &["fit", ".", "--data", "data.jsonl", "--dry-run", "--json"]);
    let report: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(report["fitted_on"], 240);
    assert_eq!(report["before"], report["after"], "the same data and rails give the same thresholds");
}

#[test]
fn no_more_false_alarms_are_let_through_than_asked_for() {
    let folder = folder();
    let lowest = |target: &str| {
        let arguments = ["fit", ".", "--data", "data.jsonl", "--target-fpr", target, "--dry-run", "--json"];
        let report: Value = serde_json::from_str(&railsc(folder.path(), &arguments).1).unwrap();
        (
            report["after"]["false_alarms"]["share"].as_f64().unwrap(),
            report["after"]["accuracy"]["share"].as_f64().unwrap(),
        )
    };
    let (strict, lax) = (lowest("0.01"), lowest("0.3"));
    assert!(strict.0 < 0.05 && strict.0 <= lax.0 && strict.1 <= lax.1, "{strict:?} {lax:?}");
    assert!(!folder.path().join("thresholds.yml").exists(), "a dry run writes nothing");
}

#[test]
fn thresholds_may_stand_in_the_rail_files() {
    let folder = folder();
    let folder = folder.path();
    let before = fs::read_to_string(folder.join("rails.co")).unwrap();
    let (code, out, _) = railsc(folder, &["fit", ".", "--data", "data.jsonl", "--in-place"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with("wrote thresholds into ./rails.co\n"), "{out}");
    let after = fs::read_to_string(folder.join("rails.co")).unwrap();
    assert_eq!(after.matches("\n  threshold 0.").count(), INTENTS);
    let without: String = after.split_inclusive('\n').filter(|line| !line.starts_with("  threshold")).collect();
    assert_eq!(without, before, "nothing else changes");
    assert_eq!(railsc(folder, &["fmt", "--check", "."]).0, 0);
    assert!(!folder.join("thresholds.yml").exists());
    // They have the last word, and are only changed where they stand.
    let (_, out, _) = railsc(folder, &["fit", ".", "--data", "data.jsonl"]);
    assert!(out.contains("12 with a `threshold` line keep that"), "{out}");
    railsc(folder, &["fit", ".", "--data", "data.jsonl", "--in-place"]);
    assert_eq!(fs::read_to_string(folder.join("rails.co")).unwrap(), after, "fitted again, it is the same");
}

#[test]
fn without_data_the_examples_are_tried_as_if_they_were_new() {
    let folder = folder();
    let (code, out, _) = railsc(folder.path(), &["fit", "."]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("fitted on 120 texts, reported on 120 others (the examples, each as if it were new)"),
        "{out}"
    );
    assert!(!out.contains("equal an example"), "{out}");
    assert!(Rails::from_path(folder.path()).is_ok());
}

#[test]
fn data_that_shows_nothing_is_refused() {
    let folder = folder();
    let folder = folder.path();
    let line = |text: &str, label: &str| json!({"text": text, "label": label}).to_string() + "\n";
    let many = |label: &str| (0..30).map(|n| line(&format!("text {n}"), label)).collect::<String>();
    for (data, wanted) in [
        (String::new(), "0 texts are too few"),
        (line("hello", "alarm"), "1 texts are too few"),
        (many("nothing"), "none of the texts means an intent"),
        (line("hello", "alarm") + "{\"text\": \"hello\"}\n", "data.jsonl:2: there is no `label`"),
        ("{\"label\": \"alarm\"}\n".to_owned(), "data.jsonl:1: this is no object with a field `text`"),
    ] {
        fs::write(folder.join("data.jsonl"), data).unwrap();
        let (code, _, err) = railsc(folder, &["fit", ".", "--data", "data.jsonl"]);
        assert!(code == 1 && err.contains(wanted), "{code} {err}");
    }
    fs::write(folder.join("data.jsonl"), many("alarm") + &line("hi", "alrm")).unwrap();
    let (code, out, err) = railsc(folder, &["fit", ".", "--data", "data.jsonl"]);
    assert_eq!(code, 0);
    assert!(out.contains("note: all texts in scope mean `alarm`"), "{out}");
    assert!(err.contains("`alrm` is no intent, so its 1 text is out of scope; was `alarm` meant?"), "{err}");
    for rate in ["2", "-1", "x"] {
        assert_eq!(railsc(folder, &["fit", ".", "--target-fpr", rate]).0, 2);
    }
}

#[test]
fn thresholds_of_other_rails_are_told() {
    let folder = folder();
    let folder = folder.path();
    railsc(folder, &["fit", ".", "--data", "data.jsonl"]);
    let mut rails = fs::read_to_string(folder.join("rails.co")).unwrap();
    rails.push_str("  \"one more example\"\n");
    fs::write(folder.join("rails.co"), rails).unwrap();
    let (code, out, _) = railsc(folder, &["check", "."]);
    assert!(code == 0 && out.contains("warning[W1606]: thresholds were fitted for other examples"), "{out}");
    fs::write(folder.join("thresholds.yml"), "default: 0.7\nintents: {alarn: 0.4, balance: 1.5}\nfittd: {}\n").unwrap();
    let (code, out, _) = railsc(folder, &["check", "."]);
    assert_eq!(code, 1);
    assert!(out.contains("error[E0606]: unknown key `fittd`"), "{out}");
    assert!(out.contains("this should be a number from 0 to 1"), "{out}");
}
