//! A model as `config.yml` names it.

use serde_json::{Map, Value};

use super::OpenAi;
use super::address::Address;
use super::environment::{Variable, of_process, trimmed};
use super::secret::Secret;
use crate::config::{ModelSpec, duration};
use crate::model::ModelError;
use crate::model::engines::{self, Engine, Quirk};

/// The version of Azure's interface, if nobody says.
const AZURE_VERSION: &str = "2024-10-21";

impl OpenAi {
    /// The model that an entry of `models` in `config.yml` names. Parameters that are about the connection, such as
    /// `base_url` or `timeout`, go into that; all others go into every request.
    ///
    /// # Errors
    /// When the engine is not known and there is no `base_url`, no model is named, or a parameter is not what it should be.
    /// A missing key is no error until the model is asked.
    pub fn from_spec(spec: &ModelSpec) -> Result<Self, ModelError> {
        Self::from_spec_in(spec, &of_process)
    }

    fn from_spec_in(spec: &ModelSpec, variable: Variable<'_>) -> Result<Self, ModelError> {
        let variable = trimmed(variable);
        let mut given = Given::of(&spec.parameters);
        let name = spec.engine.as_deref().unwrap_or("openai");
        let engine = engines::find(name);
        let quirk = engine.and_then(|engine| engine.quirk);

        let model = given.text(&["model", "model_name", "repo_id"])?;
        let mut model = spec.model.clone().or(model);
        let deployment = given.text(&["deployment_name", "azure_deployment"])?;
        let version = given.text(&["api_version", "openai_api_version"])?;
        let azure = given.text(&["azure_endpoint"])?;
        let base = given.text(&["base_url", "openai_api_base", "api_base", "endpoint", "endpoint_url"])?;
        if quirk == Some(Quirk::OneModel) {
            model = model.or_else(|| Some(name.to_owned()));
        }
        let model = model.or_else(|| deployment.clone());
        let model = model.ok_or_else(|| ModelError::new(format!("engine `{name}` needs a `model`")))?;

        let own = base.is_some() && quirk != Some(Quirk::Deployments);
        let address = if quirk == Some(Quirk::Deployments) {
            let endpoint = azure.or(base).or_else(|| variable("AZURE_OPENAI_ENDPOINT")).ok_or_else(|| {
                ModelError::new(format!("engine `{name}` needs an `azure_endpoint`, or `AZURE_OPENAI_ENDPOINT` set"))
            })?;
            let version = version.or_else(|| variable("OPENAI_API_VERSION"));
            Address::azure(
                &endpoint,
                deployment.as_ref().unwrap_or(&model),
                version.as_deref().unwrap_or(AZURE_VERSION),
            )
        } else {
            let base = base.or_else(|| Some(engine?.base_url?.to_owned()));
            Address::new(&base.ok_or_else(|| ModelError::new(engines::unknown(name)))?)
        }?;

        let mut new = Self::at(Ok(address), model);
        new = new.keyed(spec, engine, own, &mut given, &variable)?;
        for (name, header) in [("organization", "openai-organization"), ("project", "openai-project")] {
            if let Some(value) = given.text(&[name, &format!("openai_{name}")])? {
                new = new.header(header, value);
            }
        }
        for (name, value) in given.mapping("default_headers")? {
            let text = scalar(&value).ok_or_else(|| wrong("default_headers", "a mapping of names to texts"))?;
            new = new.header(name, text);
        }
        if let Some(timeout) = given.take(&["timeout", "request_timeout"]) {
            let wanted = "a time such as `30s` or `500ms`, an hour at most";
            let timeout = scalar(&timeout).and_then(|text| duration(&text));
            new = new.timeout(timeout.ok_or_else(|| wrong("timeout", wanted))?);
        }
        if let Some(retries) = given.take(&["max_retries"]) {
            let number = retries.as_u64().filter(|retries| *retries <= 100);
            let number = number.ok_or_else(|| wrong("max_retries", "a whole number from 0 to 100"))?;
            new = new.retries(number as u32);
        }
        for dropped in ["streaming", "verbose", "cache"] {
            given.take(&[dropped]);
        }
        let nested = [given.mapping("model_kwargs")?, given.mapping("extra_body")?];
        let parameters = nested.into_iter().flatten().chain(given.parameters);
        Ok(new.set(|settings| {
            settings.mode = spec.mode;
            settings.breaks = spec.breaker.map(|breaker| (breaker.failures, breaker.open_for));
            settings.parameters.extend(parameters);
        }))
    }

    /// With its key, if there is one, or the variable to set where there must be one.
    fn keyed(
        self,
        spec: &ModelSpec,
        engine: Option<&Engine>,
        own: bool,
        given: &mut Given,
        variable: Variable<'_>,
    ) -> Result<Self, ModelError> {
        let named = spec.api_key_env_var.as_deref();
        if named
            .is_some_and(|name| name.is_empty() || name.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_')))
        {
            return Err(ModelError::new("`api_key_env_var` should be the name of a variable of the environment"));
        }
        let inline = given.key()?;
        let usual = engine.map_or(&[][..], |engine| engine.key_variables);
        // Whatever the engine is called, a service takes its own key.
        let theirs = self.service().map_or(&[][..], |service| service.key_variables);
        let key = match named {
            Some(name) => variable(name).or(inline),
            None => inline.or_else(|| usual.iter().chain(theirs).find_map(|name| variable(name))),
        };
        // A server of one's own may want no key, whoever's interface it has.
        let needed = if own { None } else { usual.first().copied() };
        Ok(self.set(|settings| {
            settings.key = key.map(|key| Secret::new(&key));
            settings.plain_key = engine.and_then(|engine| engine.quirk) == Some(Quirk::Deployments);
            if let Some(name) = named.or(needed) {
                settings.key_variable = Some(name.to_owned());
            }
        }))
    }
}

/// The parameters of a model that are not used yet.
struct Given {
    parameters: Map<String, Value>,
}

impl Given {
    fn of(parameters: &Value) -> Self {
        Self { parameters: parameters.as_object().cloned().unwrap_or_default() }
    }

    /// Takes out all of `names`, which are one parameter; the first that is set counts.
    fn take(&mut self, names: &[&str]) -> Option<Value> {
        let values: Vec<_> = names.iter().filter_map(|name| self.parameters.shift_remove(*name)).collect();
        values.into_iter().find(|value| !value.is_null())
    }

    fn text(&mut self, names: &[&str]) -> Result<Option<String>, ModelError> {
        let Some(value) = self.take(names) else { return Ok(None) };
        scalar(&value).map(Some).ok_or_else(|| wrong(names[0], "a text"))
    }

    fn mapping(&mut self, name: &str) -> Result<Map<String, Value>, ModelError> {
        match self.take(&[name]) {
            None => Ok(Map::new()),
            Some(Value::Object(entries)) => Ok(entries),
            Some(_) => Err(wrong(name, "a mapping")),
        }
    }

    /// The key among them, under any of the names that clients of services have for it. None of these is ever sent as a
    /// parameter.
    fn key(&mut self) -> Result<Option<String>, ModelError> {
        let is_key = |name: &str| name.ends_with("api_key") || name.ends_with("api_token");
        let names: Vec<_> = self.parameters.keys().filter(|name| is_key(name)).cloned().collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        Ok(self.text(&names)?.filter(|key| !key.trim().is_empty()))
    }
}

fn wrong(name: &str, wanted: &str) -> ModelError {
    ModelError::new(format!("the parameter `{name}` of the model should be {wanted}"))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
