//! The rail about topics, and its settings.

use std::sync::Arc;

use serde_json::json;

use super::{About, Near, Topics};
use crate::classify::{Classification, EmbedError, Readings};
use crate::config::Config;
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::{Asked, Guards, IntentId};

/// The rail that keeps to topics.
pub(in crate::library) const FAMILY: Family = Family {
    file: "topic",
    text: include_str!("../../../rails/topic.co"),
    rails: &[Rail {
        name: "check topic",
        guards: &[Guards::Input],
        what: "blocks what is about a denied intent of yours, or about none that is allowed",
        cost: Cost::Local,
    }],
    section: Some("topic"),
    actions: &["check_topic"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/topic.md"),
    kit: None,
};

/// How many sentences of a text are looked at, each for itself.
const MOST_SENTENCES: usize = 32;

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let mut topics = read(setup);
    let errors = setup.reader.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::BAD_VALUE);
    if topics.allowed.is_empty() && topics.denied.is_empty() && !errors {
        // Whoever names none means what the flows are about.
        topics.allowed = setup.program.intents().map(|(intent, _)| intent).collect();
        if topics.allowed.is_empty() {
            setup.lacks("check topic", "define intents with examples; they are the topics");
        }
    }
    if topics.off_topic_passes && topics.denied.is_empty() && !topics.allowed.is_empty() {
        setup.lacks("check topic", "with `off_topic: pass`, name what is not to pass: `denied: [ask about politics]`");
    }
    let action: Action = Box::new(move |call: &Call<'_>| {
        if topics.allowed.is_empty() && topics.denied.is_empty() {
            return Err("there is no intent to go by".to_owned());
        }
        let readings = call.readings()?;
        let mut about = about(&topics, call, &readings)?;
        // What is hidden behind an encoding may deny, and never allow.
        for hidden in readings.as_it_stands().skip(1) {
            if let denied @ About::Denied(_) = self::about(&topics, call, &call.classifier.readings(hidden.text()))? {
                about = denied;
            }
        }
        let (what, near) = match about {
            About::Allowed(near) => ("allowed", near),
            About::Denied(near) => ("denied", Some(near)),
            About::Off(near) => ("off_topic", near),
        };
        let name = |near: Near<IntentId>| call.program.intent(near.intent).name.to_string();
        let passes = topics.passes(&about);
        let evidence = (!passes).then(|| Evidence {
            rule: Some(match (what, near) {
                ("denied", Some(near)) => format!("denied: {}", name(near)),
                (_, Some(near)) => format!("off topic, nearest: {}", name(near)),
                _ => "off topic".to_owned(),
            }),
            score: near.map(|near| rounded(near.score)),
            threshold: near.map(|near| rounded(near.threshold)),
            spans: Vec::new(),
        });
        Ok(Answer { value: json!({"allowed": passes, "topic": what, "intent": near.map(name)}), evidence })
    });
    vec![("check_topic", action)]
}

/// What a text is about, as a whole or in one of its sentences: a denied topic first, then an allowed one.
fn about(topics: &Topics<IntentId>, call: &Call<'_>, readings: &Readings) -> Result<About<IntentId>, String> {
    let (classifier, text) = (call.classifier, readings.typed());
    let one = |found: Result<Classification, EmbedError>| {
        let found = found.map_err(|error| error.to_string())?;
        let near: Vec<Near<IntentId>> = found
            .candidates
            .iter()
            .map(|candidate| Near {
                intent: candidate.intent,
                score: candidate.score,
                threshold: classifier.threshold(candidate.intent),
            })
            .collect();
        Ok::<_, String>(topics.about(found.intent, &near))
    };
    let mut best = one(classifier.explain_read(readings))?;
    let sentences = text.split_inclusive(['.', '!', '?', '\n', '。', '！', '？']).map(str::trim);
    let sentences = sentences.filter(|sentence| !sentence.is_empty() && sentence.len() < text.trim().len());
    for sentence in sentences.take(MOST_SENTENCES) {
        if matches!(best, About::Denied(_)) {
            break;
        }
        match (one(classifier.explain(sentence))?, &best) {
            (denied @ About::Denied(_), _) => best = denied,
            (allowed @ About::Allowed(_), About::Off(_)) => best = allowed,
            _ => {}
        }
    }
    Ok(best)
}

fn read(setup: &mut Setup<'_>) -> Topics<IntentId> {
    let mut topics = Topics { allowed: Vec::new(), denied: Vec::new(), off_topic_passes: false };
    let Some(node) = setup.settings else { return topics };
    for (key, node) in setup.reader.known(node, &["allowed", "denied", "off_topic"], "rails.config.topic.") {
        match &*key.name {
            "allowed" => topics.allowed = intents(setup, node),
            "denied" => topics.denied = intents(setup, node),
            _ => {
                let choices = [("block", false), ("pass", true)];
                topics.off_topic_passes = setup.reader.choice(node, &choices).unwrap_or(false);
            }
        }
    }
    topics
}

/// The intents that the settings name, spelled as definitions are; all, where the rail is named and they name none.
pub(in crate::library) fn asked_for(config: &Config) -> Asked {
    let sections = config.rail_settings.iter().filter(|(key, _)| Some(&*key.name) == FAMILY.section);
    let lists = sections.flat_map(|(_, node)| ["allowed", "denied"].map(|key| node.value().get(key).cloned()));
    let names = lists.flatten().filter_map(|list| list.as_array().cloned()).flatten();
    let names: Vec<Arc<str>> = names.filter_map(|name| name.as_str().map(|name| spelled(name).into())).collect();
    let is_named = config.rails.iter().any(|rail| *rail.name == *FAMILY.rails[0].name);
    if names.is_empty() && is_named { Asked::All } else { Asked::Named(names) }
}

fn spelled(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn intents(setup: &mut Setup<'_>, node: &Node) -> Vec<IntentId> {
    let mut intents = Vec::new();
    for (node, name) in setup.reader.placed_texts(node) {
        let spelled = spelled(name);
        match setup.program.intent_named(&spelled) {
            Some(intent) => intents.push(intent),
            None => {
                let known = setup.program.intents().map(|(_, intent)| &*intent.name);
                let meant = nearest(&spelled, known).map(str::to_owned);
                let diagnostic = Diagnostic::new(codes::BAD_VALUE, node.span, format!("there is no intent `{name}`"));
                setup.reader.diagnostics.push(diagnostic.suggest(meant.as_deref()));
            }
        }
    }
    intents
}

fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1000.0).round() / 1000.0
}
