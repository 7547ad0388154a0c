//! Configurations: what one says. A folder or a file is read (`load`), its YAML merged and understood. What it says about rails is not
//! looked at.

mod dialog;
mod embedder;
pub(crate) mod environment;
mod fallbacks;
mod imports;
mod keys;
mod knowledge;
mod load;
mod models;
mod python;
mod rails;
mod read;
mod thresholds;
pub(crate) mod value;
pub(crate) mod yaml;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::diagnostic::Code;
use crate::diagnostic::policy::Level;
use crate::expression::Value;
use crate::program::{Asked, Guards, RailUse, Surroundings};
use crate::source::Span;
use crate::syntax::Bounds;
pub use fallbacks::BreakerSpec;
pub(crate) use knowledge::documents;
pub use load::{Loaded, from_source, load, rail_files, read_text};
pub(crate) use load::{from_texts, load_tested, load_with, python_files, test_files};
pub use models::{ModelMode, ModelSpec, Prompt};
pub(crate) use python::PythonFile;
#[cfg(feature = "cli")]
pub(crate) use thresholds::FILE as THRESHOLDS_FILE;
pub use thresholds::Fitted;
#[cfg(feature = "http")]
pub(crate) use value::duration;

/// The action that looks things up in the documents, where there are some.
pub(crate) const RETRIEVE: &str = "retrieve_relevant_chunks";

/// What `config.yml` says; the default is what an absent one says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Whose ways to follow where they differ.
    pub compat: Compat,
    /// What compares texts.
    pub embedding_engine: EmbeddingEngine,
    /// The same as it is named, until that is looked into; the last one counts.
    named_embedders: Vec<embedder::NamedEmbedder>,
    /// What a score must reach, from 0 to 1; `None` for the default.
    pub similarity_threshold: Option<f32>,
    /// Thresholds that were fitted to data, by `thresholds.yml`.
    pub fitted: Option<Fitted>,
    /// The intent of a text that reaches no threshold, and where it is named.
    pub fallback_intent: Option<(String, Span)>,
    /// Flows that guard what goes in and out.
    pub rails: Vec<Rail>,
    /// What becomes of a turn when a rail fails that does not say itself.
    pub on_error: OnError,
    /// Whether rails raise exceptions instead of answering.
    pub rails_exceptions: bool,
    /// The models that write texts.
    pub models: Vec<ModelSpec>,
    /// What models are told instead of what we would say, by task.
    pub prompts: Vec<Prompt>,
    /// Which of the prompts are meant.
    pub prompting_mode: Option<String>,
    /// The temperature for answers that must not vary.
    pub lowest_temperature: f64,
    /// Whether a model may say several steps at once. Read; one step is taken.
    pub multi_step_generation: bool,
    /// Whether one call of the model answers for all phases.
    pub single_call: Option<SingleCall>,
    /// Whether and when a model is asked what a text means.
    pub judge: Judge,
    /// How output rails see what is streamed.
    pub streaming: Streaming,
    /// Stages whose rails run at the same time.
    pub parallel: Vec<Guards>,
    /// Whether the conversation goes to the model as it came.
    pub passthrough: bool,
    /// What models cost, by name. Read; nothing is counted by it yet.
    pub prices: Vec<(String, Price)>,
    /// The folder of the documents that a model looks things up in, as it is to be opened: the one that is named, else `kb`
    /// in the folder of the configuration if it exists.
    pub knowledge_base: Option<PathBuf>,
    /// How that folder is named, and where.
    pub named_knowledge_base: Option<(PathBuf, Span)>,
    /// Documents in the configuration itself: format and text.
    pub documents: Vec<(String, String)>,
    /// Where the files are that settings name; `None` where they come from no folder.
    pub folder: Option<PathBuf>,
    /// Settings of rails, by rail, as they stand there.
    pub(crate) rail_settings: Vec<(yaml::Key, yaml::Node)>,
    /// Actions that NeMo Guardrails runs right away; here all are.
    pub instant_actions: Vec<String>,
    /// The HTTP service that runs the actions which the host program does not.
    pub actions_server: Option<String>,
    /// All that was read, as flows see it in `$config`.
    pub document: Value,
    /// What a model is told before any conversation.
    pub instructions: String,
    /// A conversation that shows a model how the bot talks.
    pub sample_conversation: String,
    /// Whether only embeddings tell what a text means, even where there is a model.
    pub embeddings_only: bool,
    /// How replies come about that no flow has.
    pub generation: Generation,
    /// Actions that the host program registers, under the names that registries know.
    pub actions: Vec<Arc<str>>,
    /// What becomes of warnings.
    pub lints: FxHashMap<Code, Level>,
    /// Folders in which imports are looked up, besides the configuration's own.
    pub import_paths: Vec<PathBuf>,
    /// What a turn and a configuration may cost.
    pub limits: Limits,
}

impl Config {
    /// What a program is checked against, with the actions that are `registered`.
    pub fn surroundings(&self, registered: impl IntoIterator<Item = Arc<str>>) -> Surroundings {
        let has_documents = self.knowledge_base.is_some() || !self.documents.is_empty();
        let own = has_documents.then(|| RETRIEVE.into());
        let actions = self.actions.iter().cloned().chain(registered).chain(own).collect();
        let rails = self.rails.iter().map(|rail| RailUse {
            guards: rail.guards,
            name: rail.name.clone(),
            parameters: rail.parameters.iter().map(|(name, _)| name.clone()).collect(),
            span: rail.span,
        });
        Surroundings {
            rails: rails.collect(),
            shipped: Vec::new(),
            parallel: self.parallel.clone(),
            actions,
            intents: Asked::default(),
            has_model: self.has_main_model(),
            levels: self.lints.clone(),
        }
    }

    /// Whether the action called `name` is said to be the host program's, in place of one of ours.
    pub(crate) fn has_action(&self, name: &str) -> bool {
        self.actions.iter().any(|action| **action == *name)
    }

    /// Whether a model is named that answers where no other is for a task.
    pub fn has_main_model(&self) -> bool {
        self.models.iter().any(|model| model.kind == "main")
    }

    /// What a rail file may ask for.
    pub fn bounds(&self) -> Bounds {
        Bounds { depth: self.limits.depth, ..Bounds::default() }
    }
}

/// A flow that guards what goes in or out.
#[derive(Debug, Clone)]
pub struct Rail {
    /// What it guards.
    pub guards: Guards,
    /// The flow.
    pub name: Arc<str>,
    /// Variables local to it.
    pub parameters: Vec<(Arc<str>, Value)>,
    /// What becomes of the turn when it fails; `None` as the configuration says.
    pub on_error: Option<OnError>,
    /// What it may take; `None` for `limits.timeout`.
    pub timeout: Option<Duration>,
    /// Where it is named.
    pub span: Span,
}

impl Rail {
    /// The model that it is given as `$model`, by its type in `models`.
    pub fn model(&self) -> Option<&str> {
        let given = self.parameters.iter().find(|(name, _)| &**name == "model");
        given.and_then(|(_, value)| value.as_str())
    }
}

/// What becomes of a turn when a rail fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// It is blocked.
    #[default]
    Block,
    /// It goes on as if the rail were not there, and the verdict says so.
    Pass,
}

/// How replies come about that no flow has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Generation {
    /// One call of the model, with the conversation so far.
    #[default]
    General,
    /// One call for the next step and one for the text of its message.
    Steps,
}

/// Whether and when a model is asked what a text means.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    /// When; `None` as `compat` says.
    pub policy: Option<JudgePolicy>,
    /// From this confidence up to the threshold a text is uncertain that means nothing by it.
    pub low: f32,
    /// Up to this confidence a text is uncertain that reaches its threshold.
    pub high: f32,
    /// A text is uncertain, too, whose best two intents are nearer to each other than this.
    pub margin: f32,
    /// What one call may take; `None` for `limits.timeout`.
    pub timeout: Option<Duration>,
    /// What becomes of the turn when it fails; `None` as the configuration says.
    pub on_error: Option<OnError>,
}

impl Default for Judge {
    fn default() -> Self {
        Self { policy: None, low: 0.2, high: 0.8, margin: 0.1, timeout: None, on_error: None }
    }
}

impl Judge {
    /// Whether an embedding that scores `score`, with the next intent `margin` behind, leaves open what a text means.
    pub fn is_uncertain(&self, score: f32, margin: f32) -> bool {
        score >= self.low && (score < self.high || margin < self.margin)
    }
}

/// When a model is asked what a text means. What equals an example or matches a pattern is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgePolicy {
    /// At no time.
    Never,
    /// When the embedder is not sure.
    Uncertain,
    /// Whenever the embedder would decide.
    Always,
}

/// One call of a model for intent, next step and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SingleCall {
    /// Whether one call for each is made when the answer to the one can't be read; else that fails.
    pub falls_back: bool,
}

/// How output rails see what is streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streaming {
    /// Whether they see it window by window; else all is held until they have seen the whole.
    pub by_window: bool,
    /// How much comes between two looks, in tokens.
    pub window: usize,
    /// How much of what they have seen is held back until the next look, in tokens.
    pub overlap: usize,
    /// Whether a text is let out before they have seen it.
    pub stream_first: bool,
}

impl Default for Streaming {
    fn default() -> Self {
        Self { by_window: true, window: 100, overlap: 25, stream_first: false }
    }
}

/// What a model costs, in dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Sent.
    pub input: f64,
    /// Received.
    pub output: f64,
}

/// Whose ways to follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compat {
    /// Our own.
    #[default]
    None,
    /// NeMo Guardrails'.
    Nemo,
}

/// What compares texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum EmbeddingEngine {
    /// The built-in table.
    #[default]
    Static,
    /// Only equality.
    Exact,
    /// A sentence encoder that runs here.
    Transformer {
        /// The folder it is in.
        folder: PathBuf,
        /// Where it is named.
        span: Span,
    },
    /// A server of embeddings.
    Server(Box<ModelSpec>),
}

/// What a turn and a configuration may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of one turn.
    pub steps: usize,
    /// Messages of one conversation that is sent as a whole.
    pub messages: usize,
    /// Characters of one text of the user; other messages may have a million at least.
    pub input_chars: usize,
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Blocks in blocks.
    pub depth: usize,
    /// What one action, or one call of a model, may take.
    pub timeout: Duration,
    /// How much a model is sent, in tokens of about four characters; the oldest turns go first.
    pub prompt_tokens: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 10_000,
            messages: 100,
            input_chars: 1_000_000,
            file_bytes: 16 << 20,
            depth: 256,
            timeout: Duration::from_secs(30),
            prompt_tokens: 32_000,
        }
    }
}
