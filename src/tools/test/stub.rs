//! Actions that answer as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::Map;

use crate::engine::{ActionError, Args, RailsBuilder};
use crate::expression::Value;

/// What comes of one call.
#[derive(Debug, Clone)]
pub(super) struct Stub {
    /// Arguments that the call must have; it may have others.
    pub arguments: Map<String, Value>,
    /// Its result, or why it fails.
    pub outcome: Result<Value, String>,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub action: Arc<str>,
    pub arguments: Map<String, Value>,
}

/// The actions of one test.
#[derive(Debug, Clone, Default)]
pub(super) struct Stubs {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    stubs: FxHashMap<Arc<str>, VecDeque<Stub>>,
    calls: Vec<Call>,
    wrong: Option<(Call, Stub)>,
    unscripted: Option<Call>,
}

impl Stubs {
    /// Registers the actions called `names`, without saying what comes of them.
    pub(super) fn register(
        &self,
        names: impl IntoIterator<Item = Arc<str>>,
        mut builder: RailsBuilder,
    ) -> RailsBuilder {
        for name in names {
            let stubs = self.clone();
            let action = name.clone();
            builder = builder.action(&name, move |args| {
                let result = stubs.call(&action, &args);
                async move { result }
            });
        }
        builder
    }

    /// What comes of the next call of `action` that nothing is said of yet.
    pub(super) fn add(&self, action: &Arc<str>, stub: Stub) {
        self.lock().stubs.entry(action.clone()).or_default().push_back(stub);
    }

    /// The calls since this was asked last.
    pub(super) fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// A call that had other arguments than the test says.
    pub(super) fn wrong(&self) -> Option<(Call, Stub)> {
        self.lock().wrong.take()
    }

    /// A call that the test says nothing of.
    pub(super) fn unscripted(&self) -> Option<Call> {
        self.lock().unscripted.take()
    }

    /// An action that the test says more of than it was called.
    pub(super) fn uncalled(&self) -> Option<Arc<str>> {
        let state = self.lock();
        let mut names: Vec<&Arc<str>> =
            state.stubs.iter().filter(|(_, stubs)| !stubs.is_empty()).map(|(name, _)| name).collect();
        names.sort();
        names.first().map(|name| (*name).clone())
    }

    fn call(&self, action: &Arc<str>, args: &Args) -> Result<Value, ActionError> {
        let arguments: Map<String, Value> = args.parse()?;
        let mut state = self.lock();
        let call = Call { action: action.clone(), arguments };
        state.calls.push(call.clone());
        let Some(stub) = state.stubs.get_mut(action).and_then(VecDeque::pop_front) else {
            state.unscripted.get_or_insert(call);
            return Err(ActionError::new("the test does not say what comes of this call"));
        };
        let fits = stub.arguments.iter().all(|(name, value)| call.arguments.get(name) == Some(value));
        if !fits && state.wrong.is_none() {
            state.wrong = Some((call, stub.clone()));
        }
        stub.outcome.map_err(ActionError::new)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, "{}({})", self.action, arguments.join(", "))
    }
}
