//! The lines of `.co` that a reply goes back to, as they stand in their files.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::engine::{Reply, What};
use crate::source::{Location, SourceFile, SourceMap};

/// The longest line that is told whole, in characters.
const LONGEST: usize = 400;

/// A line of a rail file.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    /// From 1.
    line: u32,
    /// Without the space around it.
    text: String,
}

/// The lines that the record of `reply` names, each once, in the order of their files.
pub(super) fn lines<'a>(reply: &'a Reply, sources: &'a SourceMap) -> Vec<Line<'a>> {
    let files: BTreeMap<&str, &SourceFile> = sources.files().map(|(_, file)| (&**file.name(), file)).collect();
    let mut lines = BTreeMap::new();
    for Location { file, start, .. } in named(reply) {
        let Some(source) = files.get(&**file) else { continue };
        lines.entry((&**file, start.line)).or_insert_with(|| text(source, start.line));
    }
    lines.into_iter().map(|((file, line), text)| Line { file, line, text }).collect()
}

fn named(reply: &Reply) -> impl Iterator<Item = &Location> {
    let events = reply.trace.events.iter();
    let caused = events.flat_map(|event| {
        let considered = match &event.what {
            What::Classified { candidates, .. } => &**candidates,
            _ => &[],
        };
        event.span.iter().chain(considered.iter().map(|candidate| &candidate.span))
    });
    let rails = reply.verdict.rails.iter().filter_map(|rail| rail.line.as_ref());
    caused.chain(rails).chain(&reply.verdict.line)
}

fn text(source: &SourceFile, line: u32) -> String {
    let text = source.text()[source.line_range(line as usize - 1)].trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
