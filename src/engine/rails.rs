//! Rails, loaded and ready to answer.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::action::Actions;
use super::budget::Exhausted;
use super::builder::RailsBuilder;
use super::conversation::Conversation;
use super::coverage::Coverage;
use super::error::{GenerateError, LoadError};
use super::guard::Guard;
use super::message::Input;
use super::pipeline::{self, Mode, Outcome};
use super::reply::Reply;
use super::seen::Seen;
use super::session::Session;
use super::starts::Starts;
use super::state::{self, ResumeError, SessionState};
use super::trace::{Tracer, What};
use crate::classify::Classifier;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::model::{ChatModel, Message, Role};
use crate::program::{Guards, IntentId, Program};
use crate::source::SourceMap;

/// A configuration, compiled. Cheap to clone, and shared by all requests without a lock.
#[derive(Clone)]
pub struct Rails {
    parts: Arc<Parts>,
}

/// What all clones share: what was loaded, and what the host program adds.
pub(super) struct Parts {
    pub(super) loaded: Arc<Loaded>,
    pub(super) actions: Actions,
    pub(super) model: Option<Arc<dyn ChatModel>>,
    pub(super) seen: Seen,
    pub(super) coverage: Option<Arc<Coverage>>,
}

/// A configuration, compiled.
pub(super) struct Loaded {
    pub sources: Arc<SourceMap>,
    pub config: Config,
    pub program: Program,
    pub classifier: Classifier,
    pub starts: Starts,
    pub guards: Vec<Guard>,
    /// Whether a flow asks for `$config`.
    pub reads_config: bool,
    /// What a text means that no intent matches, if the configuration says so.
    pub fallback_intent: Option<IntentId>,
    pub diagnostics: Vec<Diagnostic>,
    pub fingerprint: OnceLock<String>,
}

impl Deref for Parts {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        &self.loaded
    }
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

    /// Rails with actions of the host program.
    pub fn builder() -> RailsBuilder {
        RailsBuilder::new()
    }

    /// Answers one text, or the last message of a conversation; the messages before it bring the flows to where they
    /// were, without running any action again.
    ///
    /// # Errors
    /// When the input is empty or too large, and when a flow does not come to an end.
    pub async fn generate(&self, input: impl Into<Input>) -> Result<Reply, GenerateError> {
        let Input { messages, goes_on } = input.into();
        let limits = &self.parts.config.limits;
        if messages.len() > limits.messages {
            return Err(GenerateError::TooManyMessages { count: messages.len(), limit: limits.messages });
        }
        let Some((Message { role: Role::User, content, .. }, history)) = messages.split_last() else {
            return Err(GenerateError::NoUserMessage);
        };
        let mut tracer = self.tracer();
        if !goes_on {
            return self.turn(&mut Conversation::default(), tracer, content).await;
        }
        let key = self.parts.seen.key(history);
        let mut conversation = match self.parts.seen.get(&key) {
            Some(conversation) => {
                tracer.record(What::Recognised { turns: conversation.turns }, None, None);
                conversation
            }
            None => {
                let mut conversation = Conversation::default();
                self.replay(history, &mut conversation, &mut tracer).await?;
                conversation
            }
        };
        let reply = self.turn(&mut conversation, tracer, content).await?;
        self.parts.seen.remember(&key, content, &reply.text, conversation);
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

    /// What tells programs apart that a conversation can't be carried between.
    pub(super) fn fingerprint(&self) -> &str {
        self.parts.fingerprint.get_or_init(|| state::fingerprint(&self.parts.program))
    }

    /// The same rails with the model and the actions of `host`; what runs goes into `coverage`.
    pub(crate) fn with_host(&self, host: RailsBuilder, coverage: Arc<Coverage>) -> Self {
        let RailsBuilder { actions, model, .. } = host;
        let (seen, coverage) = (Seen::new(0), Some(coverage));
        Self { parts: Arc::new(Parts { loaded: self.parts.loaded.clone(), actions, model, seen, coverage }) }
    }

    /// What classifies texts, to be asked directly.
    pub fn classifier(&self) -> &Classifier {
        &self.parts.classifier
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
        text: &str,
    ) -> Result<Reply, GenerateError> {
        self.measure(text)?;
        let outcome = pipeline::turn(&self.parts, conversation, &mut tracer, text, Mode::Live).await;
        let outcome = outcome.map_err(|exhausted| self.step_budget(exhausted))?;
        Ok(reply(outcome, tracer, conversation.turns))
    }

    /// Runs the input rails over `text`; nothing is generated. The text of the reply is what the rails made of it, or
    /// what the one that blocked it says.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn check_input(&self, text: &str) -> Result<Reply, GenerateError> {
        self.check(Guards::Input, text).await
    }

    /// Runs the output rails over `text`, as [`check_input`](Self::check_input) does the input rails.
    ///
    /// # Errors
    /// When the text is too long.
    pub async fn check_output(&self, text: &str) -> Result<Reply, GenerateError> {
        self.check(Guards::Output, text).await
    }

    async fn check(&self, stage: Guards, text: &str) -> Result<Reply, GenerateError> {
        self.check_in(&mut Conversation::default(), stage, text).await
    }

    /// Runs the rails of one stage as if `text` were the next of `conversation`.
    pub(super) async fn check_in(
        &self,
        conversation: &mut Conversation,
        stage: Guards,
        text: &str,
    ) -> Result<Reply, GenerateError> {
        self.measure(text)?;
        let mut tracer = self.tracer();
        let outcome = pipeline::check(&self.parts, conversation, &mut tracer, stage, text).await;
        Ok(reply(outcome.map_err(|exhausted| self.step_budget(exhausted))?, tracer, conversation.turns))
    }

    pub(super) fn tracer(&self) -> Tracer {
        Tracer::new(self.parts.sources.clone(), self.parts.coverage.clone())
    }

    /// Runs earlier messages through the flows. Where they can't follow, they start afresh.
    async fn replay(
        &self,
        history: &[Message],
        conversation: &mut Conversation,
        tracer: &mut Tracer,
    ) -> Result<(), GenerateError> {
        let spoken: Vec<&Message> = history.iter().filter(|message| message.role != Role::System).collect();
        if spoken.is_empty() {
            return Ok(());
        }
        tracer.silence(true);
        let mut dropped = None;
        let mut rest = &spoken[..];
        while let Some((first, behind)) = rest.split_first() {
            let count = behind.iter().take_while(|message| message.role == Role::Assistant).count();
            let (replies, next) = behind.split_at(count);
            rest = next;
            let reply = replies.iter().map(|message| &*message.content).collect::<Vec<_>>().join("\n");
            if first.role == Role::Assistant {
                conversation.greeted_with(&first.content);
                continue;
            }
            self.measure(&first.content)?;
            let mode = Mode::Replay { reply: (count > 0).then_some(&*reply) };
            let outcome = pipeline::turn(&self.parts, conversation, tracer, &first.content, mode).await;
            if let Some(reason) = outcome.map_err(|exhausted| self.step_budget(exhausted))?.differs {
                dropped = Some(format!("turn {}: {reason}", conversation.turns));
            }
        }
        tracer.silence(false);
        tracer.record(What::Replayed { turns: conversation.turns, dropped }, None, None);
        Ok(())
    }

    fn measure(&self, text: &str) -> Result<(), GenerateError> {
        let limit = self.parts.config.limits.input_chars;
        // Bytes are an upper bound of characters, so most texts need no count.
        if text.len() > limit && text.chars().count() > limit {
            return Err(GenerateError::TooLong { limit });
        }
        Ok(())
    }

    fn step_budget(&self, exhausted: Exhausted) -> GenerateError {
        GenerateError::StepBudget {
            flow: self.parts.program.flow(exhausted.flow).name.clone(),
            location: Box::new(self.parts.sources.location(exhausted.span)),
            limit: self.parts.config.limits.steps,
        }
    }
}

fn reply(outcome: Outcome, tracer: Tracer, turn: u32) -> Reply {
    let Outcome { text, intent, verdict, exception, usage, .. } = outcome;
    Reply { text, intent, verdict, exception, usage, trace: tracer.finish(turn) }
}

impl std::fmt::Debug for Rails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rails")
            .field("intents", &self.parts.program.intents.len())
            .field("flows", &self.parts.program.flows.len())
            .finish_non_exhaustive()
    }
}
