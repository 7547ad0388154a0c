//! The rails about patterns of the user's own, and their settings.

use serde_json::json;

use super::{Detector, Settings};
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes};
use crate::library::evidence::Found;
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::patterns::pattern;
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// Rails that look for patterns of the user's own.
pub(in crate::library) const FAMILY: Family = Family {
    file: "regexes",
    text: include_str!("../../../rails/regexes.co"),
    rails: &[
        Rail {
            name: "regex check input",
            guards: &[Guards::Input],
            what: "blocks what the user says that matches a pattern or a phrase of yours",
            cost: Cost::Local,
        },
        Rail {
            name: "regex check output",
            guards: &[Guards::Output],
            what: "blocks replies that match a pattern or a phrase of yours",
            cost: Cost::Local,
        },
        Rail {
            name: "regex check retrieval",
            guards: &[Guards::Retrieval],
            what: "drops what was found in documents if it matches a pattern or a phrase of yours",
            cost: Cost::Local,
        },
    ],
    section: Some("regex_detection"),
    actions: &["detect_regex_pattern"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/regexes.md"),
    kit: None,
};

/// The stages, by the keys that their patterns have.
const STAGES: [(&str, Guards); 3] =
    [("input", Guards::Input), ("output", Guards::Output), ("retrieval", Guards::Retrieval)];

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let mut detectors: Vec<(Guards, Detector)> = Vec::new();
    let mut is_sound = true;
    if let Some(node) = setup.settings {
        let keys = STAGES.map(|(key, _)| key);
        for (key, node) in setup.reader.known(node, &keys, "rails.config.regex_detection.") {
            let errors = setup.reader.diagnostics.len();
            let settings = read(setup, node, &key.name);
            is_sound &= setup.reader.diagnostics.len() == errors;
            let stage = STAGES.iter().find(|(name, _)| *name == key.name);
            if settings.patterns.is_empty() && settings.phrases.is_empty() {
                continue;
            }
            match Detector::new(settings) {
                Ok(detector) => detectors.extend(stage.map(|(_, guards)| (*guards, detector))),
                Err(message) => {
                    setup.reader.diagnostics.push(Diagnostic::new(codes::REGEX_TOO_LARGE, node.span, message));
                }
            }
        }
    }
    for (stage, guards) in STAGES {
        if is_sound && !detectors.iter().any(|(stage, _)| *stage == guards) {
            let wanted =
                format!("name patterns or phrases: `rails.config.regex_detection.{stage}.patterns: ['\\bsecret\\b']`");
            setup.lacks(&format!("regex check {stage}"), &wanted);
        }
    }
    let action: Action = Box::new(move |call: &Call<'_>| {
        let stage = call.stage()?;
        let Some((_, detector)) = detectors.iter().find(|(guards, _)| *guards == stage) else {
            return Err(format!("`rails.config.regex_detection` has no patterns for {stage}"));
        };
        let readings = call.readings()?;
        let text = readings.typed();
        let matches = detector.find(&readings);
        let detections: Vec<&str> = matches.iter().map(|found| found.pattern.as_str()).collect();
        let found: Vec<Found> = matches
            .iter()
            .map(|found| {
                let rule =
                    if found.is_phrase { format!("\"{}\"", found.pattern) } else { format!("/{}/", found.pattern) };
                Found { rule: rule.into(), range: found.range.clone(), score: 1.0 }
            })
            .collect();
        let evidence = (!found.is_empty()).then(|| Evidence::found(text, &found, None));
        Ok(Answer { value: json!({"is_match": !matches.is_empty(), "text": text, "detections": detections}), evidence })
    });
    vec![("detect_regex_pattern", action)]
}

fn read(setup: &mut Setup<'_>, node: &Node, stage: &str) -> Settings {
    let mut settings = Settings::default();
    let reader = &mut setup.reader;
    let path = format!("rails.config.regex_detection.{stage}.");
    for (key, node) in reader.known(node, &["patterns", "phrases", "case_insensitive"], &path) {
        match &*key.name {
            "patterns" => {
                for node in reader.list(node) {
                    settings.patterns.extend(pattern(reader, node).map(str::to_owned));
                }
            }
            "phrases" => {
                for (node, phrase) in reader.placed_texts(node) {
                    if crate::classify::Normalized::new(phrase).text().is_empty() {
                        reader.wrong(node, "a phrase that is not empty");
                    } else {
                        settings.phrases.push(phrase.to_owned());
                    }
                }
            }
            _ => settings.case_insensitive = reader.truth(node) == Some(true),
        }
    }
    settings
}
