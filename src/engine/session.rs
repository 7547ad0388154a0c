//! One conversation, turn by turn.

use super::conversation::Conversation;
use super::error::GenerateError;
use super::rails::Rails;
use super::reply::Reply;

/// A conversation that remembers its flows and variables. Its turns run one after the other.
pub struct Session {
    rails: Rails,
    conversation: Conversation,
}

impl Session {
    pub(super) fn new(rails: Rails) -> Self {
        Self { rails, conversation: Conversation::default() }
    }

    /// Answers the next text of the user.
    ///
    /// # Errors
    /// When the text is too long, and when a flow does not come to an end; the conversation is then as it was before.
    /// So it is when the future is dropped before it is done.
    pub async fn generate(&mut self, text: &str) -> Result<Reply, GenerateError> {
        let mut next = self.conversation.clone();
        let reply = self.rails.turn(&mut next, self.rails.tracer(), text).await?;
        self.conversation = next;
        Ok(reply)
    }

    /// How many turns were taken.
    pub fn turns(&self) -> u32 {
        self.conversation.turns
    }
}
