//! The models of a set of rails, by what they are asked for.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, ModelSpec};
use crate::model::{self, ChatModel, Task};

/// A model, and how the configuration names it.
#[derive(Clone)]
pub(super) struct Served {
    pub model: Arc<dyn ChatModel>,
    /// `None` for one that the host program brings.
    pub spec: Option<Arc<ModelSpec>>,
    /// Who is asked in its place when it does not answer, one after the other.
    pub fallbacks: Arc<[Served]>,
}

impl Served {
    /// A model that the host program brings.
    pub(super) fn brought(model: Arc<dyn ChatModel>) -> Self {
        Self { model, spec: None, fallbacks: Arc::default() }
    }

    /// The model that `spec` describes, with its fallbacks, which have `limit` together. What keeps one from being called is said when it is.
    pub(super) fn connected(spec: &ModelSpec, limit: Duration) -> Self {
        // Who has others behind it does not wait longer than its share for a server that asks it to.
        let share = limit / u32::try_from(spec.fallbacks.len() + 1).unwrap_or(u32::MAX);
        let connect = |spec: &ModelSpec, is_last: bool| {
            let model = model::connect(spec, (!is_last).then_some(share));
            Self { spec: Some(Arc::new(spec.clone())), ..Self::brought(model) }
        };
        let behind = |at: usize| spec.fallbacks.len() - at;
        let fallbacks = spec.fallbacks.iter().enumerate().map(|(at, fallback)| connect(fallback, behind(at) == 1));
        Self { fallbacks: fallbacks.collect(), ..connect(spec, spec.fallbacks.is_empty()) }
    }

    /// It, and its fallbacks, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Served> {
        std::iter::once(self).chain(&*self.fallbacks)
    }
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

    /// All of them, fallbacks too.
    pub(super) fn all(&self) -> impl Iterator<Item = &Served> {
        self.by_use.iter().flat_map(|(_, served)| served.all())
    }

    /// What they are called, each once.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.all().map(|served| served.model.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether there is a model that answers where no other is for a task.
    pub(super) fn has_main(&self) -> bool {
        self.named("main").is_some()
    }
}
