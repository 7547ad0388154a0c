//! What is to be said of a model before it is asked.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName};
use serde_json::{Map, Value};

use super::address::Address;
use super::body::continues_texts;
use super::environment::{Variable, of_process, trimmed};
use super::retry::LONGEST_WAIT;
use super::secret::Secret;
use super::{OpenAi, Settings, Shared};
use crate::config::{BreakerSpec, ModelMode};
use crate::model::ModelError;
use crate::model::engines::Engine;

impl OpenAi {
    /// The model called `model` at `base_url`, such as `https://api.openai.com/v1`. A URL without a path gets `/v1`.
    ///
    /// What is wrong with the URL is said when the model is asked; so is a key that a known service wants and has not got.
    pub fn new(base_url: &str, model: impl Into<String>) -> Self {
        Self::at(Address::new(base_url), model.into())
    }

    pub(super) fn at(address: Result<Address, ModelError>, model: String) -> Self {
        let service = address.as_ref().ok().and_then(Address::service);
        let key_variable = service.and_then(|service| service.key_variables.first()).map(|name| (*name).to_owned());
        let settings = Settings {
            model,
            address,
            mode: None,
            key: None,
            key_variable,
            plain_key: false,
            headers: Vec::new(),
            timeout: Duration::from_secs(60),
            retries: 2,
            backoff: Duration::from_millis(500),
            patience: LONGEST_WAIT,
            breaks: Some((BreakerSpec::default().failures, BreakerSpec::default().open_for)),
            breaker: OnceLock::new(),
            parameters: Map::new(),
        };
        Self { settings: Arc::new(settings), shared: Arc::new(Shared::default()) }
    }

    /// The model that the environment names: `OPENAI_MODEL` (`gpt-4o-mini` if not set), `OPENAI_API_KEY`, `OPENAI_BASE_URL`,
    /// `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`.
    ///
    /// # Errors
    /// When `OPENAI_BASE_URL` is no URL. A missing key is no error until the model is asked.
    pub fn from_env() -> Result<Self, ModelError> {
        Self::from_variables(&of_process)
    }

    pub(super) fn from_variables(variable: Variable<'_>) -> Result<Self, ModelError> {
        let variable = trimmed(variable);
        let base = variable("OPENAI_BASE_URL").unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
        let model = variable("OPENAI_MODEL").unwrap_or_else(|| "gpt-4o-mini".to_owned());
        let mut new = Self::at(Ok(Address::new(&base)?), model);
        if let Some(key) = variable("OPENAI_API_KEY") {
            new = new.key(key);
        }
        if let Some(organization) = variable("OPENAI_ORG_ID") {
            new = new.organization(organization);
        }
        if let Some(project) = variable("OPENAI_PROJECT_ID") {
            new = new.project(project);
        }
        Ok(new)
    }

    /// The service that it is at, if it is one we know.
    pub(crate) fn service(&self) -> Option<&'static Engine> {
        self.settings.address.as_ref().ok()?.service()
    }

    /// The variable of the environment to set: it wants a key, and has none.
    pub(crate) fn missing_key(&self) -> Option<&str> {
        let settings = &*self.settings;
        let header = settings.key_header();
        let has_key = settings.key.is_some()
            || settings.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header.as_str()));
        settings.key_variable.as_deref().filter(|_| !has_key)
    }

    pub(super) fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let settings = Arc::make_mut(&mut self.settings);
        settings.breaker.take();
        change(settings);
        self
    }

    /// The key. It is in no message and no trace.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        self.set(|settings| settings.key = Some(Secret::new(&key.into())).filter(|key| !key.is_empty()))
    }

    /// A header of every request, in place of ours of that name.
    #[must_use]
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), Secret::new(&value.into()));
        self.set(|settings| settings.headers.push((name, value)))
    }

    /// The organisation that pays.
    #[must_use]
    pub fn organization(self, organization: impl Into<String>) -> Self {
        self.header("openai-organization", organization)
    }

    /// The project that pays.
    #[must_use]
    pub fn project(self, project: impl Into<String>) -> Self {
        self.header("openai-project", project)
    }

    /// How long one attempt may take, or of a stream, its beginning and what is between two parts; 60 s if not set.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.timeout = timeout)
    }

    /// How often a request is sent again when the server is busy, fails or can't be reached; 2 if not set.
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        self.set(|settings| settings.retries = retries)
    }

    /// How long is waited before the first of them, twice as long before the next, where the server does not say; 0.5 s if
    /// not set.
    #[must_use]
    pub fn backoff(self, first: Duration) -> Self {
        self.set(|settings| settings.backoff = first)
    }

    /// How long is waited at most when the server says how long to wait; what it wants beyond that is a failure at once. A minute if not set.
    #[must_use]
    pub fn patience(self, longest: Duration) -> Self {
        self.set(|settings| settings.patience = longest)
    }

    /// After how many failures in a row rails leave it alone, and for how long; then one call tries whether it is well. 5 and 10 s if not set.
    /// [`ChatModel::breaker`](crate::model::ChatModel::breaker) tells how it stands.
    #[must_use]
    pub fn breaks_after(self, failures: u32, open_for: Duration) -> Self {
        self.set(|settings| settings.breaks = Some((failures, open_for)))
    }

    /// Rails ask it, however often it fails.
    #[must_use]
    pub fn never_breaks(self) -> Self {
        self.set(|settings| settings.breaks = None)
    }

    /// A parameter of every request, such as `top_p`; what a request says itself goes before it.
    #[must_use]
    pub fn parameter(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.set(|settings| drop(settings.parameters.insert(name, value)))
    }

    /// Whether the model is asked to continue a conversation or a text, where its name does not tell.
    #[must_use]
    pub fn mode(self, mode: ModelMode) -> Self {
        self.set(|settings| settings.mode = Some(mode))
    }
}

impl Settings {
    /// The header that the key goes into.
    pub fn key_header(&self) -> HeaderName {
        if self.plain_key { HeaderName::from_static("api-key") } else { AUTHORIZATION }
    }

    /// Whether the model continues texts.
    pub fn is_text(&self) -> bool {
        match self.mode {
            Some(mode) => mode == ModelMode::Text,
            None => continues_texts(&self.model),
        }
    }

    /// What must be in no message.
    pub fn secrets(&self) -> Vec<Secret> {
        let telling = ["authorization", "key", "token", "secret", "cookie", "password"];
        let is_secret = |name: &str| telling.iter().any(|part| name.to_ascii_lowercase().contains(part));
        let headers = self.headers.iter().filter(|(name, _)| is_secret(name));
        let words = headers.flat_map(|(_, value)| value.reveal().split_whitespace()).filter(|word| word.len() >= 8);
        self.key.iter().cloned().chain(words.map(Secret::new)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::OpenAi;
    use crate::config::ModelMode;

    #[test]
    fn the_environment_names_a_model() {
        let model = OpenAi::from_variables(&|_| None).unwrap();
        assert_eq!(model.settings.model, "gpt-4o-mini");
        assert_eq!(model.settings.address.as_ref().unwrap().shown(), "https://api.openai.com");
        assert_eq!(model.settings.key_variable.as_deref(), Some("OPENAI_API_KEY"));
        let model = OpenAi::from_variables(&|name| match name {
            "OPENAI_API_KEY" => Some(" s3cret-key\n".to_owned()),
            "OPENAI_BASE_URL" => Some("http://localhost:1/v1".to_owned()),
            "OPENAI_MODEL" => Some("m".to_owned()),
            "OPENAI_ORG_ID" | "OPENAI_PROJECT_ID" => Some(name.to_lowercase()),
            _ => None,
        })
        .unwrap();
        let settings = &model.settings;
        assert_eq!((&*settings.model, settings.key.as_ref().unwrap().reveal()), ("m", "s3cret-key"));
        let headers: Vec<_> = settings.headers.iter().map(|(name, value)| (&**name, value.reveal())).collect();
        assert_eq!(headers, [("openai-organization", "openai_org_id"), ("openai-project", "openai_project_id")]);
        assert_eq!(settings.key_variable, None, "a server of one's own wants no key");
        assert!(OpenAi::from_variables(&|name| (name == "OPENAI_BASE_URL").then(|| "nowhere".to_owned())).is_err());
    }

    #[test]
    fn keys_don_t_show() {
        let model = OpenAi::new("https://me:s3cret-1@host/s3cret-2?s3cret-3", "m").key("s3cret-4");
        let model = model.header("Authorization", "Bearer s3cret-5").parameter("user", "s3cret-6");
        let settings = &model.settings;
        for shown in [format!("{model:?}"), format!("{model:#?}"), format!("{:?}{:?}", settings.key, settings.headers)]
        {
            assert!(!shown.contains("s3cret"), "{shown}");
        }
        let bad = OpenAi::new("s3cret://x", "m");
        assert!(!format!("{bad:?}").contains("s3cret"));
        let secrets = settings.secrets();
        assert!(secrets.iter().any(|secret| secret.reveal() == "s3cret-5"), "the scheme is none, the key is");
    }

    #[test]
    fn a_mode_goes_before_the_name() {
        let model = |name: &str| OpenAi::new("http://localhost", name);
        assert!(model("gpt-3.5-turbo-instruct").settings.is_text() && !model("gpt-4o").settings.is_text());
        assert!(!model("gpt-3.5-turbo-instruct").mode(ModelMode::Chat).settings.is_text());
        assert!(model("llama").mode(ModelMode::Text).settings.is_text());
    }
}
