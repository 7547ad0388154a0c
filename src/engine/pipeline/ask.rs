//! Asking a model: which, what with, and what becomes of its answer.

use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::stream::Shape;
use super::{Ended, Turn};
use crate::engine::history::Said;
use crate::engine::machine::Failure;
use crate::engine::models::Served;
use crate::engine::prompt::{Filling, parsed};
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

    /// Asks a model, and gives its answer as the prompt's output parser reads it.
    pub(super) async fn ask(&mut self, task: Task, question: Question) -> Result<Completion, Failure> {
        let (served, request, parser) = self.request(task, question)?;
        self.complete(task, &served, request, parser).await
    }

    async fn complete(
        &mut self,
        task: Task,
        served: &Served,
        request: ChatRequest,
        parser: Option<String>,
    ) -> Result<Completion, Failure> {
        let limit = self.parts.config.limits.timeout;
        let call = self.begin(served, &request);
        let completion = match tokio::time::timeout(limit, served.model.complete(request)).await {
            Ok(completion) => completion,
            Err(_) => Err(ModelError::Timeout { limit }),
        };
        self.answered(call, task, served, parser.as_deref(), completion)
    }

    /// Asks for another reply to what was said, as different as the model can make it.
    pub(super) async fn ask_for_another(&mut self) -> Result<String, Failure> {
        let (served, mut request, parser) = self.request(Task::General, Question::default())?;
        (request.temperature, request.tool_choice) = (Some(1.0), None);
        request.tools.clear();
        self.complete(Task::General, &served, request, parser).await.map(|completion| completion.text)
    }

    /// As [`ask`](Self::ask); where the reply is streamed, lets the text out as it becomes safe. `None` when a rail ended the turn.
    pub(super) async fn ask_aloud(
        &mut self,
        task: Task,
        question: Question,
        shape: Shape,
    ) -> Result<Option<Completion>, Failure> {
        if !self.streams() {
            return self.ask(task, question).await.map(Some);
        }
        let (served, request, parser) = self.request(task, question)?;
        let limit = self.parts.config.limits.timeout;
        let mut deadline = Instant::now() + limit;
        let mut completion = Completion::default();
        let mut spout = self.spout(shape, parser.is_some());
        let call = self.begin(&served, &request);
        let mut pieces = served.model.stream(request);
        let ended = loop {
            let piece = match tokio::time::timeout_at(deadline, pieces.next()).await {
                Err(_) => break Err(ModelError::Timeout { limit }),
                Ok(None) => break Err(ModelError::CutOff { reason: "it has no end".to_owned() }),
                Ok(Some(Err(error))) => break Err(error),
                Ok(Some(Ok(piece))) => piece,
            };
            match piece {
                Piece::Text(text) => {
                    completion.text.push_str(&text);
                    self.meter.received(call, completion.text.len());
                    if let Err(error) = measured(&completion.text) {
                        break Err(error);
                    }
                    // Rails have time of their own.
                    let began = Instant::now();
                    let ended = self.pour(&mut spout, &completion.text).await?;
                    if let Some(outlet) = self.outlet {
                        outlet.make_way().await;
                    }
                    deadline += began.elapsed();
                    if ended == Ended::Yes {
                        // Whatever else it would have written is not wanted.
                        drop(pieces);
                        self.answered(call, task, &served, None, Ok(completion))?;
                        return Ok(None);
                    }
                }
                Piece::End { tool_calls, finish, tokens } => {
                    (completion.tool_calls, completion.finish, completion.tokens) = (tool_calls, finish, tokens);
                    break Ok(());
                }
            }
        };
        drop(pieces);
        let completion = self.answered(call, task, &served, parser.as_deref(), ended.map(|()| completion))?;
        self.note(What::Streamed { looks: spout.looks }, None);
        Ok(Some(completion))
    }

    /// Counts a call that is about to be made.
    fn begin(&self, served: &Served, request: &ChatRequest) -> usize {
        let bytes = request.messages.iter().map(|message| message.content.len()).sum();
        self.meter.begin(served.model.name(), bytes)
    }

    fn request(&mut self, task: Task, question: Question) -> Result<(Served, ChatRequest, Option<String>), Failure> {
        let served = self.model_for(task).map_err(|reason| failed(task, &reason))?.clone();
        let recent = self.conversation.history.recent(REMEMBERED).into_iter().cloned();
        let filling = Filling {
            config: &self.parts.config,
            variables: self.conversation.store.variables(),
            model: self.rail.and_then(|rail| rail.model.as_deref()),
            history: recent.chain(question.behind).collect(),
            more: question.more,
        };
        let filled = self.parts.prompts.fill(task, served.spec.as_ref(), &filling);
        let mut filled = filled.map_err(|reason| failed(task, &reason))?;
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
        Ok((served, filled.request, filled.parser))
    }

    fn answered(
        &mut self,
        call: usize,
        task: Task,
        served: &Served,
        parser: Option<&str>,
        completion: Result<Completion, ModelError>,
    ) -> Result<Completion, Failure> {
        let name = served.model.name();
        let tokens = completion.as_ref().ok().and_then(|completion| completion.tokens);
        if let Ok(completion) = &completion {
            self.meter.received(call, completion.text.len());
        }
        self.meter.ended(call, tokens, completion.as_ref().is_err_and(|error| !has_worked(error)));
        let mut completion = completion.map_err(|error| unanswered(task, name, error))?;
        measured(&completion.text).map_err(|error| unanswered(task, name, error))?;
        let answer = completion.text.clone();
        self.note(What::Asked { task, model: name.to_owned(), answer, tokens }, None);
        completion.text = parsed(parser, &completion.text);
        Ok(completion)
    }
}

/// The longest answer that is read, in bytes; models write a hundredth of it.
pub(in crate::engine) const LONGEST_ANSWER: usize = 1 << 20;

fn measured(answer: &str) -> Result<(), ModelError> {
    if answer.len() > LONGEST_ANSWER { Err(ModelError::TooLong { limit: LONGEST_ANSWER }) } else { Ok(()) }
}

/// Whether a model that failed may have read and written before, which is charged for.
fn has_worked(error: &ModelError) -> bool {
    matches!(error, ModelError::Timeout { .. } | ModelError::CutOff { .. } | ModelError::TooLong { .. })
}

/// A call that can't be made, and with it the turn.
pub(super) fn failed(task: Task, reason: &str) -> Failure {
    Failure::Failed { place: None, reason: format!("model, asked for {task}: {reason}") }
}

/// A call of the model called `name` that got no answer.
fn unanswered(task: Task, name: &str, error: ModelError) -> Failure {
    Failure::Model { asked: format!("model, asked for {task}: `{name}`"), error }
}
