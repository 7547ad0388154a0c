//! `models`, `prompts`, and the other keys that say what a model is told.

use std::fmt;

use super::Config;
use super::embedder::NamedEmbedder;
use super::fallbacks::BreakerSpec;
use super::keys::{Fate, Keys};
use super::yaml::{Data, Node};
use crate::expression::Value;
use crate::source::Span;

/// A model that the configuration names.
#[derive(Clone, PartialEq)]
pub struct ModelSpec {
    /// What it is for: `main`, or a task or a rail that asks it.
    pub kind: String,
    /// Who serves it, such as `openai`.
    pub engine: Option<String>,
    /// Which.
    pub model: Option<String>,
    /// What it is sent besides the conversation.
    pub parameters: Value,
    /// The variable of the environment that holds its key.
    pub api_key_env_var: Option<String>,
    /// How it is asked, where its name does not tell.
    pub mode: Option<ModelMode>,
    /// When it is left alone for a while; `None` for never.
    pub breaker: Option<BreakerSpec>,
    /// Who is asked in its place when it does not answer, one after the other. These have none of their own.
    pub fallbacks: Vec<ModelSpec>,
    /// Where it is named.
    pub span: Span,
}

impl ModelSpec {
    /// One for `kind`, of which nothing else is known.
    pub(super) fn new(kind: &str, span: Span) -> Self {
        Self {
            kind: kind.to_owned(),
            engine: None,
            model: None,
            parameters: Value::Null,
            api_key_env_var: None,
            mode: None,
            breaker: Some(BreakerSpec::default()),
            fallbacks: Vec::new(),
            span,
        }
    }
}

/// The document as flows and logs may see it: the keys of models are left out.
pub(super) fn without_keys(mut document: Value) -> Value {
    let models = document.get_mut("models").and_then(Value::as_array_mut);
    for model in models.into_iter().flatten() {
        model.get_mut("parameters").into_iter().for_each(hide);
        let fallbacks = model.get_mut("fallbacks").and_then(Value::as_array_mut);
        let parameters = fallbacks.into_iter().flatten().filter_map(|model| model.get_mut("parameters"));
        parameters.for_each(hide);
    }
    document
}

fn hide(value: &mut Value) {
    const SECRET: [&str; 7] = ["key", "token", "secret", "password", "credentials", "authorization", "headers"];
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                let name = name.to_ascii_lowercase();
                // `max_tokens` is none.
                if SECRET.iter().any(|secret| name.ends_with(secret)) {
                    *value = "***".into();
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        // A name and a password may stand before the host of a URL, and a key behind its path.
        Value::String(text) if text.contains("://") && text.contains(['@', '?']) => *text = "***".to_owned(),
        _ => {}
    }
}

/// Without the parameters, which may hold a key.
impl fmt::Debug for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, engine, model, mode, fallbacks, span, .. } = self;
        let shown = &mut f.debug_struct("ModelSpec");
        shown.field("kind", kind).field("engine", engine).field("model", model).field("mode", mode);
        shown.field("fallbacks", fallbacks).field("span", span).finish_non_exhaustive()
    }
}

/// What a model continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelMode {
    /// A conversation.
    Chat,
    /// A text.
    Text,
}

/// What a model is told for one task instead of what we would say.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Which task.
    pub task: String,
    /// The models it is for; any if there are none.
    pub models: Vec<String>,
    /// The text, or the messages of a conversation: type and text.
    pub messages: Vec<(String, String)>,
    /// The longest prompt, in characters.
    pub max_length: Option<usize>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<usize>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// What makes a value of the answer.
    pub output_parser: Option<String>,
    /// When it is used, where `prompting_mode` says so.
    pub mode: Option<String>,
    /// Where it stands.
    pub span: Span,
}

const MODEL: &[(&str, Fate)] = &[
    ("type", Fate::Served),
    ("engine", Fate::Served),
    ("model", Fate::Served),
    ("parameters", Fate::Served),
    ("api_key_env_var", Fate::Served),
    ("mode", Fate::Served),
    ("fallbacks", Fate::Served),
    ("cache", Fate::Unserved),
    ("reasoning_config", Fate::Unserved),
];

const PROMPT: &[(&str, Fate)] = &[
    ("task", Fate::Served),
    ("content", Fate::Served),
    ("messages", Fate::Served),
    ("models", Fate::Served),
    ("max_length", Fate::Served),
    ("max_tokens", Fate::Served),
    ("stop", Fate::Served),
    ("output_parser", Fate::Served),
    ("mode", Fate::Served),
];

const MESSAGE: &[(&str, Fate)] = &[("type", Fate::Served), ("content", Fate::Served)];

impl Keys<'_> {
    pub(super) fn models(&mut self, node: &Node, config: &mut Config) {
        for model in self.reader.list(node) {
            if !matches!(model.data, Data::Mapping(_)) {
                self.reader.wrong(model, "a model with a `type` and an `engine`");
                continue;
            }
            let mut spec = ModelSpec::new("", model.span);
            let (mut kind, mut engine, mut fallbacks, mut parameters) = (None, None, None, None);
            for (key, value) in self.known(model, MODEL, "models[].") {
                match &*key.name {
                    "type" => kind = self.reader.text(value).map(|text| (text, value)),
                    "engine" => engine = self.reader.text(value).map(|text| (text, value)),
                    "fallbacks" => fallbacks = Some((key, value)),
                    name => {
                        parameters = parameters.or(Some(value).filter(|_| name == "parameters"));
                        self.about_model(&mut spec, name, value);
                    }
                }
            }
            match (kind, engine) {
                (Some(("embeddings", _)), Some((engine, value))) => {
                    self.no_fallbacks(fallbacks.map(|(key, _)| key), parameters);
                    spec.kind = "embeddings".to_owned();
                    spec.engine = Some(engine.to_owned());
                    config.named_embedders.push(NamedEmbedder { spec, span: value.span });
                }
                (Some(("embeddings", _)), None) => self.reader.wrong(model, "a model with an `engine`"),
                (Some((kind, _)), engine) => {
                    spec.kind = kind.to_owned();
                    spec.engine = engine.map(|(engine, _)| engine.to_owned());
                    if let Some((_, fallbacks)) = fallbacks {
                        spec.fallbacks = self.fallbacks(fallbacks, &spec);
                    }
                    config.models.push(spec);
                }
                (None, _) => self.reader.wrong(model, "a model with a `type`"),
            }
        }
    }

    /// What `key` says of a model, be it a fallback or not.
    pub(super) fn about_model(&mut self, spec: &mut ModelSpec, key: &str, value: &Node) {
        match key {
            "parameters" => self.parameters(spec, value),
            "model" => spec.model = self.reader.text(value).map(str::to_owned),
            "mode" => {
                let choices = &[("chat", ModelMode::Chat), ("text", ModelMode::Text)];
                spec.mode = self.reader.choice(value, choices);
            }
            _ => spec.api_key_env_var = self.reader.text(value).map(str::to_owned),
        }
    }

    pub(super) fn prompts(&mut self, node: &Node) -> Vec<Prompt> {
        let prompts = self.reader.list(node).iter().filter_map(|prompt| self.prompt(prompt));
        prompts.collect()
    }

    fn prompt(&mut self, node: &Node) -> Option<Prompt> {
        let mut prompt = Prompt {
            task: String::new(),
            models: Vec::new(),
            messages: Vec::new(),
            max_length: None,
            max_tokens: None,
            stop: Vec::new(),
            output_parser: None,
            mode: None,
            span: node.span,
        };
        for (key, value) in self.known(node, PROMPT, "prompts[].") {
            match &*key.name {
                "task" => prompt.task = self.reader.text(value)?.to_owned(),
                "content" => prompt.messages.push(("content".to_owned(), self.reader.text(value)?.to_owned())),
                "messages" => {
                    let messages = self.reader.list(value).iter();
                    prompt.messages.extend(messages.filter_map(|message| self.message(message)));
                }
                "models" => prompt.models = self.texts(value),
                "stop" => prompt.stop = self.texts(value),
                "max_length" => prompt.max_length = self.reader.count(value, 1..=100_000_000),
                "max_tokens" => prompt.max_tokens = self.reader.count(value, 1..=100_000_000),
                "output_parser" => prompt.output_parser = self.reader.text(value).map(str::to_owned),
                _ => prompt.mode = self.reader.text(value).map(str::to_owned),
            }
        }
        if prompt.task.is_empty() || prompt.messages.is_empty() {
            self.reader.wrong(node, "a prompt with a `task`, and its `content` or `messages`");
            return None;
        }
        Some(prompt)
    }

    /// A message of a prompt, or a text that stands for the conversation so far.
    fn message(&mut self, node: &Node) -> Option<(String, String)> {
        if !matches!(node.data, Data::Mapping(_)) {
            return Some(("template".to_owned(), self.reader.text(node)?.to_owned()));
        }
        let entries = self.known(node, MESSAGE, "prompts[].messages[].");
        let entry = |wanted: &str| entries.iter().find(|(key, _)| key.name == wanted).map(|(_, node)| *node);
        let (Some(kind), Some(content)) = (entry("type"), entry("content")) else {
            self.reader.wrong(node, "a message with a `type` and its `content`");
            return None;
        };
        Some((self.reader.text(kind)?.to_owned(), self.reader.text(content)?.to_owned()))
    }

    pub(super) fn texts(&mut self, node: &Node) -> Vec<String> {
        self.reader.list(node).iter().filter_map(|item| self.reader.text(item).map(str::to_owned)).collect()
    }
}
