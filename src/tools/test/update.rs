//! Writing down what is replied now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::expect::Piece;
use crate::program::Program;
use crate::source::{FileId, SourceMap, Span};

/// A file whose expectations are other than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// Which.
    pub path: PathBuf,
    /// Its new text.
    pub text: String,
    /// How many expectations changed.
    pub count: usize,
}

/// The line of a test of `program` that expects `piece`.
pub(super) fn line(piece: &Piece, program: &Program) -> String {
    match &piece.message {
        // A model may name messages that are none.
        Some(message) if !message.starts_with('"') && program.message_named(message).is_some() => {
            format!("bot {message}")
        }
        _ => {
            let text = piece.text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("bot \"{}\"", text.replace('\n', "\\n").replace('\t', "\\t"))
        }
    }
}

/// Rail files with other lines at some places.
pub(super) fn splice(mut fixes: Vec<(Span, String)>, sources: &SourceMap) -> Vec<Updated> {
    fixes.sort_by_key(|(span, _)| (span.file, span.start));
    let mut files: BTreeMap<FileId, (String, usize, usize)> = BTreeMap::new();
    for (span, new) in &fixes {
        let source = sources.file(span.file).text();
        let (text, end, count) = files.entry(span.file).or_default();
        text.push_str(&source[*end..span.range().start]);
        text.push_str(new);
        (*end, *count) = (span.range().end, *count + 1);
    }
    let whole = files.into_iter().map(|(file, (mut text, end, count))| {
        let source = sources.file(file);
        text.push_str(&source.text()[end..]);
        Updated { path: PathBuf::from(&**source.name()), text, count }
    });
    whole.collect()
}
