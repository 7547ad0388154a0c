//! Generic sentences. A text that is near to them is near to everything, which a score must take into account.

use std::sync::LazyLock;

use ndarray::Array2;

use super::{DIMENSIONS, embed};

static SENTENCES: &str = include_str!("data/bank.tsv");

static BANK: LazyLock<Array2<f32>> = LazyLock::new(|| {
    let mut vectors = Vec::with_capacity(SENTENCES.len() / 50 * DIMENSIONS);
    for line in SENTENCES.lines() {
        let text = line.split_once('\t').map_or(line, |(_, text)| text);
        if let Ok(vector) = embed(text) {
            vectors.extend_from_slice(&vector);
        }
    }
    let rows = vectors.len() / DIMENSIONS;
    Array2::from_shape_vec((rows, DIMENSIONS), vectors).unwrap_or_else(|_| Array2::zeros((0, DIMENSIONS)))
});

/// One vector a row.
pub(in crate::classify) fn bank() -> &'static Array2<f32> {
    &BANK
}
