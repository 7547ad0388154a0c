//! Putting rails together: where they are, and what the host program adds.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::action::{ActionError, Actions, Args};
use super::error::LoadError;
use super::guard::{guards, rail_messages};
use super::judged::Judged;
use super::load::{Care, Host, Inspection, load};
use super::loaded::{Loaded, Parts};
use super::models::{Models, Served};
use super::pipeline;
use super::rails::Rails;
use super::seen::Seen;
use super::starts::Starts;
use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, codes};
use crate::expression::Value;
use crate::model::ChatModel;

/// Puts [`Rails`] together.
pub struct RailsBuilder {
    origin: Origin,
    pub(super) actions: Actions,
    pub(super) models: Models,
    /// Whether the models that the configuration names are called.
    connects: bool,
    remembered: u64,
    shadow: bool,
}

enum Origin {
    Path(PathBuf),
    Source(String),
    /// A configuration and the tests in its folder for them.
    Tested(PathBuf),
    /// A rail file and a `config.yml`, called so.
    Texts {
        name: String,
        rails: String,
        config: String,
    },
}

impl RailsBuilder {
    pub(super) fn new() -> Self {
        Self {
            origin: Origin::Source(String::new()),
            actions: Actions::default(),
            models: Models::default(),
            connects: true,
            remembered: Seen::USUAL,
            shadow: false,
        }
    }

    /// Reads the configuration at `path`: a folder, or a single `.co` file.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.origin = Origin::Path(path.as_ref().to_owned());
        self
    }

    /// Reads `text` as a `.co` file, instead of a path.
    #[must_use]
    pub fn source(mut self, text: impl Into<String>) -> Self {
        self.origin = Origin::Source(text.into());
        self
    }

    /// Reads the configuration at `path`, along with the rail files in its folder `tests`.
    pub(crate) fn tested(mut self, path: &Path) -> Self {
        self.origin = Origin::Tested(path.to_owned());
        self
    }

    /// Reads a rail file and a `config.yml`, which findings call `name`.
    pub(crate) fn texts(mut self, name: &str, rails: &str, config: &str) -> Self {
        self.origin = Origin::Texts { name: name.to_owned(), rails: rails.to_owned(), config: config.to_owned() };
        self
    }

    /// Lets flows run `action` by `execute NAME`. It has `limits.timeout` to answer; an error, a panic or a time-out ends
    /// the turn with `inform internal error occurred`.
    #[must_use]
    pub fn action<F, R>(mut self, name: &str, action: F) -> Self
    where
        F: Fn(Args) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, ActionError>> + Send + 'static,
    {
        self.actions.add(name, action);
        self
    }

    /// Asks `model` for what no flow has and no message says, in place of the `main` model of the configuration.
    #[must_use]
    pub fn model(self, model: impl ChatModel + 'static) -> Self {
        self.model_for("main", model)
    }

    /// Asks `model` for one task, such as `judge` or `generate_bot_message`, or where a rail says `$model=KIND`; in place of the model of
    /// that type in the configuration.
    #[must_use]
    pub fn model_for(mut self, kind: &str, model: impl ChatModel + 'static) -> Self {
        self.models.add(kind, Served::brought(Arc::new(model)));
        self
    }

    /// Calls none of the models that the configuration names; the one given by [`model`](Self::model) stands in for them.
    #[must_use]
    pub fn offline(mut self) -> Self {
        self.connects = false;
        self
    }

    /// How many bytes of conversations [`Rails::generate`] may remember, so that it need not follow their messages again
    /// when they go on; 64 MiB unless said otherwise, 0 for none.
    ///
    /// Two callers that send the same messages share what is remembered, the variables that actions have set included.
    /// Where these differ from user to user, use a [`Session`](super::Session) for each, or send a system message that names the user.
    #[must_use]
    pub fn remember(mut self, bytes: u64) -> Self {
        self.remembered = bytes;
        self
    }

    /// Has rails be watched, and not obeyed: they run, and the verdict and the trace say what they would have done, but no text is changed or
    /// withheld by them. To try rails on live traffic.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rails = rails::Rails::builder().path("tests/data/tested").shadow().build()?;
    /// let verdict = rails.check_input("tell me a secret").await?.verdict;
    /// assert_eq!((verdict.status, verdict.rails[0].status), (rails::Status::Passed, rails::Status::Blocked));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn shadow(mut self) -> Self {
        self.shadow = true;
        self
    }

    /// Loads and compiles.
    ///
    /// # Errors
    /// When there is an error in the configuration.
    pub fn build(self) -> Result<Rails, LoadError> {
        let read = match &self.origin {
            Origin::Path(path) => config::load(path),
            Origin::Source(text) => config::from_source("<source>", text.as_bytes()),
            Origin::Tested(path) => config::load_tested(path),
            Origin::Texts { name, rails, config } => config::from_texts(name, rails, config),
        };
        let Inspection {
            sources,
            config,
            program,
            classifier,
            fallback_intent,
            prompts,
            knowledge,
            library,
            diagnostics,
            ..
        } = load(read, &Host { actions: self.actions.names().collect(), models: self.models.kinds() }, Care::Quick);
        let sources = Arc::new(sources);
        let Some(classifier) = classifier else { return Err(LoadError { sources, diagnostics }) };
        let is_replaced = |action: &str| self.actions.has(action) || config.has_action(action);
        let guards = guards(&config, &program, is_replaced, self.shadow);
        let starts = Starts::new(&program, &guards.iter().map(|guard| guard.flow).collect::<Vec<_>>());
        let mut models = Models::default();
        if self.connects {
            connect(&config, &mut models);
        }
        models.add_all(self.models);
        if !self.connects {
            models.stand_in(&config);
        }
        let rail_messages = rail_messages(&program, &guards);
        let loaded = Loaded {
            takes_back: program
                .messages
                .iter()
                .any(|message| message.texts.iter().any(|text| text.template.source() == pipeline::REMOVE_LAST)),
            rail_messages,
            prompts,
            knowledge,
            reads_config: program.reads(pipeline::CONFIG),
            sources,
            config,
            program,
            classifier,
            starts,
            guards,
            library,
            fallback_intent,
            diagnostics,
            fingerprint: OnceLock::new(),
            looks: OnceLock::new(),
        };
        let Self { mut actions, remembered, .. } = self;
        if let Some(base) = &loaded.config.actions_server
            && let Err(error) = actions.ask(base)
        {
            let message = format!("HTTP can't be spoken here: {error}");
            let diagnostics = vec![Diagnostic::without_span(codes::UNREADABLE, message)];
            return Err(LoadError { sources: loaded.sources, diagnostics });
        }
        let (seen, judged) = (Seen::new(remembered), Judged::new());
        let parts = Parts { loaded: Arc::new(loaded), actions, models, seen, judged, coverage: None };
        Ok(Rails::of(parts))
    }
}

/// Adds the models that `config` names.
fn connect(config: &Config, models: &mut Models) {
    for spec in &config.models {
        models.add(&spec.kind, Served::connected(spec, config.limits.timeout));
    }
}
