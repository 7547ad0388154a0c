//! Generic sentences. A text that is near to them is near to everything, which a score must take into account.

use std::sync::LazyLock;

use super::{DIMENSIONS, embed};
use crate::classify::search::Rows;

static SENTENCES: &str = include_str!("data/bank.tsv");

static BANK: LazyLock<Rows> = LazyLock::new(|| {
    let mut vectors = Vec::with_capacity(SENTENCES.len() / 50 * DIMENSIONS);
    for line in SENTENCES.lines() {
        let text = line.split_once('\t').map_or(line, |(_, text)| text);
        if let Ok(vector) = embed(text) {
            vectors.extend_from_slice(&vector);
        }
    }
    Rows::new(vectors, DIMENSIONS)
});

/// One vector a row.
pub(in crate::classify) fn bank() -> &'static Rows {
    &BANK
}
