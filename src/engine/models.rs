//! The models of a set of rails, by what they are asked for.

use std::sync::Arc;

use crate::config::{Config, ModelSpec};
use crate::model::{ChatModel, Task};

/// A model, and how the configuration names it.
#[derive(Clone)]
pub(super) struct Served {
    pub model: Arc<dyn ChatModel>,
    /// `None` for one that the host program brings.
    pub spec: Option<ModelSpec>,
}

/// Which model answers what: `main`, a task, or a rail's own.
#[derive(Clone, Default)]
pub(super) struct Models {
    by_use: Vec<(Arc<str>, Served)>,
}

impl Models {
    /// Adds the model for `kind`, in place of one that was there.
    pub(super) fn add(&mut self, kind: &str, served: Served) {
        self.by_use.retain(|(known, _)| **known != *kind);
        self.by_use.push((kind.into(), served));
    }

    /// Adds all of `others`, in place of those that were there.
    pub(super) fn add_all(&mut self, others: Models) {
        others.by_use.into_iter().for_each(|(kind, served)| self.add(&kind, served));
    }

    /// Has the main model answer for those that `config` names and that are not here.
    pub(super) fn stand_in(&mut self, config: &Config) {
        let Some(main) = self.named("main").cloned() else { return };
        for spec in config.models.iter().filter(|spec| spec.kind != "main") {
            if self.named(&spec.kind).is_none() {
                self.add(&spec.kind, main.clone());
            }
        }
    }

    /// What they are asked for.
    pub(super) fn kinds(&self) -> Vec<Arc<str>> {
        self.by_use.iter().map(|(kind, _)| kind.clone()).collect()
    }

    /// The model called `kind`.
    pub(super) fn named(&self, kind: &str) -> Option<&Served> {
        self.by_use.iter().find(|(known, _)| **known == *kind).map(|(_, served)| served)
    }

    /// The model that is asked for `task`.
    pub(super) fn for_task(&self, task: Task) -> Option<&Served> {
        self.named(task.name()).or_else(|| self.named("main"))
    }

    /// What they are called, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.by_use.iter().map(|(_, served)| served.model.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether there is a model that answers where no other is for a task.
    pub(super) fn has_main(&self) -> bool {
        self.named("main").is_some()
    }
}
