//! One conversation, turn by turn.

use super::conversation::Conversation;
use super::error::GenerateError;
use super::input::Input;
use super::pipeline::Heard;
use super::rails::Rails;
use super::reply::Reply;
use super::state::SessionState;
use super::stream::{Outlet, ReplyStream};
use crate::expression::{Value, Variables};
use crate::model::{Meter, ToolCall};
use crate::program::Guards;

/// A conversation that remembers its flows and variables. Its turns run one after the other.
pub struct Session {
    rails: Rails,
    conversation: Conversation,
}

impl Session {
    pub(super) fn new(rails: Rails, conversation: Conversation) -> Self {
        Self { rails, conversation }
    }

    /// Answers the next text of the user, or what tools gave back.
    ///
    /// # Errors
    /// When the text is too long, and when a flow does not come to an end; the conversation is then as it was before.
    /// So it is when the future is dropped before it is done.
    pub async fn generate(&mut self, input: impl Into<Input>) -> Result<Reply, GenerateError> {
        self.answer(input.into(), None).await
    }

    /// As [`generate`](Self::generate), but what is said comes as soon as it is safe to let out; see [`Rails::stream`]. The conversation is as
    /// it was before until the last of it has come.
    pub fn stream(&mut self, input: impl Into<Input>) -> ReplyStream<'_> {
        let input = input.into();
        ReplyStream::new(|outlet| async move { self.answer(input, Some(&outlet)).await })
    }

    async fn answer(&mut self, input: Input, outlet: Option<&Outlet>) -> Result<Reply, GenerateError> {
        let Input { messages, options, context, .. } = input;
        self.rails.measure_count(&messages)?;
        let heard = Heard { messages: &messages, options: &options, outlet };
        let mut next = self.conversation.clone();
        context.into_iter().for_each(|(name, value)| next.store.set(name, value));
        let reply = self.rails.turn(&mut next, self.rails.tracer(), heard).await?;
        if let Some(outlet) = outlet {
            outlet.make_way().await;
        }
        self.conversation = next;
        Ok(reply)
    }

    /// The session as it is now, to be kept and [resumed](Rails::resume), here or in another process.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rails = rails::Rails::from_source("define flow\n  user \"hi\"\n  bot \"Who are you?\"\n  user ...\n  bot \"Hello.\"")?;
    /// let mut session = rails.session();
    /// session.generate("hi").await?;
    /// let kept: String = serde_json::to_string(&session.state())?;
    /// let mut session = rails.resume(serde_json::from_str(&kept)?)?;
    /// assert_eq!(session.generate("Ada").await?.text, "Hello.");
    /// # Ok(())
    /// # }
    /// ```
    pub fn state(&self) -> SessionState {
        let rails = &self.rails;
        SessionState::new(&self.conversation, rails.fingerprint(), rails.looks())
    }

    /// The variable called `name`, without the `$`.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.conversation.store.variables().get(name)
    }

    /// Sets a variable, without the `$`, that flows may read.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.conversation.store.set(name.into(), value.into());
    }

    /// Runs the rails of one stage over `text`, with the variables of the conversation.
    pub(crate) async fn check(&mut self, stage: Guards, text: &str) -> Result<Reply, GenerateError> {
        let mut next = self.conversation.clone();
        let reply = self.rails.check_in(&mut next, stage, text, None, &Meter::new()).await?;
        self.conversation = next;
        Ok(reply)
    }

    /// Runs the rails over calls of tools over `calls`, with the variables of the conversation.
    pub(crate) async fn check_calls(&mut self, calls: &[ToolCall]) -> Result<Reply, GenerateError> {
        let mut next = self.conversation.clone();
        let reply = self.rails.check_calls(&mut next, calls).await?;
        self.conversation = next;
        Ok(reply)
    }

    /// All variables.
    pub(crate) fn variables(&self) -> &Variables {
        self.conversation.store.variables()
    }

    /// How many turns were taken.
    pub fn turns(&self) -> u32 {
        self.conversation.turns
    }
}
