//! Actions that another process runs, asked over HTTP as NeMo Guardrails' actions server is.

use std::sync::Arc;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde::{Deserialize, Serialize};

use super::action::{ActionError, Args, LARGEST_RESULT};
use crate::expression::Value;

/// A server of actions.
pub(super) struct Remote {
    client: Client,
    /// Where it runs them.
    url: Arc<str>,
    /// The same for people, who may not be meant to know the password in it.
    shown: Arc<str>,
}

#[derive(Serialize)]
struct Request<'a> {
    action_name: &'a str,
    action_parameters: &'a serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    result: Value,
}

impl Remote {
    /// The server at `base`, which is not called yet.
    pub(super) fn new(base: &str) -> Result<Self, reqwest::Error> {
        // A redirect would send what a user said elsewhere.
        let client = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { client, url: format!("{base}/v1/actions/run").into(), shown: without_secrets(base).into() })
    }

    /// Runs `action` there. Never twice: what an action does may not be done again.
    pub(super) async fn run(&self, action: &str, args: &Args) -> Result<Value, ActionError> {
        let request = Request { action_name: action, action_parameters: args.values() };
        let sent =
            self.client.post(&*self.url).header("content-type", "application/json").body(serde_json::to_vec(&request)?);
        let response = sent.send().await.map_err(|error| self.unreached(&error))?;
        let status = response.status();
        if !status.is_success() {
            let brief = format!("the actions server answers with {status}");
            return Err(ActionError::told(
                format!("the actions server at {} answers with {status}", self.shown),
                brief,
            ));
        }
        let body = self.body(response).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| {
            let full = format!("the actions server at {} does not answer as one: {error}", self.shown);
            ActionError::told(full, "the actions server does not answer as one")
        })?;
        if answer.status != "success" {
            let full = format!("the actions server says `{}`", answer.status);
            return Err(ActionError::told(full, "the actions server says that it failed"));
        }
        Ok(answer.result)
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ActionError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreached(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_RESULT {
                return Err(ActionError::ours(format!("the answer has more than {LARGEST_RESULT} bytes")));
            }
        }
        Ok(body)
    }

    fn unreached(&self, error: &reqwest::Error) -> ActionError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let full = format!("the actions server at {} can't be asked: {cause}", self.shown);
        ActionError::told(full, "the actions server can't be asked")
    }
}

/// Scheme and host of a URL: what is before an `@`, and behind the host, may be secret.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{}", authority.rsplit('@').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn passwords_and_tokens_are_not_shown() {
        for (url, shown) in [
            ("http://localhost:8001", "http://localhost:8001"),
            ("https://user:s3cret@host:1/path", "https://host:1"),
            ("http://a@b@host?token=s3cret", "http://host"),
            ("http://host/s3cret#x", "http://host"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
