use std::time::Duration;

use serde_json::{Value, json};

use super::OpenAi;
use crate::config::{ModelMode, ModelSpec};
use crate::model::{ChatRequest, Message, ModelError, Task};
use crate::source::{SourceFile, SourceMap, Span};

fn spec(engine: &str, model: &str, parameters: Value) -> ModelSpec {
    ModelSpec {
        kind: "main".to_owned(),
        engine: Some(engine.to_owned()).filter(|name| !name.is_empty()),
        model: Some(model.to_owned()).filter(|name| !name.is_empty()),
        parameters,
        api_key_env_var: None,
        mode: None,
        breaker: None,
        fallbacks: Vec::new(),
        span: Span::new(SourceMap::default().add(SourceFile::new("config.yml", "")), 0..0),
    }
}

/// Every variable holds its name, but for those of `NOTHING`.
fn set(name: &str) -> Option<String> {
    (!name.contains("NOTHING") && !name.contains("AZURE_OPENAI_ENDPOINT") && !name.contains("VERSION"))
        .then(|| format!("{name}-value"))
}

fn url(model: &OpenAi) -> String {
    model.settings.address.as_ref().map(|address| address.of("chat/completions").to_string()).unwrap()
}

fn missing_key(spec: &ModelSpec) -> Option<String> {
    let model = OpenAi::from_spec_in(spec, &|_| None).unwrap();
    let named = match model.call(&ChatRequest::new(Task::General, vec![Message::user("hi")]), "application/json") {
        Ok(_) => None,
        Err(ModelError::NoKey { variable, .. }) => Some(variable),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(model.missing_key(), named.as_deref(), "what is said before it is asked is what is said then");
    named
}

#[test]
fn engines_have_addresses_and_keys() {
    let local = json!({"base_url": "http://localhost:9"});
    for (engine, parameters, wanted, key) in [
        ("openai", json!({}), "https://api.openai.com/v1/chat/completions", Some("OPENAI_API_KEY-value")),
        ("", Value::Null, "https://api.openai.com/v1/chat/completions", Some("OPENAI_API_KEY-value")),
        ("openai", json!({"api_key": "k"}), "https://api.openai.com/v1/chat/completions", Some("k")),
        ("nim", json!({}), "https://integrate.api.nvidia.com/v1/chat/completions", Some("NVIDIA_API_KEY-value")),
        ("nim", local.clone(), "http://localhost:9/v1/chat/completions", Some("NVIDIA_API_KEY-value")),
        ("ollama", json!({}), "http://localhost:11434/v1/chat/completions", None),
        (
            "vllm_openai",
            json!({"openai_api_base": "http://h:1/v1", "openai_api_key": "EMPTY"}),
            "http://h:1/v1/chat/completions",
            Some("EMPTY"),
        ),
        ("perplexity", json!({}), "https://api.perplexity.ai/chat/completions", Some("PERPLEXITY_API_KEY-value")),
        ("my own", json!({"api_base": "http://h:1/x/"}), "http://h:1/x/chat/completions", None),
        (
            "my own",
            json!({"base_url": "https://api.groq.com"}),
            "https://api.groq.com/openai/v1/chat/completions",
            Some("GROQ_API_KEY-value"),
        ),
        (
            "azure",
            json!({"azure_endpoint": "https://me.example", "deployment_name": "d", "api_version": "2"}),
            "https://me.example/openai/deployments/d/chat/completions?api-version=2",
            Some("AZURE_OPENAI_API_KEY-value"),
        ),
        (
            "azure_openai",
            json!({"base_url": "https://me.example/"}),
            "https://me.example/openai/deployments/m/chat/completions?api-version=2024-10-21",
            Some("AZURE_OPENAI_API_KEY-value"),
        ),
    ] {
        let model = OpenAi::from_spec_in(&spec(engine, "m", parameters), &set).unwrap();
        assert_eq!(url(&model), wanted);
        assert_eq!(model.settings.key.as_ref().map(|key| key.reveal()), key, "{engine}");
        assert_eq!(model.settings.plain_key, engine.starts_with("azure"));
        assert!(model.settings.parameters.is_empty());
    }
}

#[test]
fn a_missing_key_is_named_where_there_must_be_one() {
    for (engine, parameters, wanted) in [
        ("openai", json!({}), Some("OPENAI_API_KEY")),
        ("openai", json!({"base_url": "https://api.openai.com"}), Some("OPENAI_API_KEY")),
        ("openai", json!({"base_url": "https://API.OpenAI.com/v1"}), Some("OPENAI_API_KEY")),
        ("openai", json!({"base_url": "http://localhost:8000"}), None),
        ("openai", json!({"api_key": "x"}), None),
        ("openai", json!({"default_headers": {"Authorization": "Bearer x"}}), None),
        ("openai", json!({"default_headers": {"api-key": "x"}}), Some("OPENAI_API_KEY")),
        ("nim", json!({}), Some("NVIDIA_API_KEY")),
        ("nim", json!({"base_url": "http://nim.example"}), None),
        ("azure", json!({"azure_endpoint": "https://me.example"}), Some("AZURE_OPENAI_API_KEY")),
        ("azure", json!({"azure_endpoint": "https://me.example", "default_headers": {"Api-Key": "x"}}), None),
        ("my own", json!({"base_url": "https://me.example"}), None),
        ("my own", json!({"base_url": "https://api.groq.com/openai/v1"}), Some("GROQ_API_KEY")),
        ("ollama", json!({}), None),
        ("llamacpp", json!({}), None),
    ] {
        assert_eq!(missing_key(&spec(engine, "m", parameters)).as_deref(), wanted, "{engine}");
    }
    let mut own = spec("ollama", "m", Value::Null);
    own.api_key_env_var = Some("NOTHING_KEY".to_owned());
    assert_eq!(missing_key(&own).as_deref(), Some("NOTHING_KEY"));
    own.api_key_env_var = Some("sk-this-is-a-key".to_owned());
    let error = OpenAi::from_spec(&own).unwrap_err().to_string();
    assert!(error.contains("api_key_env_var") && !error.contains("sk-"), "{error}");
}

#[test]
fn a_service_takes_its_own_key_whatever_the_engine() {
    let groq = json!({"base_url": "https://api.groq.com/openai/v1"});
    for (engine, parameters, set, wanted) in [
        ("my own", &groq, "GROQ_API_KEY", Some("k")),
        ("openai", &groq, "GROQ_API_KEY", Some("k")),
        ("openai", &groq, "OPENAI_API_KEY", Some("k")),
        ("my own", &groq, "OPENAI_API_KEY", None),
        ("google_genai", &Value::Null, "GEMINI_API_KEY", Some("k")),
    ] {
        let variable = |name: &str| (name == set).then(|| "k".to_owned());
        let model = OpenAi::from_spec_in(&spec(engine, "m", parameters.clone()), &variable).unwrap();
        assert_eq!(model.settings.key.as_ref().map(|key| key.reveal()), wanted, "{engine}, {set}");
    }
}

#[test]
fn keys_of_a_configuration_don_t_show() {
    let spec = spec("openai", "m", json!({"api_key": "s3cret", "default_headers": {"api-key": "s3cret"}}));
    let model = OpenAi::from_spec_in(&spec, &set).unwrap();
    let shown = format!("{spec:?} {spec:#?} {model:?} {model:#?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    assert_eq!(model.settings.secrets().len(), 1, "a short header is no secret, and the key is");
}

#[test]
fn parameters_are_of_the_connection_or_of_requests() {
    let parameters = json!({
        "temperature": 0.2, "top_p": null, "streaming": true, "verbose": true, "cache": false,
        "timeout": "500ms", "max_retries": 5, "organization": "o", "project": 7,
        "default_headers": {"x-one": "1"}, "model_kwargs": {"seed": 3, "temperature": 1}, "extra_body": {"guided": [1]},
    });
    let mut spec = spec("openai", "m", parameters);
    spec.mode = Some(ModelMode::Text);
    let model = OpenAi::from_spec_in(&spec, &set).unwrap();
    let settings = &model.settings;
    assert_eq!((settings.timeout, settings.retries), (Duration::from_millis(500), 5));
    let headers: Vec<_> = settings.headers.iter().map(|(name, value)| (&**name, value.reveal())).collect();
    assert_eq!(headers, [("openai-organization", "o"), ("openai-project", "7"), ("x-one", "1")]);
    let wanted = json!({"seed": 3, "temperature": 0.2, "guided": [1], "top_p": null});
    assert_eq!(Value::Object(settings.parameters.clone()), wanted);
    assert!(settings.is_text());
}

#[test]
fn what_is_wrong_in_a_configuration_is_named() {
    for (engine, model, parameters, wanted) in [
        ("opnai", "m", json!({}), "unknown engine `opnai`: did you mean `openai`?"),
        ("openai", "", json!({}), "needs a `model`"),
        ("azure", "m", json!({}), "`azure_endpoint`"),
        ("openai", "m", json!({"base_url": "localhost"}), "the base URL"),
        ("openai", "m", json!({"base_url": []}), "`base_url`"),
        ("openai", "m", json!({"timeout": "long"}), "`timeout`"),
        ("openai", "m", json!({"timeout": 0}), "`timeout`"),
        ("openai", "m", json!({"max_retries": -1}), "`max_retries`"),
        ("openai", "m", json!({"default_headers": 3}), "`default_headers`"),
        ("openai", "m", json!({"model_kwargs": "x"}), "`model_kwargs`"),
    ] {
        let error = OpenAi::from_spec_in(&spec(engine, model, parameters), &set).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    assert!(OpenAi::from_spec_in(&spec("tgi", "", json!({})), &set).is_ok());
}
