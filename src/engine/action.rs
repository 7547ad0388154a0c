//! Actions: functions of the host program that flows run by `execute`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::reason::Reason;
use crate::expression::{Value, Variables};
use crate::program::action_name;

/// The arguments of one call, by name; positional ones are called `1`, `2` ….
#[derive(Debug, Clone, Default)]
pub struct Args {
    values: serde_json::Map<String, Value>,
    /// What the action is called in the rail file.
    written: Arc<str>,
    context: Arc<Variables>,
}

impl Args {
    pub(super) fn new(written: Arc<str>, values: impl IntoIterator<Item = (Arc<str>, Value)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        Self { values, written, context: Arc::default() }
    }

    pub(super) fn with_context(self, context: Arc<Variables>) -> Self {
        Self { context, ..self }
    }

    /// The variable of the conversation called `name`, without the `$`, as it is when the action is called.
    pub fn context(&self, name: &str) -> Option<&Value> {
        self.context.get(name)
    }

    pub(super) fn variables(&self) -> &Variables {
        &self.context
    }

    /// The same with `value` for an argument called `name`, where it is not given.
    pub(super) fn or(mut self, name: &str, value: &Value) -> Self {
        if self.values.get(name).is_none_or(Value::is_null) {
            self.values.insert(name.to_owned(), value.clone());
        }
        self
    }

    /// What the action is called in the rail file.
    pub fn action(&self) -> &str {
        &self.written
    }

    /// All arguments, as they came.
    pub fn values(&self) -> &serde_json::Map<String, Value> {
        &self.values
    }

    /// The argument called `name`, as it came.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The argument called `name`, as a `T`. A missing one reads as `null`, which an `Option` takes.
    ///
    /// # Errors
    /// When it is no `T`; the error names the argument.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, ActionError> {
        let value = self.values.get(name).cloned().unwrap_or(Value::Null);
        let brief = || format!("argument `{name}`: it is not what it should be");
        let told = |error| ActionError::told(format!("argument `{name}`: {error}"), brief());
        serde_json::from_value(value).map_err(told)
    }

    /// All arguments at once, as the fields of a `T`.
    ///
    /// # Errors
    /// When they don't fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ActionError> {
        let values = Value::Object(self.values.clone());
        serde_json::from_value(values).map_err(|error| {
            ActionError::told(format!("arguments: {error}"), "its arguments are not what they should be")
        })
    }
}

/// Why an action failed. It goes into the trace, never into the reply or the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionError(Reason);

impl ActionError {
    /// An error that says `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::told(reason, "it failed")
    }

    /// An error that says `reason`, and of which verdicts may tell what is `brief`.
    pub(super) fn told(reason: impl Into<String>, brief: impl Into<String>) -> Self {
        Self(Reason::of_others(reason, brief))
    }

    /// An error in words that anybody may know.
    pub(super) fn ours(reason: impl Into<String>) -> Self {
        Self(Reason::ours(reason))
    }

    pub(super) fn into_reason(self) -> Reason {
        self.0
    }
}

impl std::fmt::Display for ActionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: std::error::Error> From<E> for ActionError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

type BoxedAction = Arc<dyn Fn(Args) -> Pin<Box<dyn Future<Output = Result<Value, ActionError>> + Send>> + Send + Sync>;

/// How many bytes an action may return, about.
pub(super) const LARGEST_RESULT: usize = 4 << 20;

/// The actions a set of rails may run.
#[derive(Clone, Default)]
pub(super) struct Actions {
    by_name: FxHashMap<Arc<str>, BoxedAction>,
    /// Runs those that have no name here.
    others: Option<BoxedAction>,
}

/// About how many bytes a value takes.
fn size(value: &Value) -> usize {
    8 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(entries) => entries.iter().map(|(name, value)| name.len() + size(value)).sum(),
        _ => 0,
    }
}

impl Actions {
    /// What flows may run.
    pub(super) fn names(&self) -> impl Iterator<Item = Arc<str>> {
        self.by_name.keys().cloned()
    }

    pub(super) fn add<F, R>(&mut self, name: &str, action: F)
    where
        F: Fn(Args) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, ActionError>> + Send + 'static,
    {
        let boxed: BoxedAction = Arc::new(move |args| Box::pin(action(args)));
        self.by_name.insert(action_name(name), boxed);
    }

    /// Whether the host program registers an action called `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Has the server at `base` run all other actions.
    #[cfg(feature = "http")]
    pub(super) fn ask(&mut self, base: &str) -> Result<(), ActionError> {
        let remote = Arc::new(super::remote::Remote::new(base)?);
        self.others = Some(Arc::new(move |args| {
            let remote = remote.clone();
            // It knows actions by the names that their authors gave them.
            Box::pin(async move { remote.run(args.action(), &args).await })
        }));
        Ok(())
    }

    /// Has the server at `base` run all other actions.
    #[cfg(not(feature = "http"))]
    pub(super) fn ask(&mut self, _: &str) -> Result<(), ActionError> {
        Err(ActionError::new("this railsc is built without HTTP"))
    }

    /// Runs one action. It runs as a task of its own, so that a panic or a hang stays there.
    pub(super) async fn run(&self, name: &str, args: Args, limit: Duration) -> Result<Value, ActionError> {
        let mut tasks = JoinSet::new();
        match (self.by_name.get(name).cloned(), &self.others) {
            (Some(action), _) => tasks.spawn(async move { action(args).await }),
            (None, Some(others)) => tasks.spawn(others(args)),
            (None, None) => return Err(ActionError::ours("no such action is registered")),
        };
        match tokio::time::timeout(limit, tasks.join_next()).await {
            Ok(Some(Ok(Ok(result)))) if size(&result) > LARGEST_RESULT => {
                Err(ActionError::ours(format!("it returned more than {LARGEST_RESULT} bytes")))
            }
            Ok(Some(Ok(result))) => result,
            Ok(Some(Err(_))) => Err(ActionError::ours("it panicked")),
            Ok(None) => Err(ActionError::ours("it was cancelled")),
            Err(_) => Err(ActionError::ours(format!("it took longer than {limit:?}"))),
        }
    }
}
