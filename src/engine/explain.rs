//! Why a reply is what it is, in sentences.

use std::fmt::Write as _;

use super::reply::Reply;
use super::trace::{TraceEvent, What, by, shortened};
use super::verdict::Status;
use crate::classify::Tier;

/// Says why `reply` is what it is: what the text was taken to mean and by which line, which flows and rails had a say, and
/// what came of it. A sentence a line.
///
/// # Examples
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rails = rails::Rails::from_source("define flow greeting\n  user \"hello\"\n  bot \"Hello yourself.\"")?;
/// let why = rails::explain(&rails.generate("Hello!").await?);
/// assert!(why.starts_with("The text means `\"hello\"`, for it equals \"hello\" (<source>:2)."));
/// assert!(why.ends_with("Flow `greeting` says \"Hello yourself.\" (<source>:3)."));
/// # Ok(())
/// # }
/// ```
pub fn explain(reply: &Reply) -> String {
    let mut text = String::new();
    for event in &reply.trace.events {
        let Some(sentence) = sentence(event) else { continue };
        if !text.is_empty() {
            text.push('\n');
        }
        text += &sentence;
        if let Some(place) = &event.span {
            // Writing to a string does not fail.
            let _ = write!(text, " ({place})");
        }
        text.push('.');
    }
    let end = match (reply.verdict.status, &reply.exception) {
        (_, Some(exception)) => format!("There is no text, but the exception `{}`.", exception.kind),
        (Status::Blocked, None) if reply.text.is_empty() => "So nothing is said.".to_owned(),
        _ if text.is_empty() => "Nothing happened.".to_owned(),
        _ => return text,
    };
    if !text.is_empty() {
        text.push('\n');
    }
    text + &end
}

/// What an event has to do with the reply, without the place; `None` for what need not be told.
fn sentence(event: &TraceEvent) -> Option<String> {
    let flow = event.flow.as_deref().map(|flow| format!("flow `{flow}`"));
    let who = flow.unwrap_or_else(|| "the bot".to_owned());
    let told = match &event.what {
        What::Classified { intent: Some(intent), tier, score, threshold, matched, .. } => {
            let by = matched.as_deref().unwrap_or("an example");
            let why = match tier {
                Tier::Exact => format!("equals {by}"),
                Tier::Pattern => format!("matches {by}"),
                _ => format!("is near to {by} with a confidence of {score:.2}, and {threshold:.2} is needed"),
            };
            format!("the text means `{intent}`, for it {why}")
        }
        What::Classified { abstained: Some(reason), .. } => format!("the text means nothing known: {reason}"),
        What::Classified { best: Some(best), score, threshold, .. } => {
            format!(
                "the text means nothing known: `{best}` is nearest with a confidence of {score:.2}, and {threshold:.2} is needed"
            )
        }
        What::Classified { .. } => "the text means nothing known: there is nothing to compare it with".to_owned(),
        What::FellBack { intent } => {
            format!("it is taken to mean `{intent}`, as `embeddings_only_fallback_intent` says")
        }
        What::FlowInterrupted { by } => format!("{who} waits until `{by}` is done"),
        What::FlowResumed => format!("{who} goes on"),
        What::FlowAborted => format!("{who} is given up, for its next step does not fit"),
        What::Said { message: Some(message), text } if !message.starts_with('"') => {
            format!("{who} says `{message}`: {:?}", shortened(text))
        }
        What::Said { text, .. } => format!("{who} says {:?}", shortened(text)),
        What::Undefined { variables } => {
            format!("${} has no value, and prints as nothing", variables.join(" and $"))
        }
        What::NoText { message: Some(message) } => {
            format!("`{message}` has no text, and there is no model to write one")
        }
        What::NoText { message: None } => "there is no model to write a text".to_owned(),
        What::RailPassed { rail, rewritten: Some(text) } => {
            format!("rail `{rail}` makes it {:?}", shortened(text))
        }
        What::RailBlocked { rail, reason, evidence } => format!("rail `{rail}` blocks: {reason}{}", by(evidence)),
        What::RailFailed { rail, reason, passes } => {
            let then = if *passes { "is passed by, as `on_error` says" } else { "blocks therefore" };
            format!("rail `{rail}` fails and {then}: {reason}")
        }
        What::NotObeyed { rail, status } => {
            format!("rail `{rail}` is only watched: the text is {}, and the turn goes on", status.name())
        }
        What::OutputRailsSkipped => "no output rail looks at it, as `$skip_output_rails` says".to_owned(),
        What::Asked { task, model, answer, .. } => {
            format!("`{model}` is asked for {task}, and answers {:?}", shortened(answer))
        }
        What::ModelFailed { model, reason, next, .. } => {
            format!("`{model}` does not answer, and `{next}` is asked in its place: {reason}")
        }
        What::Forgot { texts } => format!("the {texts} oldest texts are left out of what it is sent, for want of room"),
        What::Judged { intent: Some(intent), remembered, .. } => {
            let before = if *remembered { ", as it did before" } else { "" };
            format!("the embedding leaves open what the text means, and the judge chooses `{intent}`{before}")
        }
        What::Judged { intent: None, among, .. } => {
            format!("the judge says that the text means none of `{}`", among.join("`, `"))
        }
        What::JudgeFailed { reason, passes } => {
            let then = if *passes { "the embedding decides, as `on_error` says" } else { "the turn is blocked" };
            format!("the judge fails, and {then}: {reason}")
        }
        What::EmbedderFailed { reason, passes } => {
            let then = if *passes { "the text means no intent, as `on_error` says" } else { "the turn is blocked" };
            format!("the text can't be compared with examples, and {then}: {reason}")
        }
        What::Retrieved { titles } if titles.is_empty() => "nothing is found in the documents".to_owned(),
        What::Retrieved { titles } => format!("in the documents is found: {}", titles.join("; ")),
        What::ToolsCalled { tools } => format!("the model calls tools: {}", tools.join(", ")),
        What::RailCancelled { rail } => format!("rail `{rail}` is not waited for"),
        What::Streamed { looks } => {
            format!("the text left in parts, and output rails looked at it {looks} times on the way")
        }
        What::Raised { event, .. } => format!("{who} raises the event `{event}`"),
        What::Executed { action, result } => {
            format!("{who} runs `{action}`, which returns {}", shortened(&result.to_string()))
        }
        What::NoFlow => "no flow waits for that".to_owned(),
        What::Stopped => format!("{who} stops the turn, and every flow with it"),
        What::Failed { reason } => format!("the turn fails, and says so: {reason}"),
        What::Replayed { dropped: Some(reason), .. } => {
            format!("the flows can't follow the conversation so far and start afresh: {reason}")
        }
        What::FlowStarted
        | What::FlowCompleted
        | What::RailStarted { .. }
        | What::RailPassed { rewritten: None, .. }
        | What::Recognised { .. }
        | What::Replayed { dropped: None, .. } => return None,
    };
    let mut letters = told.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
}
