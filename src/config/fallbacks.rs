//! What is said of models that fail: who is asked in their place, and when they are left alone.

use std::time::Duration;

use super::ModelSpec;
use super::keys::{Fate, Keys};
use super::yaml::{Data, Key, Node};
use crate::diagnostic::{Diagnostic, codes};

/// When a model is left alone that fails again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSpec {
    /// After how many failures in a row.
    pub failures: u32,
    /// For how long.
    pub open_for: Duration,
}

/// After five failures, for ten seconds.
impl Default for BreakerSpec {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(10) }
    }
}

const FALLBACK: &[(&str, Fate)] = &[
    ("engine", Fate::Served),
    ("model", Fate::Served),
    ("parameters", Fate::Served),
    ("api_key_env_var", Fate::Served),
    ("mode", Fate::Served),
];

const BREAKER: &[(&str, Fate)] = &[("failures", Fate::Served), ("open_for", Fate::Served)];

/// What parameters call a model.
const NAMES: [&str; 5] = ["model", "model_name", "repo_id", "deployment_name", "azure_deployment"];

impl Keys<'_> {
    /// The parameters of a model; what they say of its breaker is for us and no server.
    pub(super) fn parameters(&mut self, spec: &mut ModelSpec, node: &Node) {
        for (key, value) in self.reader.mapping(node) {
            if key.name == "breaker" {
                spec.breaker = self.breaker(value);
            }
        }
        spec.parameters = node.value();
        if let Some(parameters) = spec.parameters.as_object_mut() {
            parameters.shift_remove("breaker");
        }
    }

    fn breaker(&mut self, node: &Node) -> Option<BreakerSpec> {
        let mut breaker = BreakerSpec::default();
        match &node.data {
            Data::Scalar(text, true) if matches!(&**text, "off" | "false") => return None,
            Data::Mapping(_) => {}
            _ if node.is_null() => {}
            _ => self.reader.wrong(node, "`off`, or a mapping such as `{failures: 5, open_for: 10s}`"),
        }
        if let Data::Mapping(_) = &node.data {
            for (key, value) in self.known(node, BREAKER, "models[].parameters.breaker.") {
                match &*key.name {
                    "failures" => {
                        let failures = self.reader.count(value, 1..=1000).and_then(|count| u32::try_from(count).ok());
                        breaker.failures = failures.unwrap_or(breaker.failures);
                    }
                    _ => breaker.open_for = self.reader.duration(value).unwrap_or(breaker.open_for),
                }
            }
        }
        Some(breaker)
    }

    /// Who is asked in place of the model that `first` describes: others of its server by their names, or whole entries.
    pub(super) fn fallbacks(&mut self, node: &Node, first: &ModelSpec) -> Vec<ModelSpec> {
        let mut fallbacks: Vec<ModelSpec> = Vec::new();
        for item in self.reader.list(node) {
            let fallback = match &item.data {
                Data::Mapping(_) => self.fallback(item, &first.kind),
                _ => self.beside(item, first),
            };
            let Some(fallback) = fallback else { continue };
            let asks_the_same = |other: &ModelSpec| {
                let ModelSpec { engine, model, parameters, api_key_env_var, mode, .. } = other;
                let same = (engine, model, parameters, api_key_env_var, mode);
                same == (
                    &fallback.engine,
                    &fallback.model,
                    &fallback.parameters,
                    &fallback.api_key_env_var,
                    &fallback.mode,
                )
            };
            if asks_the_same(first) || fallbacks.iter().any(asks_the_same) {
                self.reader.wrong(item, "another model than those before it");
                continue;
            }
            fallbacks.push(fallback);
        }
        fallbacks
    }

    /// Another model where `first` is, asked in the same way.
    fn beside(&mut self, node: &Node, first: &ModelSpec) -> Option<ModelSpec> {
        let Data::Scalar(name, _) = &node.data else {
            self.reader.wrong(node, "the name of a model, or a model with an `engine`");
            return None;
        };
        if node.is_null() || name.trim().is_empty() {
            self.reader.wrong(node, "the name of a model, or a model with an `engine`");
            return None;
        }
        let mut fallback = ModelSpec { model: Some(name.to_string()), span: node.span, ..first.clone() };
        if let Some(parameters) = fallback.parameters.as_object_mut() {
            NAMES.iter().for_each(|name| drop(parameters.shift_remove(*name)));
        }
        Some(fallback)
    }

    /// A model of its own, which shares nothing with the one before it: no address, and no key.
    fn fallback(&mut self, node: &Node, kind: &str) -> Option<ModelSpec> {
        let mut spec = ModelSpec::new(kind, node.span);
        for (key, value) in self.known(node, FALLBACK, "models[].fallbacks[].") {
            match &*key.name {
                "engine" => spec.engine = self.reader.text(value).map(str::to_owned),
                name => self.about_model(&mut spec, name, value),
            }
        }
        if spec.engine.is_none() {
            self.reader.wrong(node, "the name of a model, or a model with an `engine`");
            return None;
        }
        Some(spec)
    }

    /// Reports what is said of an embedder that only models which write have.
    pub(super) fn no_fallbacks(&mut self, fallbacks: Option<&Key>, parameters: Option<&Node>) {
        if let Some(key) = fallbacks {
            let message = "an embedder has no `fallbacks`".to_owned();
            self.reader.diagnostics.push(
                Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, message)
                    .label("vectors of two models can't be compared")
                    .help("delete it"),
            );
        }
        let Some(Data::Mapping(entries)) = parameters.map(|node| &node.data) else { return };
        for (key, _) in entries.iter().filter(|(key, _)| key.name == "breaker") {
            let message = "an embedder has no `breaker`".to_owned();
            self.reader
                .diagnostics
                .push(Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, message).help("delete it"));
        }
    }
}
