//! Generic sentences. A text that is near to them is near to everything, which a score must take into account.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::{Batch, EmbedError, Embedder, NoVector, Static};
use crate::classify::search::Rows;

static SENTENCES: &str = include_str!("data/bank.tsv");

/// That of the built-in embedder, which cannot fail.
static BUILTIN: LazyLock<Sentences> =
    LazyLock::new(|| Sentences::new(&Static, None).expect("the built-in embedder never fails"));

/// Generic sentences and their vectors.
#[derive(Debug, Clone)]
pub(in crate::classify) struct Bank {
    /// `None` for those of the built-in embedder, which all rails share.
    own: Option<Arc<Sentences>>,
}

#[derive(Debug)]
struct Sentences {
    rows: Rows,
    texts: Vec<&'static str>,
}

impl Bank {
    /// The sentences as `embedder` sees them, whose vectors may be kept in `folder`. Those of the built-in one are embedded when they are first asked for.
    ///
    /// # Errors
    /// When the embedder fails.
    pub(in crate::classify) fn of(embedder: &dyn Embedder, folder: Option<&Path>) -> Result<Self, EmbedError> {
        let is_builtin = embedder.fingerprint() == Static.fingerprint();
        let own = (!is_builtin).then(|| Sentences::new(embedder, folder).map(Arc::new)).transpose()?;
        Ok(Self { own })
    }

    fn sentences(&self) -> &Sentences {
        self.own.as_deref().unwrap_or_else(|| &BUILTIN)
    }

    /// One vector a row.
    pub(in crate::classify) fn rows(&self) -> &Rows {
        &self.sentences().rows
    }

    /// The sentence of a row.
    pub(in crate::classify) fn sentence(&self, row: usize) -> &'static str {
        self.sentences().texts[row]
    }
}

impl Sentences {
    fn new(embedder: &dyn Embedder, folder: Option<&Path>) -> Result<Self, EmbedError> {
        let all = || SENTENCES.lines().map(|line| line.split_once('\t').map_or(line, |(_, text)| text));
        let batch = Batch::new(embedder, || all().map(str::to_owned), folder)?;
        let dimensions = batch.dimensions();
        let mut vectors = Vec::with_capacity(SENTENCES.len() / 50 * dimensions);
        let mut texts = Vec::with_capacity(SENTENCES.len() / 50);
        let mut vector = vec![0.0; dimensions];
        for text in all() {
            match batch.embed_into(text, &mut vector) {
                Ok(()) => {
                    vectors.extend_from_slice(&vector);
                    texts.push(text);
                }
                Err(NoVector::Unembeddable(_)) => {}
                Err(NoVector::Failed(error)) => return Err(error),
            }
        }
        Ok(Self { rows: Rows::new(vectors, dimensions), texts })
    }
}
