//! The texts being compiled and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

/// Which file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Self { file, start: range.start as u32, end: range.end as u32 }
    }

    /// The bytes as a range of indices.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// From the start of `self` to the end of `other`, in the file of `self`.
    pub fn to(self, other: Span) -> Self {
        Self { file: self.file, start: self.start, end: other.end.max(self.start) }
    }

    /// The bytes `range` counted from the start of this span.
    pub fn slice(self, range: Range<usize>) -> Self {
        Self::new(self.file, self.start as usize + range.start..self.start as usize + range.end)
    }
}

/// One text with its name and line index.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Vec<u32>,
    is_shipped: bool,
}

impl SourceFile {
    /// A file called `name` (as the user wrote the path). Texts are at most 4 GiB.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        Self { name: name.into(), text, line_starts, is_shipped: false }
    }

    /// As [`new`](Self::new), for a text that comes with railsc and is nobody's file.
    pub fn shipped(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { is_shipped: true, ..Self::new(name, text) }
    }

    /// Whether it comes with railsc.
    pub fn is_shipped(&self) -> bool {
        self.is_shipped
    }

    /// The name it was read under.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The line that holds byte `offset`, counted from 0.
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= offset) - 1
    }

    /// How many lines there are; a text that ends in a newline has an empty last line.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The bytes of line `index` (from 0), its newline left out.
    pub fn line_range(&self, index: usize) -> Range<usize> {
        let start = self.line_starts[index] as usize;
        let end = match self.line_starts.get(index + 1) {
            Some(next) => *next as usize - 1,
            None => self.text.len(),
        };
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        start..end
    }

    /// Line and column of byte `offset`, both from 1; columns count characters.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_index(offset);
        let start = self.line_starts[line] as usize;
        let column = self.text[start..offset as usize].chars().count() + 1;
        Position { line: line as u32 + 1, column: column as u32, offset }
    }
}

/// A place in a text as people count: line and column from 1, in characters; the offset in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// From 0, in bytes.
    pub offset: u32,
}

/// A [`Span`] spelled out, so that it means something without the [`SourceMap`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file's name.
    pub file: Arc<str>,
    /// Where it starts.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.start.line)
    }
}

/// All files of one compilation.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Takes a file in and says how to name it from now on.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file `id` names.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in the order they came.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// The text that `span` covers.
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.range()]
    }

    /// `span` with its file name, lines and columns.
    pub fn location(&self, span: Span) -> Location {
        let file = self.file(span.file);
        Location { file: file.name.clone(), start: file.position(span.start), end: file.position(span.end) }
    }
}
