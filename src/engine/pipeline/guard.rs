//! Rails: each may let a text pass, rewrite it, or end the turn.

use std::sync::Arc;
use std::time::Instant;

use regex::RegexBuilder;
use serde_json::Map;
use tokio::time;

use super::{Ended, Turn};
use crate::config::OnError;
use crate::engine::action::Args;
use crate::engine::budget::Budget;
use crate::engine::guard::Guard;
use crate::engine::machine::{Act, Failure, Instances, Machine};
use crate::engine::reason::Reason;
use crate::engine::reply::Exception;
use crate::engine::starts::Starts;
use crate::engine::trace::What;
use crate::engine::verdict::{RailVerdict, Status};
use crate::expression::{Value, to_text};
use crate::library::{Evidence, TextSpan};
use crate::program::{FlowId, Guards, MessageId, Op};
use crate::source::Span;

/// How a rail came to its end.
pub(super) enum End {
    /// It let the text pass, rewritten or not.
    Passed,
    /// It ended the turn at this line, and said this, if anything.
    Stopped((FlowId, Span), Option<(Option<Arc<str>>, String)>),
    /// It raised an exception at this line.
    Raised((FlowId, Span), Exception),
}

impl<'a> Turn<'a> {
    /// Runs the rails of one stage over the text that its variable holds.
    pub(super) async fn guard(&mut self, stage: Guards) -> Result<Ended, Failure> {
        let parts = self.parts;
        let rails: Vec<&Guard> = parts.guards.iter().filter(|rail| rail.guards == stage).collect();
        if rails.len() > 1 && parts.config.parallel.contains(&stage) {
            return self.guard_at_once(&rails).await;
        }
        for rail in rails {
            if self.run_rail(rail).await? == Ended::Yes {
                return Ok(Ended::Yes);
            }
        }
        Ok(Ended::No)
    }

    /// Runs one rail, and takes down what it makes of the text.
    pub(super) async fn run_rail(&mut self, rail: &'a Guard) -> Result<Ended, Failure> {
        if rail.shadow { self.watch(rail).await } else { self.obey(rail).await }
    }

    /// Runs a rail, and goes on as if it were not there, but for what the verdict says of it.
    async fn watch(&mut self, rail: &'a Guard) -> Result<Ended, Failure> {
        let conversation = self.conversation.clone();
        let (verdict, exception) = (std::mem::take(&mut self.verdict), self.exception.clone());
        // What it says goes nowhere.
        let (outlet, streamed) = (self.outlet.take(), self.streamed.take());
        let texts = std::mem::take(&mut self.texts);
        let failed = self.obey(rail).await.err();
        *self.conversation = conversation;
        let seen = std::mem::replace(&mut self.verdict, verdict);
        (self.exception, self.outlet, self.streamed, self.texts) = (exception, outlet, streamed, texts);
        let status = seen.rails.last().map_or(Status::Passed, |rail| rail.status);
        self.verdict.rails.extend(seen.rails.into_iter().map(|of_rail| RailVerdict { shadow: true, ..of_rail }));
        if let Some(failure) = failed {
            let (reason, _) = self.told(failure);
            self.note(What::RailFailed { rail: rail.name.clone(), reason, passes: true }, None);
        } else if status != Status::Passed {
            self.note(What::NotObeyed { rail: rail.name.clone(), status }, None);
        }
        Ok(Ended::No)
    }

    async fn obey(&mut self, rail: &'a Guard) -> Result<Ended, Failure> {
        let began = Instant::now();
        let (failed_open, was) = (self.verdict.failed_open.len(), self.verdict.status);
        self.verdict.status = Status::Passed;
        let ended = self.attempt(rail).await?;
        let status = self.verdict.status;
        if status == Status::Passed {
            self.verdict.status = was;
        }
        let blocked = status == Status::Blocked;
        let evidence = match status {
            Status::Passed => None,
            Status::Modified => self.evidence.take(),
            Status::Blocked => Some(self.verdict.evidence.clone()),
        };
        self.verdict.rails.push(RailVerdict {
            shadow: false,
            reason: self.verdict.reason.clone().filter(|_| blocked),
            evidence,
            line: self.verdict.line.clone().filter(|_| blocked),
            name: rail.name.clone(),
            guards: rail.guards,
            status,
            duration_us: (began.elapsed().as_nanos() as f64 / 100.0).round() / 10.0,
            failed_open: self.verdict.failed_open.len() > failed_open,
        });
        Ok(ended)
    }

    async fn attempt(&mut self, rail: &'a Guard) -> Result<Ended, Failure> {
        let variable = rail.guards.variable();
        let flow = self.parts.program.flow(rail.flow);
        let before = self.conversation.store.clone();
        self.tracer.flow(What::RailStarted { rail: rail.name.clone(), guards: rail.guards }, flow);
        self.tracer.deeper(true);
        (self.evidence, self.rail) = (None, Some(rail));
        self.tracer.held();
        let guarded = before.text(variable);
        self.until = time::Instant::now().checked_add(rail.timeout);
        let outcome = time::timeout(rail.timeout, self.rail_end(rail)).await;
        self.tracer.deeper(false);
        (self.rail, self.until) = (None, None);
        let end = match outcome {
            Ok(Ok(end)) => end,
            Ok(Err(failure)) => {
                let (reason, span) = self.told(failure);
                return self.rail_failed(rail, before, reason, span);
            }
            Err(_) => {
                let reason = Reason::ours(format!("it took longer than {:?}", rail.timeout));
                return self.rail_failed(rail, before, reason, None);
            }
        };
        let (place, text) = match end {
            End::Passed => {
                let (was, is) = (before.variables().get(variable), self.conversation.store.variables().get(variable));
                let rewritten = (was != is).then(|| self.conversation.store.text(variable));
                if rewritten.is_some() {
                    self.verdict.modified(&rail.name);
                }
                self.tracer.flow(What::RailPassed { rail: rail.name.clone(), rewritten }, flow);
                return Ok(Ended::No);
            }
            End::Raised((_, span), exception) => {
                let evidence = self.evidence(&guarded);
                self.blocked(rail, exception.message.clone(), evidence, span);
                self.exception = Some(exception);
                return Ok(Ended::Yes);
            }
            End::Stopped(place, said) => (place, said),
        };
        let reason = text.as_ref().map_or_else(
            || "it stopped the turn".to_owned(),
            |(message, _)| message.as_ref().map_or("it spoke".to_owned(), |message| format!("it says `{message}`")),
        );
        let evidence = self.evidence(&guarded);
        self.blocked(rail, reason, evidence, place.1);
        if let Some((message, text)) = text {
            self.put(message, text, Some(place));
        }
        Ok(Ended::Yes)
    }

    /// The turn is over, and so is every flow.
    pub(super) fn blocked(&mut self, rail: &Guard, reason: String, evidence: Evidence, span: Span) {
        self.conversation.store.set(rail.guards.triggered().into(), (*rail.name).into());
        let flow = self.parts.program.flow(rail.flow);
        self.tracer.record(
            What::RailBlocked { rail: rail.name.clone(), reason: reason.clone(), evidence: evidence.clone() },
            Some(span),
            Some(flow),
        );
        let line = Some(self.parts.sources.location(span));
        self.verdict.block(&rail.name, reason, evidence, line);
        self.conversation.instances.clear();
    }

    /// A rail that can't do its work blocks, unless it is said to let pass.
    pub(super) fn rail_failed(
        &mut self,
        rail: &Guard,
        before: crate::engine::store::Store,
        reason: Reason,
        span: Option<Span>,
    ) -> Result<Ended, Failure> {
        let flow = self.parts.program.flow(rail.flow);
        let passes = rail.on_error == OnError::Pass;
        let told = format!("rail failed: {}", reason.brief());
        let what = What::RailFailed { rail: rail.name.clone(), reason, passes };
        self.tracer.record(what, Some(span.unwrap_or(flow.span)), Some(flow));
        self.conversation.store = before;
        if passes {
            self.verdict.failed_open.push(rail.name.clone());
            return Ok(Ended::No);
        }
        self.blocked(rail, told, Evidence::default(), span.unwrap_or(flow.span));
        self.say_message(MessageId::INTERNAL_ERROR, &Default::default(), None)?;
        Ok(Ended::Yes)
    }

    /// Runs the flow of a rail by itself: no other flow takes notice of what it does.
    pub(super) async fn rail_end(&mut self, rail: &Guard) -> Result<End, Failure> {
        let (mut instances, nothing_starts) = (Instances::default(), Starts::default());
        let mut budget = Budget::new(self.parts.config.limits.steps);
        macro_rules! machine {
            () => {
                Machine {
                    program: &self.parts.program,
                    starts: &nothing_starts,
                    store: &mut self.conversation.store,
                    instances: &mut instances,
                    budget: &mut budget,
                    tracer: self.tracer,
                }
            };
        }
        let mut decision = machine!().begin(rail.flow, rail.locals.clone())?;
        while let Some(next) = decision {
            let place = (next.flow, next.span);
            let event = match next.act {
                Act::Stop => return Ok(End::Stopped(place, None)),
                Act::Say { say, locals, .. } => {
                    let (message, text) = self.canned(&say, &locals, place)?;
                    let name = message.map(|message| self.parts.program.message(message).name.clone());
                    return Ok(End::Stopped(place, Some((name, text))));
                }
                Act::Raise { name, values } => {
                    self.note(What::Raised { event: name.clone(), values: values.clone() }, Some(place));
                    if let Some(exception) = self.exception(&name, &values, Some(rail)) {
                        return Ok(End::Raised(place, exception));
                    }
                    // Nobody else hears it, and the rail must not be dropped by its own event.
                    machine!().step_over(next.by)?;
                    decision = machine!().next()?;
                    continue;
                }
                Act::Execute { action, written, arguments } => {
                    self.execute(action, Args::new(written, arguments), place).await?
                }
            };
            decision = machine!().process(&event)?;
        }
        if instances.is_empty() {
            return Ok(End::Passed);
        }
        let reason = Reason::ours("it waits for the user, which a rail can't");
        let place = (rail.flow, self.parts.program.flow(rail.flow).span);
        Err(Failure::Failed { place: Some(place), reason })
    }

    /// What the rail went by that has just blocked: what its last action says, else the last condition that held.
    fn evidence(&mut self, guarded: &str) -> Evidence {
        let held = self.tracer.held();
        if let Some(evidence) = self.evidence.take() {
            return evidence;
        }
        let condition = held.and_then(|(flow, step)| match &self.parts.program.flow(flow).steps.get(step)?.op {
            Op::Branch { condition, .. } => Some(condition),
            _ => None,
        });
        let Some(condition) = condition else { return Evidence::default() };
        let spans = condition.texts().into_iter().filter_map(|text| span_of(guarded, text)).collect();
        Evidence { rule: Some(condition.source().to_owned()), spans, ..Evidence::default() }
    }

    /// A failure in one line, and the line of the rail files it is about.
    fn told(&self, failure: Failure) -> (Reason, Option<Span>) {
        match failure {
            Failure::Failed { place, reason } => (reason, place.map(|(_, span)| span)),
            Failure::Model { asked, error } => (Reason::of_model(&asked, &error), None),
            Failure::Exhausted(exhausted) => {
                let limit = self.parts.config.limits.steps;
                (Reason::ours(format!("it does not come to an end in {limit} steps")), Some(exhausted.span))
            }
        }
    }
}

impl Turn<'_> {
    /// The exception that an event is, if `config.yml` lets events be exceptions.
    pub(super) fn exception(&self, name: &str, values: &Map<String, Value>, rail: Option<&Guard>) -> Option<Exception> {
        (self.parts.config.rails_exceptions && name.ends_with("Exception")).then(|| Exception {
            kind: name.to_owned(),
            message: values.get("message").map(to_text).unwrap_or_default(),
            rail: rail.map(|rail| rail.name.to_string()),
        })
    }
}

/// Where `part` stands in `text`, whatever its case.
fn span_of(text: &str, part: &str) -> Option<TextSpan> {
    let pattern = RegexBuilder::new(&regex::escape(part)).case_insensitive(true).build().ok()?;
    let found = pattern.find(text).filter(|found| !found.is_empty())?;
    let start = text[..found.start()].chars().count();
    Some(TextSpan { start, end: start + found.as_str().chars().count(), text: found.as_str().to_owned() })
}
