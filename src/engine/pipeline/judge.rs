//! The judge: a model that chooses among the nearest intents, or none of them.
//!
//! What the user typed can't spell out its answer. The text goes to the model as one JSON string; each choice has a code made for this
//! call alone, which nobody can know who writes a text; the name of an intent is an answer only if the text does not contain it; and a
//! choice that the text does name counts, by its code, only if the embedding has it first as well.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tokio::time;

use super::Turn;
use super::ask::Question;
use crate::classify::{Classification, Normalized};
use crate::config::OnError;
use crate::engine::machine::Failure;
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::library::Evidence;
use crate::model::Task;
use crate::program::{IntentId, MessageId};

/// How many intents there are to choose among, and how many examples of each are shown.
const CHOICES: (usize, usize) = (5, 5);
/// As many as that when the embedder can't tell which are near.
const UNSORTED: (usize, usize) = (60, 2);
/// The name of the choice that is no intent.
const NONE: &str = "none";
/// What a verdict calls the judge.
const JUDGE: &str = "judge";

/// One thing the judge may answer.
struct Choice {
    code: String,
    name: String,
    intent: Option<IntentId>,
    /// Whether the text names it, so that its name is no answer.
    is_named: bool,
    /// Whether the embedding has it first.
    is_nearest: bool,
}

impl Turn<'_> {
    /// The intent that the judge chooses, or none; `None` when its failure ends the turn.
    pub(super) async fn judge(
        &mut self,
        text: &str,
        found: &Classification,
    ) -> Result<Option<Option<IntentId>>, Failure> {
        let (count, examples) = if found.candidates.is_empty() { UNSORTED } else { CHOICES };
        let among = self.nearest_intents(found, count);
        let names = |turn: &Self| among.iter().map(|id| turn.parts.program.intent(*id).name.clone()).collect();
        let name = |turn: &Self, id: Option<IntentId>| id.map(|id| turn.parts.program.intent(id).name.clone());
        if let Some(intent) = self.parts.judged.get(text) {
            let what = What::Judged { intent: name(self, intent), among: names(self), remembered: true };
            self.tracer.record(what, None, None);
            return Ok(Some(intent));
        }
        let choices = self.choices(text, &among, found.intent);
        match self.choose(text, &choices, examples).await {
            Ok(intent) => {
                self.parts.judged.insert(text.to_owned(), intent);
                let what = What::Judged { intent: name(self, intent), among: names(self), remembered: false };
                self.tracer.record(what, None, None);
                Ok(Some(intent))
            }
            Err(reason) => self.judge_failed(reason, found.intent),
        }
    }

    async fn choose(&mut self, text: &str, choices: &[Choice], examples: usize) -> Result<Option<IntentId>, Reason> {
        let more = vec![("choices", self.shown(choices, examples).into()), ("text", json!(text).to_string().into())];
        let limit = self.parts.config.judge.timeout.unwrap_or(self.parts.config.limits.timeout);
        self.until = time::Instant::now().checked_add(limit);
        let asked = time::timeout(limit, self.ask(Task::Judge, Question { more, behind: Vec::new() })).await;
        self.until = None;
        let completion = match asked {
            Err(_) => return Err(Reason::ours(format!("it took longer than {limit:?}"))),
            Ok(Err(Failure::Failed { reason, .. })) => return Err(reason),
            Ok(Err(Failure::Model { asked, error })) => return Err(Reason::of_model(&asked, &error)),
            Ok(Err(Failure::Exhausted(_))) => return Err(Reason::ours("it did too much")),
            Ok(Ok(completion)) => completion,
        };
        chosen(&completion.text, choices)
            .ok_or_else(|| Reason::ours("its answer is no choice it was given, or one that the text itself names"))
    }

    /// A judge that can't be believed blocks, unless it is said to let pass.
    fn judge_failed(
        &mut self,
        reason: Reason,
        by_embedding: Option<IntentId>,
    ) -> Result<Option<Option<IntentId>>, Failure> {
        let config = &self.parts.config;
        let passes = config.judge.on_error.unwrap_or(config.on_error) == OnError::Pass;
        let told = format!("judge failed: {}", reason.brief());
        self.tracer.record(What::JudgeFailed { reason, passes }, None, None);
        if passes {
            self.verdict.failed_open.push(JUDGE.into());
            return Ok(Some(by_embedding));
        }
        self.verdict.block(&JUDGE.into(), told, Evidence::default(), None);
        self.conversation.instances.clear();
        self.say_message(MessageId::INTERNAL_ERROR, &Default::default(), None)?;
        Ok(None)
    }

    fn choices(&self, text: &str, among: &[IntentId], by_embedding: Option<IntentId>) -> Vec<Choice> {
        let heard = Normalized::new(text);
        let intents = among.iter().map(|id| (&*self.parts.program.intent(*id).name, Some(*id)));
        intents
            .chain([(NONE, None)])
            .enumerate()
            .map(|(index, (name, intent))| Choice {
                code: self.parts.judged.code(text, index),
                name: name.to_owned(),
                intent,
                is_nearest: intent == by_embedding || intent.is_some() && intent == among.first().copied(),
                is_named: heard.text().contains(Normalized::new(name).text()),
            })
            .collect()
    }

    /// The choices as the prompt lists them.
    fn shown(&self, choices: &[Choice], examples: usize) -> String {
        let mut shown = String::new();
        for Choice { code, name, intent, .. } in choices {
            // Writing to a string does not fail.
            let _ = writeln!(shown, "{code}: {name}");
            let intent = intent.map(|intent| self.parts.program.intent(intent));
            for example in intent.iter().flat_map(|intent| &intent.examples).take(examples) {
                let _ = writeln!(shown, "  {}", Value::from(&*example.text));
            }
        }
        shown
    }
}

/// The choice that an answer names: by its code, by code and name as the list has them, or by its name where the text does not say it.
fn chosen(answer: &str, choices: &[Choice]) -> Option<Option<IntentId>> {
    let answer = answer.trim().trim_end_matches('.').trim_matches(['"', '`', '\'']).trim();
    let is = |choice: &&Choice| {
        let Choice { code, name, is_named, is_nearest, .. } = choice;
        if *is_named && !is_nearest {
            return false;
        }
        answer == code
            || answer
                .strip_prefix(&**code)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| rest.trim() == name)
            || !is_named && answer.eq_ignore_ascii_case(name)
    };
    choices.iter().find(is).map(|choice| choice.intent)
}
