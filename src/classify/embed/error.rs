//! Why a text has no vector.

use crate::model::ModelError;

/// Why a text has no vector, whoever is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unembeddable {
    /// There is nothing in it.
    #[error("there is nothing in it")]
    Empty,
    /// More than half of its pieces are not in the vocabulary.
    #[error("most of it is in no script the embedder knows")]
    UnknownScript,
}

/// Why an embedder failed. No key and no text is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// Its server did not answer as it should.
    #[error("the embedder `{embedder}` failed: {error}")]
    Model {
        /// The model.
        embedder: String,
        /// What went wrong.
        error: ModelError,
    },
    /// There are more or fewer vectors than texts.
    #[error("the embedder gave {found} vectors for {asked} texts")]
    Count {
        /// Texts.
        asked: usize,
        /// Vectors.
        found: usize,
    },
    /// A vector is longer or shorter than others.
    #[error("the embedder gave a vector of {found} numbers; its vectors have {expected}")]
    Dimensions {
        /// What it said before.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A vector has no direction.
    #[error("the embedder gave a vector that is zero or has numbers which are none")]
    NoDirection,
    /// A folder can't be read as a model.
    #[cfg(feature = "transformer")]
    #[error(transparent)]
    Folder(#[from] super::TransformerError),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl EmbedError {
    /// An error that says `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::Other(reason.into())
    }
}

/// Why a text has no vector: there is none, or the embedder failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoVector {
    /// There is none.
    #[error(transparent)]
    Unembeddable(#[from] Unembeddable),
    /// The embedder failed.
    #[error(transparent)]
    Failed(#[from] EmbedError),
}

type Vectors = Vec<Result<Vec<f32>, Unembeddable>>;

/// What an embedder gave for `asked` texts, if it is what it should be.
pub(super) fn checked(vectors: Vectors, asked: usize, dimensions: usize) -> Result<Vectors, EmbedError> {
    if vectors.len() != asked {
        return Err(EmbedError::Count { asked, found: vectors.len() });
    }
    for vector in vectors.iter().flatten() {
        if vector.len() != dimensions {
            return Err(EmbedError::Dimensions { expected: dimensions, found: vector.len() });
        }
        let square: f32 = vector.iter().map(|x| x * x).sum();
        if !(0.5..2.0).contains(&square) {
            return Err(EmbedError::NoDirection);
        }
    }
    Ok(vectors)
}
