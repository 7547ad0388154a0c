//! `POST /v1/chat/completions`, as OpenAI's clients know it.

mod lines;
mod message;
mod reply;
mod request;
mod stream;

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::extract::Request;
use axum::response::Response;

use super::body;
use super::call::Call;
use crate::engine::Input;
use crate::model::{Message, Role};
use crate::serve::conversations::Thread;
use crate::serve::error::{ApiError, Code};
use crate::serve::usage;
pub(super) use message::{Content, Sent, SentRole};
use reply::Head;
use request::ChatRequest;

pub(super) async fn complete(call: Call, request: Request) -> Result<Response, ApiError> {
    let chat: ChatRequest = body::read(request, &call.app.settings.limits).await?;
    let expected = chat.expected();
    let guardrails = chat.guardrails.unwrap_or_default();
    if guardrails.options.log.is_wanted() && !call.caller.sees_logs {
        let error = ApiError::new(Code::LogNotAllowed, "this key may not ask how a reply came about");
        return Err(error.at("guardrails.options.log"));
    }
    let asked = call.asking(guardrails.config()?, chat.model.as_deref(), chat.user.as_deref(), expected).await?;
    let thread = match &guardrails.thread_id {
        None => None,
        Some(thread) => Some(Thread::open(&asked.app, &asked.caller, &asked.config, thread).await?),
    };
    let owner = format!("{}\n{}", asked.caller.name, chat.user.as_deref().unwrap_or_default());
    let text = chat.messages.last().filter(|_| asked.app.settings.log.texts).map(|message| message.content.clone());
    let messages = if thread.is_some() { new(chat.messages) } else { chat.messages };
    let mut input = Input::from(messages).owner(owner).silent_failures().meter(asked.reservation.meter.clone());
    if !chat.tools.is_empty() {
        input = input.tools(chat.tools);
    }
    if let Some(choice) = chat.tool_choice {
        input = input.tool_choice(choice);
    }
    for (name, value) in chat.parameters {
        input = input.parameter(name, value);
    }
    for (name, value) in guardrails.context {
        input = input.variable(name, value);
    }
    let head = Head {
        id: format!("chatcmpl-{}", asked.id.0),
        created: UNIX_EPOCH.elapsed().unwrap_or_default().as_secs(),
        model: chat.model.unwrap_or_else(|| asked.config.id.to_string()),
        text,
        asked,
        log: guardrails.options.log,
    };
    let rails = head.asked.config.rails.clone();
    if chat.stream {
        let head = Arc::new(head);
        let story = stream::story(head.clone(), thread, input);
        return stream::respond(head, story, chat.include_usage).await;
    }
    let reply = match thread {
        None => {
            let reply = rails.generate(input).await?;
            head.done(&reply)?;
            reply
        }
        Some(mut thread) => {
            let reply = thread.generate(input).await?;
            // What failed is asked again, and was not said.
            head.done(&reply)?;
            thread.keep(&reply).await?;
            reply
        }
    };
    let cost = head.asked.reservation.settle();
    let mut response = body::json(&head.completion(&reply));
    usage::tell(response.headers_mut(), cost);
    Ok(response)
}

/// What is new to a conversation that is kept: what was said since the last reply.
fn new(mut messages: Vec<Message>) -> Vec<Message> {
    let replied = messages.iter().rposition(|message| message.role == Role::Assistant).map_or(0, |at| at + 1);
    messages.split_off(replied)
}

/// A value that is not what it should be.
fn invalid(message: impl Into<String>, param: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, message).at(param)
}
