//! What comes of an event: the flows answer, and the model where they don't.

use std::sync::Arc;

use super::{Ended, Turn};
use crate::config::{Generation, RETRIEVE};
use crate::engine::action::Args;
use crate::engine::machine::{Act, Decision, Event, Failure, Machine};
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::expression::{Value, Variables};
use crate::library::{Answer, Evidence};
use crate::program::{FlowId, GENERATE_VALUE, MessageId};
use crate::source::Span;

/// The priority of what a model would do next: flows below it are overruled.
const GENERATED: f64 = 0.9;

impl Turn<'_> {
    pub(super) fn generates_steps(&self) -> bool {
        self.parts.config.generation == Generation::Steps && !self.parts.program.intents.is_empty()
    }

    /// Lets the flows answer, and the model where they don't.
    pub(super) async fn answer(&mut self, event: Event) -> Result<(), Failure> {
        let mut decision = self.process(&event)?;
        let overruled = |decision: &Decision| decision.priority < GENERATED && self.may_ask() && self.generates_steps();
        if decision.as_ref().is_none_or(overruled) {
            let Some(event) = self.answer_without_flow().await? else { return Ok(()) };
            decision = self.process(&event)?;
        }
        while let Some(next) = decision {
            if self.passes_over(&next)? {
                decision = self.machine().next()?;
                continue;
            }
            let Some(event) = self.perform(next).await? else { break };
            decision = self.process(&event)?;
        }
        Ok(())
    }

    /// No flow has anything to do: what was said nevertheless; `None` when the turn is over.
    async fn answer_without_flow(&mut self) -> Result<Option<Event>, Failure> {
        self.tracer.record(What::NoFlow, None, None);
        let (ended, message) = if !self.parts.models.has_main() {
            let message = MessageId::CANNOT_ANSWER;
            self.say_message(message, &Variables::new(), None)?;
            (Ended::No, Some(message))
        } else if let Some(reply) = self.unsaid.filter(|_| self.mode.is_replay()) {
            let message = self.attribute(reply);
            let name = message.map(|message| self.parts.program.message(message).name.clone());
            (self.say_generated(name, None, None).await?, message)
        } else if self.generates_steps() && self.may_ask() {
            let step = self.next_step().await?;
            (self.say_step(&step, None).await?, step.message)
        } else {
            (self.say_generated(None, None, None).await?, None)
        };
        Ok((ended == Ended::No).then_some(Event::Bot { message, by: None }))
    }

    fn machine(&mut self) -> Machine<'_> {
        Machine {
            program: &self.parts.program,
            starts: &self.parts.starts,
            store: &mut self.conversation.store,
            instances: &mut self.conversation.instances,
            budget: &mut self.budget,
            tracer: self.tracer,
        }
    }

    fn process(&mut self, event: &Event) -> Result<Option<Decision>, Failure> {
        self.machine().process(event)
    }

    /// Whether a step raises an exception where these are not wanted: nobody hears it then, and who raised it goes on to what it says, as in a rail.
    fn passes_over(&mut self, decision: &Decision) -> Result<bool, Failure> {
        let Act::Raise { name, values } = &decision.act else { return Ok(false) };
        if self.parts.config.rails_exceptions || !name.ends_with("Exception") {
            return Ok(false);
        }
        let place = (decision.flow, decision.span);
        self.note(What::Raised { event: name.clone(), values: values.clone() }, Some(place));
        self.machine().step_over(decision.by)?;
        Ok(true)
    }

    /// Does what a step wants, and says what came of it; `None` ends the turn.
    async fn perform(&mut self, decision: Decision) -> Result<Option<Event>, Failure> {
        let place = (decision.flow, decision.span);
        match decision.act {
            Act::Stop => {
                self.tracer.record(What::Stopped, Some(place.1), Some(self.parts.program.flow(place.0)));
                self.conversation.instances.clear();
                Ok(None)
            }
            Act::Say { say, locals, instruction } => {
                let (ended, message) = self.say(&say, &locals, instruction.as_deref(), place).await?;
                Ok((ended == Ended::No).then_some(Event::Bot { message, by: Some(decision.by) }))
            }
            Act::Raise { name, values } => {
                self.note(What::Raised { event: name.clone(), values: values.clone() }, Some(place));
                if let Some(exception) = self.exception(&name, &values, None) {
                    self.exception = Some(exception);
                    self.conversation.instances.clear();
                    return Ok(None);
                }
                self.machine().step_over(decision.by)?;
                self.conversation.store.set("event".into(), Value::Object(values.clone()));
                Ok(Some(Event::Custom { name, values }))
            }
            Act::Execute { action, .. } if self.mode.is_replay() => {
                self.differ(format!("what `{action}` returned then is not known"));
                self.conversation.instances.clear();
                Ok(None)
            }
            Act::Execute { action, written, arguments } => {
                self.execute(action, Args::new(written, arguments), place).await.map(Some)
            }
        }
    }

    /// Runs an action, or has the model fill a variable.
    pub(super) async fn execute(
        &mut self,
        action: Arc<str>,
        args: Args,
        place: (FlowId, Span),
    ) -> Result<Event, Failure> {
        let Answer { value: result, evidence } = if *action == *GENERATE_VALUE && self.parts.models.has_main() {
            let text = |name: &str| args.value(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            Answer::plain(self.value_by_model(&text("var_name"), &text("instructions")).await?)
        } else if *action == *RETRIEVE && self.parts.knowledge.is_some() && !self.parts.actions.has(RETRIEVE) {
            let text = self.conversation.store.text("user_message");
            Answer::plain(self.search(&text, Some(place)).await?)
        } else if self.is_native(&action) {
            let ran = self
                .run_native(&action, self.with_threshold(args).with_context(self.conversation.store.snapshot()))
                .await;
            ran.map_err(|reason| Failure::Failed {
                place: Some(place),
                reason: Reason::ours(reason).within(&format!("action `{action}`")),
            })?
        } else if let Some(check) = self.check_of(&action) {
            self.check_by_model(check, &args).await?
        } else if self.moderates(&action) {
            self.moderate(&self.with_threshold(args)).await?
        } else {
            let args = args.with_context(self.conversation.store.snapshot());
            let run = self.parts.actions.run(&action, args, self.parts.config.limits.timeout);
            let ran = run.await.map_err(|error| Failure::Failed {
                place: Some(place),
                reason: error.into_reason().within(&format!("action `{action}`")),
            })?;
            Answer::plain(ran)
        };
        if let Some(evidence) = evidence.or_else(|| Evidence::of(&result)) {
            self.evidence = Some(evidence);
        }
        self.note(What::Executed { action: action.clone(), result: result.clone() }, Some(place));
        Ok(Event::Finished { action, result })
    }
}
