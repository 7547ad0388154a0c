//! Who may call, and what: keys are kept as hashes, and each caller has a list of configurations.

mod key;

use std::sync::Arc;

use axum::http::{HeaderMap, header};

pub(super) use key::KeyHash;
pub use key::new_key;

use super::error::{ApiError, Code};
use super::settings::CallerSpec;

/// Whoever sent a request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub name: Arc<str>,
    /// What it may use; `None` for all.
    configs: Option<Arc<[String]>>,
    /// Whether it may see what others have used.
    pub is_admin: bool,
    /// Whether it may ask how replies came about.
    pub sees_logs: bool,
}

impl Caller {
    /// Somebody who needs no key.
    fn anyone() -> Self {
        Self { name: "anyone".into(), configs: None, is_admin: true, sees_logs: true }
    }

    /// Whether it may use the configuration called `id`.
    pub(super) fn may_use(&self, id: &str) -> bool {
        self.configs.as_ref().is_none_or(|configs| configs.iter().any(|config| config == id))
    }
}

/// All who may call.
#[derive(Debug)]
pub(super) struct Callers {
    known: Vec<(KeyHash, Caller)>,
    /// Who calls without a key, if that is allowed.
    anyone: Option<Caller>,
}

impl Callers {
    pub(super) fn new(specs: &[CallerSpec], no_auth: bool) -> Self {
        let caller = |spec: &CallerSpec| Caller {
            name: spec.name.as_str().into(),
            configs: spec.configs.clone().map(Arc::from),
            is_admin: spec.is_admin,
            sees_logs: spec.sees_logs,
        };
        Self {
            known: specs.iter().map(|spec| (spec.key, caller(spec))).collect(),
            anyone: no_auth.then(Caller::anyone),
        }
    }

    /// Whether a key is needed.
    pub(super) fn are_known(&self) -> bool {
        self.anyone.is_none()
    }

    /// Who sent a request with these headers.
    pub(super) fn identify(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        if let Some(anyone) = &self.anyone {
            return Ok(anyone.clone());
        }
        let wrong = |message: &str| ApiError::new(Code::InvalidApiKey, message);
        let key = presented(headers).ok_or_else(|| wrong("a key is needed: send `Authorization: Bearer KEY`"))?;
        let hash = KeyHash::of(key);
        // All are compared, so that the time tells nothing of which one was near.
        let mut found = None;
        for (known, caller) in &self.known {
            if known.matches(&hash) {
                found = Some(caller);
            }
        }
        found.cloned().ok_or_else(|| wrong("this key is not known here"))
    }
}

/// The key that a request carries: as a bearer's token, or as other gateways send it.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, key) = value.as_bytes().split_at_checked(7)?;
        return scheme.eq_ignore_ascii_case(b"bearer ").then(|| key.trim_ascii());
    }
    headers.get("x-api-key").or_else(|| headers.get("api-key")).map(|value| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers() -> Callers {
        let spec = |name: &str, key: &str, configs| CallerSpec {
            name: name.to_owned(),
            key: KeyHash::of(key.as_bytes()),
            configs,
            is_admin: false,
            sees_logs: true,
            rates: None,
            budgets: None,
        };
        Callers::new(&[spec("a", "key-a", None), spec("b", "key-b", Some(vec!["shop".to_owned()]))], false)
    }

    #[test]
    fn a_key_names_its_caller() {
        let by = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            callers().identify(&headers).map(|caller| caller.name.to_string()).map_err(|error| error.code)
        };
        assert_eq!(by("authorization", "Bearer key-a"), Ok("a".to_owned()));
        assert_eq!(by("authorization", "bearer  key-b "), Ok("b".to_owned()));
        assert_eq!(by("x-api-key", "key-b"), Ok("b".to_owned()));
        for wrong in ["Bearer key-c", "Bearer ", "Bearer", "Basic key-a", "key-a", "Bearer key-a key-b"] {
            assert_eq!(by("authorization", wrong), Err(Code::InvalidApiKey), "{wrong}");
        }
        assert!(callers().identify(&HeaderMap::new()).is_err());
    }

    #[test]
    fn a_list_of_configurations_is_all_there_is() {
        let callers = callers();
        let (a, b) = (&callers.known[0].1, &callers.known[1].1);
        assert!(a.may_use("shop") && a.may_use("other") && b.may_use("shop") && !b.may_use("other"));
    }
}
