//! What the judge has decided, so that it is asked once for each text.

use std::hash::{BuildHasher as _, RandomState};

use moka::sync::Cache;

use crate::program::IntentId;

/// How many bytes of texts are remembered, about.
const REMEMBERED: u64 = 8 << 20;
/// Longer texts are judged each time.
const LONGEST: usize = 16 << 10;
/// What codes are written in: letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The decisions of a judge, for as long as its rails live.
pub(super) struct Judged {
    decided: Cache<String, Option<IntentId>>,
    secret: RandomState,
}

impl Judged {
    pub(super) fn new() -> Self {
        let weigh = |text: &String, _: &Option<IntentId>| u32::try_from(text.len() + 64).unwrap_or(u32::MAX);
        Self { decided: Cache::builder().max_capacity(REMEMBERED).weigher(weigh).build(), secret: RandomState::new() }
    }

    pub(super) fn get(&self, text: &str) -> Option<Option<IntentId>> {
        self.decided.get(text)
    }

    pub(super) fn insert(&self, text: String, intent: Option<IntentId>) {
        if text.len() <= LONGEST {
            self.decided.insert(text, intent);
        }
    }

    /// The code of the choice at `index` when `text` is judged: known to nobody who does not see the prompt, and different from the
    /// codes of other choices.
    pub(super) fn code(&self, text: &str, index: usize) -> String {
        let mut hash = self.secret.hash_one((text, index));
        let mut code = String::with_capacity(6);
        for _ in 0..5 {
            code.push(char::from(ALPHABET[(hash % 32) as usize]));
            hash /= 32;
        }
        code.push(char::from(ALPHABET[index % 32]));
        code
    }
}
