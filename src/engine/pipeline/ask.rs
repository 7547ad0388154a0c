//! Asking a model: which, what with, and what becomes of its answer.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::Instant;

use super::chain::{Chain, Entry};
use super::stream::{Shape, Spout};
use super::{Ended, Turn};
use crate::engine::history::Said;
use crate::engine::machine::Failure;
use crate::engine::models::Served;
use crate::engine::prompt::{Filling, parsed};
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::expression::Value;
use crate::model::{ChatRequest, Completion, ModelError, Piece, Task};

/// How much of the conversation a model reads.
const REMEMBERED: usize = 100;

/// What is asked besides the conversation.
#[derive(Default)]
pub(super) struct Question {
    /// What only this task's prompt knows.
    pub more: Vec<(&'static str, Value)>,
    /// What was said and is no part of the history yet.
    pub behind: Vec<Said>,
}

impl Turn<'_> {
    /// Whether a model may be asked in this turn.
    pub(super) fn may_ask(&self) -> bool {
        self.parts.models.has_main() && !self.mode.is_replay()
    }

    /// The model for `task`: that of the rail that runs, if it names one.
    fn model_for(&self, task: Task) -> Result<&Served, String> {
        match self.rail.and_then(|rail| rail.model.as_ref()) {
            Some(name) => {
                self.parts.models.named(name).ok_or_else(|| format!("no model is called `{name}`; see `models`"))
            }
            None => self.parts.models.for_task(task).ok_or_else(|| "there is none".to_owned()),
        }
    }

    /// Asks a model, or its fallbacks where it does not answer, and gives the answer as the prompt's output parser reads it.
    pub(super) async fn ask(&mut self, task: Task, question: Question) -> Result<Completion, Failure> {
        self.ask_changed(task, question, |_| {}).await
    }

    /// Asks for another reply to what was said, as different as the model can make it.
    pub(super) async fn ask_for_another(&mut self) -> Result<String, Failure> {
        let changed = |request: &mut ChatRequest| {
            (request.temperature, request.tool_choice) = (Some(1.0), None);
            request.tools.clear();
        };
        self.ask_changed(Task::General, Question::default(), changed).await.map(|completion| completion.text)
    }

    /// As [`ask`](Self::ask), with what `change` makes of each request.
    async fn ask_changed(
        &mut self,
        task: Task,
        question: Question,
        change: impl Fn(&mut ChatRequest) + Send,
    ) -> Result<Completion, Failure> {
        let mut chain = self.chain(task)?;
        loop {
            let served = chain.served().clone();
            let (mut request, parser) = self.request(&served, task, &question)?;
            change(&mut request);
            let (call, completion) = match chain.enter(&served) {
                Err(open) => (None, Err(open)),
                Ok(pass) => {
                    let (call, limit) = (self.begin(&chain, &request), chain.time());
                    let asked = tokio::time::timeout(limit, served.model.complete(request)).await;
                    let completion = asked.unwrap_or(Err(ModelError::Timeout { limit }));
                    pass.settle(completion.as_ref().map(drop));
                    (Some(call), completion)
                }
            };
            match self.answered(call, task, &served, parser.as_deref(), completion) {
                Ok(completion) => return Ok(completion),
                Err(error) => self.go_on(&mut chain, &asked_for(task), error)?,
            }
        }
    }

    /// As [`ask`](Self::ask); where the reply is streamed, lets the text out as it becomes safe. `None` when a rail ended the turn.
    ///
    /// Once something of a text is out, no other model is asked: it would begin anew.
    pub(super) async fn ask_aloud(
        &mut self,
        task: Task,
        question: Question,
        shape: Shape,
    ) -> Result<Option<Completion>, Failure> {
        if !self.streams() {
            return self.ask(task, question).await.map(Some);
        }
        let mut chain = self.chain(task)?;
        loop {
            let served = chain.served().clone();
            let (request, parser) = self.request(&served, task, &question)?;
            let mut spout = self.spout(shape, parser.is_some());
            let (call, completion) = match chain.enter(&served) {
                Err(open) => (None, Err(open)),
                Ok(pass) => {
                    let call = self.begin(&chain, &request);
                    let pieces = served.model.stream(request);
                    match self.poured(pieces, pass, &mut chain, call, &mut spout).await? {
                        (Ended::No, completion) => (Some(call), completion),
                        (Ended::Yes, completion) => {
                            let ended = self.answered(Some(call), task, &served, None, completion);
                            ended.map_err(|error| unanswered(task, served.model.name(), error))?;
                            return Ok(None);
                        }
                    }
                }
            };
            match self.answered(call, task, &served, parser.as_deref(), completion) {
                Ok(completion) => {
                    self.note(What::Streamed { looks: spout.looks }, None);
                    return Ok(Some(completion));
                }
                Err(error) if self.is_out() => return Err(unanswered(task, served.model.name(), error)),
                Err(error) => self.go_on(&mut chain, &asked_for(task), error)?,
            }
        }
    }

    /// Lets out what comes of an answer as it becomes safe, until it ends, or a rail ends the turn.
    async fn poured(
        &mut self,
        mut pieces: BoxStream<'_, Result<Piece, ModelError>>,
        mut pass: Entry<'_>,
        chain: &mut Chain,
        call: usize,
        spout: &mut Spout,
    ) -> Result<(Ended, Result<Completion, ModelError>), Failure> {
        let mut completion = Completion::default();
        // The beginning has the time of this model, the rest all that there is.
        let (mut limit, mut deadline) = (chain.time(), Instant::now() + chain.time());
        let ended = loop {
            let piece = match tokio::time::timeout_at(deadline, pieces.next()).await {
                // It was writing, so that it is not to blame for the time.
                Err(_) if !completion.text.is_empty() => return Ok((Ended::No, Err(ModelError::Timeout { limit }))),
                Err(_) => break Err(ModelError::Timeout { limit }),
                Ok(None) => break Err(ModelError::CutOff { reason: "it has no end".to_owned() }),
                Ok(Some(Err(error))) => break Err(error),
                Ok(Some(Ok(piece))) => piece,
            };
            match piece {
                Piece::Text(text) => {
                    completion.text.push_str(&text);
                    pass.answers();
                    self.meter.received(call, completion.text.len());
                    if let Err(error) = measured(&completion.text) {
                        break Err(error);
                    }
                    // Rails have time of their own.
                    let began = Instant::now();
                    let ended = self.pour(spout, &completion.text).await?;
                    if let Some(outlet) = self.outlet {
                        outlet.make_way().await;
                    }
                    chain.put_off(began.elapsed());
                    (limit, deadline) = chain.whole();
                    if ended == Ended::Yes {
                        // Whatever else it would have written is not wanted.
                        return Ok((Ended::Yes, Ok(completion)));
                    }
                }
                Piece::End { tool_calls, finish, tokens } => {
                    (completion.tool_calls, completion.finish, completion.tokens) = (tool_calls, finish, tokens);
                    break Ok(());
                }
            }
        };
        pass.settle(ended.as_ref().map(drop));
        Ok((Ended::No, ended.map(|()| completion)))
    }

    /// Counts a call that is about to be made.
    fn begin(&self, chain: &Chain, request: &ChatRequest) -> usize {
        let bytes = request.messages.iter().map(|message| message.content.len()).sum();
        self.meter.begin(chain.served().model.name(), bytes, chain.instead_of())
    }

    /// The models that may answer for `task`, and the time they have.
    fn chain(&self, task: Task) -> Result<Chain, Failure> {
        let served = self.model_for(task).map_err(|reason| unasked(task, reason))?.clone();
        Ok(Chain::new(served, self.parts.config.limits.timeout, self.until))
    }

    /// Has the next one of `chain` asked where that may help; `asked` says for what.
    pub(super) fn go_on(&mut self, chain: &mut Chain, asked: &str, error: ModelError) -> Result<(), Failure> {
        let model = chain.served().model.name().to_owned();
        if !error.may_be_mended() || !chain.advance(&error) {
            return Err(Failure::Model { asked: format!("{asked}: `{model}`"), error });
        }
        let (cause, next) = (error.kind(), chain.served().model.name().to_owned());
        self.note(What::ModelFailed { model, cause, reason: error.to_string(), next }, None);
        Ok(())
    }

    fn request(
        &mut self,
        served: &Served,
        task: Task,
        question: &Question,
    ) -> Result<(ChatRequest, Option<String>), Failure> {
        let recent = self.conversation.history.recent(REMEMBERED).into_iter().cloned();
        let filling = Filling {
            config: &self.parts.config,
            variables: self.conversation.store.variables(),
            model: self.rail.and_then(|rail| rail.model.as_deref()),
            history: recent.chain(question.behind.iter().cloned()).collect(),
            more: question.more.clone(),
        };
        let filled = self.parts.prompts.fill(task, served.spec.as_deref(), &filling);
        let mut filled = filled.map_err(|reason| unasked(task, reason))?;
        if filled.forgotten > 0 {
            self.note(What::Forgot { texts: filled.forgotten }, None);
        }
        let request = &mut filled.request;
        if !matches!(task, Task::General | Task::BotMessage) {
            request.temperature = Some(self.parts.config.lowest_temperature);
        } else {
            request.tools.clone_from(&self.options.tools);
            request.tool_choice.clone_from(&self.options.tool_choice);
            request.parameters.clone_from(&self.options.parameters);
        }
        Ok((filled.request, filled.parser))
    }

    /// Takes down what became of `call`; there is none where the model was not to be asked.
    fn answered(
        &mut self,
        call: Option<usize>,
        task: Task,
        served: &Served,
        parser: Option<&str>,
        completion: Result<Completion, ModelError>,
    ) -> Result<Completion, ModelError> {
        if let Some(call) = call {
            if let Ok(completion) = &completion {
                self.meter.received(call, completion.text.len());
            }
            self.meter.ended(call, completion.as_ref().map(|completion| completion.tokens));
        }
        let mut completion = completion?;
        measured(&completion.text)?;
        let (model, answer, tokens) = (served.model.name().to_owned(), completion.text.clone(), completion.tokens);
        self.note(What::Asked { task, model, answer, tokens }, None);
        completion.text = parsed(parser, &completion.text);
        Ok(completion)
    }
}

/// The longest answer that is read, in bytes; models write a hundredth of it.
pub(in crate::engine) const LONGEST_ANSWER: usize = 1 << 20;

fn measured(answer: &str) -> Result<(), ModelError> {
    if answer.len() > LONGEST_ANSWER { Err(ModelError::TooLong { limit: LONGEST_ANSWER }) } else { Ok(()) }
}

/// A call that can't be made, and with it the turn.
pub(super) fn failed(task: Task, reason: Reason) -> Failure {
    Failure::Failed { place: None, reason: reason.within(&asked_for(task)) }
}

fn unasked(task: Task, reason: String) -> Failure {
    failed(task, Reason::of_others(reason, "it can't be asked"))
}

/// What a model is asked for, as the cause of a failure has it.
fn asked_for(task: Task) -> String {
    format!("model, asked for {task}")
}

/// A call of the model called `name` that got no answer.
fn unanswered(task: Task, name: &str, error: ModelError) -> Failure {
    Failure::Model { asked: format!("{}: `{name}`", asked_for(task)), error }
}
