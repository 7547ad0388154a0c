//! What a set of rails is made of, as it was loaded and with what the host program adds.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::action::Actions;
use super::coverage::Coverage;
use super::guard::Guard;
use super::judged::Judged;
use super::models::Models;
use super::prompt::Prompts;
use super::seen::Seen;
use super::starts::Starts;
use crate::classify::Classifier;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::knowledge::Knowledge;
use crate::library::Library;
use crate::program::{Guards, IntentId, MessageId, Program};
use crate::source::SourceMap;

/// What all clones share: what was loaded, and what the host program adds.
pub(super) struct Parts {
    pub(super) loaded: Arc<Loaded>,
    pub(super) actions: Actions,
    pub(super) models: Models,
    pub(super) seen: Seen,
    pub(super) judged: Judged,
    pub(super) coverage: Option<Arc<Coverage>>,
}

/// A configuration, compiled.
pub(super) struct Loaded {
    pub sources: Arc<SourceMap>,
    pub config: Config,
    pub program: Program,
    pub classifier: Classifier,
    pub starts: Starts,
    pub guards: Vec<Guard>,
    /// What the rails we ship look at, as far as they are used.
    pub library: Library,
    /// What rails say.
    pub rail_messages: Vec<MessageId>,
    pub prompts: Prompts,
    /// What models are told of what the user asks about.
    pub knowledge: Option<Knowledge>,
    /// Whether a message takes back the text before it.
    pub takes_back: bool,
    /// Whether a flow asks for `$config`.
    pub reads_config: bool,
    /// What a text means that no intent matches, if the configuration says so.
    pub fallback_intent: Option<IntentId>,
    pub diagnostics: Vec<Diagnostic>,
    pub fingerprint: OnceLock<String>,
    pub looks: OnceLock<Vec<Arc<str>>>,
}

impl Deref for Parts {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        &self.loaded
    }
}

impl Loaded {
    /// Whether a rail guards `stage`.
    pub(super) fn is_guarded(&self, stage: Guards) -> bool {
        self.guards.iter().any(|rail| rail.guards == stage)
    }

    /// Whether a rail says `reply`, as far as that can be told: what its messages fill in is not known.
    pub(super) fn is_of_a_rail(&self, reply: &str) -> bool {
        let is_silent = reply.is_empty() && !self.guards.is_empty();
        let texts = self.rail_messages.iter().flat_map(|message| &self.program.message(*message).texts);
        is_silent || texts.into_iter().any(|text| text.template.may_print(reply))
    }
}
