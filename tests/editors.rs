//! What editors read: the extension refers to files that exist, and its grammar knows every word of the language.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

const GRAMMAR_OF_LINES: &str = include_str!("../grammar/line.pest");

fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode")
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&fs::read_to_string(extension().join(path)).unwrap()).unwrap()
}

/// Every rule of the grammar with its keys, wherever it stands.
fn rules<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| rules(item, found)),
        Value::Object(keys) => {
            found.push(value);
            keys.values().for_each(|value| rules(value, found));
        }
        _ => {}
    }
}

fn patterns(grammar: &Value) -> Vec<Regex> {
    let mut found = Vec::new();
    rules(grammar, &mut found);
    let written = found.iter().flat_map(|rule| ["match", "begin", "end"].map(|key| rule.get(key)));
    written.flatten().filter_map(Value::as_str).map(|pattern| Regex::new(pattern).expect(pattern)).collect()
}

#[test]
fn the_extension_refers_to_what_there_is() {
    let package = json("package.json");
    let contributes = &package["contributes"];
    let (language, grammar) = (&contributes["languages"][0], &contributes["grammars"][0]);
    assert_eq!(language["extensions"][0], ".co");
    assert_eq!(language["id"], grammar["language"]);
    json(language["configuration"].as_str().unwrap());
    let read = json(grammar["path"].as_str().unwrap());
    assert_eq!(read["scopeName"], grammar["scopeName"]);
    assert_eq!(read["fileTypes"][0], "co");
}

#[test]
fn every_include_of_the_grammar_is_there_and_nothing_is_left_over() {
    let grammar = json("syntaxes/colang.tmLanguage.json");
    let mut found = Vec::new();
    rules(&grammar, &mut found);
    let mut included: Vec<&str> =
        found.iter().filter_map(|rule| rule.get("include")?.as_str()?.strip_prefix('#')).collect();
    included.sort_unstable();
    included.dedup();
    let mut defined: Vec<&str> = grammar["repository"].as_object().unwrap().keys().map(String::as_str).collect();
    defined.sort_unstable();
    assert_eq!(included, defined);
}

#[test]
fn the_grammar_knows_every_word_of_the_language() {
    let patterns = patterns(&json("syntaxes/colang.tmLanguage.json"));
    let mut words: Vec<&str> = Regex::new(r#""([a-z-]{2,})""#)
        .unwrap()
        .captures_iter(GRAMMAR_OF_LINES)
        .map(|found| found.extract::<1>().1[0])
        .collect();
    words.sort_unstable();
    words.dedup();
    assert!(words.len() > 60, "{words:?}");
    // A word may start a line, follow another, or stand between two.
    let places = [
        "{w}",
        "{w} x",
        "{w} flow x",
        "{w} to x",
        "{w} by x",
        "{w} event X",
        "define {w} x",
        "define {w} flow",
        "create {w} x",
        "go {w} x",
        "blocked {w} x",
        "else {w} x",
        "user {w} x",
        "x {w} user",
        "x {w} $y",
        "{w} $y = 1",
        "{w} $y = 1",
    ];
    let is_coloured = |line: &str, word: &str| {
        let groups = patterns.iter().filter_map(|pattern| pattern.captures(line));
        groups
            .flat_map(|found| found.iter().skip(1).flatten().map(|group| group.as_str()).collect::<Vec<_>>())
            .any(|group| group.split_whitespace().any(|part| part == word) && group.split_whitespace().count() <= 2)
    };
    for word in words.into_iter().filter(|word| *word != "something") {
        let lines = places.map(|place| place.replace("{w}", word));
        assert!(lines.iter().any(|line| is_coloured(line, word)), "`{word}` has no colour");
    }
}
