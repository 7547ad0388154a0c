//! The variables of a conversation, with changes that can be taken back.

use std::sync::Arc;

use crate::expression::{Value, Variables};

/// Variables and, while a flow is only being tried, how to undo what it has set.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    variables: Variables,
    undo: Option<Vec<(Arc<str>, Option<Value>)>>,
}

impl Store {
    pub(super) fn new(variables: Variables) -> Self {
        Self { variables, undo: None }
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    pub(super) fn set(&mut self, name: Arc<str>, value: Value) {
        let before = self.variables.insert(name.clone(), value);
        if let Some(log) = &mut self.undo {
            log.push((name, before));
        }
    }

    /// From here on changes can be undone, until [`keep`](Self::keep) or [`undo`](Self::undo).
    pub(super) fn try_out(&mut self) {
        self.undo = Some(Vec::new());
    }

    pub(super) fn keep(&mut self) {
        self.undo = None;
    }

    pub(super) fn undo(&mut self) {
        for (name, before) in self.undo.take().unwrap_or_default().into_iter().rev() {
            match before {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
    }
}
