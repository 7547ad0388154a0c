//! Where an event takes a flow that waits.

use super::{Event, Failure, Instance, InstanceId, Machine, top};
use crate::program::{EventPattern, EventSpec, Op, Say, UserPattern};

impl Machine<'_> {
    /// Where `event` takes a head that rests at `op`; `None` when it does not match.
    pub(super) fn target(&self, op: &Op, event: &Event, instance: &Instance) -> Result<Option<usize>, Failure> {
        let next = top(instance).at + 1;
        Ok(match op {
            Op::User(patterns) => patterns.iter().any(|pattern| user_matches(*pattern, event)).then_some(next),
            Op::Bot(say) => bot_matches(say, event, instance.id).then_some(next),
            Op::Execute { action, .. } => {
                matches!(event, Event::Finished { action: finished, .. } if finished == action).then_some(next)
            }
            Op::Event(spec) => self.spec_matches(spec, event, instance)?.then_some(next),
            Op::When { branches, otherwise } => {
                for (pattern, target) in branches.iter().rev() {
                    if self.event_matches(pattern, event, instance)? {
                        return Ok(Some(*target));
                    }
                }
                let answers = branches.iter().any(|(pattern, _)| same_kind(pattern, event));
                otherwise.filter(|_| answers)
            }
            _ => None,
        })
    }

    pub(super) fn event_matches(
        &self,
        pattern: &EventPattern,
        event: &Event,
        instance: &Instance,
    ) -> Result<bool, Failure> {
        Ok(match pattern {
            EventPattern::User(pattern) => user_matches(*pattern, event),
            EventPattern::Bot(wanted) => matches!(event, Event::Bot { message, .. } if *message == Some(*wanted)),
            EventPattern::AnyBot => matches!(event, Event::Bot { .. }),
            EventPattern::Event(spec) => self.spec_matches(spec, event, instance)?,
            // No event: `complete` tells of it.
            EventPattern::Flow(_) => false,
        })
    }

    /// Whether an event has the name and the values that are waited for; `...` is any value.
    pub(super) fn spec_matches(&self, spec: &EventSpec, event: &Event, instance: &Instance) -> Result<bool, Failure> {
        let Event::Custom { name, values } = event else { return Ok(false) };
        if *name != spec.name {
            return Ok(false);
        }
        let frame = top(instance);
        let span = self.program.flow(frame.flow).steps[frame.at].span;
        for (argument, wanted) in self.values(&spec.arguments, frame, span)? {
            let is_any = wanted.as_str() == Some("...");
            if !is_any && values.get(&*argument) != Some(&wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn user_matches(pattern: UserPattern, event: &Event) -> bool {
    match (pattern, event) {
        (UserPattern::Any, Event::User(_) | Event::UserUnknown) => true,
        (UserPattern::Intent(wanted), Event::User(intent)) => wanted == *intent,
        _ => false,
    }
}

fn bot_matches(say: &Say, event: &Event, waiting: InstanceId) -> bool {
    let Event::Bot { message, by } = event else { return false };
    match say {
        Say::Message(wanted) => *message == Some(*wanted),
        Say::Any => true,
        Say::Variable(_) => *by == Some(waiting),
    }
}

/// Whether `pattern` waits for events of this kind, so that `else` answers the ones it does not match.
fn same_kind(pattern: &EventPattern, event: &Event) -> bool {
    match pattern {
        EventPattern::User(_) => matches!(event, Event::User(_) | Event::UserUnknown),
        EventPattern::Bot(_) | EventPattern::AnyBot => matches!(event, Event::Bot { .. }),
        EventPattern::Event(_) => matches!(event, Event::Custom { .. }),
        EventPattern::Flow(_) => false,
    }
}
