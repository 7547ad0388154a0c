//! Taking down what happens, as it does.

use std::sync::Arc;
use std::time::Instant;

use super::{TRACE_VERSION, Trace, TraceEvent, What};
use crate::engine::coverage::Coverage;
use crate::program::{Flow, FlowId};
use crate::source::{SourceMap, Span};

/// Takes down what happens in one turn.
pub(in crate::engine) struct Tracer {
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
    pub(in crate::engine) fn new(sources: Arc<SourceMap>, coverage: Option<Arc<Coverage>>) -> Self {
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
    pub(in crate::engine) fn ran(&self, flow: FlowId) {
        if let Some(coverage) = &self.coverage {
            coverage.flow(flow);
        }
    }

    /// `flow` goes from its step at `from` to the one at `to`, one way of several.
    pub(in crate::engine) fn went(&mut self, flow: FlowId, from: usize, to: usize) {
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
    pub(in crate::engine) fn try_out(&mut self) {
        self.tried = Some(Vec::new());
    }

    /// Whether the flow that was tried starts.
    pub(in crate::engine) fn tried(&mut self, starts: bool) {
        let tried = self.tried.take().unwrap_or_default();
        if starts {
            tried.into_iter().for_each(|(flow, from, to)| self.went(flow, from, to));
        }
    }

    /// A tracer for what runs at the same time as what this one is for.
    pub(in crate::engine) fn beside(&self) -> Self {
        let mut other = Self::new(self.sources.clone(), self.coverage.clone());
        (other.began, other.last) = (self.began, self.last);
        other
    }

    /// Adds what `other` has taken down.
    pub(in crate::engine) fn take(&mut self, other: Self) {
        self.events.extend(other.events);
        self.last = self.last.max(other.last);
    }

    /// How much was taken down so far.
    pub(in crate::engine) fn mark(&self) -> usize {
        self.events.len()
    }

    /// Forgets what was taken down since [`mark`](Self::mark).
    pub(in crate::engine) fn rewind(&mut self, mark: usize) {
        self.events.truncate(mark);
    }

    /// The last condition that held on the way, of which flow and which step.
    pub(in crate::engine) fn held(&mut self) -> Option<(FlowId, usize)> {
        self.held.take()
    }

    /// Takes nothing down until told otherwise.
    pub(in crate::engine) fn silence(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// What follows belongs to what was taken down last, or no longer does.
    pub(in crate::engine) fn deeper(&mut self, deeper: bool) {
        self.depth = u8::from(deeper);
    }

    /// Takes `what` down, caused by the line at `span`. It took the time since the last event.
    pub(in crate::engine) fn record(&mut self, what: What, span: Option<Span>, flow: Option<&Flow>) {
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
    pub(in crate::engine) fn flow(&mut self, what: What, flow: &Flow) {
        self.record(what, Some(flow.span), Some(flow));
    }

    pub(in crate::engine) fn finish(self, turn: u32) -> Trace {
        Trace { v: TRACE_VERSION, turn, dur_us: self.elapsed_us(), events: self.events }
    }

    fn elapsed_us(&self) -> f64 {
        tenth(self.began.elapsed().as_nanos() as f64 / 1_000.0)
    }
}

fn tenth(microseconds: f64) -> f64 {
    (microseconds * 10.0).round() / 10.0
}
