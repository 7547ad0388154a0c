//! What a model may look things up in: documents in chunks, and the chunks nearest to a text.

mod cache;
mod index;
mod split;
mod words;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

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
    chunks: Vec<Chunk>,
    index: Index,
}

impl Knowledge {
    /// Reads the documents in `folder`, and `documents`, each a format (`md` or another one, which is plain text) and a
    /// text. The index is kept in the folder `cache`, and taken from there when nothing has changed. What is wrong is in
    /// the diagnostics; `None` when there is nothing to search, or an error.
    pub fn load(
        folder: Option<&Path>,
        documents: &[(String, String)],
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
        let index = indexed(&chunks, cache);
        (Some(Self { chunks, index }), diagnostics)
    }

    /// The `count` chunks nearest to `text`, best first. None when the embedder can't read the text.
    pub fn search(&self, text: &str, count: usize) -> Vec<Found<'_>> {
        let found = self.index.find(text, count, WORDS).into_iter();
        found.map(|(chunk, score)| Found { chunk: &self.chunks[chunk], score }).collect()
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

fn indexed(chunks: &[Chunk], cache: Option<&Path>) -> Index {
    let Some(folder) = cache else { return Index::new(chunks) };
    let key = cache::key(chunks);
    cache::read(folder, key, chunks.len()).unwrap_or_else(|| {
        let index = Index::new(chunks);
        cache::write(folder, key, &index);
        index
    })
}
