//! What models are asked: our prompts, which lie in `prompts/`, or those of `config.yml`, filled in for one call.

mod answer;
mod filters;
mod template;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::history::Said;
use crate::config::{Config, ModelSpec, Prompt};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Variables;
use crate::model::{ChatRequest, Message, Task, ToolCall};

pub(super) use answer::{first_line, intent, parsed, step, three, unquoted};
use template::Template;

/// All that is asked.
const TASKS: [(Task, &str); 16] = [
    (Task::Judge, include_str!("../../../prompts/judge.txt")),
    (Task::Intent, include_str!("../../../prompts/generate_user_intent.txt")),
    (Task::NextStep, include_str!("../../../prompts/generate_next_steps.txt")),
    (Task::BotMessage, include_str!("../../../prompts/generate_bot_message.txt")),
    (Task::SingleCall, include_str!("../../../prompts/generate_intent_steps_message.txt")),
    (Task::Value, include_str!("../../../prompts/generate_value.txt")),
    (Task::General, include_str!("../../../prompts/general.txt")),
    (Task::SelfCheckInput, include_str!("../../../prompts/self_check_input.txt")),
    (Task::SelfCheckOutput, include_str!("../../../prompts/self_check_output.txt")),
    (Task::SelfCheckFacts, include_str!("../../../prompts/self_check_facts.txt")),
    (Task::SelfCheckHallucination, include_str!("../../../prompts/self_check_hallucination.txt")),
    (Task::ContentSafetyInput, include_str!("../../../prompts/content_safety_check_input.txt")),
    (Task::ContentSafetyOutput, include_str!("../../../prompts/content_safety_check_output.txt")),
    (Task::TopicSafetyInput, include_str!("../../../prompts/topic_safety_check_input.txt")),
    (Task::LlamaGuardInput, include_str!("../../../prompts/llama_guard_check_input.txt")),
    (Task::LlamaGuardOutput, include_str!("../../../prompts/llama_guard_check_output.txt")),
];

static SHIPPED: LazyLock<Vec<(Task, Asked)>> = LazyLock::new(|| {
    let asked = |(task, text)| Some((task, Asked::new(Template::shipped(text).ok()?)));
    TASKS.into_iter().filter_map(asked).collect()
});

/// The prompts of a configuration, compiled.
pub(super) struct Prompts {
    configured: Vec<(Prompt, Asked)>,
    /// The conversation as it is, where that is what a model is to have.
    passthrough: Option<Asked>,
    mode: String,
}

/// One prompt, and how its answer is to be.
#[derive(Debug)]
struct Asked {
    template: Template,
    /// The longest prompt, in characters.
    max_length: Option<usize>,
    max_tokens: Option<u32>,
    stop: Vec<String>,
    parser: Option<String>,
}

impl Asked {
    fn new(template: Template) -> Self {
        Self { template, max_length: None, max_tokens: None, stop: Vec::new(), parser: None }
    }
}

/// What a prompt is filled in with.
pub(super) struct Filling<'a> {
    pub config: &'a Config,
    pub variables: &'a Variables,
    /// The model that a rail wants asked, by its type in `models`.
    pub model: Option<&'a str>,
    /// The earliest first.
    pub history: Vec<Said>,
    /// What only this task knows.
    pub more: Vec<(&'static str, Value)>,
}

/// A prompt, filled in.
pub(super) struct Filled {
    pub request: ChatRequest,
    pub parser: Option<String>,
    /// How many things that were said had to be left out, the oldest first.
    pub forgotten: usize,
}

impl Prompts {
    /// Compiles the prompts of `config`, and says what is wrong with them.
    pub(super) fn new(config: &Config) -> (Self, Vec<Diagnostic>) {
        let (mut configured, mut diagnostics) = (Vec::new(), Vec::new());
        for prompt in &config.prompts {
            let compiled = Template::configured(&prompt.messages);
            let wrong = match &compiled {
                Ok(template) => template.error(),
                Err(error) => Some(error.clone()),
            };
            if let Some(wrong) = wrong {
                let message = format!("the prompt for `{}` can't be used: {wrong}", prompt.task);
                diagnostics.push(Diagnostic::new(codes::BAD_PROMPT, prompt.span, message));
            }
            let is_ours = TASKS.iter().any(|(task, _)| task.name() == prompt.task);
            if let Some(parser) = prompt.output_parser.as_deref().filter(|_| is_ours)
                && !answer::PARSERS.contains(&parser)
            {
                let message = format!("no output parser is called `{parser}`");
                let meant = nearest(parser, answer::PARSERS);
                diagnostics.push(Diagnostic::new(codes::BAD_PROMPT, prompt.span, message).suggest(meant));
            }
            let Ok(template) = compiled else { continue };
            let asked = Asked {
                template,
                max_length: prompt.max_length,
                max_tokens: prompt.max_tokens.and_then(|most| u32::try_from(most).ok()),
                stop: prompt.stop.clone(),
                parser: prompt.output_parser.clone(),
            };
            configured.push((prompt.clone(), asked));
        }
        let mode = config.prompting_mode.clone().unwrap_or_else(|| "standard".to_owned());
        let passthrough = config.passthrough.then(|| Asked::new(Template::conversation()));
        (Self { configured, passthrough, mode }, diagnostics)
    }

    /// The prompt for `task` when `model` is asked, which a rail may have named as `asked`: of those for the task, the first one that
    /// knows the model best.
    fn find(&self, task: Task, model: Option<&ModelSpec>, asked: Option<&str>) -> Option<&Asked> {
        let fits = |prompt: &Prompt| {
            let mode = prompt.mode.as_deref().unwrap_or("standard");
            let suits = suits(&prompt.task, task, asked).filter(|_| mode == self.mode)?;
            Some(suits + knows(&prompt.models, model)?)
        };
        let mut best: Option<(u8, &Asked)> = None;
        for (prompt, asked) in &self.configured {
            if let Some(score) = fits(prompt)
                && best.is_none_or(|(other, _)| score > other)
            {
                best = Some((score, asked));
            }
        }
        if let Some(passthrough) = self.passthrough.as_ref().filter(|_| task == Task::General) {
            return Some(passthrough);
        }
        let shipped = || SHIPPED.iter().find(|(shipped, _)| *shipped == task).map(|(_, asked)| asked);
        best.map(|(_, asked)| asked).or_else(shipped)
    }

    /// What `model` is asked for `task`, with as much of what was said as `limits.prompt_tokens` leaves room for.
    ///
    /// # Errors
    /// When the template fails, or the prompt is too long even without a history.
    pub(super) fn fill(&self, task: Task, model: Option<&ModelSpec>, filling: &Filling<'_>) -> Result<Filled, String> {
        let Some(asked) = self.find(task, model, filling.model) else { return Err("there is no prompt".to_owned()) };
        let most = filling.config.limits.prompt_tokens;
        let mut forgotten = 0;
        loop {
            let said = &filling.history[forgotten..];
            let messages = asked.template.render(&context(&asked.template, filling, said), &conversation(said))?;
            let characters: usize = messages.iter().map(characters).sum();
            let fits = characters.div_ceil(4) <= most && asked.max_length.is_none_or(|most| characters <= most);
            if fits {
                let mut request = ChatRequest::new(task, messages);
                request.max_tokens = asked.max_tokens;
                request.stop.clone_from(&asked.stop);
                return Ok(Filled { request, parser: asked.parser.clone(), forgotten });
            }
            // The last thing said is what the answer is about. A turn goes as a whole, and more of them the longer it is.
            let over = characters.saturating_sub(asked.max_length.unwrap_or(usize::MAX).min(most.saturating_mul(4)));
            let Some(next) = next_turn(&filling.history, forgotten, over) else {
                return Err(format!(
                    "the prompt is too long: about {} tokens without what was said before, and {most} are allowed; see \
                     `limits.prompt_tokens`",
                    characters.div_ceil(4)
                ));
            };
            forgotten = next;
        }
    }
}

/// How well a prompt called `name` is for `task`: by its name, or, better, by that and the model which a rail has asked, `TASK $model=KIND`.
fn suits(name: &str, task: Task, asked: Option<&str>) -> Option<u8> {
    match name.strip_prefix(task.name())?.trim_start().strip_prefix("$model=") {
        Some(kind) => (asked == Some(kind.trim())).then_some(8),
        None => (name == task.name()).then_some(0),
    }
}

/// How well a prompt with these `models` knows `model`; `None` when it is for others.
fn knows(models: &[String], model: Option<&ModelSpec>) -> Option<u8> {
    if models.is_empty() {
        return Some(0);
    }
    let engine = model.and_then(|model| model.engine.as_deref()).unwrap_or_default();
    let name = model.and_then(|model| model.model.as_deref()).unwrap_or_default();
    let whole = format!("{engine}/{name}");
    let score = |known: &String| match known {
        _ if *known == whole => Some(4),
        _ if known == name => Some(3),
        _ if whole.starts_with(&**known) && known.contains('/') => Some(2),
        _ if known == engine => Some(1),
        _ => None,
    };
    models.iter().filter_map(score).max()
}

/// Where the history begins when at least `over` characters go, in whole turns; `None` when only the last turn is left.
fn next_turn(history: &[Said], from: usize, over: usize) -> Option<usize> {
    let mut gone = 0;
    let mut next = None;
    for (index, said) in history.iter().enumerate().skip(from) {
        if index > from && matches!(said, Said::User { .. }) {
            next = Some(index);
            if gone >= over {
                break;
            }
        }
        gone += said.bytes();
    }
    next
}

fn characters(message: &Message) -> usize {
    message.content.chars().count() + message.bytes() - message.content.len()
}

/// What `template` reads.
fn context(template: &Template, filling: &Filling<'_>, said: &[Said]) -> minijinja::Value {
    let mut context = serde_json::Map::new();
    for (name, value) in filling.variables.iter().filter(|(name, _)| template.reads(name)) {
        context.insert(name.to_string(), value.clone());
    }
    let last = said.iter().rev().find_map(|said| match said {
        Said::User { text, .. } => Some(text.as_str()),
        _ => None,
    });
    context.insert("user_input".to_owned(), last.unwrap_or_default().into());
    context.insert("general_instructions".to_owned(), filling.config.instructions.as_str().into());
    context.insert("sample_conversation".to_owned(), filling.config.sample_conversation.as_str().into());
    context.insert("sample_conversation_two_turns".to_owned(), filling.config.sample_conversation.as_str().into());
    if template.reads("history") {
        context.insert("history".to_owned(), said.iter().flat_map(events).collect());
    }
    for (name, value) in &filling.more {
        context.insert((*name).to_owned(), value.clone());
    }
    minijinja::Value::from(minijinja::value::Serde(context))
}

/// What was said, as the events that Colang 1.0 knows.
fn events(said: &Said) -> Vec<Value> {
    match said {
        Said::User { text, intent } => {
            let text = json!({"type": "UserMessage", "text": text});
            let intent = intent.as_ref().map(|intent| json!({"type": "UserIntent", "intent": **intent}));
            [text].into_iter().chain(intent).collect()
        }
        Said::Bot { text, message } => {
            let message = message.as_ref().map(|message| json!({"type": "BotIntent", "intent": **message}));
            message.into_iter().chain([json!({"type": "StartUtteranceBotAction", "script": text})]).collect()
        }
        Said::Calls { text, .. } if text.is_empty() => Vec::new(),
        Said::Calls { text, .. } => vec![json!({"type": "StartUtteranceBotAction", "script": text})],
        Said::Result { text, .. } => vec![json!({"type": "ToolResult", "text": text})],
        Said::System { text } => vec![json!({"type": "SystemMessage", "content": text})],
    }
}

/// What was said, each as a message. Models take no call without its result, and no result without its call: what is missing is said to
/// be, and what is left over is left out.
pub(super) fn conversation(said: &[Said]) -> Vec<Message> {
    let mut messages = Vec::with_capacity(said.len());
    let mut open: Vec<ToolCall> = Vec::new();
    for said in said {
        if let Said::Result { id, text, .. } = said {
            if let Some(at) = open.iter().position(|call| call.id == *id) {
                messages.push(Message::tool(&open.remove(at), text));
            }
            continue;
        }
        messages.extend(open.drain(..).map(|call| Message::tool(&call, NO_RESULT)));
        messages.push(match said {
            Said::User { text, .. } => Message::user(text),
            Said::Bot { text, .. } => Message::assistant(text),
            Said::System { text } | Said::Result { text, .. } => Message::system(text),
            Said::Calls { text, calls } => {
                open.clone_from(calls);
                Message::calls(text, calls.clone())
            }
        });
    }
    messages.extend(open.into_iter().map(|call| Message::tool(&call, NO_RESULT)));
    messages
}

/// What stands for the result of a call that has none.
const NO_RESULT: &str = "(no result)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_a_prompt_that_compiles() {
        for (task, text) in TASKS {
            assert!(Template::shipped(text).is_ok(), "{task}");
        }
    }
}
