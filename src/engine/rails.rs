//! Rails, loaded and ready to answer.

mod replay;

use std::path::Path;
use std::sync::Arc;

use super::budget::Exhausted;
use super::builder::RailsBuilder;
use super::conversation::Conversation;
use super::coverage::Coverage;
use super::error::{GenerateError, LoadError};
use super::input::Input;
use super::judged::Judged;
use super::load::settings;
use super::loaded::Parts;
use super::pipeline::{self, By, Heard, Outcome};
use super::reply::Reply;
use super::seen::Seen;
use super::session::Session;
use super::state::{self, ResumeError, SessionState};
use super::stream::{Outlet, ReplyStream};
use super::trace::{Tracer, What};
use crate::classify::{Classification, Classifier, Settings, Tier};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
#[cfg(feature = "serve")]
use crate::model::Breaker;
use crate::model::{ChatModel, Message, Meter, Role, ToolCall};
use crate::program::{Guards, Program};
use crate::source::SourceMap;

/// A configuration, compiled. Cheap to clone, and shared by all requests without a lock.
#[derive(Clone)]
pub struct Rails {
    parts: Arc<Parts>,
}

impl Rails {
    pub(super) fn of(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// Loads the configuration at `path`: a folder, or a single `.co` file.
    ///
    /// # Errors
    /// When `railsc check` finds an error in it. The error holds all findings and prints them.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::builder().path(path).build()
    }

    /// Loads rails from the text of a `.co` file.
    ///
    /// # Errors
    /// As [`from_path`](Self::from_path).
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rails = rails::Rails::from_source(r#"
    /// define user greet
    ///   "hello"
    /// define flow
    ///   user greet
    ///   bot "Hello yourself."
    /// "#)?;
    /// assert_eq!(rails.generate("Hello!").await?.text, "Hello yourself.");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_source(text: impl Into<String>) -> Result<Self, LoadError> {
        Self::builder().source(text).build()
    }

    /// Rails with what the host program adds: actions, models.
    pub fn builder() -> RailsBuilder {
        RailsBuilder::new()
    }

    /// Answers one text, or the last message of a conversation; the messages before it bring the flows to where they
    /// were, without running any action again but those of rails that rewrite.
    ///
    /// # Errors
    /// When the input is empty or too large, and when a flow does not come to an end.
    pub async fn generate(&self, input: impl Into<Input>) -> Result<Reply, GenerateError> {
        self.answer(input.into(), None).await
    }

    /// As [`generate`](Self::generate), but what is said comes as soon as it is safe to let out: canned texts when they are said, and the words
    /// of a model window by window, each when the output rails have seen it with all that stands before. A rail that blocks ends the
    /// stream with what it says.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let model = rails::model::Script::new(["Once upon a time there was a rail."]);
    /// let rails = rails::Rails::builder().source("").model(model).build()?;
    /// let mut story = rails.stream("tell me a story");
    /// let mut text = String::new();
    /// while let Some(more) = story.next().await {
    ///     text += &more;
    /// }
    /// assert_eq!(text, story.reply().await?.text);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self, input: impl Into<Input>) -> ReplyStream<'static> {
        let (rails, input) = (self.clone(), input.into());
        ReplyStream::new(|outlet| async move { rails.answer(input, Some(&outlet)).await })
    }

    async fn answer(&self, input: Input, outlet: Option<&Outlet>) -> Result<Reply, GenerateError> {
        let Input { messages, goes_on, options, context, owner } = input;
        self.measure_count(&messages)?;
        let replied = messages.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1);
        let (history, heard) = messages.split_at(replied);
        let mut tracer = self.tracer();
        let heard = Heard { messages: heard, options: &options, outlet };
        if !goes_on {
            return self.turn(&mut Conversation::about(context), tracer, heard).await;
        }
        self.measure(heard.messages)?;
        let key = self.parts.seen.key(&owner, &context, history);
        let mut conversation = match self.parts.seen.get(&key) {
            Some(conversation) => {
                tracer.record(What::Recognised { turns: conversation.turns }, None, None);
                conversation
            }
            None => {
                let mut conversation = Conversation::about(context);
                self.replay(history, &mut conversation, &mut tracer).await?;
                conversation
            }
        };
        let messages = heard.messages;
        let reply = self.turn(&mut conversation, tracer, heard).await?;
        if let Some(outlet) = outlet {
            outlet.make_way().await;
        }
        let said = Message::calls(&reply.text, reply.tool_calls.clone());
        self.parts.seen.remember(&key, messages, &said, conversation);
        Ok(reply)
    }

    /// A conversation that remembers its flows and variables from turn to turn.
    pub fn session(&self) -> Session {
        Session::new(self.clone(), Conversation::default())
    }

    /// A conversation that goes on from [`Session::state`], perhaps of another process.
    ///
    /// # Errors
    /// When the state is of another program, or makes no sense.
    pub fn resume(&self, state: SessionState) -> Result<Session, ResumeError> {
        let conversation = state.into_conversation(&self.parts.program, self.fingerprint())?;
        Ok(Session::new(self.clone(), conversation))
    }

    /// As [`resume`](Self::resume), but a conversation with other rails goes on, too, with its variables and its history, and with those
    /// flows under way that are here as they were there; the others are dropped. For rails that changed while a server runs.
    ///
    /// # Errors
    /// When the state makes no sense.
    pub fn carry_over(&self, state: SessionState) -> Result<Session, ResumeError> {
        self.resume(state.carried_over(&self.parts.program, self.fingerprint(), self.looks()))
    }

    /// What tells flows apart, by their ids.
    pub(super) fn looks(&self) -> &[Arc<str>] {
        self.parts.looks.get_or_init(|| state::looks(&self.parts.program))
    }

    /// What tells programs apart that a conversation can't be carried between.
    pub(super) fn fingerprint(&self) -> &str {
        self.parts.fingerprint.get_or_init(|| state::fingerprint(&self.parts.program))
    }

    /// The same rails with the model and the actions of `host`; what runs goes into `coverage`.
    pub(crate) fn with_host(&self, host: RailsBuilder, coverage: Arc<Coverage>) -> Self {
        let RailsBuilder { actions, mut models, .. } = host;
        models.stand_in(&self.parts.config);
        let (seen, judged, coverage) = (Seen::new(0), Judged::new(), Some(coverage));
        Self { parts: Arc::new(Parts { loaded: self.parts.loaded.clone(), actions, models, seen, judged, coverage }) }
    }

    /// What classifies texts, to be asked directly.
    pub fn classifier(&self) -> &Classifier {
        &self.parts.classifier
    }

    /// How the classifier was built, but for thresholds that were fitted.
    pub(crate) fn classifier_settings(&self) -> Settings {
        settings(self.config(), self.classifier().embedder().cloned())
    }

    /// The model that is asked where no other is for a task, if there is one.
    pub fn model(&self) -> Option<&dyn ChatModel> {
        self.parts.models.named("main").map(|served| &*served.model)
    }

    /// The names of all models that may be asked, for replies or by rails.
    pub fn models(&self) -> Vec<&str> {
        self.parts.models.names()
    }

    /// What keeps models from being asked that fail, by the names of these.
    #[cfg(feature = "serve")]
    pub(crate) fn breakers(&self) -> impl Iterator<Item = (&str, &Breaker)> {
        self.parts.models.all().filter_map(|served| Some((served.model.name(), served.model.breaker()?)))
    }

    /// What `config.yml` says.
    pub fn config(&self) -> &Config {
        &self.parts.config
    }

    /// Whether the embedding leaves open what a text means that was classified as `found`: its score or its margin lies within
    /// [`Config::judge`], or the text is in a script that the embedder can't read.
    pub fn leaves_open(&self, found: &Classification) -> bool {
        found.tier == Tier::Embedding && self.parts.is_uncertain(found)
    }

    /// Whether a model is asked what a text means that was classified as `found`.
    pub fn asks_model(&self, found: &Classification) -> bool {
        self.parts.models.has_main() && !matches!(self.parts.by(found), By::Classifier)
    }

    /// The compiled program.
    pub fn program(&self) -> &Program {
        &self.parts.program
    }

    /// The texts it was compiled from.
    pub fn sources(&self) -> &SourceMap {
        &self.parts.sources
    }

    /// Warnings and notes; a configuration with errors does not load.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.parts.diagnostics
    }

    /// One turn of `conversation`.
    pub(super) async fn turn(
        &self,
        conversation: &mut Conversation,
        mut tracer: Tracer,
        heard: Heard<'_>,
    ) -> Result<Reply, GenerateError> {
        self.measure(heard.messages)?;
        let outcome = pipeline::turn(&self.parts, conversation, &mut tracer, heard).await;
        let outcome = outcome.map_err(|exhausted| self.step_budget(exhausted))?;
        Ok(reply(outcome, tracer, conversation.turns))
    }

    /// Runs the input rails over `text`; nothing is generated. The text of the reply is what the rails made of it, or
    /// what the one that blocked it says.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn check_input(&self, text: &str) -> Result<Reply, GenerateError> {
        self.check_metered(Guards::Input, text, None, &Meter::new()).await
    }

    /// Runs the output rails over `text`, a reply to `input` if that is known, as [`check_input`](Self::check_input) does the input rails.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn check_output<'a>(
        &self,
        text: &str,
        input: impl Into<Option<&'a str>>,
    ) -> Result<Reply, GenerateError> {
        self.check_metered(Guards::Output, text, input.into(), &Meter::new()).await
    }

    /// Runs the rails of one stage over `text`, and counts the calls of models by `meter`.
    pub(crate) async fn check_metered(
        &self,
        stage: Guards,
        text: &str,
        input: Option<&str>,
        meter: &Meter,
    ) -> Result<Reply, GenerateError> {
        self.check_in(&mut Conversation::default(), stage, text, input, meter).await
    }

    /// Runs the rails of one stage as if `text` were the next of `conversation`, and behind `input`.
    pub(super) async fn check_in(
        &self,
        conversation: &mut Conversation,
        stage: Guards,
        text: &str,
        input: Option<&str>,
        meter: &Meter,
    ) -> Result<Reply, GenerateError> {
        self.measure_text(text)?;
        self.measure_text(input.unwrap_or_default())?;
        let mut tracer = self.tracer();
        let outcome = pipeline::check(&self.parts, conversation, &mut tracer, stage, (text, input), meter).await;
        Ok(reply(outcome.map_err(|exhausted| self.step_budget(exhausted))?, tracer, conversation.turns))
    }

    /// Runs the rails over calls of tools as if a model had asked for `calls` next in `conversation`.
    pub(super) async fn check_calls(
        &self,
        conversation: &mut Conversation,
        calls: &[ToolCall],
    ) -> Result<Reply, GenerateError> {
        calls.iter().try_for_each(|call| self.measure_text(&call.arguments))?;
        let mut tracer = self.tracer();
        let outcome = pipeline::check_calls(&self.parts, conversation, &mut tracer, calls).await;
        Ok(reply(outcome.map_err(|exhausted| self.step_budget(exhausted))?, tracer, conversation.turns))
    }

    pub(super) fn tracer(&self) -> Tracer {
        Tracer::new(self.parts.sources.clone(), self.parts.coverage.clone())
    }

    /// What was said since the last reply must end with what can be answered, and be no longer than is allowed.
    fn measure(&self, heard: &[Message]) -> Result<(), GenerateError> {
        if !heard.iter().any(|message| matches!(message.role, Role::User | Role::Tool)) {
            return Err(GenerateError::NoUserMessage);
        }
        self.measure_all(heard)
    }

    fn measure_all(&self, messages: &[Message]) -> Result<(), GenerateError> {
        let typed = self.parts.config.limits.input_chars;
        messages.iter().try_for_each(|message| {
            let limit = if message.role == Role::User { typed } else { typed.max(pipeline::LONGEST_ANSWER) };
            measure(&message.content, limit)?;
            message.tool_calls.iter().try_for_each(|call| measure(&call.arguments, limit))
        })
    }

    /// There may be as many messages as `limits.messages`.
    pub(super) fn measure_count(&self, messages: &[Message]) -> Result<(), GenerateError> {
        let (count, limit) = (messages.len(), self.parts.config.limits.messages);
        if count > limit { Err(GenerateError::TooManyMessages { count, limit }) } else { Ok(()) }
    }

    fn measure_text(&self, text: &str) -> Result<(), GenerateError> {
        measure(text, self.parts.config.limits.input_chars)
    }

    fn step_budget(&self, exhausted: Exhausted) -> GenerateError {
        GenerateError::StepBudget {
            flow: self.parts.program.flow(exhausted.flow).name.clone(),
            location: Box::new(self.parts.sources.location(exhausted.span)),
            limit: self.parts.config.limits.steps,
        }
    }
}

/// A text may have `limit` characters.
fn measure(text: &str, limit: usize) -> Result<(), GenerateError> {
    // Bytes are an upper bound of characters, so most texts need no count.
    if text.len() > limit && text.chars().count() > limit {
        return Err(GenerateError::TooLong { limit });
    }
    Ok(())
}

fn reply(outcome: Outcome, tracer: Tracer, turn: u32) -> Reply {
    let Outcome { text, tool_calls, intent, verdict, exception, failure, finish, usage, .. } = outcome;
    Reply { text, intent, verdict, tool_calls, exception, failure, finish, usage, trace: tracer.finish(turn) }
}

impl std::fmt::Debug for Rails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rails")
            .field("intents", &self.parts.program.intents.len())
            .field("flows", &self.parts.program.flows.len())
            .finish_non_exhaustive()
    }
}
