//! One prompt: messages with places to fill in.

use std::collections::HashSet;
use std::sync::LazyLock;

use minijinja::{Environment, ErrorKind};

use super::filters;
use crate::expression::{Value, environment};
use crate::model::{Message, Role};

/// How many instructions a template may run.
const FUEL: u64 = 1_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment(FUEL);
    filters::add(&mut environment);
    environment
});

/// The messages of a prompt.
#[derive(Debug)]
pub(super) struct Template {
    /// The texts of the parts, compiled, under their numbers.
    environment: Environment<'static>,
    parts: Vec<Part>,
    /// What it reads.
    names: HashSet<String>,
}

#[derive(Debug)]
enum Part {
    /// A message with this text.
    Text(Role, String),
    /// Messages that this expression yields.
    List(String),
    /// What was said so far.
    Conversation,
}

impl Template {
    /// A prompt of ours: `[system]`, `[user]`, `[assistant]` or `[conversation]` on lines of their own, and what stands below.
    pub(super) fn shipped(text: &str) -> Result<Self, minijinja::Error> {
        let mut parts: Vec<Part> = Vec::new();
        for line in text.split_inclusive('\n') {
            match line.trim_end() {
                "[system]" => parts.push(Part::Text(Role::System, String::new())),
                "[user]" => parts.push(Part::Text(Role::User, String::new())),
                "[assistant]" => parts.push(Part::Text(Role::Assistant, String::new())),
                "[conversation]" => parts.push(Part::Conversation),
                _ => match parts.last_mut() {
                    Some(Part::Text(_, body)) => body.push_str(line),
                    _ => parts.push(Part::Text(Role::System, line.to_owned())),
                },
            }
        }
        Self::compiled(parts)
    }

    /// What was said so far, as it is.
    pub(super) fn conversation() -> Self {
        Self { environment: Environment::empty(), parts: vec![Part::Conversation], names: HashSet::new() }
    }

    fn compiled(parts: Vec<Part>) -> Result<Self, minijinja::Error> {
        let mut environment = ENVIRONMENT.clone();
        let mut names = HashSet::new();
        for (number, part) in parts.iter().enumerate() {
            match part {
                Part::Text(_, text) => {
                    environment.add_template_owned(number.to_string(), text.clone())?;
                    names.extend(environment.get_template(&number.to_string())?.undeclared_variables(false));
                }
                Part::List(expression) => {
                    names.extend(environment.compile_expression(expression)?.undeclared_variables(false));
                }
                Part::Conversation => {}
            }
        }
        Ok(Self { environment, parts, names })
    }

    /// Whether it reads the variable called `name`.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// A prompt of `config.yml`: pairs of type and text.
    pub(super) fn configured(messages: &[(String, String)]) -> Result<Self, String> {
        let part = |(kind, text): &(String, String)| {
            let role = match &**kind {
                "template" => {
                    let inner = text.trim().strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
                    let inner =
                        inner.ok_or("a message that is a text should be one place, `{{ history | to_messages }}`")?;
                    return Ok(Part::List(inner.trim().to_owned()));
                }
                "system" => Role::System,
                "content" | "user" | "human" => Role::User,
                "assistant" | "bot" | "ai" => Role::Assistant,
                other => {
                    return Err(format!(
                        "unknown type of message `{other}`: `system`, `user` and `assistant` are known"
                    ));
                }
            };
            Ok(Part::Text(role, text.clone()))
        };
        Self::compiled(messages.iter().map(part).collect::<Result<_, _>>()?).map_err(|error| told(&error))
    }

    /// What is wrong with it whatever it is given.
    pub(super) fn error(&self) -> Option<String> {
        let context = minijinja::context! { history => Vec::<minijinja::Value>::new(), sample_conversation => "", examples => "" };
        let failed = self.fill(&context, &[]).err()?;
        let is_wrong = matches!(
            failed.kind(),
            ErrorKind::SyntaxError
                | ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::TemplateNotFound
        );
        is_wrong.then(|| told(&failed))
    }

    /// The messages, filled in; those of the template that are empty are left out.
    pub(super) fn render(&self, context: &minijinja::Value, conversation: &[Message]) -> Result<Vec<Message>, String> {
        self.fill(context, conversation).map_err(|error| told(&error))
    }

    fn fill(&self, context: &minijinja::Value, conversation: &[Message]) -> Result<Vec<Message>, minijinja::Error> {
        let is_said = |message: &Message| !message.content.trim().is_empty();
        let mut messages = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(role, _) => {
                    let text = self.environment.get_template(&number.to_string())?.render(context)?;
                    messages.extend(Some(Message { role: *role, ..Message::user(text.trim()) }).filter(is_said));
                }
                Part::List(expression) => {
                    let list = self.environment.compile_expression(expression)?.eval(context)?;
                    let list = serde_json::to_value(&list).ok().and_then(|list| list.as_array().cloned());
                    messages.extend(list.unwrap_or_default().iter().filter_map(message).filter(is_said));
                }
                // What was said is sent as it is.
                Part::Conversation => messages.extend_from_slice(conversation),
            }
        }
        Ok(messages)
    }
}

fn message(value: &Value) -> Option<Message> {
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    let role = match field("type").or_else(|| field("role"))? {
        "system" => Role::System,
        "user" => Role::User,
        _ => Role::Assistant,
    };
    Some(Message { role, ..Message::user(field("content")?) })
}

fn told(error: &minijinja::Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match error.line() {
        Some(line) => format!("{what} (line {line})"),
        None => what,
    }
}
