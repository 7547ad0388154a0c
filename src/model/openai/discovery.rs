//! What is found out of a server when all that is known is where it is.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;

use super::OpenAi;
use super::address::Address;
use super::environment::{of_process, trimmed};
use crate::model::ModelError;

/// How long a server may take to say which models it has.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a model is called whose server does not say.
const UNNAMED: &str = "default";
/// The longest list of models that is read, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

impl OpenAi {
    /// What the server at `base_url` calls its first model, if it says so in time.
    pub(crate) async fn first_model(base_url: &str) -> Option<String> {
        let url = Address::new(base_url).ok()?.of("models");
        let client = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().ok()?;
        let mut response = client.get(url).send().await.ok()?.error_for_status().ok()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST {
                return None;
            }
        }
        let models: Models = serde_json::from_slice(&body).ok()?;
        models.data.into_iter().map(|model| model.id).find(|id| !id.trim().is_empty())
    }

    /// The model at `base_url`, called `name` or else as its server calls the first that it has, with the key that the environment holds.
    ///
    /// # Errors
    /// When the server is a service, which has many.
    #[cfg(any(feature = "cli", feature = "serve"))]
    pub(crate) async fn at_server(base_url: &str, name: Option<&str>) -> Result<Self, ModelError> {
        let model = |name: &str| Self::new(base_url, name).usual_key();
        match (name, model(UNNAMED).service()) {
            (Some(name), _) => Ok(model(name)),
            (None, Some(service)) => {
                let at = service.host().unwrap_or(base_url);
                Err(ModelError::new(format!("`{at}` has many models; say which by `--model-name`")))
            }
            (None, None) => Ok(model(Self::first_model(base_url).await.as_deref().unwrap_or(UNNAMED))),
        }
    }

    /// With the key that the environment holds for the service it is at.
    pub(crate) fn usual_key(self) -> Self {
        let names = self.service().map_or(&[][..], |service| service.key_variables);
        match names.iter().find_map(|name| trimmed(&of_process)(name)) {
            Some(key) => self.key(key),
            None => self,
        }
    }
}
