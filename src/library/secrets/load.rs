//! The settings under `rails.config.secrets`, and the action.

use super::detector::{Detector, Settings};
use crate::config::value::Reader;
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::library::decoded::everywhere;
use crate::library::withheld::withheld;
use crate::library::{Action, Answer, Call, Setup};
use std::sync::Arc;

pub(super) fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let settings = setup.settings.map(|node| read(&mut setup.reader, node)).unwrap_or_default();
    let detector = Detector::new(&settings).unwrap_or_else(|error| {
        if let Some(node) = setup.settings {
            let place = node.at(&error.setting);
            let known = super::rules().map(|(rule, _)| rule);
            let meant = error
                .setting
                .first()
                .filter(|key| *key == "ignore")
                .and_then(|_| nearest(place.text().unwrap_or_default(), known));
            setup.reader.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, place.span, error.problem).suggest(meant));
        }
        Detector::default()
    });
    let detector = Arc::new(detector);
    let check = move |call: &Call<'_>| {
        let readings = call.readings()?;
        let found = everywhere(&readings, |text| detector.find(text));
        let evidence = withheld(readings.typed(), &found, detector.threshold());
        Ok(Answer { value: (!found.is_empty()).into(), evidence })
    };
    vec![("check_secrets", Box::new(check))]
}

fn read(reader: &mut Reader<'_>, node: &Node) -> Settings {
    let mut settings = Settings::default();
    for (key, node) in reader.known(node, &["allow", "ignore", "score_threshold"], "rails.config.secrets.") {
        match &*key.name {
            "allow" => settings.allow = reader.texts(node),
            "ignore" => settings.ignore = reader.texts(node),
            _ => settings.score_threshold = reader.fraction(node).unwrap_or(settings.score_threshold),
        }
    }
    settings
}
