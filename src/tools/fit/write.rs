//! Thresholds, written down: in a file of their own, or as lines of the rail files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Thresholds;
use crate::classify::fingerprint;
use crate::engine::Rails;
use crate::program::IntentId;
use crate::source::{FileId, SourceFile};
use crate::syntax::ast::{Definition, UserLine};
use crate::syntax::{self, Bounds};

/// Where thresholds come from.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// The day, as `2026-11-27`.
    pub date: String,
    /// The data: a path, or what else it is.
    pub data: String,
    /// The hash of the data.
    pub hash: String,
    /// How many texts the thresholds were fitted on.
    pub texts: usize,
}

/// The text of `thresholds.yml`.
pub fn thresholds_file(rails: &Rails, thresholds: &Thresholds, from: &Provenance, fixed: &[IntentId]) -> String {
    let Provenance { date, data, hash, texts } = from;
    let program = rails.program();
    let mut text = String::from(
        "# What a score must reach, made by `railsc fit`. A line `threshold` in a rail file has the last word.\n",
    );
    let _ = writeln!(text, "fitted:\n  date: {}\n  data: {}\n  hash: {}", quoted(date), quoted(data), quoted(hash));
    let _ = writeln!(text, "  texts: {texts}\n  rails: {}", quoted(&fingerprint(program)));
    let _ = writeln!(text, "default: {:.2}", thresholds.default);
    let own = program.intents().filter(|(id, _)| !fixed.contains(id));
    let own: Vec<_> = own.filter_map(|(id, intent)| Some((&intent.name, thresholds.own.get(&id)?))).collect();
    if !own.is_empty() {
        text.push_str("intents:\n");
        own.iter().for_each(|(name, threshold)| {
            let _ = writeln!(text, "  {}: {threshold:.2}", quoted(name));
        });
    }
    text
}

/// A text in double quotes, as YAML and JSON both have it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The rail files that change when every intent says its threshold itself, with their new texts. An intent that is defined several
/// times says it the first time, or where it says one already.
pub fn in_place(rails: &Rails, thresholds: &Thresholds) -> Vec<(FileId, String)> {
    let program = rails.program();
    let mut files = Vec::new();
    // Where a line is to be written: in which file, from which byte to which, and what.
    let mut edits: BTreeMap<FileId, Vec<(usize, usize, String)>> = BTreeMap::new();
    let mut first: BTreeMap<IntentId, (FileId, usize, String)> = BTreeMap::new();
    let mut said: Vec<IntentId> = Vec::new();
    for (file, source) in rails.sources().files().filter(|(_, source)| source.name().ends_with(".co")) {
        let ast = syntax::parse(file, source, Bounds::default()).ast;
        for definition in &ast.definitions {
            let Definition::User(user) = definition else { continue };
            let Some(intent) = program.intent_named(&user.name.text) else { continue };
            let line = format!("threshold {:.2}", thresholds.of_intent(intent));
            for own in &user.lines {
                if let UserLine::Threshold(_, span) = own {
                    said.push(intent);
                    edits.entry(file).or_default().push((span.range().start, span.range().end, line.clone()));
                }
            }
            if let Some((at, indent)) = behind(source, user.lines.last().map(end)) {
                first.entry(intent).or_insert((file, at, format!("\n{indent}{line}")));
            }
        }
        files.push(file);
    }
    for (intent, (file, at, line)) in first {
        if !said.contains(&intent) {
            edits.entry(file).or_default().push((at, at, line));
        }
    }
    let changed = files.into_iter().filter_map(|file| {
        let mut edits = edits.remove(&file)?;
        edits.sort();
        let source = rails.sources().file(file).text();
        let (mut text, mut done) = (String::with_capacity(source.len() + 64), 0);
        for (start, end, line) in edits {
            text.push_str(&source[done..start]);
            text.push_str(&line);
            done = end;
        }
        text.push_str(&source[done..]);
        Some((file, text))
    });
    changed.collect()
}

/// Where the line ends that a part of a definition ends in.
fn end(line: &UserLine) -> u32 {
    match line {
        UserLine::Example(text) | UserLine::Contains(text) | UserLine::Regex(text) | UserLine::Not(text) => {
            text.span.end
        }
        UserLine::Threshold(_, span) => span.end,
    }
}

/// The end of the line that holds the byte before `end`, and how far it is indented.
fn behind(source: &SourceFile, end: Option<u32>) -> Option<(usize, String)> {
    let range = source.line_range(source.line_index(end?.checked_sub(1)?));
    let line = source.text().get(range.clone())?;
    let kept = line.trim_end_matches(['\n', '\r']);
    let indent = kept.len() - kept.trim_start().len();
    Some((range.start + kept.len(), kept[..indent].to_owned()))
}
