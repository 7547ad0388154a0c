//! Texts to vectors: by the built-in table, or by what stands in its place.

mod bank;
mod batch;
mod builtin;
mod error;
mod kept;
#[cfg(any(feature = "http", feature = "transformer"))]
mod remembered;
#[cfg(feature = "http")]
mod remote;
mod table;
#[cfg(feature = "transformer")]
mod transformer;
mod wordpiece;

use std::fmt;

pub(super) use bank::Bank;
pub(crate) use batch::Batch;
pub use builtin::Static;
pub use error::{EmbedError, NoVector, Unembeddable};
#[cfg(any(feature = "http", feature = "transformer"))]
pub(crate) use remembered::Remembered;
#[cfg(feature = "http")]
pub(crate) use remote::Remote;
#[cfg(feature = "transformer")]
pub use transformer::{Transformer, TransformerError};
pub(super) use wordpiece::{is_short_word, rank};

/// What makes vectors of texts. Two texts are compared by the cosine of theirs.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// Numbers in a vector; from 1 to 65,536, and always the same.
    fn dimensions(&self) -> usize;

    /// The hash of all that a vector depends on besides its text: what was made by one of another fingerprint is made again.
    fn fingerprint(&self) -> u128;

    /// The vectors of `texts`, in order, each of length 1.
    ///
    /// # Errors
    /// When it fails for all of them. One that is not [costly](Self::is_costly) never does.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError>;

    /// Writes the vector of one text, which is as long as [`dimensions`](Self::dimensions) says.
    ///
    /// # Errors
    /// When there is none.
    fn embed_into(&self, text: &str, vector: &mut [f32]) -> Result<(), NoVector> {
        let found = error::checked(self.embed(&[text])?, 1, self.dimensions())?;
        let one = found.into_iter().next().ok_or(EmbedError::Count { asked: 1, found: 0 })?;
        vector.copy_from_slice(&one?);
        Ok(())
    }

    /// Whether it asks somebody else, so that it may block, and fail.
    fn is_remote(&self) -> bool {
        false
    }

    /// Whether a text takes so long that nothing should wait for it which has other things to do, and that vectors are worth keeping.
    fn is_costly(&self) -> bool {
        self.is_remote()
    }
}
