//! What names, expressions and texts are once line ends and escapes are undone.

use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;

/// The words of one physical line of a name that runs over several.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split('#').next().unwrap_or("");
    code.trim_end().trim_end_matches('\\').split_whitespace()
}

/// Line ends, and what leads up to them, become as many spaces, so that columns stay.
pub(super) fn flatten(code: &str) -> String {
    let mut flat = String::with_capacity(code.len());
    for line in code.split_inclusive('\n') {
        let kept = line.trim_end_matches(['\n', '\r']);
        let kept = kept.trim_end_matches([' ', '\t', '\r']).strip_suffix('\\').unwrap_or(kept);
        flat.push_str(kept);
        flat.extend(std::iter::repeat_n(' ', line.len() - kept.len()));
    }
    flat
}

/// What stands between the quotes, as a text: escapes undone, each line trimmed.
pub(super) fn unescape(written: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut text = String::with_capacity(written.len());
    let mut lines = written.split('\n').enumerate().peekable();
    let mut offset = 1;
    while let Some((index, line)) = lines.next() {
        let mut kept = line;
        if index > 0 {
            text.push('\n');
            kept = kept.trim_start();
        }
        let start = offset + line.len() - kept.len();
        if lines.peek().is_some() {
            kept = kept.trim_end();
        }
        let mut chars = kept.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                other => {
                    let length = 1 + other.map_or(0, |(_, c)| c.len_utf8());
                    let spot = span.slice(start + at..start + at + length);
                    diagnostics.push(
                        Diagnostic::new(codes::UNKNOWN_ESCAPE, spot, "unknown escape in a string")
                            .label("stays as it is written")
                            .help("write `\\\\` for a backslash")
                            .fix(spot.slice(0..1), "\\\\"),
                    );
                    text.push('\\');
                    text.extend(other.map(|(_, c)| c));
                }
            }
        }
        offset += line.len() + 1;
    }
    text
}
