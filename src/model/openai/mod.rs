//! Models behind the interface of OpenAI, which most servers of models offer.

mod address;
mod answer;
mod assembly;
mod body;
mod breakers;
mod builder;
#[cfg(feature = "cli")]
mod discovery;
mod embeddings;
mod environment;
mod fault;
mod moderations;
mod retry;
mod secret;
mod send;
mod spec;
mod sse;
mod stream;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _, once};
use serde_json::{Map, Value};

use super::{Breaker, ChatModel, ChatRequest, Completion, ModelError, Moderation, Piece};
use crate::config::ModelMode;
use address::Address;
use secret::Secret;

/// A model behind the interface of OpenAI: theirs, or any of the servers and services that speak as they do.
///
/// Clones are cheap, and share their connections. Redirects are not followed: they would send what a user said elsewhere.
/// Dropping the future or the stream closes the connection.
///
/// Rails that ask it leave it alone for a while when it fails again and again; see [`OpenAi::breaks_after`].
///
/// ```
/// use std::time::Duration;
/// use rails::model::OpenAi;
///
/// let model = OpenAi::new("http://localhost:11434", "llama3.2").timeout(Duration::from_secs(20)).retries(1);
/// ```
#[derive(Clone)]
pub struct OpenAi {
    settings: Arc<Settings>,
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Settings {
    model: String,
    /// Where it is, or why that can't be said.
    address: Result<Address, ModelError>,
    mode: Option<ModelMode>,
    key: Option<Secret>,
    /// The variable that should have held the key, where there must be one.
    key_variable: Option<String>,
    /// The key goes into a header `api-key`.
    plain_key: bool,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    retries: u32,
    backoff: Duration,
    /// The longest that is waited for when the server says how long to wait.
    patience: Duration,
    /// After how many failures in a row it is left alone, and for how long; `None` for never.
    breaks: Option<(u32, Duration)>,
    /// What holds it to that, once it is asked for.
    breaker: OnceLock<Arc<Breaker>>,
    parameters: Map<String, Value>,
}

/// What all clones use.
#[derive(Default)]
struct Shared {
    client: OnceLock<reqwest::Client>,
    /// The server has said that it does not know how to count tokens while it streams.
    uncountable: AtomicBool,
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { model, address, timeout, retries, key, .. } = &*self.settings;
        let at = address.as_ref().map_or_else(ToString::to_string, Address::shown);
        let shown = &mut f.debug_struct("OpenAi");
        shown.field("model", model).field("at", &at).field("key", key).field("timeout", timeout);
        shown.field("retries", retries).finish_non_exhaustive()
    }
}

impl ChatModel for OpenAi {
    fn name(&self) -> &str {
        &self.settings.model
    }

    /// One for all that ask the same model at the same address with the same key, in the whole process.
    fn breaker(&self) -> Option<&Breaker> {
        self.shared_breaker()
    }

    fn complete(&self, request: ChatRequest) -> BoxFuture<'_, Result<Completion, ModelError>> {
        async move { self.completed(&request).await }.boxed()
    }

    fn stream(&self, request: ChatRequest) -> BoxStream<'_, Result<Piece, ModelError>> {
        once(async move { self.streamed(&request).await }).try_flatten().boxed()
    }
    fn moderate<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Moderation, ModelError>> {
        self.moderated(text).boxed()
    }
}
