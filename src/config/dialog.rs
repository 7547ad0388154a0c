//! `rails.dialog`: how a text finds its intent, and how replies come about that no flow has.

use super::keys::{Fate, Keys};
use super::yaml::{Data, Node};
use super::{Config, Generation, Judge, JudgePolicy, SingleCall};

const DIALOG: &[(&str, Fate)] = &[
    ("user_messages", Fate::Served),
    ("single_call", Fate::ForModel),
    ("judge", Fate::ForModel),
    ("generation", Fate::ForModel),
];

const USER_MESSAGES: &[(&str, Fate)] = &[
    ("embeddings_only", Fate::Served),
    ("embeddings_only_similarity_threshold", Fate::Served),
    ("embeddings_only_fallback_intent", Fate::Served),
];

const SINGLE_CALL: &[(&str, Fate)] = &[("enabled", Fate::Served), ("fallback_to_multiple_calls", Fate::Served)];

const JUDGE: &[(&str, Fate)] = &[
    ("when", Fate::Served),
    ("low", Fate::Served),
    ("high", Fate::Served),
    ("margin", Fate::Served),
    ("timeout", Fate::Served),
    ("on_error", Fate::Served),
];

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

    /// `never`, `uncertain` or `always`, or a mapping that says `when`, and what is uncertain.
    fn judge(&mut self, node: &Node) -> Judge {
        let mut judge = Judge::default();
        if !matches!(node.data, Data::Mapping(_)) {
            judge.policy = self.policy(node);
            return judge;
        }
        for (key, value) in self.known(node, JUDGE, "rails.dialog.judge.") {
            match &*key.name {
                "when" => judge.policy = self.policy(value),
                "low" => judge.low = self.reader.fraction(value).unwrap_or(judge.low),
                "high" => judge.high = self.reader.fraction(value).unwrap_or(judge.high),
                "margin" => judge.margin = self.reader.fraction(value).unwrap_or(judge.margin),
                "timeout" => judge.timeout = self.reader.duration(value),
                _ => judge.on_error = self.on_error(value),
            }
        }
        if judge.low > judge.high {
            self.reader.wrong(node, "a band with its `low` below its `high`");
        }
        judge
    }

    fn policy(&mut self, node: &Node) -> Option<JudgePolicy> {
        let choices =
            &[("never", JudgePolicy::Never), ("uncertain", JudgePolicy::Uncertain), ("always", JudgePolicy::Always)];
        self.reader.choice(node, choices)
    }

    /// Whether one call of the model is to answer for all phases.
    fn single_call(&mut self, node: &Node) -> Option<SingleCall> {
        let (mut enabled, mut falls_back) = (false, true);
        for (key, value) in self.known(node, SINGLE_CALL, "rails.dialog.single_call.") {
            let truth = self.reader.truth(value) == Some(true);
            match &*key.name {
                "enabled" => enabled = truth,
                _ => falls_back = truth,
            }
        }
        enabled.then_some(SingleCall { falls_back })
    }
}
