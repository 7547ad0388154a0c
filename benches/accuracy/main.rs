//! How well intents are told apart, on labelled sets: accuracy with few examples, texts that mean none of the intents, a few
//! intents as rails before everything else, and texts with typing errors; and what it costs.
//!
//!     cargo bench --bench accuracy -- TRAIN.jsonl VALIDATION.jsonl [RAILS.jsonl OTHERS.jsonl]
//!
//! Rows are `{"text", "label"}`; the label `oos` is no intent. Examples are drawn from the first file, three times; what is
//! reported is of the second. With two more files, the texts of the third that have a label are rails before those of the fourth.

mod noise;
mod rates;
mod sets;
mod speed;

use std::collections::BTreeMap;

use rails::Rails;
use rails::program::IntentId;
use rates::{area, interval, quantile};
use sets::{Draw, Mixer, Row};

const SEEDS: [u64; 3] = [0, 1, 2];
/// How many intents are rails, and how often they are drawn for a seed.
const RAILS: usize = 10;
const RAIL_DRAWS: usize = 8;

/// What was found out about one text.
struct Found {
    /// The best intent, and whether it is the right one.
    right: bool,
    score: f32,
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [train, validation, others @ ..] = &*files else {
        eprintln!("usage: cargo bench --bench accuracy -- TRAIN.jsonl VALIDATION.jsonl [RAILS.jsonl OTHERS.jsonl]");
        return;
    };
    let (train, validation) = (sets::read(train), sets::read(validation));
    println!(
        "| examples an intent | top-1 | AUROC of texts out of scope | as rails, recall at 1 % false positives | at 5 % |"
    );
    println!("|---|---|---|---|---|");
    for examples in [3, 5, 10, 20] {
        clean(&train, &validation, examples);
    }
    println!();
    println!("| 10 examples, texts | top-1 |");
    println!("|---|---|");
    noisy("as they are", &train, &validation, |text, _| text.to_owned());
    noisy("20 % of long words with a typing error", &train, &validation, |text, seed| noise::typos(text, 0.2, seed));
    noisy("all in leet", &train, &validation, |text, _| noise::leet(text));
    println!();
    speed::table(&train, &validation);
    if let [rails, others] = others {
        println!();
        across(&sets::read(rails), &sets::read(others));
    }
}

/// Accuracy, area and recall with `examples` an intent.
fn clean(train: &[Row], validation: &[Row], examples: usize) {
    let (mut accuracy, mut areas, mut at_1, mut at_5) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seed in SEEDS {
        let draw = Draw::new(train, examples, seed);
        let rails = draw.rails(|_| true);
        let found = classified(&rails, validation, |text| text.to_owned());
        let (inside, outside) = parted(validation, &found);
        accuracy.push(share(&inside));
        areas.push(area(&scores(&inside), &scores(&outside)));
        let mut mixer = Mixer::new(100 + seed);
        for _ in 0..RAIL_DRAWS {
            let chosen = mixer.sample(&draw.labels(), RAILS);
            let rails = draw.rails(|label| chosen.contains(&label));
            let found = classified(&rails, validation, |text| text.to_owned());
            let own = |row: &Row| chosen.contains(&&*row.label);
            let inside: Vec<&Found> =
                validation.iter().zip(&found).filter(|(row, _)| own(row)).map(|of| of.1).collect();
            let outside: Vec<&Found> =
                validation.iter().zip(&found).filter(|(row, _)| !own(row)).map(|of| of.1).collect();
            at_1.push(recall(&inside, &outside, 0.01));
            at_5.push(recall(&inside, &outside, 0.05));
        }
    }
    let [accuracy, areas, at_1, at_5] = [accuracy, areas, at_1, at_5].map(|of| mean(&of));
    println!("| {examples} | {accuracy:.4} | {areas:.4} | {at_1:.3} | {at_5:.3} |");
}

fn noisy(name: &str, train: &[Row], validation: &[Row], noise: impl Fn(&str, u64) -> String) {
    let accuracies: Vec<f64> = SEEDS
        .iter()
        .map(|seed| {
            let rails = Draw::new(train, 10, *seed).rails(|_| true);
            let found = classified(&rails, validation, |text| noise(text, *seed));
            share(&parted(validation, &found).0)
        })
        .collect();
    println!("| {name} | {:.4} |", mean(&accuracies));
}

/// Rails of one domain before the texts of another: every label of `rails` is an intent of half its texts.
fn across(rails: &[Row], others: &[Row]) {
    let mut parts: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rails.iter().filter(|row| row.label != "none" && row.label != "oos") {
        parts.entry(&row.label).or_default().push(row);
    }
    parts.retain(|_, rows| rows.len() >= 4);
    let (mut shown, mut asked) = (Vec::new(), Vec::new());
    for rows in parts.into_values() {
        let (examples, texts) = rows.split_at(rows.len() / 2);
        shown.extend(examples.iter().map(|row| (*row).clone()));
        asked.extend(texts.iter().map(|row| (*row).clone()));
    }
    let rails = Draw::whole(&shown).rails(|_| true);
    let inside = classified(&rails, &asked, |text| text.to_owned());
    let outside = classified(&rails, others, |text| text.to_owned());
    let (inside, outside) = (inside.iter().collect::<Vec<_>>(), outside.iter().collect::<Vec<_>>());
    let limit = quantile(&scores(&outside), 0.99);
    let caught = inside.iter().filter(|found| found.score >= limit).count();
    let (low, high) = interval(caught, inside.len());
    println!("| rails of one domain, texts of another | |");
    println!("|---|---|");
    println!(
        "| rails, texts that mean one, others | {}, {}, {} |",
        rails.program().intents.len(),
        inside.len(),
        outside.len()
    );
    println!("| taken for the right rail | {:.3} |", share(&inside));
    let recall = caught as f64 / inside.len().max(1) as f64;
    println!("| caught by any rail at 1 % false positives | {recall:.3} ({low:.3} to {high:.3}) |");
}

fn classified(rails: &Rails, rows: &[Row], noise: impl Fn(&str) -> String) -> Vec<Found> {
    let id = |label: &str| -> Option<IntentId> { rails.program().intent_named(&sets::name(label)) };
    rows.iter()
        .map(|row| {
            let found = rails.classifier().classify(&noise(&row.text)).expect("the built-in embedder never fails");
            let best = found.candidates.first();
            Found {
                right: best.is_some_and(|best| Some(best.intent) == id(&row.label)),
                score: best.map_or(0.0, |best| best.score),
            }
        })
        .collect()
}

/// Texts that mean an intent, and the others.
fn parted<'a>(rows: &[Row], found: &'a [Found]) -> (Vec<&'a Found>, Vec<&'a Found>) {
    let (inside, outside): (Vec<_>, Vec<_>) = rows.iter().zip(found).partition(|(row, _)| row.label != "oos");
    (inside.into_iter().map(|of| of.1).collect(), outside.into_iter().map(|of| of.1).collect())
}

fn recall(inside: &[&Found], outside: &[&Found], share: f64) -> f64 {
    let limit = quantile(&scores(outside), 1.0 - share);
    inside.iter().filter(|found| found.right && found.score >= limit).count() as f64 / inside.len().max(1) as f64
}

fn scores(found: &[&Found]) -> Vec<f32> {
    found.iter().map(|found| found.score).collect()
}

fn share(found: &[&Found]) -> f64 {
    found.iter().filter(|found| found.right).count() as f64 / found.len().max(1) as f64
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}
