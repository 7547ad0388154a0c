//! Why a folder can't be read as a model.

use std::path::{Path, PathBuf};

/// Why a folder can't be read as a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransformerError {
    /// A file is not there, or can't be read.
    #[error("`{}` can't be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The weights are there, in another format.
    #[error(
        "`{}` has no `model.safetensors`, but `{found}`: have `sentence-transformers` write it, by `SentenceTransformer(FOLDER).save_pretrained(OTHER, safe_serialization=True)`",
        folder.display()
    )]
    OtherFormat {
        /// Where.
        folder: PathBuf,
        /// What is there.
        found: String,
    },
    /// A file is not what it should be.
    #[error("`{file}` of the model is not what it should be: {reason}")]
    Malformed {
        /// Which.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The model works in another way.
    #[error(
        "the model has {found}, which is not supported: it should be a `BertModel` with absolute positions and `gelu`, pooled by the mean of all tokens or by the first"
    )]
    Unsupported {
        /// What it has.
        found: String,
    },
}

impl TransformerError {
    pub(super) fn unreadable(path: &Path, reason: impl ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn malformed(file: &str, reason: impl ToString) -> Self {
        Self::Malformed { file: file.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn unsupported(found: impl Into<String>) -> Self {
        Self::Unsupported { found: found.into() }
    }
}
