//! `rails.dialog`: how a text finds its intent, and how replies come about that no flow has.

use super::keys::{Fate, Keys};
use super::yaml::Node;
use super::{Config, Generation, Judge};

const DIALOG: &[(&str, Fate)] = &[
    ("user_messages", Fate::Served),
    ("single_call", Fate::Idle),
    ("judge", Fate::ForModel),
    ("generation", Fate::ForModel),
];

const USER_MESSAGES: &[(&str, Fate)] = &[
    ("embeddings_only", Fate::Served),
    ("embeddings_only_similarity_threshold", Fate::Served),
    ("embeddings_only_fallback_intent", Fate::Served),
];

const SINGLE_CALL: &[(&str, Fate)] = &[("enabled", Fate::Served), ("fallback_to_multiple_calls", Fate::Served)];

impl Keys<'_> {
    pub(super) fn dialog(&mut self, node: &Node, config: &mut Config) {
        for (key, node) in self.known(node, DIALOG, "rails.dialog.") {
            match &*key.name {
                "generation" => {
                    let choices = &[("general", Generation::General), ("steps", Generation::Steps)];
                    self.generation = self.reader.choice(node, choices);
                }
                "judge" => config.judge = self.judge(node),
                "single_call" => config.single_call = self.single_call(node),
                _ => self.user_messages(node, config),
            }
        }
    }

    fn user_messages(&mut self, node: &Node, config: &mut Config) {
        for (key, value) in self.known(node, USER_MESSAGES, "rails.dialog.user_messages.") {
            match &*key.name {
                "embeddings_only" => config.embeddings_only = self.reader.truth(value) == Some(true),
                "embeddings_only_similarity_threshold" => config.similarity_threshold = self.reader.fraction(value),
                _ => {
                    let name = self.reader.text(value);
                    config.fallback_intent = name.map(|name| (name.to_owned(), value.span));
                }
            }
        }
    }

    fn judge(&mut self, node: &Node) -> Option<Judge> {
        let choices = &[("never", Judge::Never), ("uncertain", Judge::Uncertain), ("always", Judge::Always)];
        self.reader.choice(node, choices)
    }

    /// Whether one call of the model is to answer for all phases.
    fn single_call(&mut self, node: &Node) -> bool {
        let mut enabled = false;
        for (key, value) in self.known(node, SINGLE_CALL, "rails.dialog.single_call.") {
            let truth = self.reader.truth(value) == Some(true);
            if key.name == "enabled" {
                enabled = truth;
            }
        }
        enabled
    }
}
