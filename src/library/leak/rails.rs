//! The rail about what replies tell of instructions, and its settings.

use serde_json::json;

use super::{Detector, Settings};
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes};
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// The rail that keeps instructions secret.
pub(in crate::library) const FAMILY: Family = Family {
    file: "leak",
    text: include_str!("../../../rails/leak.co"),
    rails: &[Rail {
        name: "check prompt leak",
        guards: &[Guards::Output],
        what: "blocks replies that tell the instructions of the model",
        cost: Cost::Local,
    }],
    section: Some("prompt_leak"),
    actions: &["check_prompt_leak"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/leak.md"),
    kit: None,
};

const KEYS: &[&str] = &["threshold", "min_words", "max_words", "sample_conversation", "canaries"];

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let (settings, places) = read(setup);
    let mut secret = setup.config.instructions.clone();
    if settings.sample_conversation {
        secret.push('\n');
        secret.push_str(&setup.config.sample_conversation);
    }
    let threshold = settings.threshold;
    let detector = match Detector::new(&settings, &secret) {
        Ok(detector) => detector,
        Err(error) => {
            let place = error.index().and_then(|index| places.get(index).copied()).or(setup.settings);
            let span = place.map(|place| place.span);
            let diagnostic = span.map_or_else(
                || Diagnostic::without_span(codes::BAD_VALUE, error.to_string()),
                |span| Diagnostic::new(codes::BAD_VALUE, span, error.to_string()),
            );
            setup.reader.diagnostics.push(diagnostic);
            return Vec::new();
        }
    };
    if !detector.can_find() {
        let wanted = format!(
            "write `instructions` of {} words or more, lower `rails.config.prompt_leak.min_words`, or name `canaries` there",
            settings.min_words
        );
        setup.lacks("check prompt leak", &wanted);
    }
    let action: Action = Box::new(move |call: &Call<'_>| {
        let readings = call.readings()?;
        let leak = detector.look_at(&readings);
        let value = json!({"is_leak": leak.is_leak, "share": rounded(leak.score), "words": leak.words});
        let evidence = leak.is_leak.then(|| Evidence::found(readings.typed(), &leak.found, Some(rounded(threshold))));
        Ok(Answer { value, evidence })
    });
    vec![("check_prompt_leak", action)]
}

/// The settings, and where the canaries stand.
fn read<'a>(setup: &mut Setup<'a>) -> (Settings, Vec<&'a Node>) {
    let (mut settings, mut places) = (Settings::default(), Vec::new());
    let Some(node) = setup.settings else { return (settings, places) };
    let reader = &mut setup.reader;
    for (key, node) in reader.known(node, KEYS, "rails.config.prompt_leak.") {
        match &*key.name {
            "threshold" => settings.threshold = reader.fraction(node).unwrap_or(settings.threshold),
            "min_words" => settings.min_words = reader.count(node, 5..=10_000).unwrap_or(settings.min_words),
            "max_words" => settings.max_words = reader.count(node, 5..=1_000_000).unwrap_or(settings.max_words),
            "sample_conversation" => settings.sample_conversation = reader.truth(node) == Some(true),
            _ => {
                for (node, canary) in reader.placed_texts(node) {
                    settings.canaries.push(canary.to_owned());
                    places.push(node);
                }
            }
        }
    }
    (settings, places)
}

fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}
