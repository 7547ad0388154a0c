//! Turns that were taken before: the flows follow the texts, and no action, model or rail runs.

use super::super::budget::Exhausted;
use super::super::conversation::Conversation;
use super::super::history::Said;
use super::super::loaded::Parts;
use super::super::machine::Failure;
use super::super::trace::Tracer;
use super::{Outcome, Turn, begin};
use crate::program::{Guards, MessageId};

/// How a turn runs.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Mode<'a> {
    /// For the first time.
    Live,
    /// Again, to bring the flows to where they were: no action, model or rail runs, and the texts must come out as they did.
    Replay {
        /// What was said then; `None` when that is not known.
        reply: Option<&'a str>,
    },
}

/// Takes a turn again whose text, and reply if there was one, are known. Without a reply, the text must have been `checked` by the input rails to
/// count.
pub(in crate::engine) async fn replay(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    text: &str,
    reply: Option<&str>,
    checked: bool,
) -> Result<Outcome, Exhausted> {
    let before = conversation.clone();
    let said_before = before.history.clone();
    begin(conversation, text);
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Replay { reply });
    if let Err(failure) = turn.take_again(text, checked).await {
        turn.fail(before.clone(), failure.told()?);
    }
    let outcome = turn.finish();
    if outcome.differs.is_some() {
        // What the flows would have set was not set then.
        conversation.store = before.store;
        conversation.history = before.history;
        conversation.instances.clear();
        conversation.hear(text);
        conversation.store.set("bot_message".into(), reply.into());
        if parts.models.has_main() {
            conversation.history.push(Said::User { text: text.to_owned(), intent: None });
            let said = reply.map(|reply| Said::Bot { text: reply.to_owned(), message: None });
            said.into_iter().for_each(|said| conversation.history.push(said));
        }
    }
    let was_stopped = match reply {
        Some(reply) => parts.is_of_a_rail(reply),
        None => !checked && !parts.guards.is_empty(),
    };
    if was_stopped {
        // A rail had stopped the text then, so no model may read it now.
        conversation.history = said_before;
    }
    Ok(outcome)
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
        self.prepare();
        self.conversation.hear(text);
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

    /// The message whose text a replayed reply is.
    pub(super) fn attribute(&self, reply: &str) -> Option<MessageId> {
        let has = |text: &str| text == reply;
        let mut messages = self.parts.program.messages.iter();
        let found = messages.find(|message| message.texts.iter().any(|text| has(text.template.source())))?;
        self.parts.program.message_named(&found.name)
    }
}
