//! What must hold of any bytes, for the fuzzer and for the tests that replay its corpus: nothing panics, every span
//! lies in its text, and formatting changes nothing but the looks.

use std::fs;

use rails::diagnostic::Diagnostic;
use rails::program;
use rails::source::{FileId, SourceFile, SourceMap};
use rails::syntax::{self, Bounds};

/// A rail file may hold anything.
pub fn parse(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (sources, id) = one_file(&text);
    let compiled = program::compile(&sources, &[id], Bounds::default());
    assert!(compiled.diagnostics.len() <= 2 * Bounds::default().diagnostics + 2);
    spans_are_in(&sources, &compiled.diagnostics);
}

/// What can be read can be formatted, once and for all, and says the same.
pub fn format(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (sources, id) = one_file(&text);
    let Ok(formatted) = syntax::format(id, sources.file(id), Bounds::default()) else { return };
    let (again, new_id) = one_file(&formatted);
    let twice = syntax::format(new_id, again.file(new_id), Bounds::default());
    assert_eq!(twice.as_ref(), Ok(&formatted), "formatted twice, this changes:\n{text}");
    let (before, after) = (outline(&sources, id), outline(&again, new_id));
    assert!(before == after, "formatted, this says something else:\n{text}\n---\n{formatted}\n{before}\n{after}");
}

/// A `config.yml` may hold anything.
pub fn config(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder to write to");
    fs::write(folder.path().join("config.yml"), data).expect("a file to write");
    fs::write(folder.path().join("main.co"), "define flow a\n  user \"hi\"\n  bot \"hello\"\n")
        .expect("a file to write");
    let report = rails::check(folder.path());
    spans_are_in(&report.sources, &report.diagnostics);
    let loads = rails::Rails::from_path(folder.path()).is_ok();
    assert_eq!(loads, !report.has_errors());
}

fn one_file(text: &str) -> (SourceMap, FileId) {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("fuzz.co", text));
    (sources, id)
}

fn spans_are_in(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let fixes = diagnostic.fix.iter().map(|fix| fix.span);
        for span in diagnostic.span.into_iter().chain(labels).chain(fixes) {
            let text = sources.file(span.file).text();
            assert!(text.get(span.range()).is_some(), "{diagnostic:?} lies outside of its text");
        }
    }
}

/// The program without its places.
fn outline(sources: &SourceMap, id: FileId) -> String {
    let program = program::compile(sources, &[id], Bounds::default()).program;
    let text = format!("{:#?} {:#?} {:#?} {:#?}", program.intents, program.messages, program.flows, program.tests);
    let mut outline = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_end().ends_with("Span {") {
            let close = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
            lines.by_ref().find(|line| line.trim_end_matches(',') == close);
        } else if !line.contains("\"flow at fuzz.co:") {
            outline.push_str(line);
            outline.push('\n');
        }
    }
    outline
}
