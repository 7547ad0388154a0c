//! An embedder that remembers what it was asked.

use std::sync::Arc;

use moka::sync::Cache;

use super::error::checked;
use super::{EmbedError, Embedder, NoVector, Unembeddable};

/// Bytes of texts and vectors that are remembered, about.
const REMEMBERED: u64 = 64 << 20;
/// Longer texts are embedded each time.
const LONGEST: usize = 16 << 10;

type Vector = Result<Arc<[f32]>, Unembeddable>;

/// A costly embedder, and the vectors of the last texts, for as long as its rails live.
#[derive(Debug)]
pub(crate) struct Remembered<E> {
    embedder: E,
    vectors: Cache<String, Vector>,
}

impl<E: Embedder> Remembered<E> {
    pub(crate) fn new(embedder: E) -> Self {
        let weigh = |text: &String, vector: &Vector| {
            let numbers = vector.as_ref().map_or(0, |vector| vector.len() * 4);
            u32::try_from(text.len() + numbers + 96).unwrap_or(u32::MAX)
        };
        Self { embedder, vectors: Cache::builder().max_capacity(REMEMBERED).weigher(weigh).build() }
    }
}

impl<E: Embedder> Embedder for Remembered<E> {
    fn dimensions(&self) -> usize {
        self.embedder.dimensions()
    }

    fn fingerprint(&self) -> u128 {
        self.embedder.fingerprint()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError> {
        let mut found: Vec<Option<Vector>> = texts.iter().map(|text| self.vectors.get(*text)).collect();
        let missing: Vec<&str> =
            texts.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(text, _)| *text).collect();
        if !missing.is_empty() {
            let new = checked(self.embedder.embed(&missing)?, missing.len(), self.dimensions())?;
            let mut new = missing.iter().zip(new);
            for place in found.iter_mut().filter(|found| found.is_none()) {
                let Some((text, vector)) = new.next() else { break };
                let vector: Vector = vector.map(Arc::from);
                if text.len() <= LONGEST {
                    self.vectors.insert((*text).to_owned(), vector.clone());
                }
                *place = Some(vector);
            }
        }
        Ok(found.into_iter().flatten().map(|vector| vector.map(|vector| vector.to_vec())).collect())
    }

    fn embed_into(&self, text: &str, vector: &mut [f32]) -> Result<(), NoVector> {
        let known = match self.vectors.get(text) {
            Some(known) => known,
            None => {
                let found = self.embed(&[text])?.pop().ok_or(EmbedError::Count { asked: 1, found: 0 })?;
                found.map(Arc::from)
            }
        };
        vector.copy_from_slice(&known?);
        Ok(())
    }

    fn is_remote(&self) -> bool {
        self.embedder.is_remote()
    }

    fn is_costly(&self) -> bool {
        self.embedder.is_costly()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::classify::Static;

    #[derive(Debug, Default)]
    struct Counting(Mutex<Vec<String>>);

    impl Embedder for Counting {
        fn dimensions(&self) -> usize {
            Static.dimensions()
        }

        fn fingerprint(&self) -> u128 {
            1
        }

        fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError> {
            self.0.lock().unwrap().extend(texts.iter().map(|text| (*text).to_owned()));
            Static.embed(texts)
        }
    }

    #[test]
    fn a_text_is_embedded_once() {
        let embedder = Remembered::new(Counting::default());
        let texts = ["hello", "", "where is my order"];
        for asked in [&texts[..2], &texts, &["where is my order", "hello"]] {
            assert_eq!(embedder.embed(asked).unwrap(), Static.embed(asked).unwrap());
        }
        let mut vector = vec![0.0; Static.dimensions()];
        embedder.embed_into("hello", &mut vector).unwrap();
        assert_eq!(Ok(vector.clone()), Static.embed(&["hello"]).unwrap()[0]);
        assert_eq!(embedder.embed_into("", &mut vector), Err(Unembeddable::Empty.into()));
        assert_eq!(*embedder.embedder.0.lock().unwrap(), texts);
    }
}
