//! The record of one turn: what was decided, why, by which line of which rail, and how long it took.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::coverage::Coverage;
use crate::classify::Tier;
use crate::expression::Value;
use crate::model::{Task, Tokens};
use crate::program::{Flow, FlowId, Guards};
use crate::source::{Location, SourceMap, Span};

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
        /// The message, unless the text came from a variable.
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
        reason: String,
        /// Whether the turn went on without it, as `on_error: pass` says.
        passes: bool,
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
        reason: String,
        /// Whether the embedding decides then, as `on_error` says.
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
        reason: String,
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

/// Takes down what happens in one turn.
pub(super) struct Tracer {
    sources: Arc<SourceMap>,
    began: Instant,
    last: f64,
    events: Vec<TraceEvent>,
    depth: u8,
    silent: bool,
    coverage: Option<Arc<Coverage>>,
    /// The ways of a flow that is only being tried.
    tried: Option<Vec<(FlowId, usize, usize)>>,
    held: Option<(FlowId, usize)>,
}

impl Tracer {
    /// What runs goes into `coverage` too, if there is one.
    pub(super) fn new(sources: Arc<SourceMap>, coverage: Option<Arc<Coverage>>) -> Self {
        Self {
            sources,
            began: Instant::now(),
            last: 0.0,
            events: Vec::new(),
            depth: 0,
            silent: false,
            coverage,
            tried: None,
            held: None,
        }
    }

    /// `flow` runs.
    pub(super) fn ran(&self, flow: FlowId) {
        if let Some(coverage) = &self.coverage {
            coverage.flow(flow);
        }
    }

    /// `flow` goes from its step at `from` to the one at `to`, one way of several.
    pub(super) fn went(&mut self, flow: FlowId, from: usize, to: usize) {
        if to == from + 1 {
            self.held = Some((flow, from));
        }
        match (&self.coverage, &mut self.tried) {
            (None, _) => {}
            (Some(_), Some(tried)) => tried.push((flow, from, to)),
            (Some(coverage), None) => coverage.way(flow, from, to),
        }
    }

    /// The ways from here on count only if the flow starts.
    pub(super) fn try_out(&mut self) {
        self.tried = Some(Vec::new());
    }

    /// Whether the flow that was tried starts.
    pub(super) fn tried(&mut self, starts: bool) {
        let tried = self.tried.take().unwrap_or_default();
        if starts {
            tried.into_iter().for_each(|(flow, from, to)| self.went(flow, from, to));
        }
    }

    /// A tracer for what runs at the same time as what this one is for.
    pub(super) fn beside(&self) -> Self {
        let mut other = Self::new(self.sources.clone(), self.coverage.clone());
        (other.began, other.last) = (self.began, self.last);
        other
    }

    /// Adds what `other` has taken down.
    pub(super) fn take(&mut self, other: Self) {
        self.events.extend(other.events);
        self.last = self.last.max(other.last);
    }

    /// How much was taken down so far.
    pub(super) fn mark(&self) -> usize {
        self.events.len()
    }

    /// Forgets what was taken down since [`mark`](Self::mark).
    pub(super) fn rewind(&mut self, mark: usize) {
        self.events.truncate(mark);
    }

    /// The last condition that held on the way, of which flow and which step.
    pub(super) fn held(&mut self) -> Option<(FlowId, usize)> {
        self.held.take()
    }

    /// Takes nothing down until told otherwise.
    pub(super) fn silence(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// What follows belongs to what was taken down last, or no longer does.
    pub(super) fn deeper(&mut self, deeper: bool) {
        self.depth = u8::from(deeper);
    }

    /// Takes `what` down, caused by the line at `span`. It took the time since the last event.
    pub(super) fn record(&mut self, what: What, span: Option<Span>, flow: Option<&Flow>) {
        if self.silent {
            return;
        }
        let at_us = self.elapsed_us();
        let span = span.map(|span| self.sources.location(span));
        let flow = flow.map(|flow| flow.name.clone());
        self.events.push(TraceEvent { what, at_us, dur_us: tenth(at_us - self.last), depth: self.depth, span, flow });
        self.last = at_us;
    }

    /// Takes down what became of `flow`.
    pub(super) fn flow(&mut self, what: What, flow: &Flow) {
        self.record(what, Some(flow.span), Some(flow));
    }

    pub(super) fn finish(self, turn: u32) -> Trace {
        Trace { v: TRACE_VERSION, turn, dur_us: self.elapsed_us(), events: self.events }
    }

    fn elapsed_us(&self) -> f64 {
        tenth(self.began.elapsed().as_nanos() as f64 / 1_000.0)
    }
}

/// The start of a text, enough to know it by; the record holds all of it.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn tenth(microseconds: f64) -> f64 {
    (microseconds * 10.0).round() / 10.0
}

impl TraceEvent {
    /// Whether a step of a flow did it, and it belongs to that flow.
    fn is_step(&self) -> bool {
        let by_step = matches!(
            self.what,
            What::Said { .. }
                | What::Undefined { .. }
                | What::NoText { .. }
                | What::Asked { .. }
                | What::Forgot { .. }
                | What::Retrieved { .. }
                | What::ToolsCalled { .. }
                | What::Streamed { .. }
                | What::Raised { .. }
                | What::Executed { .. }
                | What::Stopped
                | What::Failed { .. }
        );
        by_step && self.flow.is_some()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "turn {} · {} µs", self.turn, self.dur_us)?;
        self.events.iter().try_for_each(|event| write!(f, "\n  {event}"))
    }
}

impl fmt::Display for TraceEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let depth = usize::from(self.depth) + usize::from(self.is_step());
        write!(f, "{:>8.1} µs  {:indent$}", self.dur_us, "", indent = 2 * depth)?;
        let flow = self.flow.as_deref().unwrap_or("");
        match &self.what {
            What::Classified { intent, tier, score, threshold, margin, best, matched, abstained } => {
                match (intent, best, abstained) {
                    (Some(intent), ..) => {
                        write!(f, "means `{intent}`: {tier}, {score:.2} ≥ {threshold:.2}, margin {margin:.2}")?
                    }
                    (None, _, Some(reason)) => write!(f, "means nothing known: {reason}")?,
                    (None, Some(best), None) => {
                        write!(f, "means nothing known: {tier}, `{best}` is nearest, {score:.2} < {threshold:.2}")?;
                    }
                    (None, None, None) => write!(f, "means nothing known: there is nothing to compare with")?,
                }
                if let Some(matched) = matched {
                    write!(f, ", by {matched}")?;
                }
            }
            What::FellBack { intent } => write!(f, "is taken to mean `{intent}`, the fallback")?,
            What::FlowStarted => write!(f, "`{flow}` starts")?,
            What::FlowCompleted => write!(f, "`{flow}` is done")?,
            What::FlowAborted => write!(f, "`{flow}` is dropped, its next step does not fit")?,
            What::FlowInterrupted { by } => write!(f, "`{flow}` waits for `{by}` to end")?,
            What::FlowResumed => write!(f, "`{flow}` goes on")?,
            What::Said { message: Some(message), text } => write!(f, "says `{message}`: {:?}", shortened(text))?,
            What::Said { message: None, text } => write!(f, "says {:?}", shortened(text))?,
            What::Undefined { variables } => write!(f, "prints nothing for ${}", variables.join(", $"))?,
            What::NoText { message: Some(message) } => {
                write!(f, "`{message}` has no text and there is no model to write one")?;
            }
            What::NoText { message: None } => write!(f, "there is no model to write a text")?,
            What::RailStarted { rail, guards } => write!(f, "{guards} rail `{rail}` starts")?,
            What::RailPassed { rail, rewritten: None } => write!(f, "rail `{rail}` lets it pass")?,
            What::RailPassed { rail, rewritten: Some(text) } => {
                write!(f, "rail `{rail}` lets it pass as {:?}", shortened(text))?;
            }
            What::RailBlocked { rail, reason } => write!(f, "rail `{rail}` blocks: {reason}")?,
            What::RailCancelled { rail } => write!(f, "rail `{rail}` is not waited for")?,
            What::RailFailed { rail, reason, passes: false } => write!(f, "rail `{rail}` fails: {reason}")?,
            What::RailFailed { rail, reason, passes: true } => {
                write!(f, "rail `{rail}` fails and is passed by, as `on_error` says: {reason}")?;
            }
            What::OutputRailsSkipped => write!(f, "passes the output rails by, as `$skip_output_rails` says")?,
            What::Asked { task, model, answer, tokens } => {
                write!(f, "asks `{model}` for {task}: {:?}", shortened(answer))?;
                if let Some(Tokens { input, output }) = tokens {
                    write!(f, ", {input} + {output} tokens")?;
                }
            }
            What::Forgot { texts } => write!(f, "leaves out the {texts} oldest texts, for want of room")?,
            What::Judged { intent: Some(intent), remembered, .. } => {
                write!(f, "means `{intent}`: judge{}", if *remembered { ", as before" } else { "" })?;
            }
            What::Judged { intent: None, among, .. } => {
                write!(f, "means none of `{}`: judge", among.join("`, `"))?;
            }
            What::JudgeFailed { reason, passes } => {
                let then = if *passes { "the embedding decides, as `on_error` says" } else { "the turn is blocked" };
                write!(f, "the judge fails, and {then}: {reason}")?;
            }
            What::Retrieved { titles } if titles.is_empty() => write!(f, "finds nothing in the documents")?,
            What::Retrieved { titles } => write!(f, "finds in the documents: {}", titles.join("; "))?,
            What::ToolsCalled { tools } => write!(f, "calls tools: {}", tools.join(", "))?,
            What::Streamed { looks } => write!(f, "streamed, with {looks} looks of the output rails on the way")?,
            What::Raised { event, values } => {
                write!(f, "raises `{event}` with {}", shortened(&Value::Object(values.clone()).to_string()))?;
            }
            What::Executed { action, result } => {
                write!(f, "runs `{action}`, which returns {}", shortened(&result.to_string()))?;
            }
            What::NoFlow => write!(f, "no flow has anything to do")?,
            What::Stopped => write!(f, "stops the turn and every flow")?,
            What::Failed { reason } => write!(f, "fails: {reason}")?,
            What::Recognised { turns } => write!(f, "goes on from {turns} turns it has seen")?,
            What::Replayed { turns, dropped: None } => write!(f, "follows {turns} earlier turns")?,
            What::Replayed { turns, dropped: Some(reason) } => {
                write!(f, "follows {turns} earlier turns and lets go of the flows: {reason}")?;
            }
        }
        match &self.span {
            Some(span) => write!(f, "  ({span})"),
            None => Ok(()),
        }
    }
}
