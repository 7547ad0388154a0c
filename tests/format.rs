//! Formatting: what it looks like, and that it changes nothing else. Each file of `tests/format/` holds cases: a line
//! `#--- name`, a rail file as somebody wrote it, a line `#===`, and the same file in the style of the house.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use rails::source::{SourceFile, SourceMap};
use rails::syntax::{self, Bounds};

mod before_after;
#[path = "../fuzz/properties.rs"]
#[allow(dead_code, reason = "the fuzzer uses the rest")]
mod properties;

fn format(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", text));
    syntax::format(id, sources.file(id), Bounds::default()).ok()
}

#[test]
fn every_case_is_formatted_as_written() {
    before_after::hold("tests/format", 8, |text| format(text).unwrap_or_else(|| "it can't be read".to_owned()));
}

/// Every rail file in the tests, the examples and the documents.
fn rail_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["tests/diagnostics", "tests/flows", "tests/format"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            texts.extend(text.split("#--- ").filter_map(|case| Some(case.split_once('\n')?.1.to_owned())));
        }
    }
    for folder in ["examples/support", "examples/politics", "src/diagnostic/explanations"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            texts.extend(text.split("```co\n").map(|part| part.split("```").next().unwrap_or("").to_owned()));
        }
    }
    for name in ["documents.jsonl", "transcripts.jsonl"] {
        for line in fs::read_to_string(root.join("tests/data").join(name)).unwrap().lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            texts.extend(value["colang"].as_str().map(str::to_owned));
        }
    }
    texts
}

#[test]
fn every_rail_file_says_the_same_when_formatted() {
    let mut formatted = 0;
    for text in rail_files() {
        properties::format(text.as_bytes());
        formatted += usize::from(format(&text).is_some());
    }
    assert!(formatted > 200, "only {formatted} files could be read");
}

#[test]
fn the_corpus_of_the_fuzzer_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    let rails = |data: &[u8]| {
        properties::parse(data);
        properties::format(data);
    };
    for (target, property) in [("rails", rails as fn(&[u8])), ("config", properties::config)] {
        for entry in fs::read_dir(corpus.join(target)).unwrap() {
            property(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
    }
    assert!(count > 100, "only {count} inputs were replayed");
}

/// One space or more between words, however the author likes it.
fn gap() -> impl Strategy<Value = &'static str> {
    select(vec![" ", " ", " ", "  ", "   ", " \\\n      "])
}

fn step() -> impl Strategy<Value = String> {
    let words = select(vec![
        vec!["user", "ask", "price"],
        vec!["user", "says", "ask", "price"],
        vec!["user", "*"],
        vec!["user", "ask", "price", "with", "$a", ",", "$b"],
        vec!["user", "ask", "price", "as", "$a"],
        vec!["user", "\"how  much?\"", "or", "user", "ask", "price"],
        vec!["bot", "tell", "price", "\"It is  free.\""],
        vec!["bot", "\"one\n      two\""],
        vec!["bot", "$a"],
        vec!["execute", "look", "up(a=1 ,b = $x, \"c  d\")"],
        vec!["run", "look_up", "with", "a=1,  b=2"],
        vec!["$x", "=", "exec", "look_up"],
        vec!["set", "$x", "=", "'a  b' + \"c\""],
        vec!["$x", "+=", "len( 'a   b' )"],
        vec!["$x", "=", "..."],
        vec!["do", "sub", "one"],
        vec!["do", "sub", "one(a = 1)"],
        vec!["$x", "=", "do", "sub", "one"],
        vec!["go", "to", "top"],
        vec!["goto", "top"],
        vec!["create", "event", "E(a=1)"],
        vec!["event", "E"],
        vec!["priority", "2"],
        vec!["meta", "{\"priority\":  2}"],
        vec!["return", "1  +  1"],
        vec!["stop"],
    ]);
    (words, gap(), select(vec!["", "", " # why", "#why", " \"\"\"doc\"\"\""]))
        .prop_map(|(words, gap, comment)| words.join(gap) + comment)
}

fn block(depth: usize) -> BoxedStrategy<Vec<(usize, String)>> {
    let steps = prop::collection::vec(step(), 1..4);
    let steps = steps.prop_map(move |steps| steps.into_iter().map(|step| (depth, step)).collect::<Vec<_>>());
    if depth == 3 {
        return steps.boxed();
    }
    let headers = select(vec![
        ("if $x  ==  'a  b':", "elif  $x", "else:"),
        ("when  user ask   price", "else  when bot tell price", "else"),
        ("while $x < 2", "# between", "if $y"),
    ]);
    let steps = steps.boxed();
    let nested = (steps.clone(), headers, block(depth + 1), block(depth + 1), block(depth + 1));
    let nested = nested.prop_map(move |(mut steps, (one, two, three), first, second, third)| {
        for (header, body) in [(one, first), (two, second), (three, third)] {
            steps.push((depth, header.to_owned()));
            if !header.starts_with('#') {
                steps.extend(body);
            }
        }
        steps
    });
    prop_oneof![3 => steps, 1 => nested].boxed()
}

/// A whole file: each block of its own width, comments and empty lines anywhere.
fn file() -> impl Strategy<Value = String> {
    let noise = select(vec![
        "",
        "",
        "",
        "\n",
        "\n\n\n",
        "# note\n",
        "   #note\n",
        "\n          # far\n\n",
        "\"\"\"a\n   b\n  c\"\"\"\n",
    ]);
    let flow = (block(1), prop::collection::vec(noise, 40), prop::array::uniform4(1_usize..5));
    let flow = flow.prop_map(|(lines, noise, widths)| {
        let mut text = noise[0].to_owned() + "def  flow\n";
        for ((depth, line), noise) in lines.into_iter().zip(noise.iter().cycle().skip(1)) {
            let indent: usize = widths[..depth].iter().sum();
            text += noise;
            text += &format!("{}{line}\n", " ".repeat(indent));
        }
        text
    });
    let head = "import  main\ndefine user  ask price:\n   \"how much?\"   # example\n   /a  b/\n   not  \"x\"\ndefine bot tell price \"Free.\"\ndefine subflow sub  one\n label top\n checkpoint  up\n bot \"x\"\n";
    (flow, any::<bool>())
        .prop_map(move |(flow, first)| if first { format!("{flow}{head}") } else { format!("{head}{flow}") })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_changes_nothing_but_the_looks(text in file()) {
        properties::format(text.as_bytes());
    }
}

#[test]
fn most_of_those_files_are_formatted() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let formatted = (0..200).filter(|_| {
        let text = file().new_tree(&mut runner).unwrap().current();
        format(&text).is_some()
    });
    let formatted = formatted.count();
    assert!(formatted > 120, "only {formatted} of 200 could be read");
}
