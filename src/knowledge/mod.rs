//! What a model may look things up in: documents in chunks, and the chunks nearest to a text.

mod cache;
mod index;
mod split;
mod words;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use crate::classify::{EmbedError, Embedder};
use crate::config;
use crate::diagnostic::{Diagnostic, codes};
use index::{Index, WORDS};

/// How many chunks a knowledge base may have.
pub const MOST_CHUNKS: usize = 100_000;

/// A part of a document: a few paragraphs under one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The headings above it, from the outermost, joined by ` - `; empty where there is none.
    pub title: Arc<str>,
    /// The text, as written.
    pub body: Arc<str>,
    /// The path of the document, or `docs[0]` and so on for one in `config.yml`.
    pub document: Arc<str>,
    /// The line it begins in, from 1.
    pub line: u32,
}

/// A chunk that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found<'a> {
    /// What was found.
    pub chunk: &'a Chunk,
    /// From 0 to 1: the cosine to the chunk, and the share of the words it has.
    pub score: f32,
}

/// Documents that can be searched. Immutable, and shared by all requests.
#[derive(Debug)]
pub struct Knowledge {
    embedder: Arc<dyn Embedder>,
    chunks: Vec<Chunk>,
    index: Index,
}

impl Knowledge {
    /// Reads the documents in `folder`, and `documents`, each a format (`md` or another one, which is plain text) and a
    /// text, which `embedder` compares. The index is kept in the folder `cache`, and taken from there when nothing has changed. What is wrong is in
    /// the diagnostics; `None` when there is nothing to search, or an error.
    pub fn load(
        folder: Option<&Path>,
        documents: &[(String, String)],
        embedder: &Arc<dyn Embedder>,
        cache: Option<&Path>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut chunks = Vec::new();
        let paths = folder.map(|folder| config::documents(folder, &mut diagnostics)).unwrap_or_default();
        for path in paths {
            match config::read_text(&path) {
                Ok(text) => {
                    let format = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
                    add(&mut chunks, &path.display().to_string(), format, &text);
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
            if chunks.len() > MOST_CHUNKS {
                break;
            }
        }
        for (index, (format, text)) in documents.iter().enumerate() {
            add(&mut chunks, &format!("docs[{index}]"), format, text);
        }
        if let Some(chunk) = chunks.get(MOST_CHUNKS) {
            let message = format!("the knowledge base has more than {MOST_CHUNKS} chunks");
            let help =
                format!("`{}` is where there are too many; leave documents out by `.railsignore`", chunk.document);
            diagnostics.push(Diagnostic::without_span(codes::TOO_MANY_CHUNKS, message).help(help));
        }
        if chunks.is_empty() || diagnostics.iter().any(Diagnostic::is_error) {
            return (None, diagnostics);
        }
        match indexed(&chunks, &**embedder, cache) {
            Ok(index) => (Some(Self { embedder: embedder.clone(), chunks, index }), diagnostics),
            Err(error) => {
                let message = format!("the documents can't be embedded: {error}");
                diagnostics.push(Diagnostic::without_span(codes::EMBEDDER_FAILED, message));
                (None, diagnostics)
            }
        }
    }

    /// The `count` chunks nearest to `text`, best first. None when the embedder can't read the text.
    ///
    /// # Errors
    /// When the embedder fails. The built-in one never does.
    pub fn search(&self, text: &str, count: usize) -> Result<Vec<Found<'_>>, EmbedError> {
        let found = self.index.find(&*self.embedder, text, count, WORDS)?.into_iter();
        Ok(found.map(|(chunk, score)| Found { chunk: &self.chunks[chunk], score }).collect())
    }

    /// Whether a search may take so long that nothing should wait for it which has other things to do.
    pub fn is_costly(&self) -> bool {
        self.embedder.is_costly()
    }

    /// Everything, in the order of the documents.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

/// Adds the chunks of a document, and at most one more than there may be.
fn add(chunks: &mut Vec<Chunk>, name: &str, format: &str, text: &str) {
    let room = (MOST_CHUNKS + 1).saturating_sub(chunks.len());
    let parts = match &*format.to_ascii_lowercase() {
        "md" | "markdown" => split::markdown(text, room),
        _ => split::plain(text, room),
    };
    let document: Arc<str> = name.into();
    chunks.extend(parts.into_iter().map(|part| Chunk {
        title: part.title,
        body: part.body.into(),
        document: document.clone(),
        line: part.line,
    }));
}

fn indexed(chunks: &[Chunk], embedder: &dyn Embedder, cache: Option<&Path>) -> Result<Index, EmbedError> {
    let Some(folder) = cache else { return Index::new(chunks, embedder, None) };
    let key = cache::key(chunks, embedder);
    if let Some(index) = cache::read(folder, key, chunks.len(), embedder.dimensions()) {
        return Ok(index);
    }
    let index = Index::new(chunks, embedder, cache)?;
    cache::write(folder, key, &index);
    Ok(index)
}
