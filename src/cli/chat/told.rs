//! What is said below a reply: what it took, and what went wrong on the way.

use crate::engine::{Reply, TraceEvent, What};
use crate::model::Usage;

/// What the models took, and how long the turn; `None` when none was called.
pub(super) fn usage(reply: &Reply) -> Option<String> {
    let seconds = reply.trace.dur_us / 1_000_000.0;
    let time = if seconds < 1.0 { format!("{:.0} ms", 1_000.0 * seconds) } else { format!("{seconds:.1} s") };
    Some(format!("{}, {time}", took(&reply.usage)?))
}

fn took(usage: &Usage) -> Option<String> {
    let Usage { calls, input_tokens, output_tokens, uncounted, .. } = usage;
    let many = |count: u32| if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
    match calls.checked_sub(*uncounted)? {
        0 if *calls == 0 => None,
        0 => Some(format!("{}, tokens unknown", many(*calls))),
        counted if *uncounted == 0 => Some(format!("{input_tokens} + {output_tokens} tokens in {}", many(counted))),
        counted => {
            Some(format!("{input_tokens} + {output_tokens} tokens in {}, unknown in {uncounted} more", many(counted)))
        }
    }
}

/// What failed in the turn, each with its line if it has one. Users don't see it, but who tries out rails is no user.
pub(super) fn causes(reply: &Reply) -> Vec<String> {
    let cause = |event: &TraceEvent| {
        let cause = match &event.what {
            What::Failed { reason } => format!("failed: {reason}"),
            What::RailFailed { rail, reason, .. } => format!("rail `{rail}` failed: {reason}"),
            What::JudgeFailed { reason, .. } => format!("the judge failed: {reason}"),
            What::EmbedderFailed { reason, .. } => reason.to_string(),
            _ => return None,
        };
        let place = event.span.as_ref().map_or_else(String::new, |span| format!("  ({span})"));
        Some(cause + &place)
    };
    reply.trace.events.iter().filter_map(cause).collect()
}

#[cfg(test)]
mod tests {
    use super::took;
    use crate::model::{Tokens, Usage};

    #[test]
    fn calls_are_counted_with_their_tokens() {
        let mut usage = Usage::default();
        assert_eq!(took(&usage), None);
        usage.begin("m");
        assert_eq!(took(&usage).unwrap(), "1 call, tokens unknown");
        usage.begin("m");
        usage.count("m", Tokens { input: 412, output: 38, cached: 0 });
        assert_eq!(took(&usage).unwrap(), "412 + 38 tokens in 1 call, unknown in 1 more");
        let mut usage = Usage::default();
        (0..2).for_each(|_| {
            usage.begin("m");
            usage.count("m", Tokens { input: 3, output: 4, cached: 0 });
        });
        assert_eq!(took(&usage).unwrap(), "6 + 8 tokens in 2 calls");
    }
}
