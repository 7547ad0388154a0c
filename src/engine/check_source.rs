//! Checking a text that stands in no file: standard input, or what an editor has not saved.

use super::Report;
use super::load::{Loaded, load};
use crate::config::{self, Limits};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceFile, SourceMap};

/// Checks `text` as the single rail file of a configuration, called `name` in the findings. It is bytes, as a file is:
/// text that is no UTF-8, or longer than a file may be, is a finding like any other.
pub fn check_source(name: &str, text: impl AsRef<[u8]>) -> Report {
    let text = match decode(name, text.as_ref()) {
        Ok(text) => text,
        Err(diagnostic) => return Report { sources: SourceMap::default(), diagnostics: vec![*diagnostic] },
    };
    let Loaded { sources: unnamed, diagnostics, .. } = load(config::from_source(text));
    let mut sources = SourceMap::default();
    for (_, file) in unnamed.files() {
        sources.add(SourceFile::new(name, file.text().clone()));
    }
    Report { sources, diagnostics }
}

fn decode<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Box<Diagnostic>> {
    let limit = Limits::default().file_bytes;
    if bytes.len() > limit {
        let message = format!("`{name}` has more than the {limit} bytes allowed");
        let help = "split it into files of one folder, and check the folder";
        return Err(Box::new(Diagnostic::without_span(codes::FILE_TOO_LARGE, message).help(help)));
    }
    str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("`{name}` is not UTF-8: byte {at}, in line {line}, starts no character");
        Box::new(Diagnostic::without_span(codes::NOT_UTF8, message).help("save it as UTF-8"))
    })
}
