//! The record of one turn: what was decided, why, by which line of which rail, and how long it took.

mod show;
mod tracer;

use std::sync::Arc;

use serde::Serialize;

use super::reason::Reason;
use super::verdict::Status;
use crate::classify::Tier;
use crate::expression::Value;
use crate::library::Evidence;
use crate::model::{Task, Tokens};
use crate::program::Guards;
use crate::source::Location;
pub(super) use show::{by, shortened};
pub(super) use tracer::Tracer;

/// The version of the record's shape.
pub const TRACE_VERSION: u32 = 1;

/// How a reply came about. Prints as an indented list for people, serialises for machines.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// The version of this shape, [`TRACE_VERSION`].
    pub v: u32,
    /// Which turn of the conversation, from 1.
    pub turn: u32,
    /// How long the whole turn took, in microseconds.
    pub dur_us: f64,
    /// In the order they happened.
    pub events: Vec<TraceEvent>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct TraceEvent {
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// When it was done, in microseconds since the turn began.
    pub at_us: f64,
    /// How long it took, in microseconds.
    pub dur_us: f64,
    /// How deep it stands in what it belongs to: 1 inside of a rail, else 0.
    pub depth: u8,
    /// The line of `.co` that caused it.
    pub span: Option<Location>,
    /// The flow or subflow that line is in.
    pub flow: Option<Arc<str>>,
}

/// What happened. `kind` names it in JSON, `data` holds the rest.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case")]
pub enum What {
    /// The user's text was classified.
    Classified {
        /// The intent, or none that reached its threshold.
        intent: Option<Arc<str>>,
        /// The tier that decided.
        tier: Tier,
        /// The confidence of the best candidate, from 0 to 1.
        score: f32,
        /// What it had to reach.
        threshold: f32,
        /// How far the next intent is behind.
        margin: f32,
        /// The best candidate, whether it reached its threshold or not.
        best: Option<Arc<str>>,
        /// The example or pattern that matched, as in a rail file.
        matched: Option<String>,
        /// Why no score could be had.
        abstained: Option<String>,
        /// What was weighed, the best first. A tier that decides leaves out those behind it.
        candidates: Vec<Considered>,
    },
    /// `embeddings_only_fallback_intent` stands in for the intent that was not found.
    FellBack {
        /// That intent.
        intent: Arc<str>,
    },
    /// A flow began.
    FlowStarted,
    /// A flow ran to its end.
    FlowCompleted,
    /// A flow could not go on and was dropped.
    FlowAborted,
    /// A flow waits for another one to end.
    FlowInterrupted {
        /// That other flow.
        by: Arc<str>,
    },
    /// The flow that was in the way has ended.
    FlowResumed,
    /// The bot said something.
    Said {
        /// The message, unless the text came from a variable, or a model wrote a reply.
        message: Option<Arc<str>>,
        /// The text.
        text: String,
    },
    /// A text reads variables that have no value; they print as nothing.
    Undefined {
        /// Their names.
        variables: Vec<String>,
    },
    /// A step asks for a text that only a model could write, and there is none.
    NoText {
        /// The message, if it has a name.
        message: Option<Arc<str>>,
    },
    /// A rail began.
    RailStarted {
        /// Which.
        rail: Arc<str>,
        /// What it guards.
        guards: Guards,
    },
    /// A rail let a text pass.
    RailPassed {
        /// Which.
        rail: Arc<str>,
        /// The text it put in place of the other.
        rewritten: Option<String>,
    },
    /// A rail ended the turn.
    RailBlocked {
        /// Which.
        rail: Arc<str>,
        /// Why.
        reason: String,
        /// What it went by.
        evidence: Evidence,
    },
    /// A rail was not waited for, because another one that ran at the same time ended the turn.
    RailCancelled {
        /// Which.
        rail: Arc<str>,
    },
    /// A rail could not do its work.
    RailFailed {
        /// Which.
        rail: Arc<str>,
        /// Why.
        reason: Reason,
        /// Whether the turn went on without it, as `on_error: pass` says.
        passes: bool,
    },
    /// A rail is only watched, and the turn went on as if it were not there.
    NotObeyed {
        /// Which.
        rail: Arc<str>,
        /// What it would have made of the text.
        status: Status,
    },
    /// `$skip_output_rails` let a text past the output rails.
    OutputRailsSkipped,
    /// A model was asked.
    Asked {
        /// For what.
        task: Task,
        /// Which.
        model: String,
        /// What it answered.
        answer: String,
        /// What that took, if the model says so.
        tokens: Option<Tokens>,
    },
    /// A model did not answer, and the next of its fallbacks is asked.
    ModelFailed {
        /// Which.
        model: String,
        /// The [kind](crate::model::ModelError::kind) of the failure.
        cause: &'static str,
        /// Why.
        reason: String,
        /// The model that is asked next.
        next: String,
    },
    /// What was said longest ago was left out of what a model is sent, for want of room.
    Forgot {
        /// How many texts.
        texts: usize,
    },
    /// A model chose what the text means.
    Judged {
        /// The intent, or none of those it could choose.
        intent: Option<Arc<str>>,
        /// Among which.
        among: Vec<Arc<str>>,
        /// Whether it had chosen before, for the same text.
        remembered: bool,
    },
    /// The judge could not tell, or was not to be trusted.
    JudgeFailed {
        /// Why.
        reason: Reason,
        /// Whether the embedding decides then, as `on_error` says.
        passes: bool,
    },
    /// The embedder failed, so that it is not known what the text means.
    EmbedderFailed {
        /// Why.
        reason: Reason,
        /// Whether the turn goes on as if it meant no intent, as `on_error` says.
        passes: bool,
    },
    /// Documents were searched.
    Retrieved {
        /// The headings of what was found, the best first.
        titles: Vec<Arc<str>>,
    },
    /// The model calls tools.
    ToolsCalled {
        /// Their names.
        tools: Vec<String>,
    },
    /// A text left in parts, while it was still being written.
    Streamed {
        /// How often output rails looked at it before its end.
        looks: u32,
    },
    /// A flow raised an event.
    Raised {
        /// Its type.
        event: Arc<str>,
        /// What it carries.
        values: serde_json::Map<String, Value>,
    },
    /// An action ran.
    Executed {
        /// Its name.
        action: Arc<str>,
        /// What it returned.
        result: Value,
    },
    /// No flow had anything to do.
    NoFlow,
    /// A step ended the turn and dropped every flow.
    Stopped,
    /// Something failed; the turn ended with `inform internal error occurred`.
    Failed {
        /// What and why.
        reason: Reason,
    },
    /// Earlier messages were seen before, and the flows stand where they led to.
    Recognised {
        /// How many turns.
        turns: u32,
    },
    /// Earlier messages were run through the flows, so that they stand where the conversation left them.
    Replayed {
        /// How many turns.
        turns: u32,
        /// Why the flows could not follow, if they could not; they start afresh then.
        dropped: Option<String>,
    },
}

/// An intent that a text was compared with.
#[derive(Debug, Clone, Serialize)]
pub struct Considered {
    /// The intent.
    pub intent: Arc<str>,
    /// The tier that found it.
    pub tier: Tier,
    /// The confidence, from 0 to 1.
    pub score: f32,
    /// What it has to reach.
    pub threshold: f32,
    /// The text of the example or pattern that speaks for it.
    pub example: Arc<str>,
    /// Where that stands.
    pub span: Location,
}
