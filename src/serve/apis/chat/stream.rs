//! A reply as server-sent events, chunk by chunk.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use async_stream::stream;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::future::pending;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use serde::Serialize;

use super::reply::{ChunkChoice, Delta, Head, call_deltas, finish};
use crate::engine::{GenerateError, Input, Reply};
use crate::serve::conversations::{StoreError, Thread};
use crate::serve::error::{ApiError, Code};

/// What becomes of a turn, as it does.
pub(super) enum Told {
    Text(String),
    /// The turn is over. All that was told is its text.
    Done(Box<Reply>),
    /// Nothing more will come.
    Failed(ApiError),
}

pub(super) type Story = Pin<Box<dyn Stream<Item = Told> + Send>>;

/// The turn that the rails of `head` take by `input`; or, in a conversation, the next one of that, which is kept before its end is told.
pub(super) fn story(head: Arc<Head>, thread: Option<Thread>, input: Input) -> Story {
    let rails = head.asked.config.rails.clone();
    Box::pin(stream! {
        let mut thread = thread;
        let mut lost = thread.as_ref().map_or_else(|| pending().boxed(), Thread::lost);
        let reply = {
            let mut turn = match &mut thread {
                Some(thread) => thread.session.stream(input),
                None => rails.stream(input),
            };
            loop {
                let next = tokio::select! {
                    next = turn.next() => Ok(next),
                    () = &mut lost => Err(StoreError::Lost),
                };
                match next {
                    Ok(Some(text)) => yield Told::Text(text),
                    Ok(None) => break,
                    Err(error) => {
                        yield Told::Failed(error.into());
                        return;
                    }
                }
            }
            turn.reply().await
        };
        yield match ended(&head, thread, reply).await {
            Ok(reply) => Told::Done(reply),
            Err(error) => Told::Failed(error),
        };
    })
}

async fn ended(
    head: &Head,
    thread: Option<Thread>,
    reply: Result<Reply, GenerateError>,
) -> Result<Box<Reply>, ApiError> {
    let reply = Box::new(reply?);
    // What failed is asked again, and was not said.
    head.done(&reply)?;
    if let Some(thread) = thread {
        thread.keep(&reply).await?;
    }
    Ok(reply)
}

/// Answers in chunks. What fails before the first of them is an error with a status of its own.
pub(super) async fn respond(head: Arc<Head>, mut story: Story, include_usage: bool) -> Result<Response, ApiError> {
    let first = match story.next().await {
        Some(Told::Failed(error)) => return Err(error),
        Some(first) => first,
        None => return Err(ApiError::new(Code::InternalError, "the turn has no end")),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        // Proxies that gather answers would make a stream come at once.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let frames = frames(head, first, story, include_usage).map(Ok::<_, Infallible>);
    Ok((headers, Body::from_stream(frames)).into_response())
}

fn frames(head: Arc<Head>, first: Told, story: Story, include_usage: bool) -> impl Stream<Item = Bytes> + Send {
    // All chunks but the last say that it is not known yet.
    let none = include_usage.then_some(None);
    stream! {
        let role = Delta { role: Some("assistant"), content: Some(""), ..Delta::default() };
        let mut opening = Some(frame(&head.chunk(&[choice(role, None)], none)));
        let mut told = Some(first);
        let mut story = story;
        while let Some(next) = told {
            match next {
                Told::Text(text) => {
                    let delta = Delta { content: Some(&text), ..Delta::default() };
                    let more = frame(&head.chunk(&[choice(delta, None)], none));
                    yield joined(opening.take(), more);
                }
                Told::Done(reply) => {
                    let mut last = opening.take().unwrap_or_default();
                    if !reply.tool_calls.is_empty() {
                        let delta = Delta { tool_calls: call_deltas(&reply), ..Delta::default() };
                        last.extend_from_slice(&frame(&head.chunk(&[choice(delta, None)], none)));
                    }
                    let choices = [choice(Delta::default(), Some(finish(&reply)))];
                    last.extend_from_slice(&frame(&head.chunk(&choices, none).with_guardrails(&head, &reply)));
                    if include_usage {
                        last.extend_from_slice(&frame(&head.chunk(&[], Some(Some(head.usage(&reply))))));
                    }
                    last.extend_from_slice(DONE);
                    yield Bytes::from(last);
                    return;
                }
                Told::Failed(error) => {
                    let mut last = opening.take().unwrap_or_default();
                    last.extend_from_slice(b"data: ");
                    last.extend_from_slice(&error.json());
                    last.extend_from_slice(b"\n\n");
                    last.extend_from_slice(DONE);
                    yield Bytes::from(last);
                    return;
                }
            }
            told = story.next().await;
        }
    }
}

const DONE: &[u8] = b"data: [DONE]\n\n";

fn choice<'a>(delta: Delta<'a>, finish_reason: Option<&'a str>) -> ChunkChoice<'a> {
    ChunkChoice { index: 0, delta, finish_reason }
}

fn frame(chunk: &impl Serialize) -> Vec<u8> {
    let mut frame = b"data: ".to_vec();
    // Writing to memory does not fail, and all that is written has a JSON.
    let _ = serde_json::to_writer(&mut frame, chunk);
    frame.extend_from_slice(b"\n\n");
    frame
}

fn joined(before: Option<Vec<u8>>, more: Vec<u8>) -> Bytes {
    match before {
        None => more.into(),
        Some(mut whole) => {
            whole.extend_from_slice(&more);
            whole.into()
        }
    }
}
