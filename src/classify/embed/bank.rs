//! Generic sentences. A text that is near to them is near to everything, which a score must take into account.

use std::sync::LazyLock;

use super::{DIMENSIONS, embed};
use crate::classify::search::Rows;

static SENTENCES: &str = include_str!("data/bank.tsv");

static BANK: LazyLock<Bank> = LazyLock::new(|| {
    let mut vectors = Vec::with_capacity(SENTENCES.len() / 50 * DIMENSIONS);
    let mut sentences = Vec::with_capacity(SENTENCES.len() / 50);
    for line in SENTENCES.lines() {
        let text = line.split_once('\t').map_or(line, |(_, text)| text);
        if let Ok(vector) = embed(text) {
            vectors.extend_from_slice(&vector);
            sentences.push(text);
        }
    }
    Bank { rows: Rows::new(vectors, DIMENSIONS), sentences }
});

/// Generic sentences and their vectors.
pub(in crate::classify) struct Bank {
    rows: Rows,
    sentences: Vec<&'static str>,
}

impl Bank {
    /// One vector a row.
    pub(in crate::classify) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The sentence of a row.
    pub(in crate::classify) fn sentence(&self, row: usize) -> &'static str {
        self.sentences[row]
    }
}

pub(in crate::classify) fn bank() -> &'static Bank {
    &BANK
}
