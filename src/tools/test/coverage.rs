//! How much of the rails the tests made run.

use std::fmt;

use serde::Serialize;

use super::Tested;
use crate::program::{Flow, Op};
use crate::source::Location;

/// What of one configuration ran.
#[derive(Debug, Clone, Serialize)]
pub struct Covered {
    /// The path of the configuration.
    pub path: String,
    /// What could run.
    pub items: Vec<Item>,
}

/// One thing that could run.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its name; of a branch, the line and what it would take.
    pub name: String,
    /// Where it stands.
    pub place: Location,
    /// Whether it ran.
    pub ran: bool,
}

/// What may run or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something a user may mean.
    Intent,
    /// Something the bot may say.
    Message,
    /// A flow or subflow.
    Flow,
    /// One way on from a step that has several.
    Branch,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Intent, Kind::Message, Kind::Flow, Kind::Branch];

    /// What to call several.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Intent => "intents",
            Kind::Message => "messages",
            Kind::Flow => "flows",
            Kind::Branch => "branches",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Intent => "intent",
            Kind::Message => "message",
            Kind::Flow => "flow",
            Kind::Branch => "branch",
        })
    }
}

/// How many of `items` ran, in percent; 100 when there are none.
pub(super) fn percent<'a>(items: impl Iterator<Item = &'a Item>) -> f64 {
    let (mut all, mut ran) = (0_u32, 0_u32);
    for item in items {
        all += 1;
        ran += u32::from(item.ran);
    }
    if all == 0 { 100.0 } else { f64::from(ran) / f64::from(all) * 100.0 }
}

pub(super) fn measure(tested: &Tested) -> Covered {
    let (program, sources) = (tested.rails.program(), tested.rails.sources());
    let mut items = Vec::new();
    let mut add = |kind, name: String, span, ran| items.push(Item { kind, name, place: sources.location(span), ran });
    for intent in &program.intents {
        add(Kind::Intent, intent.name.to_string(), intent.span, tested.meant.contains(&intent.name));
    }
    for message in &program.messages {
        if let Some(span) = message.span.filter(|span| !sources.file(span.file).is_shipped()) {
            add(Kind::Message, message.name.to_string(), span, tested.said.contains(&message.name));
        }
    }
    let flows = || program.flows().filter(|(_, flow)| !sources.file(flow.span.file).is_shipped());
    for (id, flow) in flows() {
        add(Kind::Flow, flow.name.to_string(), flow.span, tested.ran.has_run(id));
    }
    for (id, flow) in flows() {
        for (at, step) in flow.steps.iter().enumerate() {
            let line = sources.text(step.span).lines().next().unwrap_or_default().trim_end_matches(':');
            for (way, target) in ways(flow, at) {
                add(Kind::Branch, format!("{line}: {way}"), step.span, tested.ran.has_gone(id, at, target));
            }
        }
    }
    Covered { path: tested.path.display().to_string(), items }
}

/// The ways on from a step that has several.
fn ways(flow: &Flow, at: usize) -> Vec<(String, usize)> {
    match &flow.steps[at].op {
        Op::Branch { condition, otherwise } if condition.constant_truth().is_none() && *otherwise != at + 1 => {
            vec![("true".to_owned(), at + 1), ("false".to_owned(), *otherwise)]
        }
        Op::When { branches, otherwise } => {
            let mut targets: Vec<usize> = branches.iter().map(|(_, target)| *target).collect();
            targets.dedup();
            let ways = targets.into_iter().enumerate();
            let mut ways: Vec<_> = ways.map(|(index, target)| (format!("branch {}", index + 1), target)).collect();
            ways.extend(otherwise.map(|target| ("else".to_owned(), target)));
            ways
        }
        _ => Vec::new(),
    }
}
