//! When a failed request is sent again.

use std::time::{Duration, SystemTime};

use backon::ExponentialBuilder;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::model::ModelError;

/// The longest time that a server is waited for when it says how long.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: ModelError,
    pub again: Again,
    /// The server does not know how to count tokens while it streams.
    pub uncountable: bool,
}

/// Whether another attempt may do better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    Soon,
    /// In the words of the server.
    After(Duration),
}

impl Failure {
    pub fn soon(error: ModelError) -> Self {
        Self { error, again: Again::Soon, uncountable: false }
    }

    /// Whether to try again, for whom waits no longer than `patience`.
    pub fn may_be_repaired(&self, patience: Duration) -> bool {
        match self.again {
            Again::Never => false,
            Again::Soon => true,
            Again::After(wait) => wait <= patience,
        }
    }

    /// How long to wait, where `usual` is what we would; `None` when there were attempts enough.
    pub fn wait(&self, usual: Option<Duration>) -> Option<Duration> {
        match self.again {
            Again::After(wait) => usual.map(|_| wait),
            _ => usual,
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self { error, again: Again::Never, uncountable: false }
    }
}

/// Waits that double from `first`, and vary, so that those who failed together don't come back together.
pub(super) fn delays(first: Duration, retries: u32) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(LONGEST_WAIT)
        .with_factor(2.0)
        .with_max_times(retries as usize)
        .with_jitter()
}

/// Whether a server that answers so may do better.
pub(super) fn again(status: StatusCode, headers: &HeaderMap) -> Again {
    match status.as_u16() {
        // 529 is how Anthropic says that too many ask.
        408 | 409 | 429 | 500 | 502 | 503 | 504 | 529 => {
            asked_to_wait(headers, SystemTime::now()).map_or(Again::Soon, Again::After)
        }
        _ => Again::Never,
    }
}

/// How long a server asks to be left alone.
pub(super) fn asked_to_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str, unit: f64| {
        let seconds = text.parse::<f64>().ok().filter(|number| *number >= 0.0)? * unit;
        Duration::try_from_secs_f64(seconds).ok()
    };
    if let Some(wait) = text("retry-after-ms").and_then(|text| number(text, 0.001)) {
        return Some(wait);
    }
    let text = text("retry-after")?;
    number(text, 1.0).or_else(|| Some(date(text)?.duration_since(now).unwrap_or_default()))
}

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, text) = text.split_once(", ")?;
    let mut parts = text.split_ascii_whitespace();
    let day: u64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|known| *known == month)? as u64 + 1;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut time = parts.next()?.splitn(3, ':').map(|part| part.parse::<u64>().ok().filter(|part| *part <= 60));
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Years are counted from March, so that a leap day is the last of one: H. Hinnant, "chrono-compatible low-level date algorithms".
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = (365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year).checked_sub(719_468)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Again, Failure, LONGEST_WAIT, again, asked_to_wait, date};
    use crate::model::ModelError;

    #[test]
    fn dates_are_read_as_http_writes_them() {
        let seconds = |text: &str| Some(date(text)?.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000));
        assert_eq!(seconds("Fri, 01 Mar 2024 00:00:00 GMT"), Some(1_709_251_200));
        for bad in ["", "now", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1 08:49:37 GMT", ", "]
        {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn servers_say_how_long_to_wait() {
        let now = date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        for (name, value, wanted) in [
            ("retry-after", "2", Some(2000)),
            ("retry-after", "0.5", Some(500)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT", Some(3000)),
            ("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after", "-1", None),
            ("retry-after", "NaN", None),
            ("retry-after", "inf", None),
            ("retry-after", "1e300", None),
            ("retry-after", "soon", None),
            ("other", "2", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(asked_to_wait(&headers, now), wanted.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let none = HeaderMap::new();
        for (status, wanted) in [(200, Again::Never), (400, Again::Never), (401, Again::Never), (429, Again::Soon)] {
            assert_eq!(again(StatusCode::from_u16(status).unwrap(), &none), wanted);
        }
        let failure = |again| Failure { error: ModelError::Empty, again, uncountable: false };
        assert!(failure(Again::After(Duration::from_secs(60))).may_be_repaired(LONGEST_WAIT));
        assert!(!failure(Again::After(Duration::from_secs(61))).may_be_repaired(LONGEST_WAIT));
        assert_eq!(failure(Again::After(Duration::from_secs(3))).wait(None), None, "there were attempts enough");
    }
}
