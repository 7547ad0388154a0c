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
        Ok(Self { client, url: format!("{base}/v1/actions/run").into() })
    }

    /// Runs `action` there. Never twice: what an action does may not be done again.
    pub(super) async fn run(&self, action: &str, args: &Args) -> Result<Value, ActionError> {
        let request = Request { action_name: action, action_parameters: args.values() };
        let sent =
            self.client.post(&*self.url).header("content-type", "application/json").body(serde_json::to_vec(&request)?);
        let response = sent.send().await.map_err(|error| self.unreached(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(ActionError::new(format!("the actions server at {} answers with {status}", self.url)));
        }
        let body = self.body(response).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| {
            ActionError::new(format!("the actions server at {} does not answer as one: {error}", self.url))
        })?;
        if answer.status != "success" {
            return Err(ActionError::new(format!("the actions server says `{}`", answer.status)));
        }
        Ok(answer.result)
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, ActionError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreached(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_RESULT {
                return Err(ActionError::new(format!("the answer has more than {LARGEST_RESULT} bytes")));
            }
        }
        Ok(body)
    }

    fn unreached(&self, error: &reqwest::Error) -> ActionError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        ActionError::new(format!("the actions server at {} can't be asked: {cause}", self.url))
    }
}
