//! Turns that were taken before: the flows follow the texts, and no action or model runs, nor a rail, but for those that rewrite what the user
//! says, or a tool gave back: without them, a model would read now what they kept from it then. Where they can't, it reads nothing of it.

use tokio::time::timeout;

use super::super::budget::Exhausted;
use super::super::conversation::Conversation;
use super::super::guard::Again;
use super::super::history::Said;
use super::super::loaded::Parts;
use super::super::machine::Failure;
use super::super::trace::Tracer;
use super::guard::End;
use super::tools::WITHHELD;
use super::{Outcome, Turn, begin};
use crate::config::OnError;
use crate::model::Message;
use crate::program::{Guards, MessageId};

/// How a turn runs.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Mode<'a> {
    /// For the first time.
    Live,
    /// Again, to bring the flows to where they were: no action or model runs, nor a rail but those that rewrite, and the texts must come out as
    /// they did.
    Replay {
        /// What was said then; `None` when that is not known.
        reply: Option<&'a str>,
    },
}

/// Whether input rails have let a text pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Checked {
    /// Nobody knows.
    Unknown,
    /// They did when it was said; here it is as it was typed.
    Then,
    /// They just did; here it is as they made it, and they must not rewrite it twice.
    Now,
}

/// Takes a turn again whose text, and reply if there was one, are known. Without a reply, the text must have been `checked` by the input rails to
/// count.
pub(in crate::engine) async fn replay(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    text: &str,
    reply: Option<&str>,
    checked: Checked,
) -> Result<Outcome, Exhausted> {
    let mut before = conversation.clone();
    let said_before = before.history.clone();
    begin(conversation, text);
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Replay { reply });
    turn.prepare();
    let heard = match checked {
        Checked::Now => turn.hear_as_it_is(text),
        Checked::Then | Checked::Unknown => turn.hear_again(text).await,
    };
    let checked = checked != Checked::Unknown;
    before.store = turn.conversation.store.clone();
    let text = heard.as_deref().unwrap_or_default();
    if heard.is_some()
        && let Err(failure) = turn.take_again(text, checked).await
    {
        turn.fail(before.clone(), failure.told()?);
    }
    let outcome = turn.finish();
    if outcome.differs.is_some() {
        // What the flows would have set was not set then.
        conversation.store = before.store;
        conversation.history = before.history;
        conversation.instances.clear();
        conversation.store.set("bot_message".into(), reply.into());
        if parts.models.has_main() {
            conversation.history.push(Said::User { text: text.to_owned(), intent: None });
            let said = reply.map(|reply| Said::Bot { text: reply.to_owned(), message: None });
            let said = said.map(|said| conversation.masked_again(said));
            said.into_iter().for_each(|said| conversation.history.push(said));
        }
    }
    let was_stopped = match reply {
        Some(reply) => parts.is_of_a_rail(reply),
        None => !checked && !parts.guards.is_empty(),
    };
    let was_stopped = was_stopped || heard.is_none();
    if was_stopped {
        // A rail had stopped the text then, so no model may read it now.
        conversation.history = said_before;
    }
    Ok(outcome)
}

/// What a tool gave back in a turn that was taken before, as its rails let it pass; a word in its place where they can't tell.
pub(in crate::engine) async fn replay_result(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    message: &Message,
) -> Said {
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Replay { reply: None });
    let (id, name) = turn.put_result(message);
    let text = match turn.rewrite_again(Guards::ToolInput).await {
        Ok(()) => turn.conversation.store.text(Guards::ToolInput.variable()),
        Err(_) => WITHHELD.to_owned(),
    };
    Said::Result { id, name, text }
}

impl<'a> Mode<'a> {
    pub(super) fn reply(self) -> Option<&'a str> {
        match self {
            Mode::Live => None,
            Mode::Replay { reply } => reply,
        }
    }

    pub(super) fn is_replay(self) -> bool {
        matches!(self, Mode::Replay { .. })
    }
}

impl Turn<'_> {
    /// Lets the flows follow a turn that was taken before.
    async fn take_again(&mut self, text: &str, checked: bool) -> Result<(), Failure> {
        let has_input_rails = self.parts.is_guarded(Guards::Input);
        if has_input_rails && !checked && self.mode.reply().is_none() {
            self.differ("nothing was replied then, so a rail may have stopped it".to_owned());
            return Ok(());
        }
        match self.understand(text).await? {
            Some(event) => self.answer(event).await,
            None => Ok(()),
        }
    }

    /// Hears a text that rails have rewritten already.
    fn hear_as_it_is(&mut self, text: &str) -> Option<String> {
        self.conversation.hear(text);
        Some(text.to_owned())
    }

    /// What the rails that rewrite make of a text; `None` where one of them stops it, or can't tell.
    async fn hear_again(&mut self, text: &str) -> Option<String> {
        self.conversation.hear(text);
        if let Err(reason) = self.rewrite_again(Guards::Input).await {
            self.differ(reason);
            return None;
        }
        let heard = self.conversation.store.text(Guards::Input.variable());
        self.conversation.store.set("last_user_message".into(), heard.as_str().into());
        Some(heard)
    }

    /// Has the rails of one stage rewrite what its variable holds as they did when they saw it first, or says why they can't.
    pub(super) async fn rewrite_again(&mut self, stage: Guards) -> Result<(), String> {
        let parts = self.parts;
        for rail in parts.guards.iter().filter(|rail| rail.guards == stage && !rail.shadow) {
            match rail.again {
                Again::Stays => continue,
                Again::Rewrites => {}
                Again::Unknown => {
                    return Err(format!("what a model made of a text then, in rail `{}`, is not known", rail.name));
                }
            }
            let before = self.conversation.store.clone();
            self.rail = Some(rail);
            let end = timeout(rail.timeout, self.rail_end(rail)).await;
            (self.rail, self.evidence) = (None, None);
            match end {
                Ok(Ok(End::Passed)) => {}
                Ok(Ok(_)) => return Err(format!("rail `{}` would stop it now", rail.name)),
                Ok(Err(_)) | Err(_) if rail.on_error == OnError::Pass => self.conversation.store = before,
                Ok(Err(_)) | Err(_) => return Err(format!("rail `{}` fails now", rail.name)),
            }
        }
        Ok(())
    }

    /// The message whose text a replayed reply is.
    pub(super) fn attribute(&self, reply: &str) -> Option<MessageId> {
        let has = |text: &str| text == reply;
        let mut messages = self.parts.program.messages.iter();
        let found = messages.find(|message| message.texts.iter().any(|text| has(text.template.source())))?;
        self.parts.program.message_named(&found.name)
    }
}
