//! One turn: input rails, what the text means, the flows, what only a model can say, output rails.

mod answer;
mod ask;
mod chain;
mod checks;
mod generate;
mod guard;
mod judge;
mod native;
mod parallel;
mod replay;
mod say;
mod stream;
mod tools;
mod understand;

use std::sync::Arc;

use tokio::time::Instant;

use super::budget::{Budget, Exhausted};
use super::conversation::Conversation;
use super::guard::Guard;
use super::history::Said;
use super::input::Options;
use super::loaded::Parts;
use super::machine::{Failure, Told};
use super::reply::{Exception, TurnFailure};
use super::stream::Outlet;
use super::trace::{Tracer, What};
use super::verdict::Verdict;
use crate::classify::Recent;
use crate::expression::{Value, Variables, is_true};
use crate::library::Evidence;
use crate::model::{Message, Meter, Role, ToolCall, Usage};
use crate::program::{FlowId, Guards, MessageId};
use crate::source::Span;
pub(super) use ask::LONGEST_ANSWER;
use replay::Mode;
pub(super) use replay::{Checked, replay, replay_result};
pub(super) use say::REMOVE_LAST;
pub(super) use understand::By;

/// The variable that holds what `config.yml` says, if a flow reads it.
pub(super) const CONFIG: &str = "config";

/// The variable by which a flow lets what is said past the output rails.
const SKIP_OUTPUT_RAILS: &str = "skip_output_rails";

/// Variables by which rails are steered: whoever sets them can pass rails by.
#[cfg(feature = "serve")]
pub(crate) const STEERING: [&str; 5] =
    [CONFIG, SKIP_OUTPUT_RAILS, "check_facts", "check_hallucination", "sensitive_vault"];

/// What a turn begins with.
pub(super) struct Heard<'a> {
    /// What was said since the last reply: by the user, by tools, by whoever runs the application.
    pub messages: &'a [Message],
    pub options: &'a Options,
    /// Where texts go before the turn is over, if they do.
    pub outlet: Option<&'a Outlet>,
}

/// What a turn led to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub intent: Option<Arc<str>>,
    pub verdict: Verdict,
    pub exception: Option<Exception>,
    pub failure: Option<TurnFailure>,
    pub finish: Option<String>,
    pub usage: Usage,
    /// Why a replayed turn can't have gone like this.
    pub differs: Option<String>,
}

/// Whether the turn is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

/// Takes one turn of `conversation`.
pub(super) async fn turn(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    heard: Heard<'_>,
) -> Result<Outcome, Exhausted> {
    let before = conversation.clone();
    let last = heard.messages.iter().rfind(|message| matches!(message.role, Role::User | Role::Tool));
    begin(conversation, last.map_or("", |message| &message.content));
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Live);
    (turn.options, turn.offered, turn.outlet) = (heard.options, &heard.options.tools, heard.outlet);
    if let Some(meter) = &heard.options.meter {
        turn.meter = meter.clone();
    }
    if let Err(failure) = turn.take(heard.messages).await {
        turn.fail(before, failure.told()?);
    }
    Ok(turn.finish())
}

fn begin(conversation: &mut Conversation, text: &str) {
    conversation.turns = conversation.turns.saturating_add(1);
    conversation.instances.begin_turn();
    conversation.digest = conversation.digest.with(text);
}

/// Runs the rails of one stage over `text`, and nothing else.
pub(super) async fn check(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    stage: Guards,
    (text, input): (&str, Option<&str>),
    meter: &Meter,
) -> Result<Outcome, Exhausted> {
    let before = conversation.clone();
    let (digest, last_reply) = (conversation.digest, conversation.store.variables().get("bot_message").cloned());
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Live);
    turn.meter = meter.clone();
    turn.prepare();
    if let Some(heard) = if stage == Guards::Input { Some(text) } else { input } {
        turn.conversation.hear(heard);
    }
    turn.conversation.store.set(stage.variable().into(), text.into());
    match turn.guard(stage).await {
        Ok(Ended::Yes) => {}
        Ok(Ended::No) => {
            let text = turn.conversation.store.text(stage.variable());
            turn.texts.push(text);
        }
        Err(failure) => turn.fail(before, failure.told()?),
    }
    let outcome = turn.finish();
    // Nobody said this in the conversation.
    conversation.digest = digest;
    if stage == Guards::Input {
        conversation.store.set("bot_message".into(), last_reply.unwrap_or_default());
    }
    Ok(outcome)
}

/// Runs the rails over calls of tools over `calls`, and nothing else.
pub(super) async fn check_calls(
    parts: &Parts,
    conversation: &mut Conversation,
    tracer: &mut Tracer,
    calls: &[ToolCall],
) -> Result<Outcome, Exhausted> {
    let before = conversation.clone();
    let mut turn = Turn::new(parts, conversation, tracer, Mode::Live);
    turn.prepare();
    if let Err(failure) = turn.call_tools("", calls.to_vec(), None).await {
        turn.fail(before.clone(), failure.told()?);
    }
    let outcome = turn.finish();
    // No model asked for this in the conversation.
    (conversation.digest, conversation.history) = (before.digest, before.history);
    let last_reply = before.store.variables().get("bot_message").cloned();
    conversation.store.set("bot_message".into(), last_reply.unwrap_or_default());
    Ok(outcome)
}

struct Turn<'a> {
    parts: &'a Parts,
    conversation: &'a mut Conversation,
    tracer: &'a mut Tracer,
    budget: Budget,
    mode: Mode<'a>,
    /// Of a replayed reply, what has not been said yet: it tells which text of several was chosen then.
    unsaid: Option<&'a str>,
    options: &'a Options,
    /// The tools that the model is offered where it writes the reply.
    offered: &'a [Value],
    outlet: Option<&'a Outlet>,
    /// What is out of the text that is being said, if it leaves in parts.
    streamed: Option<String>,
    intent: Option<Arc<str>>,
    texts: Vec<String>,
    tool_calls: Vec<ToolCall>,
    verdict: Verdict,
    exception: Option<Exception>,
    /// Shared with the rails that run at once, so that a call counts however it ends.
    meter: Meter,
    /// What rails have read, shared with those that run at once.
    recent: Arc<Recent>,
    /// What one call of a model said of step and text before they were asked for.
    foreseen: Option<Foreseen>,
    /// Whether the user's text is part of the history.
    is_remembered: bool,
    /// The rail that runs, if one does.
    rail: Option<&'a Guard>,
    /// By when the rail or the judge that runs must be done.
    until: Option<Instant>,
    /// What the last action of the rail which runs went by.
    evidence: Option<Evidence>,
    differs: Option<String>,
    failure: Option<TurnFailure>,
    /// Why the model ended that wrote the last text.
    finish: Option<String>,
}

/// A step and its text, as a model has named them along with the intent.
struct Foreseen {
    step: Arc<str>,
    text: String,
}

impl<'a> Turn<'a> {
    fn new(parts: &'a Parts, conversation: &'a mut Conversation, tracer: &'a mut Tracer, mode: Mode<'a>) -> Self {
        Self {
            parts,
            conversation,
            tracer,
            budget: Budget::new(parts.config.limits.steps),
            mode,
            unsaid: mode.reply(),
            options: Options::none(),
            offered: &[],
            outlet: None,
            streamed: None,
            intent: None,
            texts: Vec::new(),
            tool_calls: Vec::new(),
            verdict: Verdict::default(),
            exception: None,
            meter: Meter::new(),
            recent: Arc::default(),
            foreseen: None,
            is_remembered: false,
            rail: None,
            until: None,
            evidence: None,
            differs: None,
            failure: None,
            finish: None,
        }
    }

    /// Answers what was said since the last reply. Each text of the user passes the input rails, and each result of a tool its own.
    async fn take(&mut self, messages: &[Message]) -> Result<(), Failure> {
        self.prepare();
        let last = messages.iter().rposition(|message| matches!(message.role, Role::User | Role::Tool));
        for (index, message) in messages.iter().enumerate() {
            match message.role {
                Role::System => self.remember(Said::System { text: message.content.clone() }),
                Role::Assistant => {}
                Role::Tool => {
                    if self.take_result(message).await? == Ended::Yes {
                        return Ok(());
                    }
                }
                Role::User => {
                    let Some(text) = self.hear(&message.content).await? else { return Ok(()) };
                    if Some(index) == last {
                        // What comes behind it is about the reply, too.
                        for message in messages[index..].iter().filter(|message| message.role == Role::System) {
                            self.remember(Said::System { text: message.content.clone() });
                        }
                        let event = self.understand(&text).await?;
                        if let Some(event) = event {
                            self.answer(event).await?;
                        }
                        return Ok(());
                    }
                    // What came of it is not known; the flows follow it as far as they can without that.
                    self.tracer.silence(true);
                    replay(self.parts, self.conversation, self.tracer, &text, None, Checked::Now).await?;
                    self.tracer.silence(false);
                }
            }
        }
        // Tools have answered: the model goes on from there.
        self.say_generated(None, None, None).await.map(drop)
    }

    /// A text of the user as the input rails let it pass; `None` when one of them ended the turn.
    async fn hear(&mut self, text: &str) -> Result<Option<String>, Failure> {
        self.conversation.hear(text);
        if !self.parts.is_guarded(Guards::Input) {
            return Ok(Some(text.to_owned()));
        }
        if self.guard(Guards::Input).await? == Ended::Yes {
            return Ok(None);
        }
        let text = self.conversation.store.text("user_message");
        self.conversation.store.set("last_user_message".into(), text.as_str().into());
        Ok(Some(text))
    }

    /// Sets the variables that every turn begins with.
    fn prepare(&mut self) {
        let store = &mut self.conversation.store;
        if self.parts.reads_config {
            store.set(CONFIG.into(), self.parts.config.document.clone());
        }
        // What was found for one text says nothing about the next.
        if self.parts.knowledge.is_some() {
            store.set(generate::CHUNKS.into(), Value::Null);
        }
        for stage in Guards::ALL {
            let variable = stage.triggered();
            if store.variables().contains_key(variable) {
                store.set(variable.into(), Value::Null);
            }
        }
    }

    /// Ends the turn with the message for errors. It leaves no trace in the conversation, but the texts stay said.
    fn fail(&mut self, before: Conversation, told: Told) {
        let Told { place, reason, error } = told;
        self.tracer.deeper(false);
        self.note(What::Failed { reason: reason.clone() }, place);
        self.leave_off();
        self.tool_calls.clear();
        let turns = self.conversation.turns;
        *self.conversation = Conversation { turns, ..before };
        self.conversation.instances.clear();
        let is_of_model = error.is_some();
        self.failure = Some(TurnFailure { reason, model: error });
        if is_of_model && self.options.silent_failures {
            return;
        }
        // A message that fails itself must not fail the failing.
        let message = MessageId::INTERNAL_ERROR;
        if self.say_message(message, &Variables::new(), None).is_err() {
            self.put(Some(self.parts.program.message(message).name.clone()), String::new(), None);
        }
    }

    fn finish(mut self) -> Outcome {
        self.leave_off();
        let text = self.texts.join("\n");
        self.let_out_held(&text);
        if self.mode.reply().is_some_and(|reply| reply != text) {
            self.differ("the reply of then is not what the flows say".to_owned());
        }
        if self.failure.is_none() {
            let said = self.mode.reply().unwrap_or(&text);
            self.conversation.digest = self.conversation.digest.with(said);
            self.conversation.store.set("bot_message".into(), said.into());
        }
        // It lets what is said in this turn past the output rails, and nothing later.
        let store = &mut self.conversation.store;
        if store.variables().get(SKIP_OUTPUT_RAILS).is_some_and(is_true) {
            store.set(SKIP_OUTPUT_RAILS.into(), Value::Bool(false));
        }
        let Self { intent, tool_calls, verdict, exception, differs, failure, finish, .. } = self;
        let usage = self.meter.usage();
        Outcome { text, tool_calls, intent, verdict, exception, failure, finish, usage, differs }
    }

    /// Keeps what was said for a model to read. What a rail has stopped is not for it.
    fn remember(&mut self, said: Said) {
        // What the bot would say to a text that was left without a reply was never said.
        let is_unsaid = matches!((&said, self.mode), (Said::Bot { .. }, Mode::Replay { reply: None }));
        if self.parts.models.has_main() && !self.verdict.is_blocked() && !is_unsaid {
            let said = self.conversation.masked_again(said);
            self.conversation.history.push(said);
        }
    }

    fn differ(&mut self, reason: String) {
        self.differs.get_or_insert(reason);
    }

    fn note(&mut self, what: What, place: Option<(FlowId, Span)>) {
        let flow = place.map(|(flow, _)| self.parts.program.flow(flow));
        self.tracer.record(what, place.map(|(_, span)| span), flow);
    }
}
