//! The embedder that a configuration names.

use std::path::Path;
use std::sync::Arc;

#[cfg(any(feature = "http", feature = "transformer"))]
use crate::classify::Remembered;
#[cfg(feature = "http")]
use crate::classify::Remote;
#[cfg(feature = "transformer")]
use crate::classify::Transformer;
use crate::classify::{EmbedError, Embedder, Static};
use crate::config::{Config, EmbeddingEngine};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;

/// What compares texts by `engine`, if anything does; what a server is asked for may be kept in the folder `cache`.
///
/// # Errors
/// When it can't be used. The cause is in the finding.
pub(super) fn embedder(
    engine: &EmbeddingEngine,
    cache: Option<&Path>,
) -> Result<Option<Arc<dyn Embedder>>, Box<Diagnostic>> {
    let found: Result<Arc<dyn Embedder>, EmbedError> = match engine {
        EmbeddingEngine::Static => Ok(Arc::new(Static)),
        EmbeddingEngine::Exact => return Ok(None),
        #[cfg(feature = "transformer")]
        EmbeddingEngine::Transformer { folder, .. } => match Transformer::open(folder) {
            Ok(model) => Ok(Arc::new(Remembered::new(model))),
            Err(error) => Err(error.into()),
        },
        #[cfg(feature = "http")]
        EmbeddingEngine::Server(spec) => match Remote::connect(spec, cache) {
            Ok(server) => Ok(Arc::new(Remembered::new(server))),
            Err(error) => Err(error),
        },
        #[cfg(not(all(feature = "http", feature = "transformer")))]
        _ => Err(EmbedError::new("this railsc is built without it")),
    };
    #[cfg(not(feature = "http"))]
    let _ = cache;
    found.map(Some).map_err(|error| {
        let message = format!("texts can't be compared: {error}");
        Box::new(at(Diagnostic::without_span(codes::EMBEDDER_FAILED, message), engine))
    })
}

/// A failure of the embedder at the place that names it.
pub(super) fn placed(diagnostic: Diagnostic, config: &Config) -> Diagnostic {
    match diagnostic.code {
        codes::EMBEDDER_FAILED => at(diagnostic, &config.embedding_engine),
        _ => diagnostic,
    }
}

fn at(diagnostic: Diagnostic, engine: &EmbeddingEngine) -> Diagnostic {
    let span: Option<Span> = match engine {
        EmbeddingEngine::Transformer { span, .. } => Some(*span),
        EmbeddingEngine::Server(spec) => Some(spec.span),
        EmbeddingEngine::Static | EmbeddingEngine::Exact => None,
    };
    Diagnostic { span, ..diagnostic }
}
