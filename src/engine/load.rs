//! From a configuration as it was read to everything that rails are made of.

use std::path::Path;

use crate::classify::{Classifier, EmbedderKind, Scale, Settings};
use crate::config::{self, Compat, Config, EmbeddingEngine};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::program::{self, IntentId, Program};
use crate::source::SourceMap;

/// What loading yields.
pub(super) struct Loaded {
    pub sources: SourceMap,
    pub config: Config,
    pub program: Program,
    /// `None` exactly when there is an error among the diagnostics.
    pub classifier: Option<Classifier>,
    pub fallback_intent: Option<IntentId>,
    pub diagnostics: Vec<Diagnostic>,
}

/// All findings about a configuration.
pub struct Report {
    /// The texts the findings are about.
    pub sources: SourceMap,
    /// By file, then by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Whether the configuration does not load.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks the configuration at `path`. There is an error in the report exactly when loading it fails.
pub fn check(path: impl AsRef<Path>) -> Report {
    let Loaded { sources, diagnostics, .. } = load(config::load(path.as_ref()));
    Report { sources, diagnostics }
}

pub(super) fn load(read: config::Loaded) -> Loaded {
    let config::Loaded { sources, rails, config, mut diagnostics } = read;
    let compiled = program::assemble(&sources, rails, config.bounds());
    diagnostics.extend(compiled.diagnostics);
    let program = compiled.program;
    let fallback_intent = fallback_intent(&config, &program, &mut diagnostics);
    let mut classifier = None;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let (built, found) = Classifier::build(&program, &settings(&config));
        classifier = (!found.iter().any(Diagnostic::is_error)).then_some(built);
        diagnostics.extend(found);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Loaded { sources, config, program, classifier, fallback_intent, diagnostics }
}

fn settings(config: &Config) -> Settings {
    let embedder = match config.embedding_engine {
        EmbeddingEngine::Static => EmbedderKind::Static,
        EmbeddingEngine::Exact => EmbedderKind::Exact,
    };
    let settings = Settings { embedder, ..Settings::default() };
    match config.similarity_threshold {
        None => settings,
        Some(threshold) if config.compat == Compat::Nemo => Settings { threshold, scale: Scale::Reference, ..settings },
        Some(threshold) => Settings { threshold, ..settings },
    }
}

fn fallback_intent(config: &Config, program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Option<IntentId> {
    let (name, span) = config.fallback_intent.as_ref()?;
    let found = program.intent_named(name);
    if found.is_none() {
        let suggestion = nearest(name, program.intents.iter().map(|intent| &*intent.name));
        let message = format!("no intent is called `{name}`");
        diagnostics.push(Diagnostic::new(codes::BAD_VALUE, *span, message).suggest(suggestion));
    }
    found
}
