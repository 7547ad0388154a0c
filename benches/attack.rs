//! How many of the texts of labelled sets the rails against attacks stop, and how long they look.
//!
//!     cargo bench --bench attack -- [--retrieved] FILE.jsonl …
//!
//! Files are JSON lines with a `text`; `scripts/attack/half.py` writes those of texts that nothing was fitted to.

#[path = "accuracy/rates.rs"]
#[allow(dead_code)]
mod rates;

use std::fs;
use std::path::Path;
use std::time::Instant;

use rails::{Rails, Status};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    text: String,
}

/// A question of a hundred characters, for times.
const QUESTION: &str =
    "Could you tell me how I can change the delivery address of my last order before it leaves the store? ";

/// Looks at what users say as at a document.
const RETRIEVED: &str = "
define subflow as a document
  $attack_found = execute check_retrieved_injection(text=$user_message)
  if $attack_found.blocked
    bot refuse to respond
    stop
";

/// Rails that have nothing but this one; `pass` does nothing.
fn load(rail: &str) -> Rails {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rails.co"), format!("define subflow pass\n  $passed = True\n{RETRIEVED}")).unwrap();
    fs::write(folder.path().join("config.yml"), format!("rails: {{input: {{flows: [{rail}]}}}}\n")).unwrap();
    Rails::from_path(folder.path()).unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let is_retrieved = arguments.iter().any(|argument| argument == "--retrieved");
    let rails = load(if is_retrieved { "as a document" } else { "check jailbreak" });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let is_stopped = |rails: &Rails, text: &str| {
        let reply = runtime.block_on(rails.check_input(text)).unwrap();
        reply.verdict.status == Status::Blocked
    };
    for path in arguments.iter().filter(|argument| !argument.starts_with("--")) {
        let lines = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let rows: Vec<Row> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let stopped = rows.iter().filter(|row| is_stopped(&rails, &row.text)).count();
        let (low, high) = rates::interval(stopped, rows.len());
        let name = Path::new(path).file_stem().unwrap().to_string_lossy();
        let share = 100.0 * stopped as f64 / rows.len().max(1) as f64;
        println!(
            "{name:<32} {stopped:>5} of {:>5}  {share:>5.1} %  ({:.1}–{:.1})",
            rows.len(),
            100.0 * low,
            100.0 * high
        );
    }
    let without = load("pass");
    for length in [100, 1_000, 10_000] {
        let text: String = QUESTION.chars().cycle().take(length).collect();
        let took = |rails: &Rails| {
            let count = 200_000 / length;
            let run = |count: usize| {
                (0..count).for_each(|_| {
                    std::hint::black_box(is_stopped(rails, &text));
                })
            };
            run(count / 10);
            let start = Instant::now();
            run(count);
            start.elapsed().as_secs_f64() * 1e6 / count as f64
        };
        let (with, without) = (took(&rails), took(&without));
        println!("{length:>6} characters: {with:.0} µs, {:.0} µs of them the rail", with - without);
    }
}
