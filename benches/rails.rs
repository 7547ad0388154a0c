//! What the rails that come along cost where they ask no model: all that guard the input together, and each by itself.
//!
//!     cargo bench --bench rails

use std::fs;
use std::hint::black_box;
use std::process::Command;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rails::{Rails, Status};
use serde_json::Value;

/// A question of a hundred characters.
const QUESTION: &str =
    "Could you tell me how I can change the delivery address of my last order before it leaves the store?";

/// Some text that is read as it is, sentence after sentence.
const TEXT: &str = include_str!("../docs/language.md");

/// Settings for those that do nothing without.
const SETTINGS: &str = "
  config:
    regex_detection: {input: {patterns: ['project (blue|red)[ -]?bird', '\\bINT-\\d{4,}\\b'], phrases: [confidential]}}
    language: {allowed: [en]}
    topic: {denied: [ask about politics]}
";

const INTENTS: &str = r#"
define user ask about politics
  "who should I vote for?"
  "what do you think about the election?"

define user ask about orders
  "where is my order?"
  "change my delivery address"

define subflow pass
  $passed = True
"#;

/// Rails that come along, guard the input, and ask no model.
fn local() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_railsc")).args(["rails", "--json"]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let listed = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let guards_input = |rail: &Value| rail["guards"].as_array().unwrap().iter().any(|guards| guards == "input");
    let local = listed.filter(|rail| rail["model_calls"] == 0 && guards_input(rail));
    local.map(|rail| rail["name"].as_str().unwrap().to_owned()).collect()
}

fn load(rails: &[String]) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rails.co"), INTENTS).unwrap();
    let config = format!("rails:\n  input:\n    flows: [{}]\n{SETTINGS}", rails.join(", "));
    fs::write(folder.path().join("config.yml"), config).unwrap();
    Rails::from_path(folder.path()).unwrap_or_else(|error| panic!("{error}"))
}

fn text(length: usize) -> String {
    let prose = TEXT.chars().filter(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | ',' | '.')).cycle();
    if length <= 100 { QUESTION.chars().take(length).collect() } else { prose.take(length).collect() }
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Two of a kind are the same rail by two names.
    let doubles = ["jailbreak detection heuristics", "check prompt injection", "context bloat detection on input"];
    let local: Vec<String> = local().into_iter().filter(|rail| !doubles.contains(&&**rail)).collect();
    let none = vec!["pass".to_owned()];
    let each = local.iter().map(|rail| (rail.clone(), vec![rail.clone()]));
    let sets = [("none".to_owned(), none), ("all".to_owned(), local.clone())].into_iter().chain(each);
    for (name, set) in sets {
        let rails = load(&set);
        let mut group = criterion.benchmark_group(&name);
        for length in [100, 1_000, 10_000] {
            let text = text(length);
            let verdict = runtime.block_on(rails.check_input(&text)).unwrap().verdict;
            assert_ne!(verdict.status, Status::Blocked, "{name} at {length}: {verdict}");
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_with_input(BenchmarkId::from_parameter(length), &text, |bencher, text| {
                bencher.iter(|| black_box(runtime.block_on(rails.check_input(text)).unwrap()));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(2));
    targets = bench
}
criterion_main!(benches);
