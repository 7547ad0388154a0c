//! Loading configurations, at the start and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::find::{Found, find};
use super::{Configuration, Served};
use crate::engine::{LoadError, Rails};
use crate::model::OpenAi;
use crate::serve::error::ServeError;
use crate::serve::metrics::Metrics;
use crate::serve::settings::Settings;
use crate::serve::tls;

/// How configurations are loaded.
pub(super) struct Loader {
    found: Found,
    /// What `default_config` says; else the only one there was at the start.
    default: Option<String>,
    shadow: Vec<String>,
    upstream: Option<OpenAi>,
    /// How many bytes of conversations all of them may remember.
    remembered: u64,
}

/// Loads the configurations that `settings` name, and serves none; says how many there are.
///
/// # Errors
/// When one of them has errors, or there is none, or the certificate can't be used.
pub fn check(settings: &Settings) -> Result<usize, ServeError> {
    settings.tls.as_ref().map(tls::acceptor).transpose()?;
    let mut loader = Loader::of(settings, None)?;
    Ok(loader.all()?.by_id.len())
}

impl Loader {
    pub(super) async fn new(settings: &Settings) -> Result<Self, ServeError> {
        let upstream = match &settings.upstream {
            Some(upstream) => Some(OpenAi::at_server(&upstream.url, upstream.name.as_deref()).await),
            None => None,
        };
        Self::of(settings, upstream.transpose().map_err(|error| ServeError::Setting(error.to_string()))?)
    }

    fn of(settings: &Settings, upstream: Option<OpenAi>) -> Result<Self, ServeError> {
        Ok(Self {
            found: find(&settings.path)?,
            default: settings.default.clone(),
            shadow: settings.shadow.clone(),
            upstream,
            remembered: settings.conversations.remembered_bytes,
        })
    }

    /// All of them, without an error. The only one is the default from here on, whatever else comes and goes.
    pub(super) fn all(&mut self) -> Result<Served, ServeError> {
        let (found, closed) = self.found.configurations()?;
        let mut by_id = BTreeMap::new();
        for (id, path) in &found {
            by_id.insert(id.clone(), Arc::new(self.one(id, path, found.len())?));
        }
        for (key, named) in self
            .shadow
            .iter()
            .map(|name| ("shadow", name))
            .chain(self.default.iter().map(|name| ("default_config", name)))
        {
            if !by_id.contains_key(&**named) {
                let message = format!("no configuration is called `{named}`, as `{key}` says");
                return Err(ServeError::Setting(message));
            }
        }
        if let (None, [(only, _)]) = (&self.default, &*found) {
            self.default = Some(only.to_string());
        }
        Ok(self.served(by_id, Vec::new(), closed.into_iter().map(|id| (id, false)).collect()))
    }

    /// All of them, those of `served` where they did not change, or have errors now.
    pub(super) fn again(&self, served: &Served, changed: Option<&[impl AsRef<Path>]>, metrics: &Metrics) -> Served {
        let (found, closed) = match self.found.configurations() {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "the configurations can't be looked for, so that the old ones are kept");
                served.by_id.keys().for_each(|id| metrics.reloaded(id, false));
                return Served { stale: served.by_id.keys().cloned().collect(), ..served.clone() };
            }
        };
        let (mut by_id, mut stale, mut known) = (BTreeMap::new(), Vec::new(), served.known.clone());
        for id in found.iter().map(|(id, _)| id).chain(&closed) {
            known.entry(id.clone()).or_default();
        }
        for (id, path) in &found {
            let old = served.by_id.get(id);
            let is_changed = |path: &PathBuf| {
                let Ok(whole) = path.canonicalize() else { return true };
                changed.is_none_or(|changed| {
                    changed.iter().any(|one| {
                        one.as_ref().starts_with(path) || one.as_ref().starts_with(&whole) || whole.is_file()
                    })
                })
            };
            if let Some(old) = old.filter(|_| !is_changed(path)) {
                by_id.insert(id.clone(), old.clone());
                stale.extend(served.stale.contains(id).then(|| id.clone()));
                continue;
            }
            let loaded = self.one(id, path, found.len()).map_err(|error| error.to_string());
            let loaded = loaded.and_then(|new| match known.get(id) {
                // A `config.yml` that is not there yet is no word to let everything pass.
                Some(true) if !new.is_guarded() => {
                    Err("it has lost all its rails: start again if it should".to_owned())
                }
                _ => Ok(new),
            });
            match loaded {
                Ok(new) => {
                    tracing::info!(config = &**id, "loaded");
                    metrics.reloaded(id, true);
                    by_id.insert(id.clone(), Arc::new(new));
                }
                Err(error) => {
                    let kept = if old.is_some() {
                        "has errors, so that the old one is kept"
                    } else {
                        "has errors, and is not served"
                    };
                    tracing::error!(config = &**id, %error, "{kept}");
                    metrics.reloaded(id, false);
                    stale.push(id.clone());
                    by_id.extend(old.map(|old| (id.clone(), old.clone())));
                }
            }
        }
        for id in &closed {
            if let Some(old) = served.by_id.get(id) {
                metrics.reloaded(id, false);
                stale.push(id.clone());
                by_id.insert(id.clone(), old.clone());
            }
        }
        for id in served.by_id.keys().filter(|id| !by_id.contains_key(*id)) {
            tracing::warn!(config = &**id, "is gone");
            metrics.gone(id);
        }
        self.served(by_id, stale, known)
    }

    fn served(
        &self,
        by_id: BTreeMap<Arc<str>, Arc<Configuration>>,
        stale: Vec<Arc<str>>,
        mut known: BTreeMap<Arc<str>, bool>,
    ) -> Served {
        let default = self.default.as_ref().and_then(|name| by_id.get(&**name).cloned());
        for (id, config) in &by_id {
            *known.entry(id.clone()).or_default() |= config.is_guarded();
        }
        Served { by_id, default, stale, known }
    }

    /// The configuration at `path`, one of `count`.
    fn one(&self, id: &Arc<str>, path: &Path, count: usize) -> Result<Configuration, LoadError> {
        let mut builder = Rails::builder().path(path).remember(self.remembered / count.max(1) as u64);
        if let Some(upstream) = &self.upstream {
            builder = builder.model(upstream.clone());
        }
        let shadow = self.shadow.iter().any(|name| **name == **id);
        if shadow {
            builder = builder.shadow();
        }
        let loaded = UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        Ok(Configuration { id: id.clone(), rails: builder.build()?, shadow, loaded })
    }
}
