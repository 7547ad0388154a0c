//! Attacks by text: jailbreaks, prompt injection, and instructions hidden in what was found or in what a tool returned.
//!
//! Rules about words in order, and a comparison with known attacks, window by window, make one score. How it was fitted, and on what, is in
//! `data/README.md`.

mod detector;
mod exemplars;
mod retrieved;
mod rules;
mod weights;
mod words;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::json;

use super::action::{Action, Answer, Call};
use super::family::{Cost, Family, Kit, Rail, Setup};
use super::{Evidence, Found};
use crate::classify::Readings;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Value;
use crate::program::Guards;

pub(crate) use detector::{Attack, Detector, Origin};
use retrieved::Fate;

/// What a score has to reach.
pub(crate) const THRESHOLD: f32 = 0.73;
/// The same for what was found, and for what tools return.
pub(crate) const RETRIEVED_THRESHOLD: f32 = 0.82;

/// Rails against attacks by text.
pub(super) const FAMILY: Family = Family {
    file: "attack",
    text: include_str!("../../../rails/attack.co"),
    rails: &[
        Rail {
            name: "check jailbreak",
            guards: &[Guards::Input],
            what: "stops what is to talk the model out of its rules",
            cost: Cost::Local,
        },
        Rail {
            name: "check prompt injection",
            guards: &[Guards::Input],
            what: "stops what is to replace or reveal the model's instructions",
            cost: Cost::Local,
        },
        Rail {
            name: "check retrieved injection",
            guards: &[Guards::Retrieval, Guards::ToolInput],
            what: "stops documents and results of tools that hold instructions for the model",
            cost: Cost::Local,
        },
        Rail {
            name: "jailbreak detection heuristics",
            guards: &[Guards::Input],
            what: "the same as `check jailbreak`, by the name it has in NeMo Guardrails",
            cost: Cost::Local,
        },
    ],
    section: Some("attack"),
    actions: &[
        "check_jailbreak",
        "check_prompt_injection",
        "check_retrieved_injection",
        "jailbreak_detection_heuristics",
    ],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/attack.md"),
    kit: Some(Kit { name: "injection", uses: &[(Guards::Input, "check jailbreak")], settings: "" }),
};

/// The rule that holds where a text is like attacks.
const LIKE_ATTACKS: &str = "like_attacks";

/// Reads `rails.config.attack`, and makes the actions.
fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let (mut threshold, mut retrieved, mut without) = (THRESHOLD, RETRIEVED_THRESHOLD, Vec::new());
    let mut fate = Fate::Block;
    if let Some(node) = setup.settings {
        let known = ["threshold", "retrieved_threshold", "retrieved", "without"];
        for (key, node) in setup.reader.known(node, &known, "rails.config.attack.") {
            match &*key.name {
                "threshold" => threshold = setup.reader.fraction(node).unwrap_or(threshold),
                "retrieved_threshold" => retrieved = setup.reader.fraction(node).unwrap_or(retrieved),
                "retrieved" => fate = setup.reader.choice(node, Fate::ALL).unwrap_or(fate),
                _ => {
                    for node in setup.reader.list(node) {
                        let Some(name) = setup.reader.text(node) else { continue };
                        match detector::is_known(name) {
                            Ok(()) => without.push(name.to_owned()),
                            Err(names) => {
                                let message = format!("no rule for attacks is called `{name}`");
                                let diagnostic = Diagnostic::new(codes::BAD_VALUE, node.span, message);
                                setup.reader.diagnostics.push(diagnostic.suggest(nearest(name, names)));
                            }
                        }
                    }
                }
            }
        }
    }
    Detector::prepare();
    let detector = Detector::without(&without);
    let action = |is_plain: bool| -> Action {
        let detector = detector.clone();
        Box::new(move |call: &Call<'_>| {
            let readings = call.readings()?;
            Ok(answer(&detector, &readings, wanted(call, threshold)?, is_plain))
        })
    };
    let of_users = [action(false), action(false), action(true)];
    let of_others = {
        let detector = detector.clone();
        Box::new(move |call: &Call<'_>| retrieved::check(&detector, call, wanted(call, retrieved)?, fate))
    };
    let names = ["check_jailbreak", "check_prompt_injection", "jailbreak_detection_heuristics"];
    let mut actions: Vec<(&'static str, Action)> = names.into_iter().zip(of_users).collect();
    actions.push(("check_retrieved_injection", of_others));
    actions
}

/// What a score has to reach: what the call says, or else the rail, or else the settings.
fn wanted(call: &Call<'_>, threshold: f32) -> Result<f32, String> {
    Ok(call.fraction("threshold")?.map_or(threshold, |threshold| threshold as f32))
}

/// What a flow gets: whether it is an attack, or that and how it is known.
fn answer(detector: &Detector, readings: &Readings, threshold: f32, is_plain: bool) -> Answer {
    let (attack, text) = (detector.look(readings, Origin::User), readings.typed());
    let is_blocked = attack.score >= threshold;
    let evidence = Evidence::found(text, &found(&attack).collect::<Vec<_>>(), Some(rounded(threshold)));
    if is_plain {
        return Answer { value: is_blocked.into(), evidence: is_blocked.then_some(evidence) };
    }
    // What it goes by is in the value, so that flows can look at it.
    let value = json!({
        "blocked": is_blocked,
        "rule": evidence.rule,
        "score": rounded(attack.score),
        "threshold": evidence.threshold,
        "spans": evidence.spans,
        "nearest": likest(detector, is_blocked.then_some(text)),
    });
    Answer::plain(value)
}

/// The known attack that a text is likest to, if one is told, and how like.
fn likest(detector: &Detector, text: Option<&str>) -> Value {
    text.and_then(|text| detector.likest(text)).map_or(
        Value::Null,
        |(exemplar, cosine)| json!({"id": exemplar.id, "text": exemplar.text, "cosine": rounded(cosine)}),
    )
}

/// What can be shown: three places behind the point.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}

/// The signs of an attack. All have the score of the text, so that they stay in their order: what counts most is named first.
fn found(attack: &Attack) -> impl Iterator<Item = Found> {
    attack.signs.iter().map(|sign| Found {
        rule: named(sign.rule.unwrap_or(LIKE_ATTACKS), &attack.ways),
        range: sign.range.clone(),
        score: attack.score,
    })
}

/// The name of a rule, and what was undone before it held.
fn named(rule: &'static str, ways: &[&str]) -> Cow<'static, str> {
    if ways.is_empty() { rule.into() } else { format!("{rule} ({})", ways.join(" ")).into() }
}
