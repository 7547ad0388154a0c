//! What each key of `config.yml` means. A key that could change what is guarded is served or refused, never passed over.

use std::path::PathBuf;

use super::rails::Streaming;
use super::value::Reader;
use super::yaml::{Data, Key, Node};
use super::{Compat, Config, EmbeddingEngine, Generation, Limits};
use crate::diagnostic::policy::Level;
use crate::diagnostic::{Code, Diagnostic, codes, nearest};
use crate::program::action_name;
use crate::source::Span;

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is read.
    Served,
    /// It says nothing about what rails do.
    Silent,
    /// It tells a model what to do, and this version calls none.
    Model,
    /// It would change what is guarded or how, and this version can't.
    Refused,
}

use Fate::{Model, Refused, Served, Silent};

const TOP: &[(&str, Fate)] = &[
    ("models", Served),
    ("rails", Served),
    ("limits", Served),
    ("compat", Served),
    ("colang_version", Served),
    ("actions", Served),
    ("docs", Silent),
    ("custom_data", Silent),
    ("instructions", Served),
    ("sample_conversation", Served),
    ("prompts", Model),
    ("prompting_mode", Model),
    ("lowest_temperature", Model),
    ("enable_multi_step_generation", Model),
    ("passthrough", Model),
    ("streaming", Served),
    ("core", Refused),
    ("knowledge_base", Refused),
    ("enable_rails_exceptions", Served),
    ("import_paths", Served),
    ("tracing", Refused),
    ("actions_server_url", Refused),
    ("on_error", Served),
    ("lints", Served),
    ("prices", Refused),
    ("cache", Refused),
];

const RAILS: &[(&str, Fate)] = &[
    ("dialog", Served),
    ("input", Served),
    ("output", Served),
    ("retrieval", Served),
    ("tool_input", Served),
    ("tool_output", Served),
    ("actions", Refused),
    ("config", Refused),
];

const DIALOG: &[(&str, Fate)] =
    &[("user_messages", Served), ("single_call", Model), ("judge", Model), ("generation", Served)];

const USER_MESSAGES: &[(&str, Fate)] = &[
    ("embeddings_only", Served),
    ("embeddings_only_similarity_threshold", Served),
    ("embeddings_only_fallback_intent", Served),
];

const INSTRUCTION: &[(&str, Fate)] = &[("type", Served), ("content", Served)];

const LIMITS: &[(&str, Fate)] = &[
    ("steps", Served),
    ("messages", Served),
    ("input_chars", Served),
    ("file_bytes", Served),
    ("depth", Served),
    ("timeout", Served),
];

const MODEL: &[(&str, Fate)] =
    &[("type", Served), ("engine", Served), ("model", Silent), ("parameters", Silent), ("api_key_env_var", Silent)];

/// Reads a merged document.
pub(super) fn understand(document: &Node, diagnostics: &mut Vec<Diagnostic>) -> Config {
    let mut config = Config::default();
    let mut keys = Keys { reader: Reader { diagnostics } };
    let mut version = None;
    let mut streaming = Streaming::default();
    let mut says_generation = false;
    for (key, node) in keys.known(document, TOP, "") {
        match &*key.name {
            "compat" => {
                let choices = &[("none", Compat::None), ("nemo", Compat::Nemo)];
                config.compat = keys.reader.choice(node, choices).unwrap_or_default();
            }
            "colang_version" => version = keys.colang_version(node).then_some(key),
            "models" => keys.models(node, &mut config),
            "rails" => keys.rails(node, &mut config, &mut streaming, &mut says_generation),
            "streaming" => {
                streaming.wanted = (keys.reader.truth(node) == Some(true)).then_some(key.span);
                keys.about_a_model(key, "streaming");
            }
            "lints" => keys.lints(node, &mut config),
            "on_error" => config.on_error = keys.on_error(node).unwrap_or_default(),
            "enable_rails_exceptions" => config.rails_exceptions = keys.reader.truth(node) == Some(true),
            "instructions" => {
                keys.about_a_model(key, "instructions");
                config.instructions = keys.instructions(node);
            }
            "sample_conversation" => {
                keys.about_a_model(key, "sample_conversation");
                config.sample_conversation = keys.reader.text(node).unwrap_or_default().to_owned();
            }
            "import_paths" => {
                let paths = keys.reader.list(node).iter().filter_map(|path| keys.reader.text(path));
                config.import_paths = paths.map(PathBuf::from).collect();
            }
            "limits" => keys.limits(node, &mut config.limits),
            _ => keys.actions(node, &mut config),
        }
    }
    keys.check_streaming(&config, streaming);
    if config.compat == Compat::Nemo && !says_generation {
        config.generation = Generation::Steps;
    }
    let says_compat =
        matches!(&document.data, Data::Mapping(entries) if entries.iter().any(|(key, _)| key.name == "compat"));
    if let Some(key) = version.filter(|_| !says_compat) {
        keys.reader.diagnostics.push(
            Diagnostic::new(codes::REFERENCE_MARKS, key.span, "this configuration was written for NeMo Guardrails")
                .help("add `compat: nemo` to have its ways where they differ, or `compat: none` to have ours")
                .fix(Span { end: key.span.start, ..key.span }, "compat: nemo\n"),
        );
    }
    config
}

pub(super) struct Keys<'a> {
    pub(super) reader: Reader<'a>,
}

impl Keys<'_> {
    /// The entries of `node` that are served; what becomes of the others is reported.
    pub(super) fn known<'n>(&mut self, node: &'n Node, table: &[(&str, Fate)], path: &str) -> Vec<(&'n Key, &'n Node)> {
        let mut served = Vec::new();
        for (key, value) in self.reader.mapping(node) {
            let name = format!("{path}{}", key.name);
            let found = table.iter().find(|(known, _)| *known == key.name);
            let diagnostic = match found.map(|(_, fate)| *fate) {
                Some(Served) => {
                    served.push((key, value));
                    continue;
                }
                Some(Silent) => continue,
                Some(Model) => {
                    self.about_a_model(key, &name);
                    continue;
                }
                Some(Refused) => {
                    let message = format!("`{name}` is not supported by this version of railsc");
                    Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, message)
                        .label("passing it over could leave something unguarded")
                        .help("delete it to load the rest")
                }
                None => {
                    let meant = nearest(&key.name, table.iter().map(|(known, _)| *known));
                    Diagnostic::new(codes::UNKNOWN_KEY, key.span, format!("unknown key `{name}`")).suggest(meant)
                }
            };
            self.reader.diagnostics.push(diagnostic);
        }
        served
    }

    /// Warns that a key comes for nothing without a model.
    fn about_a_model(&mut self, key: &Key, name: &str) {
        self.reader.diagnostics.push(
            Diagnostic::new(codes::NO_MODEL, key.span, format!("`{name}` has no effect"))
                .label("it is about a model, and this version of railsc calls none"),
        );
    }

    /// The instructions of type `general`, one below the other.
    fn instructions(&mut self, node: &Node) -> String {
        let mut texts = Vec::new();
        for instruction in self.reader.list(node) {
            let entries = self.known(instruction, INSTRUCTION, "instructions[].");
            let entry = |wanted: &str| entries.iter().find(|(key, _)| key.name == wanted).map(|(_, node)| *node);
            let kind = entry("type").and_then(|node| self.reader.text(node));
            match entry("content") {
                None => self.reader.wrong(instruction, "an instruction with a `type` and its `content`"),
                Some(content) if kind.is_none_or(|kind| kind == "general") => {
                    texts.extend(self.reader.text(content).map(str::trim));
                }
                Some(_) => {}
            }
        }
        texts.join("\n")
    }

    fn colang_version(&mut self, node: &Node) -> bool {
        let Some(text) = self.reader.text(node) else { return false };
        if text.starts_with('2') {
            self.reader.diagnostics.push(
                Diagnostic::new(codes::COLANG_2, node.span, "this is Colang 2, which railsc does not read")
                    .help("rewrite the rails in Colang 1.0"),
            );
            return false;
        }
        if text != "1.0" && text != "1" {
            self.reader.wrong(node, "`\"1.0\"`");
        }
        true
    }

    fn models(&mut self, node: &Node, config: &mut Config) {
        for model in self.reader.list(node) {
            if !matches!(model.data, Data::Mapping(_)) {
                self.reader.wrong(model, "a model with a `type` and an `engine`");
                continue;
            }
            let (mut kind, mut engine) = (None, None);
            for (key, value) in self.known(model, MODEL, "models[].") {
                let text = self.reader.text(value).map(|text| (text, value));
                match &*key.name {
                    "type" => kind = text,
                    _ => engine = text,
                }
            }
            match (kind, engine) {
                (Some(("embeddings", _)), Some((engine, value))) => {
                    config.embedding_engine = self.engine(engine, value).unwrap_or_default();
                }
                (Some(("embeddings", _)), None) => self.reader.wrong(model, "a model with an `engine`"),
                (Some((kind, value)), _) => {
                    config.names_a_model = true;
                    self.reader.diagnostics.push(
                        Diagnostic::new(codes::NO_MODEL, value.span, format!("the `{kind}` model is not called"))
                            .label("this version of railsc calls none")
                            .help("what no rail matches is answered by `inform cannot answer`"),
                    );
                }
                (None, _) => self.reader.wrong(model, "a model with a `type`"),
            }
        }
    }

    fn engine(&mut self, engine: &str, node: &Node) -> Option<EmbeddingEngine> {
        match engine {
            "static" => Some(EmbeddingEngine::Static),
            "exact" => Some(EmbeddingEngine::Exact),
            "FastEmbed" | "SentenceTransformers" => {
                self.reader.diagnostics.push(
                    Diagnostic::new(
                        codes::OTHER_EMBEDDER,
                        node.span,
                        format!("the built-in embedder stands in for `{engine}`"),
                    )
                    .help("write `static` to say so"),
                );
                Some(EmbeddingEngine::Static)
            }
            "transformer" | "openai" => {
                let message = format!("engine `{engine}` is not supported by this version of railsc");
                self.reader.diagnostics.push(
                    Diagnostic::new(codes::KEY_NOT_SUPPORTED, node.span, message).help("write `static` or `exact`"),
                );
                None
            }
            _ => self.reader.choice(node, &[("static", EmbeddingEngine::Static), ("exact", EmbeddingEngine::Exact)]),
        }
    }

    fn rails(&mut self, node: &Node, config: &mut Config, streaming: &mut Streaming, says_generation: &mut bool) {
        for (key, dialog) in self.known(node, RAILS, "rails.") {
            if key.name != "dialog" {
                self.stage(key, dialog, config, streaming);
                continue;
            }
            for (key, node) in self.known(dialog, DIALOG, "rails.dialog.") {
                if key.name == "generation" {
                    let choices = &[("general", Generation::General), ("steps", Generation::Steps)];
                    config.generation = self.reader.choice(node, choices).unwrap_or_default();
                    *says_generation = true;
                    self.about_a_model(key, "rails.dialog.generation");
                    continue;
                }
                for (key, value) in self.known(node, USER_MESSAGES, "rails.dialog.user_messages.") {
                    match &*key.name {
                        "embeddings_only" => config.embeddings_only = self.reader.truth(value) == Some(true),
                        "embeddings_only_similarity_threshold" => {
                            config.similarity_threshold = self.reader.fraction(value);
                        }
                        _ => {
                            let name = self.reader.text(value);
                            config.fallback_intent = name.map(|name| (name.to_owned(), value.span));
                        }
                    }
                }
            }
        }
    }

    fn limits(&mut self, node: &Node, limits: &mut Limits) {
        for (key, value) in self.known(node, LIMITS, "limits.") {
            let (limit, range) = match &*key.name {
                "timeout" => {
                    limits.timeout = self.reader.duration(value).unwrap_or(limits.timeout);
                    continue;
                }
                "steps" => (&mut limits.steps, 1..=100_000_000),
                "messages" => (&mut limits.messages, 1..=1_000_000),
                "input_chars" => (&mut limits.input_chars, 1..=100_000_000),
                "file_bytes" => (&mut limits.file_bytes, 1..=1 << 30),
                // Blocks are read by recursion, which a stack must hold.
                _ => (&mut limits.depth, 1..=512),
            };
            *limit = self.reader.count(value, range).unwrap_or(*limit);
        }
    }

    fn actions(&mut self, node: &Node, config: &mut Config) {
        for action in self.reader.list(node) {
            config.actions.extend(self.reader.text(action).map(action_name));
        }
    }

    /// `W1304: allow`, and so on.
    fn lints(&mut self, node: &Node, config: &mut Config) {
        for (key, value) in self.reader.mapping(node) {
            let code = Code::find(&key.name);
            let Some(code) = code.filter(|code| !code.is_error()) else {
                let diagnostic = match code {
                    Some(code) => {
                        Diagnostic::new(codes::UNKNOWN_KEY, key.span, format!("`{code}` is an error as it is"))
                    }
                    None => {
                        let known = codes::ALL.iter().filter(|code| !code.is_error()).map(|code| code.id());
                        Diagnostic::new(codes::UNKNOWN_KEY, key.span, format!("no warning has the code `{}`", key.name))
                            .suggest(nearest(&key.name, known))
                    }
                };
                self.reader.diagnostics.push(diagnostic);
                continue;
            };
            let levels = &[("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];
            if let Some(level) = self.reader.choice(value, levels) {
                config.lints.insert(code, level);
            }
        }
    }
}
