//! What the bot says: which text of a message, filled in, and what becomes of it.

use std::sync::Arc;

use super::{Ended, SKIP_OUTPUT_RAILS, Turn};
use crate::config::Compat;
use crate::engine::history::Said;
use crate::engine::machine::Failure;
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::expression::{EvaluationError, Scope, Value, Variables, is_true, to_text};
use crate::program::{FlowId, Guards, MessageId, MessageText, Say};
use crate::source::Span;

/// What an empty text reads as.
const EMPTY_TEXT: &str = "I'm not sure what to say.";
/// A text that takes back the one before it.
pub(in crate::engine) const REMOVE_LAST: &str = "(remove last message)";

impl Turn<'_> {
    /// Says what a step asks for, by a model where only that has words; tells which message it was.
    pub(super) async fn say(
        &mut self,
        say: &Say,
        locals: &Variables,
        instruction: Option<&str>,
        place: (FlowId, Span),
    ) -> Result<(Ended, Option<MessageId>), Failure> {
        match say {
            Say::Message(message) => {
                let ended = match self.message_text(*message, locals, Some(place))? {
                    Some(text) => {
                        self.put(Some(self.parts.program.message(*message).name.clone()), text, Some(place));
                        Ended::No
                    }
                    None => {
                        let name = self.parts.program.message(*message).name.clone();
                        self.say_generated(Some(name), instruction, Some(place)).await?
                    }
                };
                Ok((ended, Some(*message)))
            }
            Say::Variable(_) => {
                let (_, text) = self.canned(say, locals, place)?;
                self.replay_text(&text);
                Ok((self.deliver(None, text, Some(place)).await?, None))
            }
            Say::Any => Ok((self.say_anything(instruction, place).await?, None)),
        }
    }

    /// The text of a step without asking a model.
    pub(super) fn canned(
        &mut self,
        say: &Say,
        locals: &Variables,
        place: (FlowId, Span),
    ) -> Result<(Option<MessageId>, String), Failure> {
        match say {
            Say::Message(message) => {
                if let Some(text) = self.message_text(*message, locals, Some(place))? {
                    return Ok((Some(*message), text));
                }
                let name = Some(self.parts.program.message(*message).name.clone());
                self.note(What::NoText { message: name }, Some(place));
            }
            Say::Variable(variable) => {
                let value = locals.get(variable).or_else(|| self.conversation.store.variables().get(variable));
                return Ok(match value {
                    None | Some(Value::Null) => {
                        self.note(What::Undefined { variables: vec![variable.to_string()] }, Some(place));
                        (None, String::new())
                    }
                    Some(value) => (None, to_text(value)),
                });
            }
            Say::Any => self.note(What::NoText { message: None }, Some(place)),
        }
        let message = MessageId::CANNOT_ANSWER;
        Ok((Some(message), self.message_text(message, locals, Some(place))?.unwrap_or_default()))
    }

    /// Says a message that has its words.
    pub(super) fn say_message(
        &mut self,
        message: MessageId,
        locals: &Variables,
        place: Option<(FlowId, Span)>,
    ) -> Result<(), Failure> {
        let text = self.message_text(message, locals, place)?.unwrap_or_default();
        self.put(Some(self.parts.program.message(message).name.clone()), text, place);
        Ok(())
    }

    /// Says a text that no rail file holds, past the output rails.
    pub(super) async fn deliver(
        &mut self,
        message: Option<Arc<str>>,
        text: String,
        place: Option<(FlowId, Span)>,
    ) -> Result<Ended, Failure> {
        let parts = self.parts;
        let is_guarded = parts.is_guarded(Guards::Output);
        if !is_guarded || self.mode.is_replay() {
            self.put(message, text, place);
            return Ok(Ended::No);
        }
        let store = &mut self.conversation.store;
        if store.variables().get(SKIP_OUTPUT_RAILS).is_some_and(is_true) {
            store.set(SKIP_OUTPUT_RAILS.into(), Value::Bool(false));
            self.note(What::OutputRailsSkipped, place);
            self.put(message, text, place);
            return Ok(Ended::No);
        }
        store.set("bot_message".into(), text.into());
        if self.guard(Guards::Output).await? == Ended::Yes {
            return Ok(Ended::Yes);
        }
        let text = self.conversation.store.text("bot_message");
        if !text.starts_with(self.streamed.as_deref().unwrap_or_default()) {
            let by = self.verdict.rail.clone();
            return self.said_otherwise(by.as_deref());
        }
        self.put(message, text, place);
        Ok(Ended::No)
    }

    /// One of the texts of `message`, filled in; `None` when it has none that applies.
    pub(super) fn message_text(
        &mut self,
        message: MessageId,
        locals: &Variables,
        place: Option<(FlowId, Span)>,
    ) -> Result<Option<String>, Failure> {
        let message = self.parts.program.message(message);
        let scope = Scope { locals, globals: self.conversation.store.variables() };
        let failed = |error: EvaluationError| failure(place, &message.name, &error);
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

    /// Adds a text to the reply.
    pub(super) fn put(&mut self, message: Option<Arc<str>>, text: String, place: Option<(FlowId, Span)>) {
        if text == REMOVE_LAST && self.is_written(&message) {
            self.texts.pop();
            self.conversation.history.take_back();
            return;
        }
        let text = if text.is_empty() { EMPTY_TEXT.to_owned() } else { text };
        if self.failure.is_none() {
            self.conversation.store.set("bot_message".into(), text.as_str().into());
            self.remember(Said::Bot { text: text.clone(), message: message.clone() });
        }
        self.note(What::Said { message, text: text.clone() }, place);
        self.utter(text);
    }
}

impl Turn<'_> {
    /// Whether a rail file takes the text before back by this message, and not somebody who types so.
    fn is_written(&self, message: &Option<Arc<str>>) -> bool {
        let program = &self.parts.program;
        let id = message.as_ref().and_then(|message| program.message_named(message));
        id.is_some_and(|id| program.message(id).texts.iter().any(|text| text.template.source() == REMOVE_LAST))
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

fn failure(place: Option<(FlowId, Span)>, message: &str, error: &EvaluationError) -> Failure {
    // A text that stands in a flow is called as it is written.
    let reason = Reason::of_others(format!("message `{message}`: {error}"), "a text can't be filled in");
    Failure::Failed { place, reason }
}
