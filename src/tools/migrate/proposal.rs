//! The text that is proposed: the author's own, edited where it must be, and nowhere else.

use std::path::PathBuf;

use super::{Document, Proposed, keys, table};
use crate::config::yaml::{self, Data, Key, Node};
use crate::diagnostic::{Fix, codes};
use crate::engine::Inspection;
use crate::source::{FileId, SourceFile, Span};

/// Says in the file why the key is there.
const WHY: [&str; 2] = [
    "# NeMo Guardrails' ways where railsc has its own: the order of model calls, the first of several texts.",
    "# Delete it to answer without a model call where the rails know the answer.",
];

/// All YAML files, with what they should say.
pub(super) fn propose(
    inspection: &Inspection,
    documents: &[Document],
    mut edits: Vec<Fix>,
    is_colang_2: bool,
) -> Vec<(FileId, Proposed)> {
    if !is_colang_2 && wants_compat(inspection, documents) {
        edits.extend(compat(inspection, documents));
    }
    edits.sort_by_key(|edit| edit.span.start);
    let file = |document: &Document| {
        let source = inspection.sources.file(document.file);
        let edits = edits.iter().filter(|edit| edit.span.file == document.file);
        let after = edited(source.text(), edits);
        let path = PathBuf::from(&**source.name());
        (document.file, Proposed { path, before: source.text().clone(), after })
    };
    documents.iter().map(file).collect()
}

/// The file that new keys go into: the one with `models`, or else the first.
pub(super) fn main(documents: &[Document]) -> Option<FileId> {
    let with_models = documents.iter().find(|document| key(document.root.as_ref(), "models").is_some());
    with_models.or_else(|| documents.iter().find(|document| document.root.is_some())).map(|document| document.file)
}

fn key<'n>(root: Option<&'n Node>, name: &str) -> Option<(&'n Key, &'n Node)> {
    let Data::Mapping(entries) = &root?.data else { return None };
    entries.iter().find(|(key, _)| key.name == name).map(|(key, node)| (key, node))
}

/// Whether the configuration was written for NeMo Guardrails, and does not say whose ways to follow.
fn wants_compat(inspection: &Inspection, documents: &[Document]) -> bool {
    let is_ours = keys::any_key(documents, &|path| table::OURS.contains(&path));
    let is_theirs = keys::any_key(documents, &|path| table::of_key(path).is_some());
    let is_marked = inspection.diagnostics.iter().any(|found| found.code == codes::REFERENCE_MARKS);
    is_marked || (is_theirs && !is_ours)
}

/// Adds `compat: nemo`; `None` where that can't be done without changing what else the file says.
fn compat(inspection: &Inspection, documents: &[Document]) -> Option<Fix> {
    let with_version = documents.iter().find(|document| key(document.root.as_ref(), "colang_version").is_some());
    let file = with_version.map(|document| document.file).or_else(|| main(documents))?;
    let root = documents.iter().find(|document| document.file == file)?.root.as_ref()?;
    let Data::Mapping(entries) = &root.data else { return None };
    let source = inspection.sources.file(file);
    let text = source.text();
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let first = &entries.first()?.0;
    let in_braces = text[root.span.range()].starts_with('{');
    let line = source.line_range(source.line_index(first.span.start));
    // A mark of the byte order is no part of the text.
    let top = line.start + if text[line.clone()].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let indent: String = text[top..line.end].chars().take_while(|character| *character == ' ').collect();
    let lines = WHY.iter().chain(&["compat: nemo"]).map(|line| format!("{indent}{line}{newline}"));
    let lines: String = lines.collect();

    let mut places = Vec::new();
    if in_braces {
        places.push((root.span.range().start + 1, "compat: nemo, ".to_owned()));
    } else {
        if let Some((key, _)) = key(Some(root), "colang_version") {
            let next = source.line_index(key.span.start) + 1;
            if next < source.line_count() && source.line_range(next).start < text.len() {
                places.push((source.line_range(next).start, lines.clone()));
            }
        }
        let gap = if text.ends_with('\n') { newline.to_owned() } else { newline.repeat(2) };
        places.push((text.len(), format!("{gap}{lines}")));
        places.push((top, format!("{lines}{newline}")));
    }
    let fixes = places.into_iter().map(|(at, text)| Fix { span: Span::new(file, at..at), text });
    fixes.into_iter().find(|fix| adds_only_compat(text, root, fix))
}

/// Whether a text with the edit says what it said before, and `compat: nemo`.
fn adds_only_compat(text: &str, root: &Node, fix: &Fix) -> bool {
    let after = SourceFile::new("", edited(text, [fix]));
    let mut found = Vec::new();
    let Some(mut node) = yaml::parse(fix.span.file, &after, &mut found) else { return false };
    let Data::Mapping(entries) = &mut node.data else { return false };
    let at = entries.iter().position(|(key, _)| key.name == "compat");
    let added = at.map(|at| entries.remove(at).1.value());
    found.is_empty() && added == Some("nemo".into()) && node.value() == root.value()
}

/// `text` with the edits, which are in order.
fn edited<'f>(text: &str, edits: impl IntoIterator<Item = &'f Fix>) -> String {
    let (mut new, mut end) = (String::with_capacity(text.len() + 256), 0);
    for edit in edits {
        let range = edit.span.range();
        // Of two edits of one text, the first is made.
        if range.start < end {
            continue;
        }
        new.push_str(&text[end..range.start]);
        new.push_str(&edit.text);
        end = range.end;
    }
    new.push_str(&text[end..]);
    new
}
