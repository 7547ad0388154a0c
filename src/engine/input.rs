//! What goes into a turn: a text, or a conversation as chat interfaces pass it around.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use crate::expression::Variables;
use crate::model::{Message, Meter};

/// What [`Rails::generate`](super::Rails::generate) takes: one text of the user, or messages of which the last is the user's, or what a tool
/// gave back.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub(super) messages: Vec<Message>,
    /// These are the messages of a conversation, which may go on.
    pub(super) goes_on: bool,
    pub(super) options: Options,
    /// Variables that are set before the first of them.
    pub(super) context: Variables,
    /// Whose conversation it is, as far as that is said.
    pub(super) owner: String,
}

/// What a model is told besides the conversation, where it writes the reply.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Options {
    pub tools: Vec<Value>,
    pub tool_choice: Option<Value>,
    pub parameters: Map<String, Value>,
    /// A model that does not answer ends the turn without a word.
    pub silent_failures: bool,
    /// What counts calls of models, if somebody wants to know before the end.
    pub meter: Option<Meter>,
}

impl Options {
    /// Nothing besides.
    pub(super) fn none() -> &'static Self {
        static NONE: LazyLock<Options> = LazyLock::new(Options::default);
        &NONE
    }
}

impl Input {
    fn text(text: impl Into<String>) -> Self {
        Self { goes_on: false, ..Self::from(vec![Message::user(text)]) }
    }

    /// Lets the model call `tools`, each in the shape of OpenAI's chat interface. Its calls are in
    /// [`Reply::tool_calls`](super::Reply::tool_calls).
    ///
    /// # Examples
    /// ```
    /// use rails::{Input, Message, ToolCall, model::{Completion, Script}};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let call = ToolCall { id: "1".into(), name: "weather".into(), arguments: "{\"city\": \"Bern\"}".into() };
    /// let model = Script::new([] as [&str; 0]);
    /// model.push_completion(Completion { tool_calls: vec![call.clone()], ..Completion::default() });
    /// model.push("It is sunny in Bern.");
    /// let rails = rails::Rails::builder().source("").model(model).build()?;
    ///
    /// let tools = vec![serde_json::json!({"type": "function", "function": {"name": "weather"}})];
    /// let mut messages = vec![Message::user("How is the weather in Bern?")];
    /// let reply = rails.generate(Input::from(messages.clone()).tools(tools.clone())).await?;
    /// assert_eq!(reply.tool_calls, [call.clone()]);
    /// messages.push(Message::calls(reply.text, reply.tool_calls));
    /// messages.push(Message::tool(&call, "sunny"));
    /// assert_eq!(rails.generate(Input::from(messages).tools(tools)).await?.text, "It is sunny in Bern.");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn tools(mut self, tools: Vec<Value>) -> Self {
        self.options.tools = tools;
        self
    }

    /// Which of the tools the model calls, in the shape of OpenAI's chat interface.
    #[must_use]
    pub fn tool_choice(mut self, choice: impl Into<Value>) -> Self {
        self.options.tool_choice = Some(choice.into());
        self
    }

    /// Another parameter of the call that writes the reply, such as `temperature`.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.parameters.insert(name.into(), value.into());
        self
    }

    /// Has a turn end without a word when a model does not answer, instead of with the message for errors:
    /// [`Reply::failure`](super::Reply::failure) says what failed. For servers, which have errors of their own.
    #[must_use]
    pub fn silent_failures(mut self) -> Self {
        self.options.silent_failures = true;
        self
    }

    /// Counts the calls of models by `meter`, which is for this turn alone: a copy of it knows what was taken even when the turn is dropped.
    #[must_use]
    pub fn meter(mut self, meter: Meter) -> Self {
        self.options.meter = Some(meter);
        self
    }

    /// Sets a variable, without the `$`, that flows may read; in a conversation that is sent as a whole, before its first message.
    #[must_use]
    pub fn variable(mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) -> Self {
        self.context.insert(name.into(), value.into());
        self
    }

    /// Whose conversation this is: what is [remembered](super::RailsBuilder::remember) of those of others is not gone by, nor is this of
    /// theirs. The variables given by [`variable`](Self::variable) tell conversations apart, too.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&String> for Input {
    fn from(text: &String) -> Self {
        Self::text(text)
    }
}

impl From<Message> for Input {
    fn from(message: Message) -> Self {
        vec![message].into()
    }
}

impl From<Vec<Message>> for Input {
    fn from(messages: Vec<Message>) -> Self {
        Self {
            messages,
            goes_on: true,
            options: Options::default(),
            context: Variables::default(),
            owner: String::new(),
        }
    }
}

impl From<&[Message]> for Input {
    fn from(messages: &[Message]) -> Self {
        messages.to_vec().into()
    }
}

impl<const N: usize> From<[Message; N]> for Input {
    fn from(messages: [Message; N]) -> Self {
        Vec::from(messages).into()
    }
}
