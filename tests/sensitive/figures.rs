//! The figures of `docs/rails/sensitive.md`, over the cases of Presidio's recognizers. `cargo test --test sensitive figures -- --nocapture` prints them.

#[path = "../../benches/accuracy/rates.rs"]
#[allow(dead_code)]
mod rates;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rails::{Rails, Status};
use serde_json::Value;

use super::detecting;

/// Lines of even numbers were looked at while the rails were written; those of odd numbers were not.
#[derive(Default)]
struct Half {
    found: usize,
    positives: usize,
    flagged: usize,
    negatives: usize,
}

/// The kind that a case is of; none if that is not covered: names need a model, and some cases are about words of a configuration.
fn kind(case: &Value) -> Option<String> {
    match case["entity"].as_str() {
        None => (case["file"] == "test_phone_recognizer.py").then(|| "PHONE_NUMBER".to_owned()),
        Some("PERSON") => None,
        Some(kind) => Some(kind.to_owned()),
    }
}

/// Wilson's interval of 95 %, in percent.
fn wilson(hits: usize, of: usize) -> String {
    let (least, most) = rates::interval(hits, of);
    let share = hits as f64 / of as f64;
    format!("{hits} of {of}, {:.1} % ({:.1}–{:.1})", share * 100.0, least.max(0.0) * 100.0, most * 100.0)
}

#[tokio::test]
async fn figures() {
    let cases = include_str!("../data/sensitive/presidio_recognizer_cases.jsonl");
    let mut by_kind: BTreeMap<String, Rails> = BTreeMap::new();
    let (mut halves, mut left_out) = ([Half::default(), Half::default()], 0);
    for (number, line) in cases.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Some(kind) = kind(&case) else {
            left_out += 1;
            continue;
        };
        let rails =
            by_kind.entry(kind).or_insert_with_key(|kind| detecting(&format!("{{input: {{entities: [{kind}]}}}}")));
        let reply = rails.check_input(case["text"].as_str().unwrap()).await.unwrap();
        let flagged = usize::from(reply.verdict.status == Status::Blocked);
        let half = &mut halves[number % 2];
        if case["label"] == "pii" {
            half.found += flagged;
            half.positives += 1;
        } else {
            half.flagged += flagged;
            half.negatives += 1;
        }
    }
    let mut table = String::new();
    for (name, half) in ["looked at", "kept back"].iter().zip(&halves) {
        let found = wilson(half.found, half.positives);
        writeln!(table, "| {name} | {found} | {} |", wilson(half.flagged, half.negatives)).unwrap();
        assert!(half.found * 100 >= half.positives * 95, "{table}");
        assert!(half.flagged * 100 <= half.negatives * 3, "{table}");
    }
    println!("{table}{left_out} cases are of kinds that are not covered");
    let page = include_str!("../../docs/rails/sensitive.md");
    assert!(page.contains(&table), "docs/rails/sensitive.md should have\n{table}");
}
