//! From a configuration as it was read to everything that rails are made of.

use std::path::Path;
use std::sync::Arc;

use super::embedder::{embedder, placed};
use super::prompt::Prompts;
use crate::cache::{self, Folders};
use crate::classify::{self, Classifier, Embedder, Scale, Settings, Static};
use crate::config::{self, Compat, Config};
use crate::diagnostic::policy::{Level, Policy};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::knowledge::Knowledge;
use crate::library::{self, Library};
use crate::model;
use crate::program::{self, Compiled, IntentId, Op, Program};
use crate::source::SourceMap;

/// What there is to know about a configuration without running it.
pub struct Inspection {
    /// The texts that were read.
    pub sources: SourceMap,
    /// What the YAML says.
    pub config: Config,
    /// What the rail files say.
    pub program: Program,
    /// `None` exactly when there is an error among the diagnostics.
    pub classifier: Option<Classifier>,
    /// What a text means that no intent matches, if the configuration says so.
    pub fallback_intent: Option<IntentId>,
    /// What models are asked.
    pub(super) prompts: Prompts,
    /// What the rails we ship look at, as far as they are used.
    pub(super) library: Library,
    /// What can be looked up in documents.
    pub(super) knowledge: Option<Knowledge>,
    /// Which warnings are wanted; the diagnostics are those already.
    pub policy: Policy,
    /// What is wrong; by file, then by place.
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

/// Reads and compiles the configuration at `path`, and looks for all that can be found without comparing examples.
pub fn inspect(path: impl AsRef<Path>) -> Inspection {
    load(config::load(path.as_ref()), &Host::default(), Care::Thorough)
}

/// As [`inspect`], for the bytes of one `.co` file, which findings call `name`.
pub fn inspect_source(name: &str, text: &[u8]) -> Inspection {
    load(config::from_source(name, text), &Host::default(), Care::Thorough)
}

/// As [`inspect`], for what was read already.
pub(crate) fn inspect_read(read: config::Loaded) -> Inspection {
    load(read, &Host::default(), Care::Thorough)
}

/// What the program that loads rails brings.
#[derive(Default)]
pub(super) struct Host {
    /// The names of its actions.
    pub actions: Vec<Arc<str>>,
    /// What its models are asked for: `main`, a task, or the name that rails use.
    pub models: Vec<Arc<str>>,
}

/// How much to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// What keeps rails from running, and what comes for nothing.
    Quick,
    /// Everything.
    Thorough,
}

pub(super) fn load(read: config::Loaded, host: &Host, care: Care) -> Inspection {
    let has_model = host.models.iter().any(|kind| **kind == *"main");
    let config::Loaded { mut sources, mut rails, config, folder, mut diagnostics } = read;
    let named = config.rails.iter().map(|rail| &*rail.name);
    let shipped = library::shipped(&mut sources, &rails, named, config.bounds());
    rails.extend(shipped);
    let mut surroundings = config.surroundings(host.actions.iter().cloned().chain(Library::names().map(Arc::from)));
    surroundings.has_model |= has_model;
    surroundings.intents = Library::intents(&config);
    surroundings.shipped = Library::rails().map(|rail| rail.name.into()).collect();
    let Compiled { program, policy, diagnostics: found } =
        program::assemble(&sources, rails, config.bounds(), &surroundings);
    let fallback_intent = fallback_intent(&config, &program, &mut diagnostics);
    let cache = cache::folder();
    // A server is not asked for what can't be used.
    let has_errors = diagnostics.iter().chain(&found).any(Diagnostic::is_error);
    let embedder = match &config.embedding_engine {
        _ if has_errors => None,
        engine => embedder(engine, cache.as_deref()).unwrap_or_else(|diagnostic| {
            diagnostics.push(*diagnostic);
            None
        }),
    };
    let for_documents = embedder.clone().unwrap_or_else(|| Arc::new(Static));
    let (knowledge, found_in_documents) =
        Knowledge::load(config.knowledge_base.as_deref(), &config.documents, &for_documents, cache.as_deref());
    diagnostics.extend(found_in_documents.into_iter().map(|diagnostic| placed(diagnostic, &config)));
    let (prompts, found_in_prompts) = Prompts::new(&config);
    diagnostics.extend(found_in_prompts);
    unknown_models(&config, has_model, &mut diagnostics);
    rails_without_model(&config, &program, host, &mut diagnostics);
    diagnostics.extend(library::misused(&config, &program, &sources));
    if !has_errors {
        let is_ours = |action: &str| !config.has_action(action) && !host.actions.iter().any(|host| **host == *action);
        diagnostics.extend(library::without_text(&config, &program, is_ours));
        diagnostics.extend(library::unread(&config, &program, &sources));
    }
    let (library, found_in_settings) = Library::new(&config, &program);
    diagnostics.extend(found_in_settings);
    let mut diagnostics = policy.apply(diagnostics);
    diagnostics.extend(found);
    let mut classifier = None;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let mut settings = settings(&config, embedder);
        settings.folders = Folders::of(folder.as_deref());
        let mut found = Vec::new();
        settings.fitted = fitted(&config, &program, &mut found);
        let (built, unreadable) = Classifier::build(&program, &settings);
        found.extend(unreadable.into_iter().map(|diagnostic| placed(diagnostic, &config)));
        if care == Care::Thorough || policy.levels.get(&codes::OTHERS_EXAMPLE) == Some(&Level::Deny) {
            found.extend(built.lint(&program));
        }
        let found = policy.apply(found);
        classifier = (!found.iter().any(Diagnostic::is_error)).then_some(built);
        diagnostics.extend(found);
    }
    if has_model {
        diagnostics.retain(|diagnostic| !matches!(diagnostic.code, codes::NO_MODEL | codes::NEEDS_MODEL));
    }
    // What comes along is nobody's to mend.
    let is_shipped = |found: &Diagnostic| found.span.is_some_and(|span| sources.file(span.file).is_shipped());
    diagnostics.retain(|found| found.is_error() || !is_shipped(found));
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Inspection {
        sources,
        config,
        program,
        classifier,
        fallback_intent,
        prompts,
        library,
        knowledge,
        policy,
        diagnostics,
    }
}

/// Looks for rails of ours that ask a model where there is none to be asked: neither the rail's own, nor one for the task, nor the main one.
fn rails_without_model(config: &Config, program: &Program, host: &Host, diagnostics: &mut Vec<Diagnostic>) {
    let named = config.models.iter().map(|model| &*model.kind).chain(host.models.iter().map(|kind| &**kind));
    let named: Vec<&str> = named.collect();
    for rail in &config.rails {
        let Some(flow) = program.flow_named(&rail.name) else { continue };
        let steps = program.may_do([flow]).into_iter().flat_map(|flow| &program.flow(flow).steps);
        let mut asked = steps.filter_map(|step| match &step.op {
            Op::Execute { action, .. } if !config.has_action(action) => Some((&**action, Library::asks(action)?)),
            _ => None,
        });
        let can_ask = |task: &str, usual: &str| {
            rail.model().is_some() || named.iter().any(|kind| *kind == usual || *kind == task)
        };
        if let Some((task, usual)) = asked.find(|(task, usual)| !can_ask(task, usual)) {
            let message = format!("rail `{}` asks a model, and there is none", rail.name);
            let help = format!("name one under `models`, with `type: {usual}`");
            let diagnostic = Diagnostic::new(codes::RAIL_WITHOUT_MODEL, rail.span, message).help(help);
            diagnostics.push(diagnostic.label(format!("it can't do `{task}`, so each turn would fail")));
        }
    }
}

/// Looks for models that can't be called, and for those that rails ask for and nobody names. A program may bring its own, under any name.
fn unknown_models(config: &Config, has_model: bool, diagnostics: &mut Vec<Diagnostic>) {
    for spec in config.models.iter().filter(|_| !has_model) {
        if let Some(error) = model::unavailable(spec) {
            let message = format!("the `{}` model can't be called: {error}", spec.kind);
            let diagnostic = Diagnostic::new(codes::UNAVAILABLE_MODEL, spec.span, message);
            diagnostics.push(diagnostic.label("what asks it fails, and the turn with it"));
        }
        for fallback in &spec.fallbacks {
            if let Some(error) = model::unavailable(fallback) {
                let message = format!("this fallback of the `{}` model can't be called: {error}", spec.kind);
                let diagnostic = Diagnostic::new(codes::UNAVAILABLE_MODEL, fallback.span, message);
                diagnostics.push(diagnostic.label("where it comes to it, the turn fails"));
            }
        }
    }
    let known = || config.models.iter().map(|model| &*model.kind);
    for rail in &config.rails {
        let Some(wanted) = rail.model().filter(|wanted| !has_model && !known().any(|kind| kind == *wanted)) else {
            continue;
        };
        let message = format!("no model of type `{wanted}` is named");
        let diagnostic = Diagnostic::new(codes::BAD_VALUE, rail.span, message);
        diagnostics.push(match nearest(wanted, known()) {
            Some(meant) => diagnostic.suggest(Some(meant)),
            None => diagnostic.help(format!("add one under `models`, with `type: {wanted}`")),
        });
    }
}

pub(super) fn settings(config: &Config, embedder: Option<Arc<dyn Embedder>>) -> Settings {
    let settings = Settings { embedder, ..Settings::default() };
    let threshold = config.fitted.as_ref().and_then(|fitted| fitted.default).or(config.similarity_threshold);
    match threshold {
        None => settings,
        Some(threshold) if config.compat == Compat::Nemo => Settings { threshold, scale: Scale::Reference, ..settings },
        Some(threshold) => Settings { threshold, ..settings },
    }
}

/// The thresholds of `thresholds.yml`, and what is wrong with them.
fn fitted(config: &Config, program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Vec<(IntentId, f32)> {
    let Some(fitted) = &config.fitted else { return Vec::new() };
    let mut thresholds = Vec::new();
    for (name, threshold, span) in &fitted.intents {
        match program.intent_named(name) {
            Some(intent) => thresholds.push((intent, *threshold)),
            None => {
                let suggestion = nearest(name, program.intents.iter().map(|intent| &*intent.name));
                let message = format!("no intent is called `{name}`");
                diagnostics.push(
                    Diagnostic::new(codes::STALE_THRESHOLDS, *span, message)
                        .label("this threshold comes for nothing")
                        .suggest(suggestion),
                );
            }
        }
    }
    if let Some((rails, span)) = &fitted.rails
        && *rails != classify::fingerprint(program)
    {
        diagnostics.push(
            Diagnostic::new(codes::STALE_THRESHOLDS, *span, "thresholds were fitted for other examples")
                .label("examples have been added, changed or taken out since")
                .help("fit them again by `railsc fit`"),
        );
    }
    thresholds
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
