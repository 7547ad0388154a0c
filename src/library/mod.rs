//! The rails we ship: the flows in `rails/`, and what these look at.
//!
//! A rail is a flow in a file of `rails/` over one or more actions of ours. What shares settings or a file is a [`Family`]. To add one: write its
//! rail file, with tests; write its module here, with a `FAMILY`, and name that in [`FAMILIES`]; write its page in `docs/rails/`. What an
//! action looks at is a module of its own that knows no flows: a text in, what was found out.
//!
//! Actions that ask a model are the engine's (`engine/pipeline/checks.rs`); their rails are among the families all the same, with no action
//! made here.

mod action;
mod attack;
mod calls;
mod decoded;
mod evidence;
mod family;
mod fold;
mod language;
mod leak;
mod letters;
mod markup;
mod patterns;
mod regexes;
#[cfg(feature = "schema")]
mod schema;
mod secrets;
pub(crate) mod self_check;
pub(crate) mod sensitive;
mod shipped;
mod size;
mod topic;
mod undone;
mod urls;
mod uses;
mod withheld;

use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use action::{Action, Answer, Call};
pub(crate) use evidence::Found;
pub use evidence::{Evidence, TextSpan};
pub(crate) use family::{Cost, Family, Kit, Rail, Setup};
pub(crate) use shipped::shipped;
pub(crate) use uses::{misused, unread, without_text};

use crate::config::Config;
use crate::config::value::Reader;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::program::{Asked, Op, Program};

/// All that we ship, in the order in which `railsc rails` lists them.
pub(crate) const FAMILIES: &[&Family] = &[
    &self_check::SELF_CHECK,
    &self_check::SAFETY,
    &self_check::MODERATION,
    &attack::FAMILY,
    &sensitive::FAMILY,
    &secrets::FAMILY,
    &topic::FAMILY,
    &markup::MARKUP,
    &urls::URLS,
    &leak::FAMILY,
    &size::FAMILY,
    &regexes::FAMILY,
    &language::FAMILY,
    #[cfg(feature = "schema")]
    &schema::FAMILY,
    &calls::FAMILY,
];

/// Sections of `rails.config` that NeMo Guardrails' library has and that do nothing here.
const NOT_HERE: &[&str] = &[
    "ai_defense",
    "autoalign",
    "clavata",
    "content_safety",
    "crowdstrike_aidr",
    "f5",
    "fact_checking",
    "fiddler",
    "gliner",
    "guardrails_ai",
    "hf_classifier",
    "jailbreak_detection",
    "pangea",
    "patronus",
    "polygraf",
    "privateai",
    "trend_micro",
];

/// Actions of ours that put something else in the place of parts of a text, each of which they must see as a whole.
pub(crate) const REPLACING: [&str; 3] = ["mask_sensitive_data", "restore_sensitive_data", "injection_detection"];

/// The variable that holds what was found in documents as a list, beside `$relevant_chunks`, which holds the same as a text.
pub(crate) const SEPARATE_CHUNKS: &str = "relevant_chunks_sep";
/// What stands between the items of the list in the text.
pub(crate) const BETWEEN_CHUNKS: &str = "\n";

/// The actions of a configuration that are ours, set up.
#[derive(Default)]
pub(crate) struct Library {
    actions: FxHashMap<&'static str, Action>,
}

impl Library {
    /// The names of all actions of ours.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        FAMILIES.iter().flat_map(|family| family.actions.iter().chain(family.asks)).copied()
    }

    /// All rails of ours.
    pub(crate) fn rails() -> impl Iterator<Item = &'static Rail> {
        FAMILIES.iter().flat_map(|family| family.rails)
    }

    /// The intents that settings of rails ask for.
    pub(crate) fn intents(config: &Config) -> Asked {
        topic::asked_for(config)
    }

    /// Whether settings of rails of ours lie under `rails.config.NAME`.
    pub(crate) fn has_section(name: &str) -> bool {
        FAMILIES.iter().any(|family| family.section == Some(name))
    }

    /// The type of the model that the action called `name` asks where no other is named, if it is ours and asks one.
    pub(crate) fn asks(name: &str) -> Option<&'static str> {
        FAMILIES.iter().find(|family| family.asks.contains(&name)).map(|family| family.model)
    }

    /// Sets up what `program` runs, as `config` says, and tells what is wrong there.
    pub(crate) fn new(config: &Config, program: &Program) -> (Self, Vec<Diagnostic>) {
        let (mut library, mut diagnostics) = (Self::default(), Vec::new());
        let run: FxHashSet<&str> = program.flows.iter().flat_map(|flow| &flow.steps).filter_map(executed).collect();
        for family in FAMILIES {
            let settings = config.rail_settings.iter().find(|(key, _)| Some(&*key.name) == family.section);
            let settings = settings.map(|(_, node)| node);
            if settings.is_none() && !family.actions.iter().any(|action| run.contains(action)) {
                continue;
            }
            let reader = Reader { diagnostics: &mut diagnostics };
            library.actions.extend((family.load)(&mut Setup { settings, reader, config, program }));
        }
        unknown_sections(config, &mut diagnostics);
        (library, diagnostics)
    }

    /// What runs the action called `name`, if it is one of ours that is set up.
    pub(crate) fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(name)
    }
}

fn executed(step: &crate::program::Step) -> Option<&str> {
    match &step.op {
        Op::Execute { action, .. } => Some(action),
        _ => None,
    }
}

/// Tells of settings of rails that are not here.
fn unknown_sections(config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    let ours = || FAMILIES.iter().filter_map(|family| family.section);
    for (key, _) in &config.rail_settings {
        let path = format!("rails.config.{}", key.name);
        if ours().any(|section| section == key.name) {
            continue;
        }
        if NOT_HERE.contains(&&*key.name) {
            Reader { diagnostics }.passed_over(key, &path);
            continue;
        }
        let meant = nearest(&key.name, ours().chain(NOT_HERE.iter().copied()));
        let diagnostic = Diagnostic::new(codes::UNKNOWN_KEY, key.span, format!("unknown key `{path}`"));
        diagnostics.push(diagnostic.suggest(meant));
    }
}
