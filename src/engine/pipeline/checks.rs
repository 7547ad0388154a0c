//! Actions of ours that ask a model whether something may pass. An answer that is not one of those asked for is a failure of the rail, and no pass.

use serde_json::{Map, Value, json};

use super::Turn;
use super::ask::{Question, failed};
use super::chain::Chain;
use crate::engine::action::Args;
use crate::engine::machine::Failure;
use crate::engine::reason::Reason;
use crate::expression::to_text;
use crate::library::self_check::{self, Judged};
use crate::library::{Answer, Evidence};
use crate::model::{ModelError, Moderation, Task};
use crate::program::Guards;

/// How many other replies a reply is compared with.
const OTHERS: usize = 2;
/// What facts must reach, of 1.
const ACCURATE: f64 = 0.5;
/// How much of an answer evidence shows, in characters.
const SHOWN: usize = 200;

/// The action that asks a model of moderation, and the type of that.
const MODERATE: &str = "moderate_with_openai";
const MODERATION: &str = "moderation";

/// What a model is asked about.
const CHECKS: [Task; 9] = [
    Task::SelfCheckInput,
    Task::SelfCheckOutput,
    Task::SelfCheckFacts,
    Task::SelfCheckHallucination,
    Task::ContentSafetyInput,
    Task::ContentSafetyOutput,
    Task::TopicSafetyInput,
    Task::LlamaGuardInput,
    Task::LlamaGuardOutput,
];

impl Turn<'_> {
    /// Whether `action` asks a model of moderation, and nobody has put another action in its place.
    pub(super) fn moderates(&self, action: &str) -> bool {
        action == MODERATE && !self.is_replaced(action)
    }

    /// Asks a model of moderation about the argument `text`, or what the rail guards that runs.
    pub(super) async fn moderate(&mut self, args: &Args) -> Result<Answer, Failure> {
        let fails = |reason: Reason| Failure::Failed { place: None, reason: reason.within("model of moderation") };
        let variable = self.rail.map_or(Guards::Input, |rail| rail.guards).variable();
        let text = match args.value("text").filter(|text| !text.is_null()) {
            Some(text) => to_text(text),
            None => self.conversation.store.text(variable),
        };
        let threshold: Option<f64> = args.get("threshold").map_err(|error| fails(error.into_reason()))?;
        if threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
            return Err(fails(Reason::ours("`threshold` should be a number from 0 to 1, for no score goes beyond")));
        }
        let wanted = self.rail.and_then(|rail| rail.model.as_deref()).unwrap_or(MODERATION);
        let served = self.parts.models.named(wanted).or_else(|| self.parts.models.named(MODERATE)).cloned();
        let served =
            served.ok_or_else(|| fails(Reason::ours(format!("no model is called `{wanted}`; see `models`"))))?;
        let mut chain = Chain::new(served, self.parts.config.limits.timeout, self.until);
        loop {
            let served = chain.served().clone();
            let answered = match chain.enter(&served) {
                Err(open) => Err(open),
                Ok(pass) => {
                    let (limit, model) = (chain.time(), &served.model);
                    let call = self.meter.begin(model.name(), text.len(), chain.instead_of());
                    let answered = tokio::time::timeout(limit, model.moderate(&text)).await;
                    let answered = answered.unwrap_or(Err(ModelError::Timeout { limit }));
                    pass.settle(answered.as_ref().map(drop));
                    self.meter.ended(call, answered.as_ref().map(|_| None));
                    answered
                }
            };
            match answered {
                Ok(moderation) if threshold.is_some() && moderation.scores.is_empty() => {
                    return Err(fails(Reason::ours("it gives no scores that a threshold could be held against")));
                }
                Ok(moderation) => return Ok(moderated(moderation, threshold)),
                Err(error) => self.go_on(&mut chain, "model of moderation", error)?,
            }
        }
    }

    /// The check that `action` is, if it is one and nobody has put another action in its place.
    pub(super) fn check_of(&self, action: &str) -> Option<Task> {
        CHECKS.into_iter().find(|task| task.name() == action).filter(|_| !self.is_replaced(action))
    }

    /// Asks a model for `task`, and returns what NeMo Guardrails' action of that name does.
    pub(super) async fn check_by_model(&mut self, task: Task, args: &Args) -> Result<Answer, Failure> {
        let text = |turn: &Self, name: &str, variable: &str| match args.value(name).filter(|value| !value.is_null()) {
            Some(value) => to_text(value),
            None => turn.conversation.store.text(variable),
        };
        let user = text(self, "user_input", Guards::Input.variable());
        let bot = text(self, "bot_response", Guards::Output.variable());
        let mut more = vec![
            ("user_json", Value::from(json!(user).to_string())),
            ("bot_json", Value::from(json!(bot).to_string())),
            ("user_input", user.into()),
            ("bot_response", bot.clone().into()),
        ];
        match task {
            Task::SelfCheckFacts => {
                let evidence = text(self, "evidence", Guards::Retrieval.variable());
                more.push(("evidence_json", json!(evidence).to_string().into()));
                more.extend([("evidence", evidence.into()), ("response", bot.into())]);
            }
            Task::SelfCheckHallucination => {
                let mut others = Vec::with_capacity(OTHERS);
                for _ in 0..OTHERS {
                    others.push(self.ask_for_another().await?);
                }
                let paragraph = others.join("\n\n");
                more.push(("others_json", json!(others).to_string().into()));
                more.extend([("paragraph", paragraph.into()), ("statement", bot.into())]);
            }
            _ => {}
        }
        let completion = self.ask(task, Question { more, behind: Vec::new() }).await?;
        let judged = self_check::judged(task, &completion.text).ok_or_else(|| {
            let answer: String = completion.text.trim().chars().take(SHOWN).collect();
            let full = format!("it answers {answer:?}, which is none of {}", self_check::answers(task));
            failed(task, Reason::of_others(full, "its answer is none of those it was given"))
        })?;
        Ok(answer(task, &completion.text, judged))
    }
}

/// What moderation comes to.
fn moderated(moderation: Moderation, threshold: Option<f64>) -> Answer {
    let Moderation { flagged, mut categories, scores } = moderation;
    let greatest = scores.iter().map(|(_, score)| *score).max_by(f64::total_cmp);
    let mut flagged = flagged;
    if let Some(threshold) = threshold {
        categories = scores.iter().filter(|(_, score)| *score >= threshold).map(|(name, _)| name.clone()).collect();
        flagged = !categories.is_empty();
    }
    let rule = (!categories.is_empty()).then(|| categories.join(", "));
    let scores: Map<String, Value> = scores.into_iter().map(|(name, score)| (name, score.into())).collect();
    Answer {
        value: json!({"flagged": flagged, "categories": categories, "scores": scores}),
        evidence: flagged.then(|| Evidence { rule, score: greatest, threshold, spans: Vec::new() }),
    }
}

/// What the flow gets.
fn answer(task: Task, said: &str, judged: Judged) -> Answer {
    let Judged { passes, categories } = judged;
    let value = match task {
        Task::SelfCheckFacts => json!(if passes { 1.0 } else { 0.0 }),
        Task::SelfCheckHallucination => json!(!passes),
        Task::TopicSafetyInput => json!({"on_topic": passes}),
        Task::SelfCheckInput | Task::SelfCheckOutput => json!(passes),
        _ => json!({"allowed": passes, "policy_violations": categories}),
    };
    let said: String = said.trim().chars().take(SHOWN).collect();
    let (score, threshold) = match task {
        Task::SelfCheckFacts => (value.as_f64(), Some(ACCURATE)),
        _ => (None, None),
    };
    let evidence = Evidence { rule: Some(format!("the model answers {said:?}")), score, threshold, spans: Vec::new() };
    Answer { value, evidence: Some(evidence) }
}
