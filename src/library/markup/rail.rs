//! The rail over it, and its settings.

use serde_json::json;

use super::super::urls::hosts;
use super::super::{Action, Answer, Call, Cost, Evidence, Family, Kit, Rail, Setup};
use super::{Detector, KINDS, Remedy, Settings};
use crate::program::Guards;

/// The rail about what something else might run.
pub(in crate::library) const MARKUP: Family = Family {
    file: "markup",
    text: include_str!("../../../rails/markup.co"),
    rails: &[Rail {
        name: "injection detection",
        guards: &[Guards::Output],
        what: "blocks replies, or cleans them, with SQL, commands, templates or markup that something else might run",
        cost: Cost::Local,
    }],
    section: Some("injection_detection"),
    actions: &["injection_detection"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/markup.md"),
    kit: Some(Kit { name: "injection", uses: &[(Guards::Output, "injection detection")], settings: "" }),
};

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let settings = settings(setup);
    let detector = Detector::new(&settings);
    let detect = move |call: &Call<'_>| {
        let readings = call.readings()?;
        let text = readings.typed();
        let found = detector.find(&readings);
        if found.is_empty() {
            return Ok(Answer::plain(json!({"is_injection": false, "text": text, "detections": []})));
        }
        let mut rules: Vec<&str> = Vec::new();
        for found in &found {
            if !rules.contains(&&*found.rule) {
                rules.push(&found.rule);
            }
        }
        // What can't be left out is withheld.
        let left = if settings.action == Remedy::Omit { detector.omit(text, &found) } else { None };
        let evidence = Some(Evidence::found(text, &found, None));
        let value = json!({"is_injection": left.is_none(), "text": left.as_ref().map_or(text, String::as_str), "detections": rules});
        Ok(Answer { value, evidence })
    };
    vec![("injection_detection", Box::new(detect))]
}

fn settings(setup: &mut Setup<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some(node) = setup.settings else { return settings };
    let keys = ["injections", "action", "allow", "yara_path", "yara_rules"];
    for (key, node) in setup.reader.known(node, &keys, "rails.config.injection_detection.") {
        match &*key.name {
            "injections" => {
                let nodes = setup.reader.list(node);
                if nodes.is_empty() {
                    setup.reader.wrong(node, "a list of what to look for: without any, nothing is found");
                }
                let kinds = nodes.iter().filter_map(|node| setup.reader.choice(node, KINDS));
                settings.injections = kinds.collect();
            }
            "action" => {
                let remedies = [("reject", Remedy::Reject), ("omit", Remedy::Omit)];
                settings.action = setup.reader.choice(node, &remedies).unwrap_or(settings.action);
            }
            "allow" => settings.allow = hosts(setup, node),
            _ => {
                setup.reader.wrong(node, "left out: rules of YARA are not read; `regex check output` takes expressions")
            }
        }
    }
    settings
}
