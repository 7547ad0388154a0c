//! What classifying a text costs, with intents that people wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::Instant;

use rails::classify::Tier;

use super::sets::{Draw, Row};

/// Examples of an intent.
const EXAMPLES: usize = 10;
/// How often each text is classified.
const ROUNDS: usize = 5;

/// Prints the median time of a text of `asked` that equals no example.
pub fn table(train: &[Row], asked: &[Row]) {
    println!("| intents × examples | median of a text |");
    println!("|---|---|");
    let parts = parts(train);
    let first: Vec<Row> = parts.iter().filter(|row| row.label.ends_with(" 0")).cloned().collect();
    for rows in [&first, &parts] {
        let rails = Draw::whole(rows).rails(|_| true);
        let classifier = rails.classifier();
        let mut times = Vec::with_capacity(asked.len() * ROUNDS);
        for _ in 0..ROUNDS {
            for row in asked {
                let start = Instant::now();
                let found = black_box(classifier.classify(&row.text)).expect("the built-in embedder never fails");
                let time = start.elapsed();
                if found.tier == Tier::Embedding {
                    times.push(time);
                }
            }
        }
        times.sort_unstable();
        let median = times[times.len() / 2].as_secs_f64() * 1e6;
        println!("| {} × {EXAMPLES} | {median:.1} µs |", rails.program().intents.len());
    }
}

/// The texts of `rows`, ten an intent: as many intents of a label as that makes.
fn parts(rows: &[Row]) -> Vec<Row> {
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.label != "oos") {
        seen.entry(&row.label).or_default().insert(&row.text);
    }
    let mut parts = Vec::new();
    for (label, texts) in seen {
        let texts: Vec<&str> = texts.into_iter().collect();
        for (part, texts) in texts.chunks_exact(EXAMPLES).enumerate() {
            let row = |text: &&str| Row { text: (*text).to_owned(), label: format!("{label} {part}") };
            parts.extend(texts.iter().map(row));
        }
    }
    parts
}
