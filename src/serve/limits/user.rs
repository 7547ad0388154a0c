//! Who a request is from, of those that share a key.

use std::sync::Arc;

use axum::http::HeaderMap;

use crate::serve::error::{ApiError, Code};
use crate::serve::settings::UserSource;

/// The longest name, in bytes.
const LONGEST: usize = 256;
/// All who are not named, where names are expected.
const NOBODY: &str = "anonymous";

impl UserSource {
    /// What the headers say of the user; the rest is said by the body.
    pub(in crate::serve) fn in_headers(&self, headers: &HeaderMap) -> Option<String> {
        let Self::Header(name) = self else { return None };
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// The user, given what the headers said and the field `user` of the body; `None` where a key is one user.
    ///
    /// # Errors
    /// When the name is no name.
    pub(in crate::serve) fn user(
        &self,
        header: Option<&str>,
        field: Option<&str>,
    ) -> Result<Option<Arc<str>>, ApiError> {
        let (said, param) = match self {
            Self::Key => return Ok(None),
            Self::Field => (field, "user"),
            Self::Header(name) => (header, name.as_str()),
        };
        let name = said.filter(|name| !name.is_empty()).unwrap_or(NOBODY);
        if name.len() > LONGEST || name.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            let message = format!("a user is named by up to {LONGEST} bytes of text");
            return Err(ApiError::new(Code::InvalidValue, message).at(param));
        }
        Ok(Some(name.into()))
    }
}
