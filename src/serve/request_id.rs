//! Names of requests, by which the log, the reply and the client speak of the same one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::http::HeaderMap;

/// The header that carries it.
pub(super) const HEADER: &str = "x-request-id";
/// The longest that a client may choose, in bytes.
const LONGEST: usize = 128;

/// What a request is called.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub Arc<str>);

impl RequestId {
    /// The name that the client gave, if it is one that can stand in logs, or a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        let is_name = |name: &&str| {
            (1..=LONGEST).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
        };
        Self(given.filter(is_name).map_or_else(new, Arc::from))
    }
}

/// A name that no other request has, here or in another process.
fn new() -> Arc<str> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static PROCESS: LazyLock<u64> = LazyLock::new(|| {
        let mut bytes = [0; 8];
        // Without a source of randomness names are unique in this process only.
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    });
    format!("{:016x}{:08x}", *PROCESS, NEXT.fetch_add(1, Ordering::Relaxed)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_name_requests_as_logs_can_show() {
        let named = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, name.parse().unwrap());
            RequestId::of(&headers).0
        };
        assert_eq!(&*named("a-1_b.c:d"), "a-1_b.c:d");
        for bad in ["", "a b", "a\"b", "é"] {
            assert_ne!(&*named(bad), bad);
        }
        assert_ne!(RequestId::of(&HeaderMap::new()).0, RequestId::of(&HeaderMap::new()).0);
    }
}
