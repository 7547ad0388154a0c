//! What each key of `config.yml` means. A key that could change what is guarded is served or refused, never passed over.

use std::path::PathBuf;

use super::models::without_keys;
use super::rails::Streamed;
use super::value::Reader;
use super::yaml::{Data, Key, Node};
use super::{Compat, Config, Generation, Limits, Price};
use crate::diagnostic::policy::Level;
use crate::diagnostic::{Code, Diagnostic, codes, nearest};
use crate::program::action_name;
use crate::source::Span;

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is read.
    Served,
    /// It is read, and says something to a model only.
    ForModel,
    /// It is read, and nothing is done with it yet.
    Idle,
    /// It says nothing about what rails do.
    Silent,
    /// It is NeMo Guardrails' and does not change what is guarded; here it does nothing.
    Unserved,
    /// It would change what is guarded or how, and this version can't.
    Refused,
}

use Fate::{ForModel, Idle, Refused, Served, Silent, Unserved};

const TOP: &[(&str, Fate)] = &[
    ("models", Served),
    ("rails", Served),
    ("limits", Served),
    ("compat", Served),
    ("colang_version", Served),
    ("actions", Served),
    ("actions_server_url", Served),
    ("docs", ForModel),
    ("custom_data", Served),
    ("instructions", ForModel),
    ("sample_conversation", ForModel),
    ("prompts", ForModel),
    ("prompting_mode", ForModel),
    ("lowest_temperature", ForModel),
    ("enable_multi_step_generation", Idle),
    ("passthrough", ForModel),
    ("streaming", Served),
    ("knowledge_base", ForModel),
    ("enable_rails_exceptions", Served),
    ("import_paths", Served),
    ("on_error", Served),
    ("lints", Served),
    ("prices", Idle),
    ("core", Unserved),
    ("tracing", Unserved),
    ("metrics", Unserved),
    ("cache", Unserved),
    ("event_source_uid", Silent),
    ("raw_llm_call_action", Unserved),
    ("flows", Refused),
    ("user_messages", Refused),
    ("bot_messages", Refused),
];

const RAILS: &[(&str, Fate)] = &[
    ("dialog", Served),
    ("input", Served),
    ("output", Served),
    ("retrieval", Served),
    ("tool_input", Served),
    ("tool_output", Served),
    ("actions", Served),
    ("config", Served),
];

const INSTRUCTION: &[(&str, Fate)] = &[("type", Served), ("content", Served)];

const LIMITS: &[(&str, Fate)] = &[
    ("steps", Served),
    ("messages", Served),
    ("input_chars", Served),
    ("file_bytes", Served),
    ("depth", Served),
    ("timeout", Served),
    ("prompt_tokens", Served),
];

const KNOWLEDGE_BASE: &[(&str, Fate)] = &[("folder", Served), ("embedding_search_provider", Unserved)];

const DOCUMENT: &[(&str, Fate)] = &[("format", Served), ("content", Served)];

const PRICE: &[(&str, Fate)] = &[("input", Served), ("output", Served)];

const RAIL_ACTIONS: &[(&str, Fate)] = &[("instant_actions", Served)];

/// Reads a merged document.
pub(super) fn understand(document: &Node, diagnostics: &mut Vec<Diagnostic>) -> Config {
    let mut config = Config { document: without_keys(document.value()), ..Config::default() };
    let mut keys = Keys {
        reader: Reader { diagnostics },
        streamed: Streamed::default(),
        generation: None,
        about_models: Vec::new(),
    };
    let mut version = None;
    for (key, node) in keys.known(document, TOP, "") {
        match &*key.name {
            "compat" => {
                let choices = &[("none", Compat::None), ("nemo", Compat::Nemo)];
                config.compat = keys.reader.choice(node, choices).unwrap_or_default();
            }
            "colang_version" => version = keys.colang_version(node).then_some(key),
            "models" => keys.models(node, &mut config),
            "rails" => keys.rails(node, &mut config),
            "streaming" => {
                keys.reader.truth(node);
            }
            "lints" => keys.lints(node, &mut config),
            "on_error" => config.on_error = keys.on_error(node).unwrap_or_default(),
            "enable_rails_exceptions" => config.rails_exceptions = keys.reader.truth(node) == Some(true),
            "instructions" => {
                config.instructions = keys.instructions(node);
            }
            "sample_conversation" => {
                config.sample_conversation = keys.reader.text(node).unwrap_or_default().to_owned();
            }
            "import_paths" => {
                let paths = keys.reader.list(node).iter().filter_map(|path| keys.reader.text(path));
                config.import_paths = paths.map(PathBuf::from).collect();
            }
            "limits" => keys.limits(node, &mut config.limits),
            "actions" => keys.actions(node, &mut config),
            "actions_server_url" if cfg!(feature = "http") => config.actions_server = keys.url(node),
            "actions_server_url" => keys.reader.diagnostics.push(
                Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, "this railsc is built without HTTP")
                    .help("build it with the feature `http`, or register the actions"),
            ),
            "docs" => {
                config.documents = keys.documents(node);
            }
            "custom_data" => {
                keys.reader.mapping(node);
            }
            "prompts" => {
                config.prompts = keys.prompts(node);
            }
            "prompting_mode" => {
                config.prompting_mode = keys.reader.text(node).map(str::to_owned);
            }
            "lowest_temperature" => {
                config.lowest_temperature = keys.reader.number(node, 0.0..=2.0).unwrap_or(config.lowest_temperature);
            }
            "enable_multi_step_generation" => {
                config.multi_step_generation = keys.reader.truth(node) == Some(true);
            }
            "passthrough" => {
                config.passthrough = keys.reader.truth(node) == Some(true);
            }
            "knowledge_base" => config.named_knowledge_base = keys.knowledge_base(node),
            "prices" => config.prices = keys.prices(node),
            _ => {}
        }
    }
    keys.check_streaming(&config);
    keys.check_models(&config);
    config.generation = keys.generation.unwrap_or(match config.compat {
        Compat::Nemo => Generation::Steps,
        Compat::None => Generation::General,
    });
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
    pub(super) streamed: Streamed,
    /// What is said of it; `compat` decides otherwise.
    pub(super) generation: Option<Generation>,
    /// Keys that say something to a model only.
    about_models: Vec<(Span, String)>,
}

impl Keys<'_> {
    /// The entries of `node` that are served; what becomes of the others is reported.
    pub(super) fn known<'n>(&mut self, node: &'n Node, table: &[(&str, Fate)], path: &str) -> Vec<(&'n Key, &'n Node)> {
        let mut served = Vec::new();
        for (key, value) in self.reader.mapping(node) {
            let name = format!("{path}{}", key.name);
            let found = table.iter().find(|(known, _)| *known == key.name);
            let diagnostic = match found.map(|(_, fate)| *fate) {
                // Nothing is what an absent key says.
                Some(Served | ForModel | Idle) if value.is_null() => continue,
                Some(fate @ (Served | ForModel | Idle)) => {
                    match fate {
                        ForModel => self.about_models.push((key.span, name)),
                        Idle => self.reader.passed_over(key, &name),
                        _ => {}
                    }
                    served.push((key, value));
                    continue;
                }
                Some(Silent) => continue,
                Some(Unserved) => {
                    self.reader.passed_over(key, &name);
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

    /// Warns of keys that come for nothing without a model.
    fn check_models(&mut self, config: &Config) {
        if config.has_main_model() {
            return;
        }
        // A rail may ask a model of its own, by `prompts` and about `instructions`, or keep these secret.
        let judges = config.models.iter().any(|model| model.kind != "moderation");
        let keeps_secret = config.rails.iter().any(|rail| &*rail.name == "check prompt leak");
        let is_read = |name: &str| match name {
            "instructions" => judges || keeps_secret,
            "prompts" => judges,
            _ => false,
        };
        for (span, name) in std::mem::take(&mut self.about_models).into_iter().filter(|(_, name)| !is_read(name)) {
            self.reader.diagnostics.push(
                Diagnostic::new(codes::NO_MODEL, span, format!("`{name}` has no effect"))
                    .label("it is about a model, and none is configured")
                    .help("name one under `models`, with `type: main`"),
            );
        }
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

    fn rails(&mut self, node: &Node, config: &mut Config) {
        for (key, node) in self.known(node, RAILS, "rails.") {
            match &*key.name {
                "dialog" => self.dialog(node, config),
                "config" => {
                    config.rail_settings = self.reader.mapping(node).to_vec();
                }
                "actions" => {
                    for (_, value) in self.known(node, RAIL_ACTIONS, "rails.actions.") {
                        config.instant_actions = self.texts(value);
                    }
                }
                _ => self.stage(key, node, config),
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
                "prompt_tokens" => (&mut limits.prompt_tokens, 100..=100_000_000),
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

    /// Where an HTTP service is.
    fn url(&mut self, node: &Node) -> Option<String> {
        let text = self.reader.text(node)?.trim_end_matches('/');
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            self.reader.wrong(node, "a URL such as `http://localhost:8001`");
            return None;
        }
        Some(text.to_owned())
    }

    /// Texts that a model may look things up in: format and text.
    fn documents(&mut self, node: &Node) -> Vec<(String, String)> {
        let mut documents = Vec::new();
        for document in self.reader.list(node) {
            let (mut format, mut content) = ("md", None);
            for (key, value) in self.known(document, DOCUMENT, "docs[].") {
                match &*key.name {
                    "format" => format = self.reader.text(value).unwrap_or(format),
                    _ => content = self.reader.text(value),
                }
            }
            documents.extend(content.map(|content| (format.to_owned(), content.to_owned())));
        }
        documents
    }

    /// The folder of the documents; `kb` unless it is named.
    fn knowledge_base(&mut self, node: &Node) -> Option<(PathBuf, Span)> {
        let entries = self.known(node, KNOWLEDGE_BASE, "knowledge_base.");
        let (_, folder) = entries.first()?;
        Some((PathBuf::from(self.reader.text(folder)?), folder.span))
    }

    /// What models cost: by name, dollars for a million tokens in and out.
    fn prices(&mut self, node: &Node) -> Vec<(String, Price)> {
        let mut prices = Vec::new();
        for (model, node) in self.reader.mapping(node) {
            let mut price = Price { input: 0.0, output: 0.0 };
            for (key, value) in self.known(node, PRICE, "prices.*.") {
                let dollars = self.reader.number(value, 0.0..=1_000_000.0).unwrap_or_default();
                match &*key.name {
                    "input" => price.input = dollars,
                    _ => price.output = dollars,
                }
            }
            prices.push((model.name.clone(), price));
        }
        prices
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
