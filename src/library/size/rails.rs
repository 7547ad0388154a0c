//! The rails about size, and their settings.

use serde_json::json;

use super::{Action as Becomes, Bloat, Settings};
use crate::library::family::{Cost, Family, Kit, Rail, Setup};
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// Rails that look at how long texts are, and how often they say the same.
pub(in crate::library) const FAMILY: Family = Family {
    file: "size",
    text: include_str!("../../../rails/size.co"),
    rails: &[
        Rail {
            name: "check input size",
            guards: &[Guards::Input],
            what: "blocks texts that are too long, or padded with what is said again and again",
            cost: Cost::Local,
        },
        Rail {
            name: "context bloat detection on input",
            guards: &[Guards::Input],
            what: "the same, by the name that NeMo Guardrails has for it",
            cost: Cost::Local,
        },
        Rail {
            name: "context bloat detection on retrieval",
            guards: &[Guards::Retrieval],
            what: "the same for what was found in documents",
            cost: Cost::Local,
        },
    ],
    section: Some("context_bloat_detection"),
    actions: &["context_bloat_detection"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/size.md"),
    kit: Some(Kit { name: "size", uses: &[(Guards::Input, "check input size")], settings: "" }),
};

const KEYS: &[&str] = &[
    "max_chars",
    "max_tokens",
    "max_lines",
    "max_unbroken_chars",
    "min_chars",
    "min_entropy",
    "max_entropy",
    "max_run_ratio",
    "max_repetition_ratio",
    "ngram_size",
    "max_repeated_lines",
    "max_redundancy",
    "action",
];
/// More than this, no configuration takes.
const MOST: usize = 100_000_000;

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let settings = read(setup);
    let action: Action = Box::new(move |call: &Call<'_>| {
        let text = call.text()?;
        Ok(answer(&text, &settings.look_at(&text)))
    });
    vec![("context_bloat_detection", action)]
}

fn read(setup: &mut Setup<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some(node) = setup.settings else { return settings };
    let reader = &mut setup.reader;
    for (key, node) in reader.known(node, KEYS, "rails.config.context_bloat_detection.") {
        match &*key.name {
            "max_chars" => settings.max_chars = reader.count(node, 1..=MOST).unwrap_or(settings.max_chars),
            "max_tokens" => settings.max_tokens = reader.count(node, 1..=MOST),
            "max_lines" => settings.max_lines = reader.count(node, 1..=MOST),
            "max_unbroken_chars" => {
                settings.max_unbroken_chars = reader.count(node, 1..=MOST).unwrap_or(settings.max_unbroken_chars);
            }
            "min_chars" => settings.min_chars = reader.count(node, 0..=MOST).unwrap_or(settings.min_chars),
            "min_entropy" => settings.min_entropy = reader.number(node, 0.0..=8.0).unwrap_or(settings.min_entropy),
            "max_entropy" => settings.max_entropy = reader.number(node, 0.0..=21.0),
            "ngram_size" => settings.ngram_size = reader.count(node, 1..=64).unwrap_or(settings.ngram_size),
            "action" => {
                let choices = [Becomes::Reject, Becomes::Truncate, Becomes::Warn].map(|action| (action.name(), action));
                settings.action = reader.choice(node, &choices).unwrap_or_default();
            }
            _ => {
                let share = match &*key.name {
                    "max_run_ratio" => &mut settings.max_run_ratio,
                    "max_repetition_ratio" => &mut settings.max_repetition_ratio,
                    "max_repeated_lines" => &mut settings.max_repeated_lines,
                    _ => &mut settings.max_redundancy,
                };
                *share = reader.number(node, 0.0..=1.0).unwrap_or(*share);
            }
        }
    }
    settings
}

/// What a flow gets: the fields that NeMo Guardrails' action of this name returns.
fn answer(text: &str, bloat: &Bloat) -> Answer {
    let rules: Vec<&str> = bloat.excesses.iter().map(|excess| excess.rule).collect();
    let metrics: serde_json::Map<String, serde_json::Value> =
        bloat.excesses.iter().map(|excess| (excess.rule.to_owned(), rounded(excess.measured).into())).collect();
    let value = json!({
        "is_bloat": bloat.is_bloat(),
        "action": bloat.action.name(),
        "text": &text[..bloat.keep],
        "reason": (!rules.is_empty()).then(|| rules.join(", ")),
        "detections": rules,
        "metrics": metrics,
    });
    let evidence = bloat.excesses.first().map(|excess| Evidence {
        rule: Some(rules.join(", ")),
        score: Some(rounded(excess.measured)),
        threshold: Some(excess.limit),
        spans: Vec::new(),
    });
    Answer { value, evidence }
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
