//! What only a model can tell: the next step, the words of a message, the value of a variable, a reply.

use std::fmt::Write as _;
use std::sync::Arc;

use super::ask::Question;
use super::stream::Shape;
use super::{Ended, Turn};
use crate::engine::history::Said;
use crate::engine::loaded::Loaded;
use crate::engine::machine::Failure;
use crate::engine::prompt::{first_line, step, unquoted};
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::expression::{Value, Variables};
use crate::library::{BETWEEN_CHUNKS, SEPARATE_CHUNKS};
use crate::model::Task;
use crate::program::{Flow, FlowId, Guards, MessageId, Op, Say, UserPattern};
use crate::source::Span;

/// The variable that holds what was found in documents.
pub(super) const CHUNKS: &str = "relevant_chunks";
/// How many chunks of documents a model is shown.
const FOUND: usize = 3;
/// What is said when the model names no next step.
const GENERAL_RESPONSE: &str = "general response";
/// How many messages a model is told of by name, and how many flows or texts it is shown.
const SHOWN: (usize, usize) = (200, 5);

/// The step that a model names.
pub(super) struct NextStep {
    pub message: Option<MessageId>,
    pub name: Arc<str>,
}

impl Turn<'_> {
    /// What the bot does next, where no flow says so.
    pub(super) async fn next_step(&mut self) -> Result<NextStep, Failure> {
        let name: Arc<str> = match &self.foreseen {
            Some(foreseen) => foreseen.step.clone(),
            None => {
                let names: Vec<&str> = self.named_messages().take(SHOWN.0).collect();
                let more = vec![("bot_messages", names.join(", ").into()), ("examples", self.example_flows().into())];
                let completion = self.ask(Task::NextStep, Question { more, ..Question::default() }).await?;
                step(&completion.text).map_or_else(|| GENERAL_RESPONSE.into(), Arc::from)
            }
        };
        Ok(NextStep { message: self.parts.program.message_named(&name), name })
    }

    /// Says the message that a model has chosen.
    pub(super) async fn say_step(&mut self, step: &NextStep, place: Option<(FlowId, Span)>) -> Result<Ended, Failure> {
        if let Some(message) = step.message
            && let Some(text) = self.message_text(message, &Variables::new(), place)?
        {
            self.put(Some(step.name.clone()), text, place);
            return Ok(Ended::No);
        }
        self.say_generated(Some(step.name.clone()), None, place).await
    }

    /// Says a message in the words of a model; without one, that it can't be answered.
    pub(super) async fn say_generated(
        &mut self,
        message: Option<Arc<str>>,
        instruction: Option<&str>,
        place: Option<(FlowId, Span)>,
    ) -> Result<Ended, Failure> {
        if !self.parts.models.has_main() {
            self.note(What::NoText { message }, place);
            self.say_message(MessageId::CANNOT_ANSWER, &Variables::new(), place)?;
            return Ok(Ended::No);
        }
        if self.mode.is_replay() {
            // Whatever is left of the reply is what the model wrote.
            if let Some(text) = self.unsaid.take() {
                self.put(message, text.to_owned(), place);
            }
            return Ok(Ended::No);
        }
        if let Some(foreseen) = self.foreseen.take_if(|foreseen| message.as_ref() == Some(&foreseen.step)) {
            return self.deliver(message, foreseen.text, place).await;
        }
        if self.retrieve().await? == Ended::Yes {
            return Ok(Ended::Yes);
        }
        // A conversation that goes to the model as it came has no phases.
        let (task, shape) = match &message {
            Some(_) if !self.parts.config.passthrough => (Task::BotMessage, Shape::Quoted),
            _ => (Task::General, Shape::Whole),
        };
        let question = self.wanted(task, message.as_deref(), instruction);
        let Some(completion) = self.ask_aloud(task, question, shape).await? else { return Ok(Ended::Yes) };
        self.finish = completion.finish;
        let text = shape.of(&completion.text).to_owned();
        if completion.tool_calls.is_empty() {
            return self.deliver(message, text, place).await;
        }
        let mut said = String::new();
        if !text.is_empty() {
            let before = self.conversation.history.clone();
            if self.deliver(message, text, place).await? == Ended::Yes {
                return Ok(Ended::Yes);
            }
            // It is remembered with the calls, and as the output rails let it pass.
            self.conversation.history = before;
            said = self.conversation.store.text("bot_message");
        }
        self.call_tools(&said, completion.tool_calls, place).await
    }

    fn wanted(&self, task: Task, message: Option<&str>, instruction: Option<&str>) -> Question {
        let chunks = self.conversation.store.text(CHUNKS);
        let mut more =
            vec![("relevant_chunks", chunks.into()), ("instructions", instruction.unwrap_or_default().into())];
        if let (Task::BotMessage, Some(name)) = (task, message) {
            more.extend([("bot_intent", name.into()), ("examples", self.example_texts().into())]);
        }
        Question { more, ..Question::default() }
    }

    /// Says whatever the model comes up with.
    pub(super) async fn say_anything(
        &mut self,
        instruction: Option<&str>,
        place: (FlowId, Span),
    ) -> Result<Ended, Failure> {
        if self.may_ask() && self.generates_steps() {
            let step = self.next_step().await?;
            return self.say_step(&step, Some(place)).await;
        }
        self.say_generated(None, instruction, Some(place)).await
    }

    /// The value of a variable; always a text.
    pub(super) async fn value_by_model(&mut self, variable: &str, instruction: &str) -> Result<Value, Failure> {
        let more = vec![
            ("var_name", variable.into()),
            ("instructions", instruction.into()),
            ("examples", self.example_flows().into()),
        ];
        let behind = self.unremembered();
        let completion = self.ask(Task::Value, Question { more, behind }).await?;
        let line = first_line(&completion.text).trim_end_matches(';').trim_end();
        Ok(unquoted(line).into())
    }

    /// What a rail guards, and what was said so far and is no part of the history.
    fn unremembered(&self) -> Vec<Said> {
        let text = |name: &str| self.conversation.store.text(name);
        let mut said = Vec::new();
        if !self.is_remembered {
            let text = text("user_message");
            said.extend((!text.is_empty()).then_some(Said::User { text, intent: None }));
        }
        said.extend(match self.rail.map(|rail| rail.guards) {
            None | Some(Guards::Input) => None,
            Some(Guards::Output) => Some(Said::Bot { text: text("bot_message"), message: None }),
            Some(Guards::ToolOutput) => Some(Said::Bot { text: text("tool_calls"), message: None }),
            Some(stage @ (Guards::ToolInput | Guards::Retrieval)) => {
                Some(Said::Result { id: text("tool_call_id"), name: text("tool_name"), text: text(stage.variable()) })
            }
        });
        said
    }

    fn named_messages(&self) -> impl Iterator<Item = &str> {
        let names = self.parts.program.messages.iter().map(|message| &*message.name);
        names.filter(|name| !name.starts_with('"'))
    }

    /// The first flows that answer an intent by a message, as Colang writes them.
    fn example_flows(&self) -> String {
        let flows = self.parts.program.flows.iter().filter_map(|flow| self.as_colang(flow));
        flows.take(SHOWN.1).collect::<Vec<_>>().join("\n")
    }

    fn as_colang(&self, flow: &Flow) -> Option<String> {
        let program = &self.parts.program;
        let mut text = String::new();
        for step in &flow.steps {
            // Writing to a string does not fail.
            let _ = match &step.op {
                Op::User(patterns) => match patterns.first()? {
                    UserPattern::Intent(intent) => writeln!(text, "user {}", program.intent(*intent).name),
                    UserPattern::Any => writeln!(text, "user ..."),
                },
                Op::Bot(Say::Message(message)) => writeln!(text, "bot {}", program.message(*message).name),
                Op::Execute { written, .. } => writeln!(text, "execute {written}"),
                _ => continue,
            };
        }
        (text.starts_with("user ") && text.contains("\nbot ")).then_some(text)
    }

    /// The first texts of messages that have a name.
    fn example_texts(&self) -> String {
        let messages = self.parts.program.messages.iter().filter(|message| !message.name.starts_with('"'));
        let example = |message: &crate::program::Message| {
            let text = message.texts.first()?;
            Some(format!("bot {}\n  \"{}\"\n", message.name, text.template.source()))
        };
        messages.filter_map(example).take(SHOWN.1).collect::<Vec<_>>().join("\n")
    }

    /// Puts what documents say about the user's text into `$relevant_chunks`, unless a flow of this turn did, as the retrieval rails let it pass.
    pub(super) async fn retrieve(&mut self) -> Result<Ended, Failure> {
        let variables = self.conversation.store.variables();
        let is_set = variables.get(CHUNKS).is_some_and(|chunks| !chunks.is_null());
        if self.parts.knowledge.is_some() && !is_set {
            let text = self.conversation.store.text("user_message");
            self.search(&text, None).await?;
        }
        let before = self.conversation.store.variables().get(CHUNKS).cloned();
        let ended = self.guard(Guards::Retrieval).await?;
        let variables = self.conversation.store.variables();
        let after = variables.get(CHUNKS).cloned();
        if before != after && !is_of(after.as_ref(), variables.get(SEPARATE_CHUNKS)) {
            let list = match after {
                Some(list @ Value::Array(_)) => list,
                after => after.filter(|chunks| chunks.as_str() != Some("")).into_iter().collect(),
            };
            self.conversation.store.set(SEPARATE_CHUNKS.into(), list);
        }
        Ok(ended)
    }

    /// What documents say about `text`, the best first, into `$relevant_chunks` and, as a list, `$relevant_chunks_sep`.
    ///
    /// # Errors
    /// When the embedder fails.
    pub(super) async fn search(&mut self, text: &str, place: Option<(FlowId, Span)>) -> Result<Value, Failure> {
        let Some(knowledge) = &self.parts.knowledge else { return Ok(Value::Null) };
        let found = self.apart(knowledge.is_costly(), text, found).await.flatten();
        let failed =
            |full| Failure::Failed { place, reason: Reason::of_others(full, "the documents can't be searched") };
        let (titles, bodies) = found.map_err(failed)?;
        let (chunks, list) = (Value::from(bodies.join(BETWEEN_CHUNKS)), Value::from(bodies));
        self.conversation.store.set(CHUNKS.into(), chunks.clone());
        self.conversation.store.set(SEPARATE_CHUNKS.into(), list);
        self.note(What::Retrieved { titles }, None);
        Ok(chunks)
    }
}

/// Whether `list` has the texts that `chunks` is made of.
fn is_of(chunks: Option<&Value>, list: Option<&Value>) -> bool {
    let texts =
        list.and_then(Value::as_array).and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    texts.is_some_and(|texts| chunks.and_then(Value::as_str) == Some(&texts.join(BETWEEN_CHUNKS)))
}

/// The headings and the texts of what documents say about `text`, or why that can't be told.
fn found(loaded: &Loaded, text: &str) -> Result<(Vec<Arc<str>>, Vec<String>), String> {
    let Some(knowledge) = &loaded.knowledge else { return Ok((Vec::new(), Vec::new())) };
    let found = knowledge.search(text, FOUND).map_err(|error| format!("the documents can't be searched: {error}"))?;
    Ok(found.iter().map(|found| (found.chunk.title.clone(), found.chunk.body.to_string())).unzip())
}
