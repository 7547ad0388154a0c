//! What `railsc check` will find once the proposal is written.

use std::path::Path;

use super::Proposed;
use crate::classify::{Classifier, EmbedderKind, Scale, Settings};
use crate::config::read::Found;
use crate::config::{self, Compat, EmbeddingEngine, Loaded, yaml};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::engine::{Inspection, Report};
use crate::program::{self, Compiled};
use crate::source::{FileId, SourceFile};
use crate::tools::check::{self, Depth};

/// The findings of the configuration at `path` with `files` in place of those that are there.
pub(super) fn check(path: &Path, inspection: Inspection, files: &[(FileId, Proposed)]) -> Report {
    if files.iter().all(|(_, file)| *file.after == *file.before) {
        return check::report(inspection, Depth::Usual);
    }
    check::report(inspect(read(path, files)), Depth::Usual)
}

fn read(path: &Path, files: &[(FileId, Proposed)]) -> Loaded {
    let mut loaded = Loaded::default();
    let mut documents = Vec::new();
    for (_, Proposed { path, after, .. }) in files {
        let id = loaded.sources.add(SourceFile::new(path.display().to_string(), after.as_str()));
        documents.extend(yaml::parse(id, loaded.sources.file(id), &mut loaded.diagnostics));
    }
    config::understand(documents, &mut loaded);
    let (rails, found) = config::rail_files(path);
    loaded.diagnostics.extend(found);
    config::read_found(path, Found { rails, yaml: Vec::new() }, loaded)
}

/// As the engine does for a path, but for what was read already. `tests/migrate.rs` holds that both find the same.
fn inspect(read: Loaded) -> Inspection {
    let Loaded { sources, rails, config, mut diagnostics } = read;
    let surroundings = config.surroundings([]);
    let Compiled { program, policy, diagnostics: found } =
        program::assemble(&sources, rails, config.bounds(), &surroundings);
    let fallback = config.fallback_intent.as_ref();
    let fallback_intent = fallback.and_then(|(name, _)| program.intent_named(name));
    if let Some((name, span)) = fallback.filter(|_| fallback_intent.is_none()) {
        let suggestion = nearest(name, program.intents.iter().map(|intent| &*intent.name));
        let message = format!("no intent is called `{name}`");
        diagnostics.push(Diagnostic::new(codes::BAD_VALUE, *span, message).suggest(suggestion));
    }
    let mut diagnostics = policy.apply(diagnostics);
    diagnostics.extend(found);
    let mut classifier = None;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let (built, mut found) = Classifier::build(&program, &settings(&config));
        found.extend(built.lint(&program));
        let found = policy.apply(found);
        classifier = (!found.iter().any(Diagnostic::is_error)).then_some(built);
        diagnostics.extend(found);
    }
    Inspection { sources, config, program, classifier, fallback_intent, policy, diagnostics }
}

fn settings(config: &config::Config) -> Settings {
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
