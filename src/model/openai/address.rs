//! Where requests go.

use reqwest::Url;

use crate::model::ModelError;
use crate::model::engines::{self, Engine};

/// The interface of a server, without the part that says what is asked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    base: Url,
}

impl Address {
    /// The interface at `base`, as people write it: with or without a slash at its end, `/v1`, or all that is behind it.
    pub fn new(base: &str) -> Result<Self, ModelError> {
        let mut base = parse(base)?;
        let mut path = base.path().trim_end_matches('/');
        for full in ["/chat/completions", "/completions"] {
            path = path.strip_suffix(full).unwrap_or(path).trim_end_matches('/');
        }
        if path.is_empty() {
            path = base.host_str().and_then(engines::at_host).and_then(Engine::path).unwrap_or("/v1");
        }
        let path = path.to_owned();
        base.set_path(&path);
        Ok(Self { base })
    }

    /// A deployment of Azure at `endpoint`, which may name it already.
    pub fn azure(endpoint: &str, deployment: &str, version: &str) -> Result<Self, ModelError> {
        let mut base = parse(endpoint)?;
        let named = base.path().contains("/openai/");
        if named {
            base = Self::new(endpoint)?.base;
        } else if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().extend(["openai", "deployments", deployment]);
        }
        let versioned = base.query_pairs().any(|(name, _)| name == "api-version");
        if !versioned && !base.path().ends_with("/openai/v1") {
            base.query_pairs_mut().append_pair("api-version", version);
        }
        Ok(Self { base })
    }

    /// Where `what` is asked for.
    pub fn of(&self, what: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{what}", self.base.path().trim_end_matches('/')));
        url
    }

    /// The host, without a port.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The service at that host.
    pub fn service(&self) -> Option<&'static Engine> {
        engines::at_host(self.host())
    }

    /// Scheme, host and port: what is before an `@`, and behind the host, may be secret.
    pub fn shown(&self) -> String {
        let port = self.base.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.base.scheme(), self.host())
    }
}

/// `text` itself is not shown, for there may be a password in it.
fn parse(text: &str) -> Result<Url, ModelError> {
    let bad = |reason: &str| ModelError::new(format!("the base URL of the model {reason}"));
    let mut url = Url::parse(text.trim()).map_err(|error| bad(&format!("is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad("should start with `http://` or `https://`"));
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn base_urls_are_taken_as_people_write_them() {
        for (base, wanted) in [
            ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
            ("http://localhost:11434/", "http://localhost:11434/v1/chat/completions"),
            ("http://localhost:11434/v1", "http://localhost:11434/v1/chat/completions"),
            (" https://api.openai.com/v1/ ", "https://api.openai.com/v1/chat/completions"),
            ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
            ("https://api.perplexity.ai", "https://api.perplexity.ai/chat/completions"),
            ("https://api.groq.com", "https://api.groq.com/openai/v1/chat/completions"),
            ("http://host/proxy//", "http://host/proxy/chat/completions"),
            ("http://host/a?tenant=1#x", "http://host/a/chat/completions?tenant=1"),
            ("http://[::1]:8000", "http://[::1]:8000/v1/chat/completions"),
        ] {
            assert_eq!(Address::new(base).unwrap().of("chat/completions").as_str(), wanted);
        }
        for base in ["", "localhost:11434", "api.openai.com/v1", "file:///etc/passwd", "http://", "s3cret"] {
            let error = Address::new(base).err().unwrap().to_string();
            assert!(error.starts_with("the base URL") && !error.contains("s3cret"), "{base}: {error}");
        }
    }

    #[test]
    fn azure_has_an_address_for_each_deployment() {
        for (endpoint, wanted) in [
            ("https://me.openai.azure.com", "/openai/deployments/my%2Fgpt/chat/completions?api-version=1"),
            ("https://me.openai.azure.com/", "/openai/deployments/my%2Fgpt/chat/completions?api-version=1"),
            (
                "https://me.openai.azure.com/openai/deployments/x",
                "/openai/deployments/x/chat/completions?api-version=1",
            ),
            (
                "https://me.openai.azure.com/openai/deployments/x?api-version=2",
                "/openai/deployments/x/chat/completions?api-version=2",
            ),
            ("https://me.openai.azure.com/openai/v1/", "/openai/v1/chat/completions"),
        ] {
            let url = Address::azure(endpoint, "my/gpt", "1").unwrap().of("chat/completions");
            assert_eq!(url.as_str().strip_prefix("https://me.openai.azure.com"), Some(wanted));
        }
    }

    #[test]
    fn passwords_and_tokens_are_not_shown() {
        for (base, shown) in [
            ("http://localhost:8001", "http://localhost:8001"),
            ("https://user:s3cret@host:1/path?s3cret", "https://host:1"),
            ("http://[::1]:80/s3cret", "http://[::1]"),
        ] {
            assert_eq!(Address::new(base).unwrap().shown(), shown);
        }
    }
}
