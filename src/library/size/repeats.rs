//! How much of a text stood in it before. What was seen is kept in a table of fixed size, where the latest counts: of a
//! long text what is far apart may be missed, so that a share is never too high, and padding is near to itself.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// How many things are remembered at most.
const MOST: usize = 1 << 16;
/// How many characters a piece has: words stand in many texts twice, pieces of this length in few.
const PIECE: usize = 16;

/// The share of groups of `size` words that stood in `text` before.
pub(super) fn groups(text: &str, size: usize) -> f64 {
    let words: Vec<u64> = text.split_whitespace().map(hash).collect();
    share(words.windows(size.max(1)).map(hash), words.len())
}

/// The share of lines that stood in `text` before. Empty ones don't count, nor do texts of a few lines.
pub(super) fn lines(text: &str) -> f64 {
    const FEWEST: usize = 20;
    let lines: Vec<u64> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(hash).collect();
    if lines.len() < FEWEST { 0.0 } else { share(lines.iter().copied(), lines.len()) }
}

/// The share of pieces of 16 characters that stood in `text` before.
pub(super) fn pieces(text: &str) -> f64 {
    /// An odd number with its bits well spread; the hash of a piece is a polynomial in it.
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
    let first = BASE.wrapping_pow(PIECE as u32);
    let (mut behind, mut rolling) = (text.chars(), 0_u64);
    let code = |c: char| u64::from(u32::from(c)) + 1;
    let hashes = text.chars().enumerate().filter_map(|(index, c)| {
        rolling = rolling.wrapping_mul(BASE).wrapping_add(code(c));
        if index >= PIECE
            && let Some(gone) = behind.next()
        {
            rolling = rolling.wrapping_sub(first.wrapping_mul(code(gone)));
        }
        // The low bits of the polynomial know little of the earlier characters.
        (index + 1 >= PIECE).then(|| hash(rolling))
    });
    share(hashes, text.len())
}

/// The share of `hashes` that came before, of which there are about `count`.
fn share(hashes: impl Iterator<Item = u64>, count: usize) -> f64 {
    let mut table = vec![0_u64; count.clamp(64, MOST).next_power_of_two()];
    let mask = table.len() - 1;
    let (mut all, mut repeated) = (0_usize, 0_usize);
    for hash in hashes {
        // Nought is an empty place.
        let hash = hash | 1;
        let place = &mut table[(hash >> 32) as usize & mask];
        all += 1;
        repeated += usize::from(*place == hash);
        *place = hash;
    }
    if all == 0 { 0.0 } else { repeated as f64 / all as f64 }
}

fn hash<T: Hash>(value: T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}
