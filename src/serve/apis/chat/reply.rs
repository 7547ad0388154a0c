//! What is answered: a completion, whole or in chunks, with what the rails made of it beside.

use serde::Serialize;

use super::lines::{Line, lines};
use super::request::Log;
use crate::engine::{Evidence, Exception, RailVerdict, Reply, Status, Trace};
use crate::model::ToolCall;
use crate::serve::asked::Asked;
use crate::serve::error::ApiError;
use crate::serve::prices::Money;
use crate::source::Location;

/// What all chunks of an answer say.
pub(super) struct Head {
    pub id: String,
    pub created: u64,
    pub model: String,
    pub asked: Asked,
    /// What was said last, if it is logged.
    pub text: Option<String>,
    pub log: Log,
}

#[derive(Serialize)]
pub(super) struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    usage: Usage,
    guardrails: GuardrailsReply<'a>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Spoken<'a>,
    logprobs: (),
    finish_reason: &'a str,
}

#[derive(Serialize)]
struct Spoken<'a> {
    role: &'static str,
    content: Option<&'a str>,
    refusal: (),
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tool_calls: &'a [ToolCall],
}

/// The tokens of all calls of models that the reply took.
#[derive(Serialize, Clone, Copy)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    /// In dollars; `null` when it is not known.
    cost: Option<Money>,
}

/// What the rails made of it.
#[derive(Serialize)]
pub(super) struct GuardrailsReply<'a> {
    config_id: &'a str,
    state: (),
    llm_output: (),
    output_data: (),
    verdict: Verdict<'a>,
    /// Whether the turn ended with the message for errors, because an action or an expression failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<&'a Exception>,
    log: Option<LogReply<'a>>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    status: Status,
    rail: Option<&'a str>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct LogReply<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_rails: Option<&'a [RailVerdict]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'a Trace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<Line<'a>>>,
}

/// A part of an answer that comes in parts.
#[derive(Serialize)]
pub(super) struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [ChunkChoice<'a>],
    /// `null` in all but the last chunk of a stream that was asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrails: Option<GuardrailsReply<'a>>,
}

#[derive(Serialize)]
pub(super) struct ChunkChoice<'a> {
    pub index: u32,
    pub delta: Delta<'a>,
    pub finish_reason: Option<&'a str>,
}

#[derive(Serialize, Default)]
pub(super) struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<CallDelta<'a>>,
}

/// A call of a tool, in one piece.
#[derive(Serialize)]
pub(super) struct CallDelta<'a> {
    index: usize,
    #[serde(flatten)]
    call: &'a ToolCall,
}

impl Head {
    /// Takes down how the turn ended.
    ///
    /// # Errors
    /// When a model did not answer.
    pub(super) fn done(&self, reply: &Reply) -> Result<(), ApiError> {
        self.asked.done(self.text.as_deref(), reply)
    }

    /// The whole answer.
    pub(super) fn completion<'a>(&'a self, reply: &'a Reply) -> Completion<'a> {
        let content = Some(&*reply.text).filter(|text| !text.is_empty() || reply.tool_calls.is_empty());
        let message = Spoken { role: "assistant", content, refusal: (), tool_calls: &reply.tool_calls };
        let choice = Choice { index: 0, message, logprobs: (), finish_reason: finish(reply) };
        Completion {
            id: &self.id,
            object: "chat.completion",
            created: self.created,
            model: &self.model,
            choices: [choice],
            usage: self.usage(reply),
            guardrails: self.guardrails(reply),
        }
    }

    /// What the reply took, now that it is whole.
    pub(super) fn usage(&self, reply: &Reply) -> Usage {
        let (input, output) = (reply.usage.input_tokens, reply.usage.output_tokens);
        let cost = self.asked.reservation.settle().known();
        Usage { prompt_tokens: input, completion_tokens: output, total_tokens: input.saturating_add(output), cost }
    }

    /// A chunk with this in it.
    pub(super) fn chunk<'a>(&'a self, choices: &'a [ChunkChoice<'a>], usage: Option<Option<Usage>>) -> Chunk<'a> {
        let (id, model) = (&*self.id, &*self.model);
        Chunk { id, object: "chat.completion.chunk", created: self.created, model, choices, usage, guardrails: None }
    }

    fn guardrails<'a>(&'a self, reply: &'a Reply) -> GuardrailsReply<'a> {
        let verdict = &reply.verdict;
        let Log { activated_rails, trace, lines: with_lines } = self.log;
        let log = self.log.is_wanted().then(|| LogReply {
            activated_rails: activated_rails.then_some(&*verdict.rails),
            evidence: activated_rails.then_some(&verdict.evidence),
            line: verdict.line.as_ref().filter(|_| activated_rails),
            trace: trace.then_some(&reply.trace),
            lines: with_lines.then(|| lines(reply, self.asked.config.rails.sources())),
        });
        GuardrailsReply {
            config_id: &self.asked.config.id,
            state: (),
            llm_output: (),
            output_data: (),
            verdict: Verdict {
                status: verdict.status,
                rail: verdict.rail.as_deref(),
                reason: verdict.reason.as_deref(),
            },
            failed: reply.failure.is_some(),
            exception: reply.exception.as_ref(),
            log,
        }
    }
}

impl<'a> Chunk<'a> {
    /// The same, with what the rails made of the whole.
    pub(super) fn with_guardrails(self, head: &'a Head, reply: &'a Reply) -> Self {
        Self { guardrails: Some(head.guardrails(reply)), ..self }
    }
}

/// The calls of tools as a stream sends them.
pub(super) fn call_deltas(reply: &Reply) -> Vec<CallDelta<'_>> {
    reply.tool_calls.iter().enumerate().map(|(index, call)| CallDelta { index, call }).collect()
}

/// Why the answer ends.
pub(super) fn finish(reply: &Reply) -> &'static str {
    if reply.verdict.is_blocked() {
        return "content_filter";
    }
    if !reply.tool_calls.is_empty() {
        return "tool_calls";
    }
    match reply.finish.as_deref() {
        Some("length") => "length",
        Some("content_filter") => "content_filter",
        _ => "stop",
    }
}
