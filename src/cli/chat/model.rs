//! Which model is asked, and what keeps it from answering.

use super::Arguments;
use crate::cli::Failure;
use crate::config::ModelSpec;
use crate::engine::Rails;
#[cfg(not(feature = "http"))]
use crate::engine::RailsBuilder;
use crate::model::engines::{self, Quirk};

/// Rails to talk to.
pub(super) struct Loaded {
    pub rails: Rails,
    pub has_model: bool,
    /// What to say before the conversation begins.
    pub notes: Vec<String>,
}

/// Takes an address for `--model`.
pub(super) fn address(text: &str) -> Result<String, String> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("it should start with `http://` or `https://`".to_owned()),
    }
}

pub(super) fn load(arguments: &Arguments) -> Result<Loaded, Failure> {
    let builder = Rails::builder().path(&arguments.path);
    let (builder, note) = match &arguments.model {
        Some(url) => asking(builder, url, arguments.model_name.as_deref())?,
        None => (builder, None),
    };
    let mut notes = Vec::from_iter(note);
    let rails = builder.build().map_err(|error| Failure::Load(Box::new(error)))?;
    let models = &rails.config().models;
    let has_model = arguments.model.is_some() || !models.is_empty();
    let asked = models.iter().filter(|spec| arguments.model.is_none() || spec.kind != "main");
    for spec in asked {
        if let Some(variable) = missing_key(spec, &|name| std::env::var(name).ok()) {
            notes.push(missing(&variable, &format!("the `{}` model", spec.kind)));
        }
    }
    Ok(Loaded { rails, has_model, notes })
}

fn missing(variable: &str, who: &str) -> String {
    format!("`{variable}` is not set: {who} wants a key there, and asking it fails")
}

/// The variable that should hold the key of a model, and does not.
fn missing_key(spec: &ModelSpec, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.trim().is_empty());
    let text = |wanted: &dyn Fn(&str) -> bool| {
        let mut given = spec.parameters.as_object().into_iter().flatten();
        let found = given.find_map(|(name, value)| value.as_str().filter(|_| wanted(name)));
        found.filter(|text| !text.trim().is_empty())
    };
    if text(&|name| name.ends_with("api_key") || name.ends_with("api_token")).is_some() {
        return None;
    }
    if let Some(named) = &spec.api_key_env_var {
        return (!is_set(named)).then(|| named.clone());
    }
    let engine = engines::find(spec.engine.as_deref().unwrap_or("openai"));
    let usual = engine.map_or(&[][..], |engine| engine.key_variables);
    let bases = ["base_url", "openai_api_base", "api_base", "endpoint", "endpoint_url"];
    let base = text(&|name| bases.contains(&name));
    let needed = match base.filter(|_| engine.and_then(|engine| engine.quirk) != Some(Quirk::Deployments)) {
        // A server of one's own may want no key, a service does.
        Some(base) => engines::at_host(host(base))?.key_variables.first()?,
        None => usual.first()?,
    };
    let is_there = usual.iter().chain([needed]).any(|name| is_set(name));
    (!is_there).then(|| (*needed).to_owned())
}

/// The host of a URL, without a port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let behind = authority.rsplit('@').next().unwrap_or_default();
    behind.split(':').next().unwrap_or_default()
}

#[cfg(not(feature = "http"))]
fn asking(_: RailsBuilder, url: &str, _: Option<&str>) -> Result<(RailsBuilder, Option<String>), Failure> {
    Err(Failure::Input(format!("this railsc is built without HTTP, so nothing can ask `{url}`")))
}

#[cfg(feature = "http")]
use over_http::asking;

#[cfg(feature = "http")]
mod over_http {
    use std::time::Duration;

    use reqwest::Url;
    use reqwest::redirect::Policy;
    use serde::Deserialize;

    use super::{engines, missing};
    use crate::cli::{Failure, wait};
    use crate::engine::RailsBuilder;
    use crate::model::OpenAi;

    /// How long a server may take to say which models it has.
    const PATIENCE: Duration = Duration::from_secs(2);
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

    /// Has `builder` ask the model at `url`, called `name`, or as its server calls the first it has; and what to say of it first.
    pub(super) fn asking(
        builder: RailsBuilder,
        url: &str,
        name: Option<&str>,
    ) -> Result<(RailsBuilder, Option<String>), Failure> {
        let service = engines::at_host(super::host(url));
        let name = match (name, service) {
            (Some(name), _) => name.to_owned(),
            (None, Some(_)) => {
                let message = format!("`{}` has many models; say which by `--model-name`", super::host(url));
                return Err(Failure::Input(message));
            }
            (None, None) => wait(first_model(url))?.unwrap_or_else(|| "default".to_owned()),
        };
        let model = OpenAi::new(url, name);
        let Some(service) = service else { return Ok((builder.model(model), None)) };
        let set = |name: &&str| std::env::var(name).ok().filter(|key| !key.trim().is_empty());
        if let Some(key) = service.key_variables.iter().find_map(set) {
            return Ok((builder.model(model.key(key.trim())), None));
        }
        let note = service.key_variables.first().map(|variable| missing(variable, "the model"));
        Ok((builder.model(model), note))
    }

    /// What the server at `base` calls its first model, if it says so in time.
    async fn first_model(base: &str) -> Option<String> {
        let mut url = Url::parse(base.trim()).ok()?;
        let mut path = url.path().trim_end_matches('/');
        for full in ["/chat/completions", "/completions"] {
            path = path.strip_suffix(full).unwrap_or(path);
        }
        let path = format!("{}/models", if path.is_empty() { "/v1" } else { path });
        url.set_path(&path);
        let client = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().ok()?;
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
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{address, host, missing_key};
    use crate::config::ModelSpec;

    fn spec(engine: &str, parameters: Value, named: Option<&str>) -> ModelSpec {
        let text = format!("models:\n  - {{type: main, engine: {engine}, model: m}}\n");
        let mut config = crate::config::from_texts("test", "", &text).config;
        let mut spec = config.models.remove(0);
        (spec.parameters, spec.api_key_env_var) = (parameters, named.map(str::to_owned));
        spec
    }

    #[test]
    fn the_variable_of_a_key_that_is_missing_is_named() {
        let none = |_: &str| None;
        for (engine, parameters, named, wanted) in [
            ("openai", json!(null), None, Some("OPENAI_API_KEY")),
            ("openai", json!({"api_key": "x"}), None, None),
            ("openai", json!({"base_url": "http://localhost:1/v1"}), None, None),
            ("openai", json!({"base_url": "https://api.openai.com/v1"}), None, Some("OPENAI_API_KEY")),
            ("openai", json!({"base_url": "http://localhost:1/v1"}), Some("MINE"), Some("MINE")),
            ("azure", json!({"azure_endpoint": "https://x"}), None, Some("AZURE_OPENAI_API_KEY")),
            ("ollama", json!(null), None, None),
            ("unheard_of", json!({"base_url": "https://x"}), None, None),
        ] {
            let spec = spec(engine, parameters, named);
            assert_eq!(missing_key(&spec, &none).as_deref(), wanted, "{spec:?}");
            let all = |_: &str| Some("key".to_owned());
            assert_eq!(missing_key(&spec, &all), None, "{spec:?}");
        }
        let second = |name: &str| (name == "GEMINI_API_KEY").then(|| "key".to_owned());
        assert_eq!(missing_key(&spec("google_genai", json!(null), None), &second), None);
    }

    #[test]
    fn addresses_are_of_http() {
        assert!(address("http://localhost:11434").is_ok() && address("https://x/v1").is_ok());
        assert!(address("localhost:11434").is_err() && address("file:///x").is_err() && address("http://").is_err());
        assert_eq!(host("https://user:pass@host:1/path"), "host");
    }
}
