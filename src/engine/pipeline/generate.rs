//! What only a model can tell: the intent, the next step, the words of a message, the value of a variable, a reply.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Ended, Turn};
use crate::classify::Classification;
use crate::engine::history::Said;
use crate::engine::machine::Failure;
use crate::engine::trace::What;
use crate::expression::{Value, Variables};
use crate::model::{ChatRequest, Message, Task};
use crate::program::{FlowId, Guards, MessageId};
use crate::source::Span;

/// What a text means whose intent the model leaves open.
const UNKNOWN_INTENT: &str = "unknown message";
/// What is said when the model names no next step.
const GENERAL_RESPONSE: &str = "general response";
/// How much of the conversation a model reads.
const REMEMBERED: usize = 40;
/// How many intents are shown with examples, and how many examples of each.
const SHOWN: (usize, usize) = (12, 3);

/// The step that a model names.
pub(super) struct NextStep {
    pub message: Option<MessageId>,
    pub name: Arc<str>,
}

impl Turn<'_> {
    /// Whether a model may be asked in this turn.
    pub(super) fn may_ask(&self) -> bool {
        self.parts.model.is_some() && !self.mode.is_replay()
    }

    /// Names what `text` means; the name need not be that of an intent.
    pub(super) async fn intent_by_model(&mut self, text: &str, found: &Classification) -> Result<Arc<str>, Failure> {
        let program = &self.parts.program;
        let mut shown = String::new();
        let near = found.candidates.iter().map(|candidate| candidate.intent);
        let others = program.intents().map(|(id, _)| id);
        let mut seen = Vec::new();
        for id in near.chain(others) {
            if seen.len() >= SHOWN.0 || seen.contains(&id) {
                continue;
            }
            seen.push(id);
            let intent = program.intent(id);
            for example in intent.examples.iter().take(SHOWN.1) {
                let _ = writeln!(shown, "user \"{}\"\n  {}", example.text, intent.name);
            }
        }
        let task = format!(
            "Say what the user means by the last line. These are texts and, under each, what it means:\n\n{shown}\nAnswer with \
             the meaning alone, on one line; make up a short one when none of these fits."
        );
        let answer = self.ask(Task::Intent, task, Some(text)).await?;
        let line = first_line(&answer);
        let name = line.strip_prefix("user ").unwrap_or(line).trim();
        Ok(if name.is_empty() { UNKNOWN_INTENT.into() } else { name.into() })
    }

    /// What the bot does next, where no flow says so.
    pub(super) async fn next_step(&mut self) -> Result<NextStep, Failure> {
        let program = &self.parts.program;
        let named = program.messages.iter().filter(|message| !message.name.starts_with('"'));
        let names: Vec<&str> = named.take(200).map(|message| &*message.name).collect();
        let task = format!(
            "Say what the bot does next. It may say one of these messages: {}.\nAnswer with one line, `bot` and the name of a \
             message; make up a short name when none of these fits.",
            names.join(", ")
        );
        let answer = self.ask(Task::NextStep, task, None).await?;
        let name = first_line(&answer).strip_prefix("bot ").unwrap_or_default();
        let name = name.split(['"', ',']).next().unwrap_or_default();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: Arc<str> = if name.is_empty() { GENERAL_RESPONSE.into() } else { name.into() };
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
        if self.parts.model.is_none() {
            self.note(What::NoText { message }, place);
            self.say_message(MessageId::CANNOT_ANSWER, &Variables::new(), place)?;
            return Ok(Ended::No);
        }
        if self.mode.is_replay() {
            // Whatever is left of the reply is what the model wrote.
            let text = self.unsaid.take().unwrap_or_default().to_owned();
            self.put(message, text, place);
            return Ok(Ended::No);
        }
        if self.guard(Guards::Retrieval).await? == Ended::Yes {
            return Ok(Ended::Yes);
        }
        let (task, wanted) = match &message {
            Some(name) => {
                let told = instruction.map(|told| format!(" {told}.")).unwrap_or_default();
                let wanted = format!("Write what the bot says next: `{name}`.{told}\nAnswer with the text alone.");
                (Task::BotMessage, wanted)
            }
            None => (Task::General, instruction.unwrap_or_default().to_owned()),
        };
        let answer = self.ask(task, wanted, None).await?;
        let text = if task == Task::BotMessage { unquoted(&answer) } else { answer.trim() }.to_owned();
        self.deliver(message, text, place).await
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
        let told = if instruction.is_empty() { String::new() } else { format!(" {instruction}.") };
        let task = format!(
            "Find the value of `${variable}` in the conversation.{told}\nAnswer with the value alone, on one line."
        );
        let answer = self.ask(Task::Value, task, None).await?;
        let line = first_line(&answer).trim_end_matches(';').trim_end();
        Ok(unquoted(line).into())
    }

    /// Asks the model; `last` is what the user says and is no part of the history yet.
    async fn ask(&mut self, task: Task, wanted: String, last: Option<&str>) -> Result<String, Failure> {
        let failed =
            |reason: String| Failure::Failed { place: None, reason: format!("model, asked for {task}: {reason}") };
        let Some(model) = &self.parts.model else { return Err(failed("there is none".to_owned())) };
        let request = ChatRequest::new(task, self.prompt(task, &wanted, last));
        let limit = self.parts.config.limits.timeout;
        let completion = tokio::time::timeout(limit, model.complete(request)).await;
        let completion = completion.map_err(|_| failed(format!("it took longer than {limit:?}")))?;
        let completion = completion.map_err(|error| failed(error.to_string()))?;
        self.usage.add(model.name(), completion.tokens);
        let most = self.parts.config.limits.input_chars;
        if completion.text.len() > most {
            return Err(failed(format!("its answer is longer than {most} bytes")));
        }
        self.note(What::Asked { task, answer: completion.text.clone() }, None);
        Ok(completion.text)
    }

    /// The instructions, what was said, and what is wanted.
    fn prompt(&self, task: Task, wanted: &str, last: Option<&str>) -> Vec<Message> {
        let config = &self.parts.config;
        let mut system = config.instructions.clone();
        if !config.sample_conversation.is_empty() && task != Task::General {
            let _ = write!(system, "\n\nThis is how a conversation may go:\n{}", config.sample_conversation.trim());
        }
        if let Some(chunks) = self.conversation.store.variables().get("relevant_chunks").and_then(Value::as_str)
            && matches!(task, Task::General | Task::BotMessage)
            && !chunks.is_empty()
        {
            let _ = write!(system, "\n\nThis is known:\n{chunks}");
        }
        if !wanted.is_empty() {
            let _ = write!(system, "\n\n{wanted}");
        }
        let mut messages = vec![Message::system(system.trim())];
        for said in self.conversation.history.recent(REMEMBERED) {
            messages.push(match said {
                Said::User { text, .. } => Message::user(text),
                Said::Bot { text, .. } => Message::assistant(text),
            });
        }
        messages.extend(last.map(Message::user));
        messages
    }
}

/// The first line that is not empty, trimmed.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// Without one pair of quotes around it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
