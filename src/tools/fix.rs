//! Applying the repairs that findings carry.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::source::{FileId, SourceMap};

/// One file, repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Which.
    pub file: FileId,
    /// Its new text.
    pub text: String,
    /// How many findings were repaired.
    pub count: usize,
}

/// Applies the repairs of errors and warnings. Of two that touch the same text, the first is applied; the other shows
/// up again at the next check. A note's repair is a choice, and left to the author.
pub fn fix(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<Fixed> {
    let mut files: BTreeMap<FileId, (Vec<&Fix>, usize)> = BTreeMap::new();
    let wanted = diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note);
    for diagnostic in wanted {
        let Some(first) = diagnostic.fix.first() else { continue };
        let (taken, count) = files.entry(first.span.file).or_default();
        let is_free = |fix: &Fix| taken.iter().all(|other| !overlap(fix, other));
        if diagnostic.fix.iter().all(|fix| fix.span.file == first.span.file && is_free(fix)) {
            taken.extend(&diagnostic.fix);
            *count += 1;
        }
    }
    let fixed = files.into_iter().map(|(file, (mut fixes, count))| {
        fixes.sort_by_key(|fix| fix.span.start);
        let source = sources.file(file).text();
        let (mut text, mut end) = (String::with_capacity(source.len() + 64), 0);
        for fix in fixes {
            text.push_str(&source[end..fix.span.range().start]);
            text.push_str(&fix.text);
            end = fix.span.range().end;
        }
        text.push_str(&source[end..]);
        Fixed { file, text, count }
    });
    fixed.collect()
}

/// Whether two repairs touch the same text; two that insert at one place do.
fn overlap(one: &Fix, other: &Fix) -> bool {
    let (one, other) = (one.span, other.span);
    one.start == other.start || (one.start < other.end && other.start < one.end)
}
