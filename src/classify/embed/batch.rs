//! Texts that are known before they are needed, embedded together where that is worth it.

use rustc_hash::FxHashMap;

use super::error::checked;
use super::{EmbedError, Embedder, NoVector, Unembeddable};

/// An embedder, and the vectors of texts that it has been asked for already.
pub(crate) struct Batch<'a> {
    embedder: &'a dyn Embedder,
    known: FxHashMap<String, Result<Vec<f32>, Unembeddable>>,
}

impl<'a> Batch<'a> {
    /// Embeds `texts` at once if `embedder` is costly; they are not asked for if it is not.
    ///
    /// # Errors
    /// When the embedder fails.
    pub(crate) fn new<T: Iterator<Item = String>>(
        embedder: &'a dyn Embedder,
        texts: impl FnOnce() -> T,
    ) -> Result<Self, EmbedError> {
        let mut known = FxHashMap::default();
        if embedder.is_costly() {
            let mut texts: Vec<String> = texts().collect();
            texts.sort_unstable();
            texts.dedup();
            let asked: Vec<&str> = texts.iter().map(String::as_str).collect();
            let vectors = checked(embedder.embed(&asked)?, asked.len(), embedder.dimensions())?;
            known.extend(texts.into_iter().zip(vectors));
        }
        Ok(Self { embedder, known })
    }

    /// As [`Embedder::dimensions`].
    pub(crate) fn dimensions(&self) -> usize {
        self.embedder.dimensions()
    }

    /// As [`Embedder::embed_into`].
    pub(crate) fn embed_into(&self, text: &str, vector: &mut [f32]) -> Result<(), NoVector> {
        match self.known.get(text) {
            Some(known) => vector.copy_from_slice(known.as_ref().map_err(|reason| *reason)?),
            None => self.embedder.embed_into(text, vector)?,
        }
        Ok(())
    }
}
