//! One typing error in a word: a letter too many, one missing, one instead of another, or two swapped.

use super::speller::Speller;
use crate::classify::embed::rank;

/// Shorter words are near to too many others.
const SHORTEST: usize = 4;
const LONGEST: usize = 24;

/// The known word that is one error away: one of the rails' own, else the most frequent.
pub(super) fn repair(speller: &Speller, word: &str) -> Option<String> {
    if !(SHORTEST..=LONGEST).contains(&word.len()) || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let mut best: Option<(bool, u32, String)> = None;
    neighbours(word.as_bytes(), |other| {
        let Ok(other) = std::str::from_utf8(other) else { return };
        let own = speller.is_own(other);
        let Some(rank) = rank(other).or(own.then_some(u32::MAX)) else { return };
        let better = best.as_ref().is_none_or(|(best_own, best_rank, _)| (!own, rank) < (!best_own, *best_rank));
        if better {
            best = Some((own, rank, other.to_owned()));
        }
    });
    best.map(|(.., word)| word)
}

/// Calls `found` with each word that is one error away.
fn neighbours(word: &[u8], mut found: impl FnMut(&[u8])) {
    let mut other = word.to_vec();
    for at in 0..word.len() {
        // One too many.
        other.clear();
        other.extend_from_slice(&word[..at]);
        other.extend_from_slice(&word[at + 1..]);
        if other.len() >= SHORTEST - 1 {
            found(&other);
        }
        other.clear();
        other.extend_from_slice(word);
        if at + 1 < word.len() && word[at] != word[at + 1] {
            other.swap(at, at + 1);
            found(&other);
            other.swap(at, at + 1);
        }
        for letter in b'a'..=b'z' {
            if letter != word[at] {
                other[at] = letter;
                found(&other);
            }
        }
    }
    for at in 0..=word.len() {
        other.clear();
        other.extend_from_slice(&word[..at]);
        other.push(0);
        other.extend_from_slice(&word[at..]);
        for letter in b'a'..=b'z' {
            other[at] = letter;
            found(&other);
        }
    }
}
