//! The variables of a conversation, with changes that can be taken back.

use std::sync::Arc;

use crate::expression::{Value, Variables, to_text};

/// Variables and, while a flow is only being tried, how to undo what it has set.
#[derive(Debug, Clone, Default)]
pub(super) struct Store {
    /// Shared with the conversation as it was before the turn, until one of them changes.
    variables: Arc<Variables>,
    undo: Option<Vec<(Arc<str>, Option<Value>)>>,
}

impl Store {
    pub(super) fn new(variables: Variables) -> Self {
        Self { variables: Arc::new(variables), undo: None }
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The variable called `name` as a text; nothing when it is not set, or `None`.
    pub(super) fn text(&self, name: &str) -> String {
        self.variables.get(name).filter(|value| !value.is_null()).map(to_text).unwrap_or_default()
    }

    /// The variables as they are now, which later changes leave alone.
    pub(super) fn snapshot(&self) -> Arc<Variables> {
        self.variables.clone()
    }

    pub(super) fn set(&mut self, name: Arc<str>, value: Value) {
        let before = Arc::make_mut(&mut self.variables).insert(name.clone(), value);
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
            let variables = Arc::make_mut(&mut self.variables);
            match before {
                Some(value) => variables.insert(name, value),
                None => variables.remove(&name),
            };
        }
    }
}
