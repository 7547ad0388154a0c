//! Why a line is no statement, told in the words of its author.

use crate::diagnostic::{Code, Diagnostic, codes, nearest};
use crate::source::Span;

/// Why a line did not parse.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It starts with no keyword.
    Unknown,
    /// It starts like a statement and goes wrong.
    Malformed(Box<Diagnostic>),
}

/// What a definition may start with.
pub(crate) const TOP_LEVEL: &[&str] = &["define", "import", "include"];

/// What a step may start with.
pub(crate) const STEPS: &[&str] = &[
    "user",
    "bot",
    "execute",
    "do",
    "if",
    "else",
    "when",
    "while",
    "break",
    "continue",
    "pass",
    "stop",
    "abort",
    "return",
    "done",
    "set",
    "label",
    "checkpoint",
    "goto",
    "go",
    "event",
    "create",
    "new",
    "infer",
    "any",
    "meta",
    "priority",
];

/// What a line of a test may start with.
pub(crate) const TEST_LINES: &[&str] = &[
    "user",
    "bot",
    "intent",
    "blocked",
    "passed",
    "model",
    "action",
    "check",
    "input",
    "output",
    "retrieval",
    "tool_input",
    "tool_output",
];

const KINDS: &[&str] = &["user", "bot", "flow", "subflow", "test", "action", "snippet"];

/// What stands between the quotes at the ends of `text`, whichever they are. Where they stand inside as well, what
/// belongs together is a guess.
pub(crate) fn in_quotes(text: &str) -> Option<&str> {
    let kind = |c: char| match c {
        '"' | '\u{201c}' | '\u{201d}' => Some(2),
        '\'' | '\u{2018}' | '\u{2019}' => Some(1),
        _ => None,
    };
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let inner = text.get(first.len_utf8()..text.len() - last.len_utf8())?;
    let opened = kind(first).filter(|opened| kind(last) == Some(*opened))?;
    let mut escaped = false;
    let closes_early = inner.chars().any(|c| {
        let closes = !escaped && kind(c) == Some(opened);
        escaped = c == '\\' && !escaped;
        closes
    });
    (!closes_early && !escaped).then_some(inner)
}

/// `written`, which `span` covers, is a text in the wrong quotes, or in none.
pub(crate) fn wrong_quotes(span: Span, written: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(codes::UNQUOTED_TEXT, span, "text is not in double quotes")
        .help("texts stand in double quotes");
    match in_quotes(written) {
        Some(inner) => diagnostic.fix(span, format!("\"{}\"", escaped(inner))),
        // With a quote at one end only, which other end was meant is a guess.
        None if written.starts_with(QUOTES) || written.ends_with(QUOTES) => diagnostic,
        None => diagnostic.fix(span, format!("\"{}\"", written.replace('\\', "\\\\").replace('"', "\\\""))),
    }
}

const QUOTES: [char; 6] = ['"', '\'', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];

/// The inside of a text in other quotes, for double ones: its escapes stay what they are.
fn escaped(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len() + 2);
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('\'')) => {}
            ('\\', Some(next)) => {
                text.extend([c, *next]);
                chars.next();
            }
            ('"', _) => text.push_str("\\\""),
            _ => text.push(c),
        }
    }
    text
}

pub(super) fn malformed(span: Span, message: &str, help: &str) -> Failure {
    failure(codes::MALFORMED_STEP, span, message, help)
}

pub(super) fn definition(span: Span, message: &str, help: &str) -> Failure {
    failure(codes::MALFORMED_DEFINITION, span, message, help)
}

fn failure(code: Code, span: Span, message: &str, help: &str) -> Failure {
    Failure::Malformed(Box::new(Diagnostic::new(code, span, message).help(help)))
}

/// Says why `text`, which `span` covers, is no statement.
pub(super) fn explain(text: &str, span: Span) -> Failure {
    let mut words = text.split_ascii_whitespace();
    let first = words.next().unwrap_or("");
    let second = words.next().unwrap_or("");
    match first {
        "define" | "def" => unknown_kind(text, span, second),
        "else" | "stop" | "abort" | "break" | "continue" | "pass" | "done" | "any" => {
            malformed(span, &format!("`{first}` takes nothing after it"), "put the rest on a line of its own")
        }
        "user" | "bot" | "do" | "execute" | "exec" | "run" | "event" | "create" | "new" | "infer" => {
            let help = match first {
                "user" => "write `user INTENT`, or `user INTENT or user INTENT`",
                "bot" => "write `bot MESSAGE`, `bot \"text\"` or `bot MESSAGE \"text\"`",
                "event" => "write `event NAME` or `event NAME(p=value)`",
                "create" | "new" | "infer" => "write `create event NAME` or `create event NAME(p=$value)`",
                "do" => "write `do SUBFLOW` or `do SUBFLOW(p=$value)`",
                _ => "write `execute ACTION` or `execute ACTION(p=$value)`",
            };
            malformed(span, &format!("`{first}` step goes wrong behind its name"), help)
        }
        "not" | "contains" => match text[first.len()..].trim_start() {
            rest if in_quotes(rest).is_some() => {
                let at = span.slice(text.len() - rest.len()..text.len());
                Failure::Malformed(Box::new(wrong_quotes(at, rest)))
            }
            _ => malformed(span, &format!("`{first}` takes one text"), &format!("write `{first} \"a text\"`")),
        },
        _ if text.starts_with('$') => malformed(span, "this is no assignment", "write `$name = value`"),
        _ if text.starts_with('"') => malformed(span, "text after the closing quote", "end the line behind the quote"),
        _ if text.starts_with('/') && text.len() > 1 && !first.starts_with("//") => {
            malformed(span, "regular expression is never closed", "put a `/` at its end; write `\\/` for a slash in it")
        }
        _ => assignment(text, span).unwrap_or(Failure::Unknown),
    }
}

fn unknown_kind(text: &str, span: Span, kind: &str) -> Failure {
    if kind.is_empty() {
        return definition(
            span,
            "`define` says nothing",
            "write `define user`, `define bot` or `define flow` and a name",
        );
    }
    if KINDS.contains(&kind) {
        let help = "a name is made of words; put texts on lines of their own, indented";
        return definition(span, &format!("`define {kind}` goes wrong behind `{kind}`"), help);
    }
    let start = kind.as_ptr() as usize - text.as_ptr() as usize;
    let at = span.slice(start..start + kind.len());
    let message = format!("`define` knows no `{kind}`");
    let diagnostic = Diagnostic::new(codes::MALFORMED_DEFINITION, at, message);
    Failure::Malformed(Box::new(match nearest(kind, KINDS.iter().copied()) {
        Some(meant) => diagnostic.suggest(Some(meant)).fix(at, meant),
        None => diagnostic.help("write `define user`, `define bot`, `define flow` or `define subflow`"),
    }))
}

/// `a = 1`, where `$a = 1` was meant.
fn assignment(text: &str, span: Span) -> Option<Failure> {
    let (start, rest) = match text.strip_prefix("set ") {
        Some(rest) => (text.len() - rest.trim_start().len(), rest.trim_start()),
        None => (0, text),
    };
    let (name, value) = rest.split_once('=')?;
    let name = name.trim_end();
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
    (is_name && !value.starts_with('=')).then(|| {
        Failure::Malformed(Box::new(
            Diagnostic::new(codes::MALFORMED_STEP, span.slice(start..start + name.len()), "variable has no `$`")
                .help(format!("write `${name}`"))
                .fix(span.slice(start..start), "$"),
        ))
    })
}
