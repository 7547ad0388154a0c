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
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl ModelError {
    /// An error that says `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::Other(reason.into())
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
            Self::Other(_) => "it failed".to_owned(),
            Self::Timeout { .. } | Self::Empty | Self::Filtered | Self::TooLong { .. } => self.to_string(),
        }
    }
}
