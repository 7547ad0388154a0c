//! What rails find in plain: the texts of their own tests, and those of `tests/data/disguised`.

use std::collections::BTreeMap;

use rails::program::Guards;
use rails::{Rails, Status};
use serde_json::Value;

/// A text in which a rail finds something.
pub struct Case {
    rails: Rails,
    pub text: String,
}

impl Case {
    /// Whether the rail finds something in `text`, which is this one in some disguise.
    pub async fn is_found(&self, text: &str) -> bool {
        let reply = match self.rails.config().rails[0].guards {
            Guards::Input => self.rails.check_input(text).await,
            _ => self.rails.check_output(text, None).await,
        };
        reply.unwrap().verdict.status == Status::Blocked
    }
}

fn load(config: &str) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yml"), config).unwrap();
    Rails::from_path(folder.path()).unwrap_or_else(|error| panic!("{error}"))
}

/// Rails by their settings, each made once.
#[derive(Default)]
struct Made(BTreeMap<String, Rails>);

impl Made {
    fn case(&mut self, config: String, text: impl Into<String>) -> Case {
        let rails = self.0.entry(config).or_insert_with_key(|config| load(config));
        Case { rails: rails.clone(), text: text.into() }
    }
}

fn rows(file: &str) -> impl Iterator<Item = Value> {
    file.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// Whether a rule is to find something, and not behind a disguise.
fn is_plain(row: &Value) -> bool {
    row["rules"][0].is_string() && row["disguised"].is_null()
}

fn text(row: &Value) -> &str {
    row["text"].as_str().unwrap()
}

/// All cases of the family.
pub fn of(family: &str) -> Vec<Case> {
    let made = &mut Made::default();
    match family {
        "sensitive" => sensitive(made),
        "secrets" => secrets(made),
        "markup" => {
            let config = "rails: {output: {flows: [injection detection]}}";
            let positives = rows(include_str!("../data/injections.jsonl")).filter(is_plain);
            positives.map(|row| made.case(config.to_owned(), text(&row))).collect()
        }
        "urls" => urls(made),
        "regexes" => {
            own(made, include_str!("../data/disguised/regexes.yml"), include_str!("../data/disguised/regexes.txt"))
        }
        _ => own(made, include_str!("../data/disguised/leak.yml"), include_str!("../data/disguised/leak.txt")),
    }
}

fn own(made: &mut Made, config: &str, texts: &str) -> Vec<Case> {
    texts.lines().map(|text| made.case(config.to_owned(), text)).collect()
}

/// What stands in a list of a rule, a tab and a text on each line, before those that are disguised.
fn listed(file: &str) -> impl Iterator<Item = String> {
    let (plain, _) = file.split_once("# Disguised").unwrap();
    let lines = plain.lines().filter(|line| !line.starts_with('#'));
    let positives = lines.filter_map(|line| line.split_once('\t')).filter(|(rule, _)| *rule != "-");
    positives.map(|(_, text)| text.replace('¦', "").replace("\\n", "\n"))
}

/// Presidio's cases, each with its kind named, and ours with none.
fn sensitive(made: &mut Made) -> Vec<Case> {
    let rows = rows(include_str!("../data/sensitive/presidio_recognizer_cases.jsonl"));
    let positives = rows.filter(|row| row["label"] == "pii" && row["entity"] != "PERSON");
    let cases = positives.filter_map(|row| {
        let phone = (row["file"] == "test_phone_recognizer.py").then_some("PHONE_NUMBER");
        let kind = row["entity"].as_str().or(phone)?;
        let settings = format!("config: {{sensitive_data_detection: {{input: {{entities: [{kind}]}}}}}}");
        let config = format!("rails: {{input: {{flows: [detect sensitive data on input]}}, {settings}}}");
        Some(made.case(config, text(&row)))
    });
    let mut cases: Vec<Case> = cases.collect();
    let config = "rails: {input: {flows: [detect sensitive data on input]}}";
    let own = listed(include_str!("../data/sensitive/cases.txt"));
    cases.extend(own.map(|text| made.case(config.to_owned(), text)));
    cases
}

fn secrets(made: &mut Made) -> Vec<Case> {
    let config = "rails: {input: {flows: [check secrets on input]}}";
    listed(include_str!("../data/secrets/cases.txt")).map(|text| made.case(config.to_owned(), text)).collect()
}

fn urls(made: &mut Made) -> Vec<Case> {
    let positives = rows(include_str!("../data/addresses.jsonl")).filter(is_plain);
    let cases = positives.map(|row| {
        let list = |name: &str| {
            row[name]
                .as_array()
                .map_or("[]".to_owned(), |list| format!("{list:?}").replace("String(", "").replace(')', ""))
        };
        let settings = format!("allow: {}, deny: {}, protect: {}", list("allow"), list("deny"), list("protect"));
        let config = format!("rails: {{input: {{flows: [check urls on input]}}, config: {{urls: {{{settings}}}}}}}");
        made.case(config, text(&row))
    });
    cases.collect()
}
