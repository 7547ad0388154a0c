//! One limit: of what, how much, in which time, and for whom.

use std::time::Duration;

/// What a limit is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Per {
    /// By the key of the caller.
    Key,
    /// By the user of that caller.
    User,
    /// By the address that the request came from.
    Ip,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Counted {
    Requests,
    /// What models took and gave.
    Tokens,
    /// Requests under way.
    Concurrent,
}

/// So much in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) struct Rate {
    pub per: Per,
    pub counted: Counted,
    pub count: u64,
    /// Zero where requests under way are counted.
    pub window: Duration,
}

/// What a limit says, in the words of settings.
pub(in crate::serve) const EXAMPLE: &str =
    "a limit, such as `50 requests / hour`, `100000 tokens / minute` or `10 concurrent`";
/// The most that a limit may allow.
pub(in crate::serve) const MOST: u64 = 1_000_000_000_000;
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

impl Per {
    pub(in crate::serve) const ALL: &[(&'static str, Self)] =
        &[("key", Self::Key), ("user", Self::User), ("ip", Self::Ip)];

    pub(in crate::serve) fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::User => "user",
            Self::Ip => "ip",
        }
    }
}

impl Counted {
    pub(in crate::serve) fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Concurrent => "concurrent",
        }
    }
}

impl Rate {
    /// Reads `50 requests / hour`, with `per` for the stroke if one likes, and `15 minutes` for a time of more than one.
    pub(in crate::serve) fn parse(per: Per, text: &str) -> Option<Self> {
        let text = text.replace('/', " / ");
        let mut words = text.split_whitespace();
        let count = words.next()?.replace('_', "").parse().ok()?;
        let counted = match words.next()? {
            "request" | "requests" => Counted::Requests,
            "token" | "tokens" => Counted::Tokens,
            "concurrent" => Counted::Concurrent,
            _ => return None,
        };
        let window = match (counted, words.next()) {
            (Counted::Concurrent, None) => Duration::ZERO,
            (Counted::Requests | Counted::Tokens, Some("/" | "per")) => time(&words.collect::<Vec<_>>().join(" "))?,
            _ => return None,
        };
        (1..=MOST).contains(&count).then_some(Self { per, counted, count, window })
    }

    /// What it is called in headers.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.per.name(), self.counted.name())
    }
}

/// Reads `hour`, `15 minutes` or `30s`; from a second to a month.
pub(in crate::serve) fn time(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let number: u64 = if number.trim().is_empty() { 1 } else { number.trim().parse().ok()? };
    let unit = match unit {
        "s" | "second" | "seconds" => 1,
        "m" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    let time = Duration::from_secs(number.checked_mul(unit)?);
    (Duration::from_secs(1)..=LONGEST).contains(&time).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_people_say_them() {
        for (text, counted, count, seconds) in [
            ("50 requests / hour", Counted::Requests, 50, 3600),
            ("1 request/second", Counted::Requests, 1, 1),
            ("100_000 tokens per minute", Counted::Tokens, 100_000, 60),
            ("20 requests / 15 minutes", Counted::Requests, 20, 900),
            ("20 requests / 30s", Counted::Requests, 20, 30),
            ("10 concurrent", Counted::Concurrent, 10, 0),
        ] {
            let window = Duration::from_secs(seconds);
            assert_eq!(Rate::parse(Per::Key, text), Some(Rate { per: Per::Key, counted, count, window }), "{text}");
        }
        for wrong in [
            "",
            "50",
            "50 requests",
            "50 / hour",
            "0 requests / hour",
            "-1 requests / hour",
            "5 requests / fortnight",
            "5 requests / 0 hours",
            "5 requests / 40 days",
            "5 requests / 99999999999999999999 days",
            "5 requests hour",
            "10 concurrent / hour",
            "5 cats / hour",
        ] {
            assert_eq!(Rate::parse(Per::Key, wrong), None, "{wrong}");
        }
    }
}
