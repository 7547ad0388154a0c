//! What was said so far, for models to read. Adding and copying cost the same however long the conversation is.

use std::sync::Arc;

use crate::model::ToolCall;

/// How much is kept at least; twice as much is the most.
const KEPT: u32 = 100;

/// What was said, the latest first.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    last: Option<Arc<Entry>>,
    count: u32,
}

#[derive(Debug)]
struct Entry {
    said: Said,
    before: Option<Arc<Entry>>,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Said {
    /// By the user, and what it was taken to mean.
    User { text: String, intent: Option<Arc<str>> },
    /// By the bot, and the message it was.
    Bot { text: String, message: Option<Arc<str>> },
    /// By the bot, which called tools by it.
    Calls { text: String, calls: Vec<ToolCall> },
    /// By a tool that was called.
    Result { id: String, name: String, text: String },
    /// By whoever runs the application.
    System { text: String },
}

impl Said {
    /// How many bytes it has, about.
    pub(super) fn bytes(&self) -> usize {
        let calls = match self {
            Said::Calls { calls, .. } => calls.as_slice(),
            _ => &[],
        };
        self.text().len() + calls.iter().map(ToolCall::bytes).sum::<usize>()
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Said::User { text, .. }
            | Said::Bot { text, .. }
            | Said::Calls { text, .. }
            | Said::Result { text, .. }
            | Said::System { text } => text,
        }
    }
}

impl History {
    pub(super) fn push(&mut self, said: Said) {
        if self.count >= 2 * KEPT {
            *self = self.recent(KEPT as usize).into_iter().cloned().collect();
        }
        self.last = Some(Arc::new(Entry { said, before: self.last.take() }));
        self.count += 1;
    }

    /// Takes back what was said last, if it was the bot.
    pub(super) fn take_back(&mut self) {
        if let Some(entry) = self.last.as_ref().filter(|entry| matches!(entry.said, Said::Bot { .. })) {
            (self.last, self.count) = (entry.before.clone(), self.count.saturating_sub(1));
        }
    }

    /// The last `count` things, the earliest first.
    pub(super) fn recent(&self, count: usize) -> Vec<&Said> {
        let mut entries = std::iter::successors(self.last.as_deref(), |entry| entry.before.as_deref());
        let mut said: Vec<&Said> = entries.by_ref().take(count).map(|entry| &entry.said).collect();
        said.reverse();
        said
    }
}

impl FromIterator<Said> for History {
    fn from_iter<I: IntoIterator<Item = Said>>(said: I) -> Self {
        let mut history = Self::default();
        said.into_iter().for_each(|said| history.push(said));
        history
    }
}

#[cfg(test)]
mod tests {
    use super::{History, KEPT, Said};

    #[test]
    fn the_latest_are_kept_in_order() {
        let text = |number: u32| Said::Bot { text: number.to_string(), message: None };
        let history: History = (0..1_000).map(text).collect();
        let recent: Vec<Said> = history.recent(KEPT as usize).into_iter().cloned().collect();
        assert_eq!(recent, (1_000 - KEPT..1_000).map(text).collect::<Vec<_>>());
        assert!(history.count <= 2 * KEPT && history.recent(usize::MAX).len() == history.count as usize);
    }
}
