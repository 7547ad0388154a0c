//! Writing down what is replied now.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::Serialize as _;
use serde_json::ser::Formatter;

use super::expect::Piece;
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

/// The line of a test that expects `piece`.
pub(super) fn line(piece: &Piece) -> String {
    match &piece.message {
        Some(message) if !message.starts_with('"') => format!("bot {message}"),
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

/// A line of JSON in the style of the one it replaces: with spaces behind `:` and `,`, or without.
pub(super) fn json(value: &serde_json::Value, before: &str) -> String {
    if !before.contains("\": ") {
        return value.to_string();
    }
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Spaced);
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serializer);
    String::from_utf8_lossy(&text).into_owned()
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
