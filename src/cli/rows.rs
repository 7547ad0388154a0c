//! The texts of a file, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::Failure;

/// The longest line that is read, in bytes.
const LONGEST_LINE: u64 = 16 << 20;

/// A text, and what is known of it.
pub(super) struct Row {
    pub text: String,
    /// What it means.
    pub label: Option<String>,
    /// What the user said, if the text is a reply to it.
    pub input: Option<String>,
    /// The number of its line, from 1.
    pub line: u64,
    /// Where its line ends, in bytes from the start of the file.
    pub end: u64,
}

/// Reads a file line by line.
pub(super) struct Rows {
    reader: Box<dyn BufRead>,
    name: String,
    is_json: bool,
    bytes: Option<u64>,
    line: u64,
    read: u64,
}

#[derive(Deserialize)]
struct Object {
    text: String,
    label: Option<String>,
    input: Option<String>,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let (reader, bytes): (Box<dyn BufRead>, _) = if name == "-" {
            (Box::new(BufReader::new(io::stdin())), None)
        } else {
            let failed = format!("can't read `{name}`");
            let file = File::open(path).map_err(Failure::io(&failed))?;
            let bytes = file.metadata().map_err(Failure::io(&failed))?.len();
            (Box::new(BufReader::new(file)), Some(bytes))
        };
        let is_json = path.extension().is_some_and(|extension| extension == "jsonl" || extension == "json");
        Ok(Self { reader, name, is_json, bytes, line: 0, read: 0 })
    }

    /// An error about the row at `line`.
    pub(super) fn wrong(&self, line: u64, what: impl std::fmt::Display) -> Failure {
        Failure::Input(format!("{}:{line}: {what}", self.name))
    }

    /// The size of the file, if it has one.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// The next line that is not empty; `None` at the end.
    fn read(&mut self) -> Result<Option<Row>, Failure> {
        loop {
            let mut line = Vec::new();
            let limited = Read::by_ref(&mut self.reader).take(LONGEST_LINE + 1).read_until(b'\n', &mut line);
            let read = limited.map_err(Failure::io(format!("can't read `{}`", self.name)))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            self.read += read as u64;
            let wrong = |what: String| self.wrong(self.line, what);
            if read as u64 > LONGEST_LINE {
                return Err(wrong(format!("the line is longer than {LONGEST_LINE} bytes")));
            }
            let text = String::from_utf8(line).map_err(|_| wrong("the line is not UTF-8".to_owned()))?;
            let text = text.trim_end_matches(['\n', '\r']);
            let text = if self.line == 1 { text.trim_start_matches('\u{feff}') } else { text };
            if text.trim().is_empty() {
                continue;
            }
            // Standard input has no name to tell by.
            let is_json = self.is_json || (self.name == "-" && text.starts_with('{'));
            let Object { text, label, input } = if is_json {
                let parsed = serde_json::from_str(text);
                parsed.map_err(|error| wrong(format!("this is no object with a field `text`: {error}")))?
            } else {
                Object { text: text.to_owned(), label: None, input: None }
            };
            return Ok(Some(Row { text, label, input, line: self.line, end: self.read }));
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
