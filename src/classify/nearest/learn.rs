//! What is learnt of the examples.

use std::iter::repeat_n;
use std::sync::Arc;

use ndarray::ArrayView2;

use super::Class;
use crate::cache::Folders;
use crate::classify::embed::{Bank, Embedder};
use crate::classify::head::{self, Head, Lesson};
use crate::source::Span;

/// Trains the head, where an intent has the examples for it.
pub(super) fn learn(
    (embedder, bank): (&dyn Embedder, &Bank),
    vectors: &[f32],
    classes: &[Class],
    texts: &[(Arc<str>, Span)],
    folders: &Folders,
) -> Option<Head> {
    let known = |class: &Class| !class.is_rival && class.is_learnt();
    if !classes.iter().any(known) {
        return None;
    }
    let labels: Vec<usize> =
        classes.iter().enumerate().flat_map(|(label, class)| repeat_n(label, class.rows.len())).collect();
    let none = bank.rows().view();
    let examples = ArrayView2::from_shape((texts.len(), embedder.dimensions()), vectors).ok()?;
    let lesson = Lesson { examples, labels: &labels, classes: classes.len(), none };
    head::learn(&lesson, key(embedder, classes, texts), folders)
}

/// All that a head depends on.
pub(super) fn key(embedder: &dyn Embedder, classes: &[Class], texts: &[(Arc<str>, Span)]) -> u128 {
    let mut key = head::key();
    key.add(&embedder.fingerprint().to_le_bytes());
    for class in classes {
        key.add(&[class.is_rival.into()]);
        class.rows.clone().for_each(|row| key.add(texts[row].0.as_bytes()));
        key.add(&(class.rows.len() as u64).to_le_bytes());
    }
    key.finish()
}
