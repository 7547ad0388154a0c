//! The texts of a file, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::Failure;
use super::lines::{LineError, Lines};

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
    lines: Lines<Box<dyn BufRead>>,
    name: String,
    is_json: bool,
    bytes: Option<u64>,
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
        Ok(Self { lines: Lines::new(reader), name, is_json, bytes })
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
            let next = self.lines.next();
            let (line, end) = (self.lines.number, self.lines.end);
            let wrong = |what: String| self.wrong(line, what);
            let text = match next {
                Ok(Some(text)) => text,
                Ok(None) => return Ok(None),
                Err(LineError::Io(error)) => return Err(Failure::io(format!("can't read `{}`", self.name))(error)),
                Err(error) => return Err(wrong(format!("the line is {error}"))),
            };
            if text.trim().is_empty() {
                continue;
            }
            // Standard input has no name to tell by.
            let is_json = self.is_json || (self.name == "-" && text.starts_with('{'));
            let Object { text, label, input } = if is_json {
                let parsed = serde_json::from_str(&text);
                parsed.map_err(|error| wrong(format!("this is no object with a field `text`: {error}")))?
            } else {
                Object { text, label: None, input: None }
            };
            return Ok(Some(Row { text, label, input, line, end }));
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
