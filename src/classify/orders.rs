//! Words in which orders are given to models and which the vocabulary does not have, English ones and those of other languages, so that
//! what was done to them can be undone.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// English, then a line a language; letters without accents.
static WORDS: &str = include_str!("orders.txt");

static KNOWN: LazyLock<FxHashSet<&str>> = LazyLock::new(|| WORDS.split_ascii_whitespace().collect());

/// Whether `word`, in small letters without accents, is one of them.
pub(super) fn is_word(word: &str) -> bool {
    word.len() > 2 && KNOWN.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_they_are_looked_up() {
        for word in WORDS.split_ascii_whitespace() {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()) && is_word(word), "{word}");
        }
    }
}
