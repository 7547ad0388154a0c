//! Texts that are known before they are needed, embedded together where that is worth it.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::error::checked;
use super::kept::Kept;
use super::{EmbedError, Embedder, NoVector, Unembeddable};

/// An embedder, and the vectors of texts that it has been asked for already.
pub(crate) struct Batch<'a> {
    embedder: &'a dyn Embedder,
    known: FxHashMap<String, Result<Vec<f32>, Unembeddable>>,
}

impl<'a> Batch<'a> {
    /// Embeds `texts` at once if `embedder` is costly; they are not asked for if it is not. Vectors are kept in `folder`, and taken from
    /// there.
    ///
    /// # Errors
    /// When the embedder fails.
    pub(crate) fn new<T: Iterator<Item = String>>(
        embedder: &'a dyn Embedder,
        texts: impl FnOnce() -> T,
        folder: Option<&Path>,
    ) -> Result<Self, EmbedError> {
        let mut known = FxHashMap::default();
        if embedder.is_costly() {
            let mut texts: Vec<String> = texts().collect();
            texts.sort_unstable();
            texts.dedup();
            let mut kept = folder.map(|folder| Kept::read(folder, embedder.fingerprint())).unwrap_or_default();
            let dimensions = embedder.dimensions();
            if kept.dimensions != dimensions {
                kept = Kept::default();
            }
            let missing: Vec<&str> = texts.iter().map(String::as_str).filter(|text| kept.get(text).is_none()).collect();
            let vectors = checked(embedder.embed(&missing)?, missing.len(), dimensions)?;
            let mut unembeddable = FxHashMap::default();
            for (text, vector) in missing.iter().zip(vectors) {
                match vector {
                    Ok(vector) => kept.insert(text, vector),
                    Err(reason) => drop(unembeddable.insert(*text, reason)),
                }
            }
            if let Some(folder) = folder.filter(|_| unembeddable.len() < missing.len()) {
                kept.write(folder, embedder.fingerprint(), texts.iter().map(String::as_str));
            }
            let vector = |text: &String| match unembeddable.get(&**text) {
                Some(reason) => Some((text.clone(), Err(*reason))),
                None => kept.get(text).map(|vector| (text.clone(), Ok(vector.clone()))),
            };
            known.extend(texts.iter().filter_map(vector));
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
