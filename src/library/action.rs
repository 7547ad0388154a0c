//! Actions of ours: what is called, with what, and what comes of it.

use std::sync::Arc;

use serde_json::Map;

use super::evidence::Evidence;
use crate::classify::{Classifier, Readings, Recent};
use crate::expression::{Value, Variables, to_text};
use crate::program::{Guards, Program};

/// What an action looks at, and how. It runs to its end at once, asks nobody, and takes a time in proportion to what it is given.
pub(crate) type Action = Box<dyn Fn(&Call<'_>) -> Result<Answer, String> + Send + Sync>;

/// One call of an action.
pub(crate) struct Call<'a> {
    /// The arguments, by name; positional ones are called `1`, `2` ….
    pub args: &'a Map<String, Value>,
    /// The variables of the conversation, without the `$`.
    pub variables: &'a Variables,
    /// What the rail guards that runs, if one does.
    pub guards: Option<Guards>,
    /// The rails.
    pub program: &'a Program,
    /// What tells intents.
    pub classifier: &'a Classifier,
    /// The tools that the model was offered, in the shape of OpenAI's chat interface.
    pub tools: &'a [Value],
    /// What was read in this turn.
    pub recent: &'a Recent,
}

/// What an action returns, and what it went by.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What the flow gets.
    pub value: Value,
    /// What it went by, unless `value` says so itself.
    pub evidence: Option<Evidence>,
}

impl Call<'_> {
    /// The text that is to be looked at: the argument `text`, or else what the stage guards which `source` names (`input`, `output`, `retrieval` …), or
    /// else what the rail guards that runs.
    ///
    /// # Errors
    /// When it is not said, or there is no such stage.
    pub(crate) fn text(&self) -> Result<String, String> {
        if let Some(text) = self.args.get("text").filter(|text| !text.is_null()) {
            return Ok(to_text(text));
        }
        let guards = self.stage()?;
        Ok(self.variables.get(guards.variable()).map(to_text).unwrap_or_default())
    }

    /// All ways to read [`text`](Self::text).
    ///
    /// # Errors
    /// As there.
    pub(crate) fn readings(&self) -> Result<Arc<Readings>, String> {
        Ok(self.read(&self.text()?))
    }

    /// All ways to read `text`, made once for all rails of a turn that look at it.
    pub(crate) fn read(&self, text: &str) -> Arc<Readings> {
        self.recent.read(self.classifier, text)
    }

    /// The stage that the argument `source` names, or that the rail guards which runs.
    ///
    /// # Errors
    /// When it is not said, or there is no such stage.
    pub(crate) fn stage(&self) -> Result<Guards, String> {
        match self.args.get("source").and_then(Value::as_str) {
            Some("input") => Ok(Guards::Input),
            Some("output") => Ok(Guards::Output),
            Some("retrieval") => Ok(Guards::Retrieval),
            Some("tool_input") => Ok(Guards::ToolInput),
            Some("tool_output") => Ok(Guards::ToolOutput),
            Some(other) => Err(format!(
                "`source` should be `input`, `output`, `retrieval`, `tool_input` or `tool_output`, not `{other}`"
            )),
            None => self.guards.ok_or_else(|| "say what to look at: `text=…`, or `source=\"input\"`".to_owned()),
        }
    }

    /// The argument called `name`, if it is given and a number from 0 to 1.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn fraction(&self, name: &str) -> Result<Option<f64>, String> {
        match self.args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64().filter(|number| (0.0..=1.0).contains(number)) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("`{name}` should be a number from 0 to 1, not {value}")),
            },
        }
    }
}

impl Answer {
    /// Returns `value`, which says itself what it went by, or went by nothing.
    pub(crate) fn plain(value: impl Into<Value>) -> Self {
        Self { value: value.into(), evidence: None }
    }
}
