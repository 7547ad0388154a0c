//! Comments for the checker: `# railsc: allow(W1304)` allows a finding about the line below, and the block under it; at
//! the end of a line, about that line.

use super::layout::Line;
use super::trivia::{self, TriviaKind};
use crate::diagnostic::policy::Allowance;
use crate::diagnostic::{Code, Diagnostic, codes, nearest};
use crate::source::{FileId, Span};

const MARK: &str = "railsc:";

/// Reads the comments for the checker between `lines`.
pub(super) fn read(file: FileId, text: &str, lines: &[Line], diagnostics: &mut Vec<Diagnostic>) -> Vec<Allowance> {
    let mut allowances = Vec::new();
    if !text.contains(MARK) {
        return allowances;
    }
    let mut end = 0;
    for index in 0..=lines.len() {
        let next = lines.get(index).map_or(text.len(), |line| line.span.range().start);
        let comments = trivia::read(&text[end..next], index == 0).into_iter();
        for trivia in comments.filter(|trivia| trivia.kind == TriviaKind::Comment) {
            let start = trivia.text.as_ptr() as usize - text.as_ptr() as usize;
            let comment = Span::new(file, start..start + trivia.text.trim_end().len());
            let Some(codes) = allowed(trivia.text, comment, diagnostics) else { continue };
            let span = match trivia.indent {
                None => index.checked_sub(1).map(|line| lines[line].span),
                Some(_) => lines.get(index).map(|line| block(line, &lines[index + 1..])),
            };
            allowances.extend(span.map(|span| Allowance { codes, span }));
        }
        end = lines.get(index).map_or(text.len(), |line| line.span.range().end);
    }
    allowances
}

/// A line and the block under it.
fn block(line: &Line, behind: &[Line]) -> Span {
    let last = behind.iter().take_while(|other| other.indent > line.indent).last();
    line.span.to(last.unwrap_or(line).span)
}

/// The codes that a comment names; `None` for a comment that is for people.
fn allowed(comment: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Code>> {
    let order = comment.trim_start_matches('#').trim().strip_prefix(MARK)?.trim();
    let Some(list) = order.strip_prefix("allow(").and_then(|list| list.strip_suffix(')')) else {
        diagnostics.push(
            Diagnostic::new(codes::BAD_ALLOW, span, "this comment for the checker can't be understood")
                .help("write `# railsc: allow(W1304)`"),
        );
        return None;
    };
    let mut found = Vec::new();
    for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let diagnostic = match Code::find(id) {
            Some(code) if !code.is_error() => {
                found.push(code);
                continue;
            }
            Some(_) => Diagnostic::new(codes::BAD_ALLOW, span, format!("`{id}` is an error, which can't be allowed"))
                .help("only warnings and notes can be"),
            None => {
                let known = codes::ALL.iter().filter(|code| !code.is_error()).map(|code| code.id());
                Diagnostic::new(codes::BAD_ALLOW, span, format!("no finding has the code `{id}`"))
                    .suggest(nearest(id, known))
            }
        };
        diagnostics.push(diagnostic);
    }
    Some(found)
}
