//! The configurations that are served, each under its name. Requests read them without a lock; a new one takes the place of the old
//! one at once.

mod find;
mod load;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::callers::Caller;
use super::error::{ApiError, Code, ServeError};
use super::metrics::Metrics;
use super::settings::Settings;
use crate::engine::Rails;
use load::Loader;
pub use load::check;
pub(super) use watch::{Reloads, watch};

/// A configuration that is served.
pub(super) struct Configuration {
    /// What requests call it.
    pub id: Arc<str>,
    pub rails: Rails,
    /// Whether its rails are watched and not obeyed.
    pub shadow: bool,
    /// When it was loaded, in seconds of Unix time.
    pub loaded: u64,
}

impl Configuration {
    /// Whether it has rails at all.
    fn is_guarded(&self) -> bool {
        !self.rails.config().rails.is_empty()
    }
}

/// All that are served.
pub(super) struct Configs {
    current: ArcSwap<Served>,
    loader: Loader,
}

/// Those that are served right now.
#[derive(Clone, Default)]
struct Served {
    by_id: BTreeMap<Arc<str>, Arc<Configuration>>,
    /// The one of requests that name none.
    default: Option<Arc<Configuration>>,
    /// Those that have errors on the disk, so that what was there before is served.
    stale: Vec<Arc<str>>,
    /// The names of all that were ever there, and whether rails guarded them: such a name never means the default.
    known: BTreeMap<Arc<str>, bool>,
}

impl Configs {
    /// Loads all that are at the path of `settings`.
    ///
    /// # Errors
    /// When one of them has errors, or there is none.
    pub(super) async fn load(settings: &Settings, metrics: &Metrics) -> Result<Self, ServeError> {
        let mut loader = Loader::new(settings).await?;
        let served = loader.all()?;
        served.by_id.keys().for_each(|id| metrics.current(id, true));
        Ok(Self { current: ArcSwap::from_pointee(served), loader })
    }

    /// Loads those again that are at or above a path of `changed`, or all of them. One that has errors stays what it was.
    pub(super) fn reload(&self, changed: Option<&[impl AsRef<Path>]>, metrics: &Metrics) {
        let served = self.loader.again(&self.current.load(), changed, metrics);
        self.current.store(Arc::new(served));
    }

    /// The configuration that a request means: by its `config_id`, or by a `model` that is the name of one, or else the default.
    ///
    /// # Errors
    /// When there is none, or `caller` may not use it.
    pub(super) fn choose(
        &self,
        config: Option<&str>,
        model: Option<&str>,
        caller: &Caller,
    ) -> Result<Arc<Configuration>, ApiError> {
        let served = self.current.load();
        let chosen = match (config, model.and_then(|model| served.by_id.get(model))) {
            (Some(id), _) => served.by_id.get(id).ok_or_else(|| {
                ApiError::new(Code::ConfigNotFound, format!("no configuration is called `{}`", shown(id)))
                    .at("guardrails.config_id")
            })?,
            (None, Some(named)) => named,
            (None, None) if model.is_some_and(|model| served.known.contains_key(model)) => {
                let name = shown(model.unwrap_or_default());
                let message = format!("the configuration called `{name}` is not there now");
                return Err(ApiError::new(Code::ModelNotFound, message).at("model"));
            }
            (None, None) => served.default.as_ref().ok_or_else(|| match model {
                Some(model) => {
                    let message = format!("no configuration is called `{}`, and there is no default", shown(model));
                    ApiError::new(Code::ModelNotFound, message).at("model")
                }
                None => ApiError::new(Code::ConfigNotFound, "there is no default: say which by `guardrails.config_id`")
                    .at("guardrails.config_id"),
            })?,
        };
        match caller.may_use(&chosen.id) {
            true => Ok(chosen.clone()),
            false => Err(ApiError::new(Code::ConfigNotAllowed, "this key may not use this configuration")),
        }
    }

    /// Those that `caller` may use, by name.
    pub(super) fn of(&self, caller: &Caller) -> Vec<Arc<Configuration>> {
        let served = self.current.load();
        served.by_id.values().filter(|config| caller.may_use(&config.id)).cloned().collect()
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Vec<Arc<Configuration>> {
        self.current.load().by_id.values().cloned().collect()
    }

    /// How many are served, and which of them are not what is on the disk.
    pub(super) fn condition(&self) -> (usize, Vec<Arc<str>>) {
        let served = self.current.load();
        (served.by_id.len(), served.stale.clone())
    }
}

/// A name as an error may repeat it.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
