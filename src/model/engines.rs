//! Who serves models behind an interface like OpenAI's: where, and which variable of the environment holds the key.

use crate::diagnostic::nearest;

/// A server of models, or a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    /// What `config.yml` calls it: its name, and others that are as good.
    pub names: &'static [&'static str],
    /// Where it is, unless a `base_url` says so; `None` when everyone has it somewhere else.
    pub base_url: Option<&'static str>,
    /// Variables that may hold its key; the first that is set does. It wants no key if there are none.
    pub key_variables: &'static [&'static str],
    /// What is different about it.
    pub quirk: Option<Quirk>,
}

/// What is different about an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Azure: a model has an address of its own, under the name of its deployment, and the key a header of its own.
    Deployments,
    /// It serves one model, so that none need be named.
    OneModel,
}

const fn service(names: &'static [&'static str], url: &'static str, keys: &'static [&'static str]) -> Engine {
    Engine { names, base_url: Some(url), key_variables: keys, quirk: None }
}

const fn local(names: &'static [&'static str], url: &'static str, quirk: Option<Quirk>) -> Engine {
    Engine { names, base_url: Some(url), key_variables: &[], quirk }
}

const ENGINES: &[Engine] = &[
    service(&["openai"], "https://api.openai.com/v1", &["OPENAI_API_KEY"]),
    Engine {
        names: &["azure", "azure_openai"],
        base_url: None,
        key_variables: &["AZURE_OPENAI_API_KEY"],
        quirk: Some(Quirk::Deployments),
    },
    service(&["nim", "nvidia_ai_endpoints"], "https://integrate.api.nvidia.com/v1", &["NVIDIA_API_KEY"]),
    service(&["anthropic"], "https://api.anthropic.com/v1", &["ANTHROPIC_API_KEY"]),
    service(&["cerebras"], "https://api.cerebras.ai/v1", &["CEREBRAS_API_KEY"]),
    service(&["cohere"], "https://api.cohere.ai/compatibility/v1", &["COHERE_API_KEY", "CO_API_KEY"]),
    service(&["deepseek"], "https://api.deepseek.com/v1", &["DEEPSEEK_API_KEY"]),
    service(&["fireworks"], "https://api.fireworks.ai/inference/v1", &["FIREWORKS_API_KEY"]),
    service(
        &["google_genai", "gemini"],
        "https://generativelanguage.googleapis.com/v1beta/openai",
        &["GOOGLE_API_KEY", "GEMINI_API_KEY"],
    ),
    service(&["groq"], "https://api.groq.com/openai/v1", &["GROQ_API_KEY"]),
    service(
        &["huggingface", "huggingface_endpoint"],
        "https://router.huggingface.co/v1",
        &["HF_TOKEN", "HUGGINGFACEHUB_API_TOKEN"],
    ),
    service(&["mistral", "mistralai"], "https://api.mistral.ai/v1", &["MISTRAL_API_KEY"]),
    service(&["openrouter"], "https://openrouter.ai/api/v1", &["OPENROUTER_API_KEY"]),
    service(&["perplexity"], "https://api.perplexity.ai", &["PERPLEXITY_API_KEY", "PPLX_API_KEY"]),
    service(&["together"], "https://api.together.xyz/v1", &["TOGETHER_API_KEY"]),
    service(&["xai"], "https://api.x.ai/v1", &["XAI_API_KEY"]),
    local(&["llamacpp"], "http://localhost:8080/v1", Some(Quirk::OneModel)),
    local(&["lmstudio"], "http://localhost:1234/v1", None),
    local(&["ollama"], "http://localhost:11434/v1", None),
    local(&["tgi"], "http://localhost:8080/v1", Some(Quirk::OneModel)),
    local(&["vllm_openai", "vllm"], "http://localhost:8000/v1", None),
];

/// The names of all engines, with those that are as good.
fn known() -> impl Iterator<Item = &'static str> {
    ENGINES.iter().flat_map(|engine| engine.names.iter().copied())
}

/// The engine of that name.
pub fn find(name: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| engine.names.contains(&name))
}

/// The service at that host.
pub fn at_host(host: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|engine| !engine.key_variables.is_empty() && engine.host() == Some(host))
}

/// Says that there is no engine of that name, and which there are.
pub fn unknown(name: &str) -> String {
    let meant = match nearest(name, known()) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    let names: Vec<_> = known().collect();
    format!("unknown engine `{name}`: {meant}known are {}; any other takes a `base_url`", names.join(", "))
}

impl Engine {
    fn authority(&self) -> Option<(&'static str, &'static str)> {
        let (_, rest) = self.base_url?.split_once("://")?;
        Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
    }

    /// The host of [`Engine::base_url`], with its port if it names one.
    pub fn host(&self) -> Option<&'static str> {
        Some(self.authority()?.0)
    }

    /// What is behind the host in [`Engine::base_url`].
    pub fn path(&self) -> Option<&'static str> {
        Some(self.authority()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::{ENGINES, at_host, find, known, unknown};

    #[test]
    fn every_name_is_of_one_engine() {
        let mut names: Vec<_> = known().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for engine in ENGINES.iter().filter(|engine| !engine.key_variables.is_empty() && engine.base_url.is_some()) {
            assert_eq!(at_host(engine.host().unwrap()), Some(engine), "two services at one host");
            assert!(engine.base_url.unwrap().starts_with("https://"), "{engine:?} gets its key in the clear");
        }
    }

    #[test]
    fn addresses_have_paths() {
        assert_eq!(find("groq").and_then(|engine| engine.path()), Some("/openai/v1"));
        assert_eq!(find("perplexity").and_then(|engine| engine.path()), Some(""));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let message = unknown("opnai");
        assert!(message.contains("did you mean `openai`?") && message.contains("ollama"), "{message}");
        assert!(!unknown("something else").contains("did you mean"));
    }
}
