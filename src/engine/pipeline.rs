//! One turn: the text is classified, the flows run, what they say is put together.

use std::sync::Arc;

use super::action::Args;
use super::budget::{Budget, Exhausted};
use super::conversation::Conversation;
use super::machine::{Act, Decision, Event, Failure, Machine};
use super::rails::Parts;
use super::trace::{Tracer, What};
use crate::classify::Classification;
use crate::config::Compat;
use crate::expression::{EvaluationError, Scope, Value, Variables, is_true, to_text};
use crate::program::{FlowId, IntentId, MessageId, MessageText, Say};
use crate::source::Span;

/// What an empty text reads as.
const EMPTY_TEXT: &str = "I'm not sure what to say.";
/// A text that takes back the one before it.
const REMOVE_LAST: &str = "(remove last message)";

/// How a turn runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode<'a> {
    /// For the first time.
    Live,
    /// Again, to bring the flows to where they were: no action runs, and the texts must come out as they did.
    Replay {
        /// What was said then; `None` when that is not known.
        reply: Option<&'a str>,
    },
}

/// What a turn led to.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub text: String,
    pub intent: Option<IntentId>,
    /// Why a replayed turn can't have gone like this.
    pub differs: Option<String>,
}

/// Takes one turn of `conversation`.
pub(super) async fn turn(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    text: &str,
    mode: Mode<'_>,
) -> Result<Outcome, Exhausted> {
    let before = conversation.clone();
    conversation.turns += 1;
    conversation.instances.begin_turn();
    conversation.digest = conversation.digest.with(text);
    let budget = Budget::new(parts.config.limits.steps);
    let mut turn = Turn {
        parts,
        conversation,
        tracer,
        budget,
        mode,
        unsaid: mode.reply(),
        texts: Vec::new(),
        differs: None,
        failed: false,
    };
    let intent = turn.understand(text);
    match turn.run(intent).await {
        Ok(()) => {}
        Err(Failure::Exhausted(exhausted)) => return Err(exhausted),
        Err(Failure::Failed { place, reason }) => turn.fail(before, place, reason),
    }
    Ok(turn.finish(intent))
}

impl<'a> Mode<'a> {
    fn reply(self) -> Option<&'a str> {
        match self {
            Mode::Live => None,
            Mode::Replay { reply } => reply,
        }
    }
}

struct Turn<'a> {
    parts: &'a Parts,
    conversation: &'a mut Conversation,
    tracer: &'a mut Tracer,
    budget: Budget,
    mode: Mode<'a>,
    /// Of a replayed reply, what has not been said yet: it tells which text of several was chosen then.
    unsaid: Option<&'a str>,
    texts: Vec<String>,
    differs: Option<String>,
    failed: bool,
}

impl Turn<'_> {
    /// Classifies `text` and sets the variables that come with it.
    fn understand(&mut self, text: &str) -> Option<IntentId> {
        let found = self.parts.classifier.classify(text);
        self.record_classification(&found);
        let intent = found.intent.or(self.parts.fallback_intent);
        if let (None, Some(fallback)) = (found.intent, intent) {
            let intent = &self.parts.program.intent(fallback).name;
            self.tracer.record(What::FellBack { intent: intent.clone() }, None, None);
        }
        let store = &mut self.conversation.store;
        let last_reply = store.variables().get("bot_message").cloned().unwrap_or(Value::Null);
        store.set("last_bot_message".into(), last_reply);
        store.set("user_message".into(), text.into());
        store.set("last_user_message".into(), text.into());
        if let Some(intent) = found.intent {
            for slot in self.parts.classifier.slots(intent) {
                store.set(slot.clone(), Value::Null);
            }
        }
        for (name, value) in found.captures {
            store.set(name, value.into());
        }
        intent
    }

    fn record_classification(&mut self, found: &Classification) {
        let name = |intent: IntentId| self.parts.program.intent(intent).name.clone();
        let best = found.candidates.first();
        let what = What::Classified {
            intent: found.intent.map(name),
            tier: found.tier,
            score: found.score,
            threshold: found.threshold,
            margin: found.margin,
            best: best.map(|candidate| name(candidate.intent)),
            matched: found.matched.as_ref().map(ToString::to_string),
            abstained: found.abstained.map(|reason| reason.to_string()),
        };
        let span = found.matched.as_ref().map(|matched| matched.span).or(best.map(|candidate| candidate.span));
        self.tracer.record(what, span, None);
    }

    async fn run(&mut self, intent: Option<IntentId>) -> Result<(), Failure> {
        let event = intent.map_or(Event::UserUnknown, Event::User);
        let mut decision = self.process(&event)?;
        if decision.is_none() {
            self.tracer.record(What::NoFlow, None, None);
            let message = MessageId::CANNOT_ANSWER;
            self.say_message(message, &Variables::new(), None)?;
            decision = self.process(&Event::Bot { message: Some(message), by: None })?;
        }
        while let Some(next) = decision {
            let Some(event) = self.perform(next).await? else { break };
            decision = self.process(&event)?;
        }
        Ok(())
    }

    fn machine(&mut self) -> Machine<'_> {
        Machine {
            program: &self.parts.program,
            starts: &self.parts.starts,
            store: &mut self.conversation.store,
            instances: &mut self.conversation.instances,
            budget: &mut self.budget,
            tracer: self.tracer,
        }
    }

    fn process(&mut self, event: &Event) -> Result<Option<Decision>, Failure> {
        self.machine().process(event)
    }

    /// Does what a step wants, and says what came of it; `None` ends the turn.
    async fn perform(&mut self, decision: Decision) -> Result<Option<Event>, Failure> {
        let place = (decision.flow, decision.span);
        match decision.act {
            Act::Stop => {
                self.tracer.record(What::Stopped, Some(place.1), Some(self.parts.program.flow(place.0)));
                self.conversation.instances.clear();
                Ok(None)
            }
            Act::Say { say, locals } => {
                let message = self.say(&say, &locals, place)?;
                Ok(Some(Event::Bot { message, by: Some(decision.by) }))
            }
            Act::Raise { name, values } => {
                self.note(What::Raised { event: name.clone(), values: values.clone() }, Some(place));
                self.machine().step_over(decision.by)?;
                self.conversation.store.set("event".into(), Value::Object(values.clone()));
                Ok(Some(Event::Custom { name, values }))
            }
            Act::Execute { action, .. } if matches!(self.mode, Mode::Replay { .. }) => {
                self.differ(format!("what `{action}` returned then is not known"));
                self.conversation.instances.clear();
                Ok(None)
            }
            Act::Execute { action, arguments } => {
                let limit = self.parts.config.limits.timeout;
                match self.parts.actions.run(&action, Args::new(arguments), limit).await {
                    Ok(result) => {
                        let what = What::Executed { action: action.clone(), result: result.clone() };
                        self.tracer.record(what, Some(place.1), Some(self.parts.program.flow(place.0)));
                        Ok(Some(Event::Finished { action, result }))
                    }
                    Err(error) => {
                        Err(Failure::Failed { place: Some(place), reason: format!("action `{action}`: {error}") })
                    }
                }
            }
        }
    }

    // --- texts ---------------------------------------------------------------------------------------------------

    fn say(&mut self, say: &Say, locals: &Variables, place: (FlowId, Span)) -> Result<Option<MessageId>, Failure> {
        match say {
            Say::Message(message) => {
                self.say_message(*message, locals, Some(place))?;
                Ok(Some(*message))
            }
            Say::Variable(variable) => {
                let value = locals.get(variable).or_else(|| self.conversation.store.variables().get(variable));
                let text = match value {
                    None | Some(Value::Null) => {
                        self.note(What::Undefined { variables: vec![variable.to_string()] }, Some(place));
                        String::new()
                    }
                    Some(value) => to_text(value),
                };
                self.replay_text(&text);
                self.put(None, text, Some(place));
                Ok(None)
            }
            Say::Any => {
                self.note(What::NoText { message: None }, Some(place));
                self.say_message(MessageId::CANNOT_ANSWER, &Variables::new(), Some(place))?;
                Ok(Some(MessageId::CANNOT_ANSWER))
            }
        }
    }

    fn say_message(
        &mut self,
        message: MessageId,
        locals: &Variables,
        place: Option<(FlowId, Span)>,
    ) -> Result<(), Failure> {
        let name = &self.parts.program.message(message).name;
        let text = match self.message_text(message, locals, place)? {
            Some(text) => text,
            None => {
                self.note(What::NoText { message: Some(name.clone()) }, place);
                self.message_text(MessageId::CANNOT_ANSWER, locals, place)?.unwrap_or_default()
            }
        };
        self.put(Some(name.clone()), text, place);
        Ok(())
    }

    /// One of the texts of `message`, filled in; `None` when it has none that applies.
    fn message_text(
        &mut self,
        message: MessageId,
        locals: &Variables,
        place: Option<(FlowId, Span)>,
    ) -> Result<Option<String>, Failure> {
        let message = self.parts.program.message(message);
        let scope = Scope { locals, globals: self.conversation.store.variables() };
        let failed = |error: EvaluationError| failure(place, &message.name, &error.to_string());
        let mut texts = Vec::with_capacity(message.texts.len());
        for text in &message.texts {
            if applies(text, scope).map_err(failed)? {
                texts.push(text);
            }
        }
        if texts.is_empty() {
            return Ok(None);
        }
        let chosen = match self.parts.config.compat {
            Compat::Nemo => 0,
            Compat::None => self.conversation.digest.with(&message.name).choose(texts.len()),
        };
        let fill = |text: &MessageText| text.template.render(scope).map_err(failed);
        let mut filled = fill(texts[chosen])?;
        if let Some(unsaid) = self.unsaid
            && !unsaid.starts_with(&filled.text)
        {
            // Another of its texts may have been said then.
            for text in texts {
                let other = fill(text)?;
                if unsaid.starts_with(&other.text) {
                    filled = other;
                    break;
                }
            }
        }
        if !filled.undefined.is_empty() {
            self.note(What::Undefined { variables: filled.undefined }, place);
        }
        self.replay_text(&filled.text);
        Ok(Some(filled.text))
    }

    /// Takes `text` off what is left of a replayed reply, if it stands there next.
    fn replay_text(&mut self, text: &str) {
        let rest = self.unsaid.and_then(|unsaid| unsaid.strip_prefix(text));
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('\n')) {
            self.unsaid = Some(rest.strip_prefix('\n').unwrap_or(rest));
        }
    }

    fn put(&mut self, message: Option<Arc<str>>, text: String, place: Option<(FlowId, Span)>) {
        if text == REMOVE_LAST {
            self.texts.pop();
        } else {
            let text = if text.is_empty() { EMPTY_TEXT.to_owned() } else { text };
            if !self.failed {
                self.conversation.store.set("bot_message".into(), text.as_str().into());
            }
            self.note(What::Said { message, text: text.clone() }, place);
            self.texts.push(text);
        }
    }

    // --- how it ends ---------------------------------------------------------------------------------------------

    /// Ends the turn with the message for errors. It leaves no trace in the conversation, but the texts stay said.
    fn fail(&mut self, before: Conversation, place: Option<(FlowId, Span)>, reason: String) {
        self.note(What::Failed { reason }, place);
        let turns = self.conversation.turns;
        *self.conversation = Conversation { turns, ..before };
        self.conversation.instances.clear();
        self.failed = true;
        // A message that fails itself must not fail the failing.
        let message = MessageId::INTERNAL_ERROR;
        if self.say_message(message, &Variables::new(), None).is_err() {
            self.put(Some(self.parts.program.message(message).name.clone()), String::new(), None);
        }
    }

    fn finish(mut self, intent: Option<IntentId>) -> Outcome {
        let text = self.texts.join("\n");
        if self.mode.reply().is_some_and(|reply| reply != text) {
            self.differ("the reply of then is not what the flows say".to_owned());
        }
        if !self.failed {
            let said = self.mode.reply().unwrap_or(&text);
            self.conversation.digest = self.conversation.digest.with(said);
            self.conversation.store.set("bot_message".into(), said.into());
        }
        Outcome { text, intent, differs: self.differs }
    }

    fn differ(&mut self, reason: String) {
        self.differs.get_or_insert(reason);
    }

    fn note(&mut self, what: What, place: Option<(FlowId, Span)>) {
        let flow = place.map(|(flow, _)| self.parts.program.flow(flow));
        self.tracer.record(what, place.map(|(_, span)| span), flow);
    }
}

/// Whether all conditions of a text hold.
fn applies(text: &MessageText, scope: Scope<'_>) -> Result<bool, EvaluationError> {
    for condition in &text.conditions {
        if !is_true(&condition.evaluate(scope)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn failure(place: Option<(FlowId, Span)>, message: &str, reason: &str) -> Failure {
    Failure::Failed { place, reason: format!("message `{message}`: {reason}") }
}
