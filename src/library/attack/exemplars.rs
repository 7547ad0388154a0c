//! Known attacks, to show which one a text is like.

use std::sync::LazyLock;

use crate::classify::{Embedder, Static};

static LINES: &str = include_str!("data/exemplars.tsv");

/// A known attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exemplar {
    /// Where it is from, and its number there.
    pub id: &'static str,
    /// What it says, or how it begins.
    pub text: &'static str,
}

static EXEMPLARS: LazyLock<Vec<(Exemplar, Vec<f32>)>> = LazyLock::new(|| {
    let lines = LINES.lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(id, text)| Some((Exemplar { id, text }, embed(text)?))).collect()
});

/// The exemplar nearest to a normalised text, and the cosine of the two.
pub(super) fn nearest(text: &str) -> Option<(&'static Exemplar, f32)> {
    let vector = embed(text)?;
    let cosine = |other: &[f32]| vector.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    let compared = EXEMPLARS.iter().map(|(exemplar, other)| (exemplar, cosine(other)));
    compared.max_by(|a, b| a.1.total_cmp(&b.1))
}

fn embed(text: &str) -> Option<Vec<f32>> {
    let mut vector = vec![0.0; Static.dimensions()];
    Static.embed_into(text, &mut vector).ok()?;
    Some(vector)
}
