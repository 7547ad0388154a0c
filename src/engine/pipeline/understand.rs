//! What a text means: by the classifier, and where that leaves it open or the configuration says so, by a model.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::ask::Question;
use super::{Ended, Foreseen, Turn};
use crate::classify::{Abstention, Candidate, Classification, EmbedError, Tier};
use crate::config::{Compat, JudgePolicy, OnError};
use crate::engine::history::Said;
use crate::engine::loaded::Loaded;
use crate::engine::machine::{Event, Failure};
use crate::engine::prompt::{intent, three};
use crate::engine::reason::Reason;
use crate::engine::trace::{Considered, What};
use crate::library::Evidence;
use crate::model::Task;
use crate::program::{IntentId, MessageId};

/// What a text means whose intent the model leaves open.
const UNKNOWN_INTENT: &str = "unknown message";
/// What a verdict calls the embedder.
const EMBEDDER: &str = "embedder";
/// How many intents are shown with examples, and how many examples of each.
const SHOWN: (usize, usize) = (12, 3);

/// Who says what a text means.
pub(in crate::engine) enum By {
    Classifier,
    Judge,
    /// Colang 1.0's phase: a free answer in the words of the model.
    Phase,
}

impl Turn<'_> {
    /// The event that `text` is, with the variables that are in it; `None` when the turn is over.
    pub(super) async fn understand(&mut self, text: &str) -> Result<Option<Event>, Failure> {
        let Some(found) = self.classified(text).await? else { return Ok(None) };
        self.record_classification(&found);
        let mut intent = found.intent;
        let mut named = None;
        match self.by(&found) {
            By::Phase => {
                let Some(name) = self.intent_by_model(text, &found).await? else { return Ok(None) };
                intent = self.parts.program.intent_named(&name);
                named = Some(name);
            }
            By::Judge => match self.judge(text, &found).await? {
                Some(judged) => intent = judged,
                None => return Ok(None),
            },
            By::Classifier => {}
        }
        if let (None, None, Some(fallback)) = (intent, &named, self.parts.fallback_intent) {
            let name = self.parts.program.intent(fallback).name.clone();
            self.tracer.record(What::FellBack { intent: name }, None, None);
            intent = Some(fallback);
        }
        for slot in intent.iter().flat_map(|intent| self.parts.classifier.slots(*intent)) {
            self.conversation.store.set(slot.clone(), Value::Null);
        }
        for (name, value) in found.captures {
            self.conversation.store.set(name, value.into());
        }
        self.intent = intent.map(|intent| self.parts.program.intent(intent).name.clone()).or(named);
        self.remember(Said::User { text: text.to_owned(), intent: self.intent.clone() });
        self.is_remembered = true;
        Ok(Some(intent.map_or(Event::UserUnknown, Event::User)))
    }

    /// What the classifier makes of `text`; `None` when its embedder fails, and that ends the turn.
    async fn classified(&mut self, text: &str) -> Result<Option<Classification>, Failure> {
        let classifier = &self.parts.classifier;
        if classifier.is_costly() {
            let certain = classifier.without_embedding(text);
            if certain.intent.is_some() {
                return Ok(Some(certain));
            }
        }
        let classify = |loaded: &Loaded, text: &str| loaded.classifier.classify(text);
        let found = self.apart(classifier.is_costly(), text, classify).await;
        let reason = match found {
            Ok(Ok(found)) => return Ok(Some(found)),
            Ok(Err(EmbedError::Model { embedder, error })) => {
                Reason::of_model(&format!("the embedder `{embedder}` failed"), &error)
            }
            Ok(Err(error)) => Reason::of_others(error.to_string(), "the embedder failed"),
            Err(reason) => Reason::ours(format!("the embedder failed: {reason}")),
        };
        if self.mode.is_replay() {
            return Err(Failure::Failed { place: None, reason });
        }
        self.embedder_failed(reason, text)
    }

    /// An embedder that fails blocks, unless it is said to let pass: nobody knows what the text means.
    fn embedder_failed(&mut self, reason: Reason, text: &str) -> Result<Option<Classification>, Failure> {
        let passes = self.parts.config.on_error == OnError::Pass;
        let told = reason.brief().to_owned();
        self.tracer.record(What::EmbedderFailed { reason, passes }, None, None);
        if passes {
            self.verdict.failed_open.push(EMBEDDER.into());
            return Ok(Some(self.parts.classifier.without_embedding(text)));
        }
        self.verdict.block(&EMBEDDER.into(), told, Evidence::default(), None);
        self.conversation.instances.clear();
        self.say_message(MessageId::INTERNAL_ERROR, &Default::default(), None)?;
        Ok(None)
    }

    /// What `work` makes of `text`. Where that may take long, nothing else waits for it, and it has `limits.timeout`; the error says why
    /// nothing came of it.
    pub(super) async fn apart<T: Send + 'static>(
        &self,
        is_costly: bool,
        text: &str,
        work: fn(&Loaded, &str) -> T,
    ) -> Result<T, String> {
        if !is_costly {
            return Ok(work(&self.parts.loaded, text));
        }
        let (loaded, text) = (self.parts.loaded.clone(), text.to_owned());
        let limit = self.parts.config.limits.timeout;
        match tokio::time::timeout(limit, tokio::task::spawn_blocking(move || work(&loaded, &text))).await {
            Err(_) => Err(format!("it took longer than {limit:?}")),
            Ok(Err(_)) => Err("it panicked".to_owned()),
            Ok(Ok(found)) => Ok(found),
        }
    }

    fn by(&self, found: &Classification) -> By {
        if self.may_ask() { self.parts.by(found) } else { By::Classifier }
    }

    /// Names what `text` means; the name need not be that of an intent. `None` when a rail ended the turn.
    async fn intent_by_model(&mut self, text: &str, found: &Classification) -> Result<Option<Arc<str>>, Failure> {
        let near = self.nearest_intents(found, SHOWN.0);
        let program = &self.parts.program;
        let (mut examples, mut names) = (String::new(), Vec::new());
        for intent in near.iter().map(|id| program.intent(*id)) {
            names.push(&*intent.name);
            for example in intent.examples.iter().take(SHOWN.1) {
                // Writing to a string does not fail.
                let _ = writeln!(examples, "user \"{}\"\n  {}\n", example.text, intent.name);
            }
        }
        let more = vec![("examples", examples.into()), ("potential_user_intents", names.join(", ").into())];
        let behind = vec![Said::User { text: text.to_owned(), intent: None }];
        if let Some(single) = self.parts.config.single_call {
            if self.retrieve().await? == Ended::Yes {
                return Ok(None);
            }
            let completion =
                self.ask(Task::SingleCall, Question { more: more.clone(), behind: behind.clone() }).await?;
            match three(&completion.text) {
                Some((intent, step, text)) => {
                    self.foreseen = Some(Foreseen { step: step.into(), text });
                    return Ok(Some(intent.into()));
                }
                None if !single.falls_back => {
                    let reason = Reason::ours("the answer is not an intent, a step `bot …` and a text, a line each");
                    return Err(super::ask::failed(Task::SingleCall, reason));
                }
                None => {}
            }
        }
        let completion = self.ask(Task::Intent, Question { more, behind }).await?;
        Ok(Some(intent(&completion.text).unwrap_or(UNKNOWN_INTENT).into()))
    }

    /// The intents that `found` has as candidates, then others in order of definition.
    pub(super) fn nearest_intents(&self, found: &Classification, count: usize) -> Vec<IntentId> {
        let near = found.candidates.iter().map(|candidate| candidate.intent);
        let mut intents: Vec<IntentId> = Vec::new();
        for id in near.chain(self.parts.program.intents().map(|(id, _)| id)) {
            if intents.len() < count && !intents.contains(&id) {
                intents.push(id);
            }
        }
        intents
    }

    fn record_classification(&mut self, found: &Classification) {
        let name = |intent: IntentId| self.parts.program.intent(intent).name.clone();
        let best = found.candidates.first();
        let considered = |candidate: &Candidate| Considered {
            intent: name(candidate.intent),
            tier: candidate.tier,
            score: candidate.score,
            threshold: self.parts.classifier.threshold(candidate.intent),
            example: candidate.example.clone(),
            span: self.parts.sources.location(candidate.span),
        };
        let what = What::Classified {
            intent: found.intent.map(name),
            tier: found.tier,
            score: found.score,
            threshold: found.threshold,
            margin: found.margin,
            best: best.map(|candidate| name(candidate.intent)),
            matched: found.matched.as_ref().map(ToString::to_string),
            abstained: found.abstained.map(|reason| reason.to_string()),
            candidates: found.candidates.iter().map(considered).collect(),
        };
        let span = found.matched.as_ref().map(|matched| matched.span).or(best.map(|candidate| candidate.span));
        self.tracer.record(what, span, None);
    }
}

impl Loaded {
    /// Who decides, where there is a model. Colang 1.0 asks it always, unless embeddings are to do alone.
    pub(in crate::engine) fn by(&self, found: &Classification) -> By {
        let config = &self.config;
        if self.program.intents.is_empty() {
            return By::Classifier;
        }
        if config.embeddings_only {
            return match found.intent.is_none() && self.fallback_intent.is_none() {
                true => By::Phase,
                false => By::Classifier,
            };
        }
        let is_nemo = config.compat == Compat::Nemo;
        let usual = if is_nemo { JudgePolicy::Always } else { JudgePolicy::Uncertain };
        let policy = config.judge.policy.unwrap_or(usual);
        if is_nemo || config.single_call.is_some() {
            return match policy {
                JudgePolicy::Always => By::Phase,
                JudgePolicy::Uncertain if found.intent.is_none() => By::Phase,
                _ => By::Classifier,
            };
        }
        // What equals an example or matches a pattern is certain.
        let is_open = found.tier == Tier::Embedding || found.intent.is_none();
        match policy {
            JudgePolicy::Always if is_open => By::Judge,
            JudgePolicy::Uncertain if is_open && self.is_uncertain(found) => By::Judge,
            _ => By::Classifier,
        }
    }

    /// Whether the embedding leaves open what a text means.
    pub(in crate::engine) fn is_uncertain(&self, found: &Classification) -> bool {
        // A text that the embedder can't read may still mean something.
        !found.candidates.is_empty() && self.config.judge.is_uncertain(found.score, found.margin)
            || found.abstained == Some(Abstention::UnknownScript)
    }
}
