//! The rail about languages, and its settings.

use serde_json::json;

use super::{Settings, code, language};
use crate::library::evidence::Found;
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// The rail that lets some languages pass.
pub(in crate::library) const FAMILY: Family = Family {
    file: "language",
    text: include_str!("../../../rails/language.co"),
    rails: &[Rail {
        name: "check language",
        guards: &[Guards::Input, Guards::Output],
        what: "blocks texts in languages that are not among those allowed",
        cost: Cost::Local,
    }],
    section: Some("language"),
    actions: &["check_language"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/language.md"),
    kit: None,
};

const KEYS: &[&str] = &["allowed", "min_letters", "min_confidence", "max_other", "unknown"];

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let settings = read(setup);
    if settings.allowed.is_empty() {
        setup.lacks("check language", "name languages: `rails.config.language.allowed: [en]`");
    }
    let action: Action = Box::new(move |call: &Call<'_>| {
        if settings.allowed.is_empty() {
            return Err("`rails.config.language.allowed` names no language".to_owned());
        }
        let readings = call.readings()?;
        let heard = readings.as_it_stands().map(|reading| (reading, settings.listen(reading.text())));
        // Behind an encoding, too, texts are in languages that are allowed.
        let all: Vec<_> = heard.collect();
        let worst = all.iter().find(|(_, heard)| !heard.passes).or(all.first());
        let Some((reading, heard)) = worst else { return Err("there is no text".to_owned()) };
        let value = json!({
            "allowed": heard.passes,
            "language": heard.language.map(code),
            "other": (heard.other * 1000.0).round() / 1000.0,
        });
        let found: Vec<Found> = heard
            .others
            .iter()
            .map(|(range, lang, confidence)| Found {
                rule: code(*lang).into(),
                range: reading.origin(range.clone()),
                score: *confidence as f32,
            })
            .collect();
        let evidence = (!heard.passes).then(|| match found.is_empty() {
            true => Evidence { rule: Some("unknown language".to_owned()), ..Evidence::default() },
            false => Evidence::found(readings.typed(), &found, Some(settings.min_confidence)),
        });
        Ok(Answer { value, evidence })
    });
    vec![("check_language", action)]
}

fn read(setup: &mut Setup<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some(node) = setup.settings else { return settings };
    let reader = &mut setup.reader;
    for (key, node) in reader.known(node, KEYS, "rails.config.language.") {
        match &*key.name {
            "allowed" => {
                for (node, name) in reader.placed_texts(node) {
                    match language(name) {
                        Ok(language) => settings.allowed.push(language),
                        Err(_) => reader.wrong(node, "a language that can be told, such as `en`, `de` or `zh`"),
                    }
                }
            }
            "min_letters" => settings.min_letters = reader.count(node, 1..=10_000).unwrap_or(settings.min_letters),
            "unknown" => {
                settings.unknown_passes = reader.choice(node, &[("pass", true), ("block", false)]).unwrap_or(false);
            }
            "min_confidence" => {
                settings.min_confidence = reader.number(node, 0.0..=1.0).unwrap_or(settings.min_confidence);
            }
            _ => settings.max_other = reader.number(node, 0.0..=1.0).unwrap_or(settings.max_other),
        }
    }
    settings
}
