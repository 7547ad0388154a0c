//! Sending a request, and what its answer says of how it went.

use std::error::Error as _;
use std::sync::atomic::Ordering::Relaxed;

use backon::Retryable as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::answer::{completion, parse};
use super::fault::{clean, failure, reported};
use super::retry::{Failure, delays};
use super::secret::Secret;
use super::{OpenAi, body};
use crate::model::{ChatRequest, Completion, ModelError};

/// The longest answer that is read, in bytes.
pub(super) const LONGEST_ANSWER: usize = 8 << 20;
/// How much is read of what a server says when it fails, in bytes.
const LONGEST_COMPLAINT: usize = 64 << 10;

/// A request, ready to be sent.
pub(super) struct Call {
    url: Url,
    headers: HeaderMap,
    pub body: Map<String, Value>,
    pub secrets: Vec<Secret>,
    /// Scheme and host, for people.
    at: String,
}

impl OpenAi {
    pub(super) async fn completed(&self, request: &ChatRequest) -> Result<Completion, ModelError> {
        let call = self.call(request, "application/json")?;
        let bytes = serialized(&call.body)?;
        let sent = || async {
            let deadline = self.deadline();
            let response = self.sent(&call, &bytes, deadline).await?;
            Ok::<_, Failure>((response, deadline))
        };
        let (response, deadline) = self.again(sent).await.map_err(|failure| failure.error)?;
        self.read(response, &call, deadline).await
    }

    /// What is asked, and whatever keeps it from being sent.
    pub(super) fn call(&self, request: &ChatRequest, accept: &'static str) -> Result<Call, ModelError> {
        let settings = &*self.settings;
        let text = settings.is_text();
        let body = body::body(&settings.model, text, &settings.parameters, request);
        self.call_to(if text { "completions" } else { "chat/completions" }, body, accept)
    }

    /// `body`, to be sent to where `what` is asked for.
    pub(super) fn call_to(
        &self,
        what: &str,
        body: Map<String, Value>,
        accept: &'static str,
    ) -> Result<Call, ModelError> {
        let settings = &*self.settings;
        let address = settings.address.as_ref().map_err(Clone::clone)?;
        let headers = self.headers(accept)?;
        Ok(Call { url: address.of(what), headers, body, secrets: settings.secrets(), at: address.shown() })
    }

    fn headers(&self, accept: &'static str) -> Result<HeaderMap, ModelError> {
        let settings = &*self.settings;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("railsc/", env!("CARGO_PKG_VERSION"))));
        if let Some(key) = &settings.key {
            let value = if settings.plain_key { key.reveal().to_owned() } else { format!("Bearer {}", key.reveal()) };
            headers.insert(settings.key_header(), header_value("the key", &value)?);
        }
        for (name, value) in &settings.headers {
            let bad = |_| ModelError::new(format!("`{}` is no name of a header", clean(name, &settings.secrets())));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(bad)?;
            let value = header_value(&format!("the header `{name}`"), value.reveal())?;
            headers.insert(name, value);
        }
        match self.missing_key() {
            Some(variable) => Err(ModelError::NoKey { model: settings.model.clone(), variable: variable.to_owned() }),
            None => Ok(headers),
        }
    }

    fn client(&self) -> Result<&Client, ModelError> {
        if let Some(client) = self.shared.client.get() {
            return Ok(client);
        }
        // Two that come first at once make one each, and one is kept.
        let client = Client::builder().redirect(Policy::none()).build();
        let client =
            client.map_err(|error| ModelError::new(format!("no connection can be made: {}", cause(&error))))?;
        Ok(self.shared.client.get_or_init(|| client))
    }

    /// When an attempt, or a wait for more of a stream, that begins now has taken too long.
    pub(super) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.settings.timeout).unwrap_or(now + std::time::Duration::from_secs(86_400))
    }

    pub(super) fn late(&self) -> ModelError {
        ModelError::Timeout { limit: self.settings.timeout }
    }

    /// Attempts until one does, or nothing is to be hoped for.
    pub(super) async fn again<T, F: Future<Output = Result<T, Failure>>>(
        &self,
        attempt: impl FnMut() -> F,
    ) -> Result<T, Failure> {
        attempt
            .retry(delays(self.settings.backoff, self.settings.retries))
            .sleep(tokio::time::sleep)
            .when(|failure| failure.may_be_repaired(self.settings.patience))
            .adjust(Failure::wait)
            .await
    }

    /// One attempt: the head of an answer that is no failure.
    pub(super) async fn sent(&self, call: &Call, body: &[u8], deadline: Instant) -> Result<Response, Failure> {
        let request = self.client()?.post(call.url.clone()).headers(call.headers.clone()).body(body.to_owned());
        let response = match timeout_at(deadline, request.send()).await {
            Err(_) => return Err(self.late().into()),
            Ok(Err(error)) => {
                let reason = clean(&cause(&error), &call.secrets);
                let error = ModelError::Unreachable { at: call.at.clone(), reason };
                return Err(Failure::soon(error));
            }
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let complaint = complaint(response, deadline).await;
        Err(failure(status, &headers, &complaint, &call.secrets))
    }

    /// The answer to `body`, of `longest` bytes at most, where `what` is asked for; again where that may help.
    pub(super) async fn asked(
        &self,
        what: &str,
        body: Map<String, Value>,
        longest: usize,
    ) -> Result<Value, ModelError> {
        let call = self.call_to(what, body, "application/json")?;
        let bytes = serialized(&call.body)?;
        let attempt = || async {
            let deadline = self.deadline();
            let response = self.sent(&call, &bytes, deadline).await?;
            Ok(self.whole(response, &call, deadline, longest).await?)
        };
        self.again(attempt).await.map_err(|failure| failure.error)
    }

    /// The whole of a completion that comes at once.
    pub(super) async fn read(
        &self,
        response: Response,
        call: &Call,
        deadline: Instant,
    ) -> Result<Completion, ModelError> {
        completion(self.whole(response, call, deadline, LONGEST_ANSWER).await?)
    }

    /// The whole of an answer that comes at once, of `longest` bytes at most.
    pub(super) async fn whole(
        &self,
        mut response: Response,
        call: &Call,
        deadline: Instant,
        longest: usize,
    ) -> Result<Value, ModelError> {
        expect_type(&response, "json", &call.secrets)?;
        let too_long = ModelError::TooLong { limit: longest };
        if response.content_length().is_some_and(|length| length > longest as u64) {
            return Err(too_long);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk(&mut response, call, deadline).await? {
            bytes.extend_from_slice(chunk.as_ref());
            if bytes.len() > longest {
                return Err(too_long);
            }
        }
        let answer: Value = parse(&bytes)?;
        match reported(&answer, &call.secrets) {
            Some(error) => Err(error),
            None => Ok(answer),
        }
    }

    /// More of an answer; `None` at its end.
    pub(super) async fn chunk(
        &self,
        response: &mut Response,
        call: &Call,
        deadline: Instant,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>, ModelError> {
        let chunk = timeout_at(deadline, response.chunk()).await.map_err(|_| self.late())?;
        chunk.map_err(|error| ModelError::CutOff { reason: clean(&cause(&error), &call.secrets) })
    }

    pub(super) fn counts(&self) -> bool {
        !self.shared.uncountable.load(Relaxed)
    }

    pub(super) fn count_no_more(&self) {
        self.shared.uncountable.store(true, Relaxed);
    }
}

/// What a server says when it fails, as far as it comes in time.
async fn complaint(mut response: Response, deadline: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_COMPLAINT
        && let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(LONGEST_COMPLAINT);
    bytes
}

/// The type of an answer, without its parameters; empty if it has none.
pub(super) fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    text.split(';').next().unwrap_or_default().trim().to_owned()
}

/// Fails where an answer says that it is something else than `wanted`.
pub(super) fn expect_type(response: &Response, wanted: &str, secrets: &[Secret]) -> Result<(), ModelError> {
    let found = content_type(response);
    if found.is_empty() || found.ends_with(wanted) {
        return Ok(());
    }
    Err(ModelError::Malformed { reason: format!("it is `{}` and not {wanted}", clean(&found, secrets)) })
}

pub(super) fn serialized(body: &Map<String, Value>) -> Result<Vec<u8>, ModelError> {
    serde_json::to_vec(body).map_err(|error| ModelError::new(format!("the request can't be written: {error}")))
}

fn header_value(what: &str, value: &str) -> Result<HeaderValue, ModelError> {
    let bad = |_| ModelError::new(format!("{what} holds characters that no header takes"));
    let mut value = HeaderValue::from_str(value).map_err(bad)?;
    value.set_sensitive(true);
    Ok(value)
}

/// What is behind `error`: the rest names the URL, or nothing.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else { return "no reason given".to_owned() };
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
