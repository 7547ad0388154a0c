//! The settings under `rails.config.sensitive_data_detection`, and the actions.

use super::actions::{Sides, detect, mask, restore};
use super::detector::Detector;
use super::settings::{Pattern, Recognizer, Settings, SettingsError};
use crate::config::value::Reader;
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::library::{Action, Setup};
use std::sync::Arc;

/// What one of `input`, `output` and `retrieval` says of itself.
#[derive(Default)]
struct Side<'n> {
    node: Option<&'n Node>,
    settings: Settings,
    mask_token: Option<String>,
}

pub(super) fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let (mut shared, mut sides) = (Settings::default(), [Side::default(), Side::default(), Side::default()]);
    if let Some(node) = setup.settings {
        (shared, sides) = read(&mut setup.reader, node);
    }
    let mut known: Vec<(Settings, Arc<Detector>)> = Vec::new();
    let detectors = sides.each_ref().map(|side| {
        let settings = Settings {
            entities: side.settings.entities.clone(),
            score_threshold: side.settings.score_threshold,
            ..shared.clone()
        };
        if let Some((_, detector)) = known.iter().find(|(other, _)| *other == settings) {
            return detector.clone();
        }
        let detector = Detector::new(&settings).unwrap_or_else(|error| {
            report(&mut setup.reader, setup.settings, side.node, &error, &settings);
            Detector::default()
        });
        let detector = Arc::new(detector);
        known.push((settings, detector.clone()));
        detector
    });
    let sides = Arc::new(Sides { detectors, mask_tokens: sides.map(|side| side.mask_token) });
    let (detecting, masking) = (sides.clone(), sides);
    vec![
        ("detect_sensitive_data", Box::new(move |call| detect(&detecting, call))),
        ("mask_sensitive_data", Box::new(move |call| mask(&masking, call))),
        ("restore_sensitive_data", Box::new(restore)),
    ]
}

/// Tells of a setting that can't be, at its place. What the sides share is told once.
fn report(
    reader: &mut Reader<'_>,
    root: Option<&Node>,
    side: Option<&Node>,
    error: &SettingsError,
    settings: &Settings,
) {
    let of_side = matches!(error.setting.first().map(String::as_str), Some("entities" | "score_threshold"));
    let Some(node) = (if of_side { side } else { root }).map(|node| node.at(&error.setting)) else {
        return reader.diagnostics.push(Diagnostic::without_span(codes::BAD_VALUE, error.problem.clone()));
    };
    let mut diagnostic = Diagnostic::new(codes::BAD_VALUE, node.span, error.problem.clone());
    if of_side {
        let own = settings.recognizers.iter().map(|recognizer| recognizer.supported_entity.as_str());
        let names = super::entities().iter().map(|entity| entity.name).chain(own);
        diagnostic = diagnostic.suggest(nearest(node.text().unwrap_or_default(), names));
    }
    if !reader.diagnostics.iter().any(|known| known.message == diagnostic.message) {
        reader.diagnostics.push(diagnostic);
    }
}

const PATH: &str = "rails.config.sensitive_data_detection.";

fn read<'n>(reader: &mut Reader<'_>, node: &'n Node) -> (Settings, [Side<'n>; 3]) {
    let (mut shared, mut sides) = (Settings::default(), [Side::default(), Side::default(), Side::default()]);
    for (key, node) in reader.known(node, &["recognizers", "input", "output", "retrieval", "allow", "deny"], PATH) {
        match &*key.name {
            "recognizers" => {
                shared.recognizers = reader.list(node).iter().filter_map(|node| recognizer(reader, node)).collect();
            }
            "allow" => shared.allow = reader.texts(node),
            "deny" => shared.deny = reader.texts(node),
            "input" => sides[0] = side(reader, node, "input."),
            "output" => sides[1] = side(reader, node, "output."),
            _ => sides[2] = side(reader, node, "retrieval."),
        }
    }
    (shared, sides)
}

fn side<'n>(reader: &mut Reader<'_>, node: &'n Node, name: &str) -> Side<'n> {
    let mut side = Side { node: Some(node), ..Side::default() };
    for (key, node) in reader.known(node, &["entities", "mask_token", "score_threshold"], &format!("{PATH}{name}")) {
        match &*key.name {
            "entities" => side.settings.entities = reader.texts(node),
            "mask_token" => side.mask_token = reader.text(node).map(str::to_owned),
            _ => side.settings.score_threshold = reader.fraction(node),
        }
    }
    side
}

/// A recognizer as Presidio has it; its name and language are for readers.
fn recognizer(reader: &mut Reader<'_>, node: &Node) -> Option<Recognizer> {
    const KEYS: &[&str] = &[
        "name",
        "supported_language",
        "supported_languages",
        "supported_entity",
        "patterns",
        "deny_list",
        "deny_list_score",
        "context",
    ];
    let mut recognizer = Recognizer::default();
    for (key, node) in reader.known(node, KEYS, &format!("{PATH}recognizers.")) {
        match &*key.name {
            "supported_entity" => recognizer.supported_entity = reader.text(node)?.to_owned(),
            "patterns" => recognizer.patterns = reader.list(node).iter().map(|node| pattern(reader, node)).collect(),
            "deny_list" => recognizer.deny_list = reader.texts(node),
            "deny_list_score" => recognizer.deny_list_score = reader.fraction(node),
            "context" => recognizer.context = reader.texts(node),
            _ => {}
        }
    }
    // As much as is known again in a placeholder.
    let is_part = |part: &str| (1..=30).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.split('_').all(is_part)
            && name.split('_').count() <= 7
    };
    if !is_name(&recognizer.supported_entity) || recognizer.supported_entity.len() > 64 {
        reader.wrong(
            node,
            "a recognizer with a `supported_entity`, a name such as `EMPLOYEE_ID` of letters, digits and `_`",
        );
        return None;
    }
    if recognizer.patterns.is_empty() && recognizer.deny_list.is_empty() {
        reader.wrong(node, "a recognizer with `patterns` or a `deny_list`, for without either it finds nothing");
    }
    Some(recognizer)
}

fn pattern(reader: &mut Reader<'_>, node: &Node) -> Pattern {
    let mut pattern = Pattern { regex: String::new(), score: 0.5 };
    for (key, node) in reader.known(node, &["name", "regex", "score"], &format!("{PATH}recognizers.patterns.")) {
        match &*key.name {
            "regex" => pattern.regex = reader.text(node).unwrap_or_default().to_owned(),
            "score" => pattern.score = reader.fraction(node).unwrap_or(pattern.score),
            _ => {}
        }
    }
    if pattern.regex.is_empty() {
        reader.wrong(node, "a pattern with a `regex`");
    }
    pattern
}
