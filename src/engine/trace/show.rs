//! A trace for people, a line an event.

use std::fmt;

use super::{Trace, TraceEvent, What};
use crate::expression::Value;
use crate::library::Evidence;
use crate::model::Tokens;

/// The start of a text, enough to know it by; the record holds all of it.
pub(in crate::engine) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What a rail went by: its rule, the score against the threshold, and the first places. What stands there stays in the evidence.
pub(in crate::engine) fn by(evidence: &Evidence) -> String {
    const MOST_PLACES: usize = 3;
    let mut text = evidence.rule.as_deref().map_or_else(String::new, |rule| format!(", by {}", shortened(rule)));
    if let Some(score) = evidence.score {
        text += &format!(", score {score:.2}");
    }
    if let Some(threshold) = evidence.threshold {
        text += &format!(", threshold {threshold:.2}");
    }
    let places: Vec<String> =
        evidence.spans.iter().take(MOST_PLACES).map(|span| format!("{}–{}", span.start, span.end)).collect();
    if !places.is_empty() {
        let more = if evidence.spans.len() > MOST_PLACES { " …" } else { "" };
        text += &format!(", at characters {}{more}", places.join(", "));
    }
    text
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
                | What::ModelFailed { .. }
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
            What::Classified { intent, tier, score, threshold, margin, best, matched, abstained, .. } => {
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
            What::RailBlocked { rail, reason, evidence } => {
                write!(f, "rail `{rail}` blocks: {reason}{}", by(evidence))?
            }
            What::RailCancelled { rail } => write!(f, "rail `{rail}` is not waited for")?,
            What::RailFailed { rail, reason, passes: false } => write!(f, "rail `{rail}` fails: {reason}")?,
            What::RailFailed { rail, reason, passes: true } => {
                write!(f, "rail `{rail}` fails and is passed by, as `on_error` says: {reason}")?;
            }
            What::NotObeyed { rail, status } => {
                write!(f, "rail `{rail}` is only watched: {}, and the turn goes on", status.name())?;
            }
            What::OutputRailsSkipped => write!(f, "passes the output rails by, as `$skip_output_rails` says")?,
            What::Asked { task, model, answer, tokens } => {
                write!(f, "asks `{model}` for {task}: {:?}", shortened(answer))?;
                if let Some(Tokens { input, output, .. }) = tokens {
                    write!(f, ", {input} + {output} tokens")?;
                }
            }
            What::ModelFailed { model, reason, next, .. } => {
                write!(f, "gets no answer of `{model}`, and asks `{next}`: {reason}")?;
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
            What::EmbedderFailed { reason, passes } => {
                let then = if *passes { "the text means no intent, as `on_error` says" } else { "the turn is blocked" };
                write!(f, "can't be compared with examples, and {then}: {reason}")?;
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
