//! Conversations that nobody remembers, followed from their messages.

use super::Rails;
use crate::engine::conversation::Conversation;
use crate::engine::error::GenerateError;
use crate::engine::history::Said;
use crate::engine::pipeline::{self, Checked};
use crate::engine::trace::{Tracer, What};
use crate::model::{Message, Role};

impl Rails {
    /// Runs earlier messages through the flows. Where they can't follow, they start afresh.
    pub(super) async fn replay(
        &self,
        history: &[Message],
        conversation: &mut Conversation,
        tracer: &mut Tracer,
    ) -> Result<(), GenerateError> {
        if history.is_empty() {
            return Ok(());
        }
        self.measure_all(history)?;
        tracer.silence(true);
        let mut dropped = None;
        // What was said before the turn that a reply ends.
        let mut before = conversation.history.clone();
        let mut rest = history;
        while let Some((first, behind)) = rest.split_first() {
            rest = behind;
            let said = match first.role {
                Role::System => Said::System { text: first.content.clone() },
                Role::Tool if !self.parts.models.has_main() => continue,
                Role::Tool => pipeline::replay_result(&self.parts, conversation, tracer, first).await,
                Role::Assistant => {
                    conversation.greeted_with(&first.content);
                    if self.parts.is_of_a_rail(&first.content) && first.tool_calls.is_empty() {
                        // A rail had stopped what led to this, so no model may read it now.
                        conversation.history = before.clone();
                        continue;
                    }
                    spoken(first)
                }
                Role::User => {
                    let is_reply =
                        |message: &&Message| message.role == Role::Assistant && message.tool_calls.is_empty();
                    let count = behind.iter().take_while(is_reply).count();
                    let (replies, next) = behind.split_at(count);
                    rest = next;
                    let reply = replies.iter().map(|message| &*message.content).collect::<Vec<_>>().join("\n");
                    let reply = (count > 0).then_some(&*reply);
                    before = conversation.history.clone();
                    // A model that calls tools was let to: the rails had passed the text.
                    let calls = next.first().is_some_and(|message| message.role == Role::Assistant);
                    let checked = if calls { Checked::Then } else { Checked::Unknown };
                    let outcome =
                        pipeline::replay(&self.parts, conversation, tracer, &first.content, reply, checked).await;
                    if let Some(reason) = outcome.map_err(|exhausted| self.step_budget(exhausted))?.differs {
                        dropped = Some(format!("turn {}: {reason}", conversation.turns));
                    }
                    continue;
                }
            };
            if self.parts.models.has_main() {
                let said = conversation.masked_again(said);
                conversation.history.push(said);
            }
        }
        tracer.silence(false);
        if conversation.turns > 0 {
            tracer.record(What::Replayed { turns: conversation.turns, dropped }, None, None);
        }
        Ok(())
    }
}

/// What the bot said, with calls of tools or without.
fn spoken(message: &Message) -> Said {
    let text = message.content.clone();
    match &*message.tool_calls {
        [] => Said::Bot { text, message: None },
        calls => Said::Calls { text, calls: calls.to_vec() },
    }
}
