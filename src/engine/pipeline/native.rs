//! Actions of ours.

use super::Turn;
use crate::classify::Recent;
use crate::engine::action::Args;
use crate::engine::loaded::Loaded;
use crate::expression::Value;
use crate::library::{Answer, Call};
use crate::program::Guards;

/// What is looked at and longer, in bytes, is looked at where nothing else waits.
const LONG: usize = 32 << 10;

/// The parameter of rails that stands for how sure they must be.
const THRESHOLD: &str = "threshold";

impl Turn<'_> {
    /// Whether `action` is one of ours, and nobody has put another in its place.
    pub(super) fn is_native(&self, action: &str) -> bool {
        self.parts.library.action(action).is_some() && !self.is_replaced(action)
    }

    /// Whether the host program has an action of this name, or `config.yml` says that another server has.
    pub(super) fn is_replaced(&self, action: &str) -> bool {
        self.parts.actions.has(action) || self.parts.config.has_action(action)
    }

    /// The arguments of an action of ours: a threshold that the rail is given is one of them.
    pub(super) fn with_threshold(&self, args: Args) -> Args {
        match self.rail.and_then(|rail| rail.locals.get(THRESHOLD)) {
            Some(threshold) => args.or(THRESHOLD, threshold),
            None => args,
        }
    }

    /// Runs an action of ours.
    pub(super) async fn run_native(&self, action: &str, args: Args) -> Result<Answer, String> {
        let guards = self.rail.map(|rail| rail.guards);
        let stages = Guards::ALL.iter().map(|stage| length(args.context(stage.variable())));
        let given = args.values().values().map(|value| length(Some(value))).sum();
        let is_long = stages.chain([given]).any(|length| length >= LONG);
        // Some of ours have a text classified.
        if !is_long && !self.parts.classifier.is_costly() {
            return run(&self.parts.loaded, action, (&args, guards), (self.offered, &self.recent));
        }
        let (loaded, action, recent) = (self.parts.loaded.clone(), action.to_owned(), self.recent.clone());
        let tools = self.offered.to_vec();
        let limit = self.parts.config.limits.timeout;
        let apart = tokio::task::spawn_blocking(move || run(&loaded, &action, (&args, guards), (&tools, &recent)));
        match tokio::time::timeout(limit, apart).await {
            Err(_) => Err(format!("it took longer than {limit:?}")),
            Ok(Err(_)) => Err("it panicked".to_owned()),
            Ok(Ok(answer)) => answer,
        }
    }
}

fn run(
    loaded: &Loaded,
    action: &str,
    (args, guards): (&Args, Option<Guards>),
    (tools, recent): (&[Value], &Recent),
) -> Result<Answer, String> {
    let run = loaded.library.action(action).ok_or("there is no such action")?;
    run(&Call {
        args: args.values(),
        variables: args.variables(),
        guards,
        program: &loaded.program,
        classifier: &loaded.classifier,
        tools,
        recent,
    })
}

/// About how many bytes there are to be looked at.
fn length(value: Option<&Value>) -> usize {
    match value {
        Some(Value::String(text)) => text.len(),
        Some(Value::Array(items)) => items.iter().map(|item| length(Some(item))).sum(),
        Some(Value::Object(entries)) => entries.values().map(|value| length(Some(value))).sum(),
        _ => 0,
    }
}
