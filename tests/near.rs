//! Comparing examples says little of good rails, and tells bad ones: CLINC150's intents as they are, and mixed up by pairs.

use std::collections::BTreeMap;
use std::fs;

use rails::diagnostic::codes::{INSEPARABLE, STRAY_EXAMPLE};
use serde_json::Value;

/// The examples of each intent, ten each.
fn examples() -> BTreeMap<String, Vec<String>> {
    let rows = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/clinc150/train_10.jsonl")).unwrap();
    let mut intents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let [intent, text] = ["label", "text"].map(|key| row[key].as_str().unwrap().to_owned());
        intents.entry(intent.replace('_', " ")).or_default().push(text.replace('"', "'"));
    }
    intents
}

/// How many strays and inseparable pairs are found.
fn found<'a>(intents: impl Iterator<Item = (&'a String, &'a Vec<String>)>) -> [usize; 2] {
    let mut rails = String::new();
    for (intent, texts) in intents {
        rails += &format!("define user {intent}\n");
        texts.iter().for_each(|text| rails += &format!("  \"{text}\"\n"));
        rails += &format!("define flow\n  user {intent}\n  bot \"ok\"\n");
    }
    let report = rails::check_source("clinc.co", rails);
    assert!(!report.has_errors());
    [STRAY_EXAMPLE, INSEPARABLE].map(|code| report.diagnostics.iter().filter(|found| found.code == code).count())
}

#[test]
fn good_rails_are_left_alone_and_mixed_up_ones_told() {
    let mut intents = examples();
    assert_eq!(intents.len(), 150);
    let [strays, pairs] = found(intents.iter());
    assert!(strays <= 10 && pairs == 0, "{strays} strays, {pairs} pairs");

    // Every other example changes places between neighbours of the alphabet, of forty intents.
    let names: Vec<String> = intents.keys().take(40).cloned().collect();
    for pair in names.chunks_exact(2) {
        let [mut one, mut other] = [&pair[0], &pair[1]].map(|name| intents[name].clone());
        one.iter_mut().zip(&mut other).step_by(2).for_each(|(one, other)| std::mem::swap(one, other));
        intents.insert(pair[0].clone(), one);
        intents.insert(pair[1].clone(), other);
    }
    let [_, pairs] = found(intents.iter());
    assert!((15..=25).contains(&pairs), "{pairs} of 20 pairs");
}

#[test]
fn an_example_in_the_wrong_place_is_told() {
    let mut intents = examples();
    let names: Vec<String> = intents.keys().cloned().collect();
    let [before, _] = found(intents.iter());
    // One example each of fifteen intents goes to an intent far away in the alphabet.
    for at in (0..75).step_by(5) {
        let text = intents.get_mut(&names[at]).and_then(Vec::pop).unwrap();
        intents.get_mut(&names[at + 75]).unwrap().push(text);
    }
    let [after, _] = found(intents.iter());
    assert!(after >= before + 12, "{before}, then {after} of 15 more");
}
