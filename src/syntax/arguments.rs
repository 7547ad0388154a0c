//! The arguments of `execute` and `do`: split at commas, names told from values.

use super::ast::{Argument, Code};
use super::failure::{self, Failure};

/// Reads `(p=1, q=$x)`, which must be all of `code`.
pub(super) fn parenthesised(code: Code) -> Result<Vec<Argument>, Failure> {
    match closing(&code.text) {
        None => {
            let open = code.span.slice(0..1);
            Err(failure::malformed(open, "`(` is never closed", "put a `)` behind the last argument"))
        }
        Some(end) if end + 1 < code.text.len() => {
            let rest = code.span.slice(end + 1..code.text.len());
            Err(failure::malformed(rest, "text after the arguments", "delete it, or put it on a line of its own"))
        }
        Some(end) => split(part(&code, 1, end)),
    }
}

/// Reads `p=1, q=$x`.
pub(super) fn split(code: Code) -> Result<Vec<Argument>, Failure> {
    if code.text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut edges = vec![0];
    let mut equals = vec![None];
    let bytes = code.text.as_bytes();
    for (at, byte, depth) in outside_strings(&code.text) {
        match byte {
            b',' if depth == 0 => {
                edges.push(at + 1);
                equals.push(None);
            }
            b'=' if depth == 0 && is_naming(bytes, at) => {
                if let Some(found @ None) = equals.last_mut() {
                    *found = Some(at);
                }
            }
            _ => {}
        }
    }
    let mut arguments = Vec::new();
    for (index, start) in edges.iter().enumerate() {
        let end = edges.get(index + 1).map_or(code.text.len(), |next| next - 1);
        let whole = part(&code, *start, end);
        if whole.text.is_empty() {
            if index + 1 == edges.len() {
                break;
            }
            return Err(failure::malformed(code.span, "an argument is missing between two commas", "delete a comma"));
        }
        let equal = equals[index].filter(|at| is_name(code.text[*start..*at].trim().trim_start_matches('$')));
        let argument = match equal {
            None => Argument { name: None, value: whole },
            Some(at) => {
                let name = code.text[*start..at].trim().trim_start_matches('$');
                Argument { name: Some(name.into()), value: part(&code, at + 1, end) }
            }
        };
        if argument.value.text.is_empty() {
            return Err(failure::malformed(whole_span(&code, *start, end), "argument has no value", "give it one"));
        }
        arguments.push(argument);
    }
    Ok(arguments)
}

fn whole_span(code: &Code, start: usize, end: usize) -> crate::source::Span {
    code.span.slice(start..end)
}

/// A part of `code`, trimmed.
fn part(code: &Code, start: usize, end: usize) -> Code {
    let text = &code.text[start..end];
    let start = start + text.len() - text.trim_start().len();
    let text = text.trim();
    Code { text: text.to_owned(), span: code.span.slice(start..start + text.len()) }
}

/// Where the parenthesis that opens `text` closes.
pub(super) fn closing(text: &str) -> Option<usize> {
    outside_strings(text).find(|(_, byte, depth)| *byte == b')' && *depth == 0).map(|(at, _, _)| at)
}

/// The bytes that stand in no string, each with the brackets open around it; a bracket counts as outside of itself.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, u8, usize)> {
    let mut quote = None;
    let mut escaped = false;
    let mut depth = 0_usize;
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        if let Some(open) = quote {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                _ if byte == open => quote = None,
                _ => {}
            }
            return None;
        }
        match byte {
            b'"' | b'\'' => quote = Some(byte),
            b'(' | b'[' | b'{' => {
                depth += 1;
                return Some((at, byte, depth - 1));
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        Some((at, byte, depth))
    })
}

/// Whether the `=` at `at` names an argument and is no part of a comparison.
fn is_naming(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    bytes.get(at + 1) != Some(&b'=') && !matches!(before, Some(b'=' | b'!' | b'<' | b'>'))
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}
