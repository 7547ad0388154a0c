//! The configurations that are served, each under its name. Requests read them without a lock; a new one takes the place of the old
//! one at once.

mod find;

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

pub(super) use find::{Found, find};

use super::callers::Caller;
use super::error::{ApiError, Code, ServeError};
use super::settings::Settings;
use crate::engine::{LoadError, Rails};
use crate::model::OpenAi;

/// A configuration that is served.
pub(super) struct Configuration {
    /// What requests call it.
    pub id: Arc<str>,
    pub rails: Rails,
    /// When it was loaded, in seconds of Unix time.
    pub loaded: u64,
}

/// All that are served.
pub(super) struct Configs {
    current: ArcSwap<Served>,
}

/// Those that are served right now.
struct Served {
    by_id: BTreeMap<Arc<str>, Arc<Configuration>>,
    /// The one of requests that name none.
    default: Option<Arc<Configuration>>,
}

/// How configurations are loaded.
struct Loader {
    found: Found,
    default: Option<String>,
    upstream: Option<OpenAi>,
}

impl Configs {
    /// Loads all that are at the path of `settings`.
    ///
    /// # Errors
    /// When one of them has errors, or there is none.
    pub(super) async fn load(settings: &Settings) -> Result<Self, ServeError> {
        let upstream = match &settings.upstream {
            Some(upstream) => Some(OpenAi::at_server(&upstream.url, upstream.name.as_deref()).await),
            None => None,
        };
        let upstream = upstream.transpose().map_err(|error| ServeError::Setting(error.to_string()))?;
        let loader = Loader { found: find(&settings.path)?, default: settings.default.clone(), upstream };
        let served = loader.all()?;
        Ok(Self { current: ArcSwap::from_pointee(served) })
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
}

/// Loads the configurations that `settings` name, and serves none; says how many there are.
///
/// # Errors
/// When one of them has errors, or there is none.
pub fn check(settings: &Settings) -> Result<usize, ServeError> {
    let loader = Loader { found: find(&settings.path)?, default: settings.default.clone(), upstream: None };
    Ok(loader.all()?.by_id.len())
}

/// A name as an error may repeat it.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

impl Loader {
    fn all(&self) -> Result<Served, ServeError> {
        let mut by_id = BTreeMap::new();
        for (id, path) in self.found.configurations()? {
            let config = Arc::new(self.one(&id, &path)?);
            by_id.insert(id, config);
        }
        let default = match &self.default {
            Some(name) => Some(by_id.get(&**name).cloned().ok_or_else(|| {
                ServeError::Setting(format!("no configuration is called `{name}`, as `default_config` says"))
            })?),
            None => by_id.values().next().filter(|_| by_id.len() == 1).cloned(),
        };
        Ok(Served { by_id, default })
    }

    fn one(&self, id: &Arc<str>, path: &std::path::Path) -> Result<Configuration, LoadError> {
        let mut builder = Rails::builder().path(path);
        if let Some(upstream) = &self.upstream {
            builder = builder.model(upstream.clone());
        }
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Ok(Configuration { id: id.clone(), rails: builder.build()?, loaded: since.as_secs() })
    }
}
