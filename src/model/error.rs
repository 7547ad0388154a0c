//! Why a model did not answer.

use std::time::Duration;

/// Why a model did not answer. It goes into the trace, never into the reply. No key is in it; a server's own message is, and may repeat the
/// text of a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The variable of the environment that holds its key is not set.
    #[error("the key of `{model}` is missing: set `{variable}`")]
    NoKey {
        /// The model.
        model: String,
        /// The variable.
        variable: String,
    },
    /// No connection: refused, an unknown host, or TLS that fails.
    #[error("{at} can't be reached: {reason}")]
    Unreachable {
        /// Scheme and host.
        at: String,
        /// Why.
        reason: String,
    },
    /// No answer in time.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// The time there was.
        limit: Duration,
    },
    /// The key is not taken.
    #[error("the key is not accepted ({status}): {message}")]
    Unauthorized {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// There is no such model, or nothing at that address.
    #[error("no such model, or wrong address (404): {message}")]
    NotFound {
        /// What the server says.
        message: String,
    },
    /// Too many requests, and still after trying again.
    #[error("too many requests (429): {message}")]
    RateLimited {
        /// When to try again, if the server says so.
        retry_after: Option<Duration>,
        /// What the server says.
        message: String,
    },
    /// The server fails, and still does after trying again.
    #[error("the server fails ({status}): {message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// The server does not take the request.
    #[error("the request is refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
    },
    /// The server says within its answer that it fails.
    #[error("the server reports: {message}")]
    Reported {
        /// What the server says.
        message: String,
    },
    /// The answer is not what such a server sends.
    #[error("the answer can't be read: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The answer holds no choice, or nothing in it.
    #[error("the answer is empty")]
    Empty,
    /// The server's own filter withheld the answer.
    #[error("the server's content filter withheld the answer")]
    Filtered,
    /// The answer is longer than is read.
    #[error("the answer has more than {limit} bytes")]
    TooLong {
        /// How many are read.
        limit: usize,
    },
    /// The connection ended before the answer did.
    #[error("the answer was cut off: {reason}")]
    CutOff {
        /// What was missing.
        reason: String,
    },
    /// It failed again and again, and is left alone for a while: its [`Breaker`](super::Breaker) is open.
    #[error("it failed{} and is not asked since {:.1?}, {}; the last time: {cause}", often(*.failures), .since, until(.wait))]
    Open {
        /// How often it failed.
        failures: u32,
        /// How long it has been left alone.
        since: Duration,
        /// How long it still is; nothing while one call tries whether it is well.
        wait: Duration,
        /// Why it failed the last time.
        cause: Box<ModelError>,
    },
    /// Something else.
    #[error("{0}")]
    Other(String),
}

fn often(failures: u32) -> String {
    if failures > 1 { format!(" {failures} times in a row") } else { String::new() }
}

/// Until when a model is left alone.
fn until(wait: &Duration) -> String {
    if wait.is_zero() { "until a call that tries it is answered".to_owned() } else { format!("for another {wait:.1?}") }
}

/// What a failure says of a model's server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers; that the answer is no good is nothing that time mends.
    Well,
    /// It does not do its work.
    Ill,
    /// Nothing: it was not asked.
    Unknown,
}

impl ModelError {
    /// An error that says `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::Other(reason.into())
    }

    /// Whether another model may answer where this one did not. None can where the request itself is wrong, where a filter withheld the
    /// answer, or where the configuration is to blame: a key, the name of a model, an address.
    pub fn may_be_mended(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::RateLimited { .. }
            | Self::Server { .. }
            | Self::Reported { .. }
            | Self::Malformed { .. }
            | Self::Empty
            | Self::TooLong { .. }
            | Self::CutOff { .. }
            | Self::Open { .. } => true,
            // No money left, and a conflict with somebody else's request.
            Self::Refused { status, .. } => matches!(status, 402 | 409),
            Self::NoKey { .. }
            | Self::Unauthorized { .. }
            | Self::NotFound { .. }
            | Self::Filtered
            | Self::Other(_) => false,
        }
    }

    /// What it says of the server. What a user could bring about by a text alone, such as an empty answer, says nothing bad.
    pub(crate) fn health(&self) -> Health {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::RateLimited { .. }
            | Self::Server { .. }
            | Self::Reported { .. }
            | Self::Malformed { .. }
            | Self::CutOff { .. } => Health::Ill,
            Self::Unauthorized { .. }
            | Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::Empty
            | Self::Filtered
            | Self::TooLong { .. } => Health::Well,
            Self::NoKey { .. } | Self::Open { .. } | Self::Other(_) => Health::Unknown,
        }
    }

    /// What kind of failure it is, in a word: as traces and metrics name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "no_key",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::Unauthorized { .. } => "unauthorized",
            Self::NotFound { .. } => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server { .. } => "server",
            Self::Refused { .. } => "refused",
            Self::Reported { .. } => "reported",
            Self::Malformed { .. } => "malformed",
            Self::Empty => "empty",
            Self::Filtered => "filtered",
            Self::TooLong { .. } => "too_long",
            Self::CutOff { .. } => "cut_off",
            Self::Open { .. } => "open",
            Self::Other(_) => "other",
        }
    }

    /// The same without anybody's words but ours, and without an address: for logs and clients.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::NoKey { .. } => "its key is missing".to_owned(),
            Self::Unreachable { .. } => "it can't be reached".to_owned(),
            Self::Unauthorized { status, .. } => format!("the key is not accepted ({status})"),
            Self::NotFound { .. } => "no such model, or wrong address (404)".to_owned(),
            Self::RateLimited { .. } => "too many requests (429)".to_owned(),
            Self::Server { status, .. } => format!("the server fails ({status})"),
            Self::Refused { status, .. } => format!("the request is refused ({status})"),
            Self::Reported { .. } => "the server reports that it fails".to_owned(),
            Self::Malformed { .. } => "the answer can't be read".to_owned(),
            Self::CutOff { .. } => "the answer was cut off".to_owned(),
            Self::Open { wait, cause, .. } => {
                format!("it failed too often and is not asked, {}; the last time: {}", until(wait), cause.brief())
            }
            Self::Other(_) => "it failed".to_owned(),
            Self::Timeout { .. } | Self::Empty | Self::Filtered | Self::TooLong { .. } => self.to_string(),
        }
    }
}
