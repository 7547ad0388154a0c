//! Actions of ours that ask a model whether something may pass. An answer that is not one of those asked for is a failure of the rail, and no pass.

use serde_json::{Value, json};

use super::Turn;
use super::ask::{Question, failed};
use crate::engine::action::Args;
use crate::engine::machine::Failure;
use crate::expression::to_text;
use crate::library::self_check::{self, Judged};
use crate::library::{Answer, Evidence};
use crate::model::Task;
use crate::program::Guards;

/// How many other replies a reply is compared with.
const OTHERS: usize = 2;
/// What facts must reach, of 1.
const ACCURATE: f64 = 0.5;
/// How much of an answer evidence shows, in characters.
const SHOWN: usize = 200;

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
            failed(task, &format!("it answers {answer:?}, which is none of {}", self_check::answers(task)))
        })?;
        Ok(answer(task, &completion.text, judged))
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
