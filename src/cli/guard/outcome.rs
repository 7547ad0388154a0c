//! What the rails made of one text.

use std::sync::Arc;

use serde::Serialize;

use crate::engine::{RailVerdict, Reply, Status, TextSpan, What};
use crate::source::Location;

/// A text, and what became of it; as JSON, a row.
#[derive(Debug, Serialize)]
pub(super) struct Checked<'a> {
    pub text: &'a str,
    pub status: Status,
    /// What the rails made of the text, or what the one that blocked it says.
    pub content: String,
    pub rail: Option<Arc<str>>,
    pub reason: Option<String>,
    pub rule: Option<String>,
    pub score: Option<f64>,
    pub threshold: Option<f64>,
    /// Where in the text that the rail saw.
    pub spans: Vec<TextSpan>,
    pub line: Option<Location>,
    pub rails: Vec<RailVerdict>,
    pub micros: f64,
    /// The text that the rail saw which blocked it: others may have rewritten it before.
    #[serde(skip)]
    pub seen: String,
    /// Rails that failed and let the text pass, and why.
    #[serde(skip)]
    pub failed_open: Vec<(Arc<str>, String)>,
}

impl<'a> Checked<'a> {
    pub(super) fn new(text: &'a str, reply: Reply, micros: f64) -> Self {
        let (mut seen, mut failed, mut failed_rail, mut failed_open) = (None, None, None, Vec::new());
        for event in &reply.trace.events {
            match &event.what {
                What::RailPassed { rewritten: Some(text), .. } => seen = Some(text.clone()),
                What::RailFailed { rail, reason, passes: true } => {
                    failed_open.push((rail.clone(), reason.to_string()));
                }
                // Whoever runs this may know all of it.
                What::RailFailed { rail, reason, passes: false } => failed_rail = Some((rail.clone(), reason.clone())),
                What::Failed { reason } => failed = Some(reason.to_string()),
                _ => {}
            }
        }
        let mut verdict = reply.verdict;
        if let Some((_, reason)) = failed_rail.filter(|(rail, _)| verdict.rail.as_ref() == Some(rail)) {
            verdict.reason = Some(format!("rail failed: {reason}"));
        }
        // What could not be checked has not passed.
        if let Some(reason) = failed.filter(|_| verdict.status != Status::Blocked) {
            (verdict.status, verdict.rail) = (Status::Blocked, None);
            verdict.reason = Some(format!("it could not be checked: {reason}"));
        }
        Self {
            text,
            status: verdict.status,
            content: reply.text,
            rail: verdict.rail,
            reason: verdict.reason,
            rule: verdict.evidence.rule,
            score: verdict.evidence.score,
            threshold: verdict.evidence.threshold,
            spans: verdict.evidence.spans,
            line: verdict.line,
            rails: verdict.rails,
            micros,
            seen: seen.unwrap_or_else(|| text.to_owned()),
            failed_open,
        }
    }

    /// The spans that are what they say they are in the text that was seen, of which some show the first character alone.
    pub(super) fn marked(&self) -> Vec<(usize, usize)> {
        let is_there = |span: &&TextSpan| {
            let mut there = self.seen.chars().skip(span.start).take(span.end.saturating_sub(span.start));
            match span.text.strip_suffix('…') {
                Some(start) if start.chars().nth(1).is_none() => start.chars().eq(there.next()),
                _ => span.text.is_empty() || there.eq(span.text.chars()),
            }
        };
        self.spans.iter().filter(is_there).map(|span| (span.start, span.end)).collect()
    }
}
