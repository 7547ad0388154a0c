//! Whether the texts and regular expressions of an intent can match anything at all.

use std::ops::Range;

use regex::RegexBuilder;
use regex_syntax::ast;

use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::ast::Text;

/// How large a regular expression may be when compiled, in bytes.
pub const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// Texts that have nothing in common; what matches each of them matches everything.
const PROBES: [&str; 4] = ["q", "7", "ночь и день", "the quick brown fox, you know?"];

/// Checks a `/regex/`: syntax, with the column of what is wrong in it, size, and whether it tells anything apart. A
/// warning is returned with what is fine otherwise.
pub(super) fn check(text: &Text) -> Result<Option<Diagnostic>, Box<Diagnostic>> {
    let inside = text.span.slice(1..1 + text.value.len());
    if text.value.trim().is_empty() {
        return Err(empty(text, "regular expression"));
    }
    if let Err(error) = parse_regex(&text.value) {
        let mut diagnostic = Diagnostic::new(codes::BAD_REGEX, inside.slice(error.range), error.message);
        if error.looks_around {
            diagnostic = diagnostic.help(
                "a regular expression here runs in linear time and can't look around; a `not` line names exceptions",
            );
        }
        return Err(Box::new(diagnostic));
    }
    let built = RegexBuilder::new(&text.value).case_insensitive(true).size_limit(REGEX_SIZE_LIMIT).build();
    match built {
        Ok(regex) if PROBES.iter().all(|probe| regex.is_match(probe)) => Ok(Some(
            Diagnostic::new(codes::MATCHES_EVERYTHING, text.span, "regular expression matches every text")
                .label("so every text means this intent, unless it is an example of another")
                .help("say more of what is looked for, or delete the line"),
        )),
        Ok(_) => Ok(None),
        Err(regex::Error::CompiledTooBig(limit)) => Err(Box::new(
            Diagnostic::new(
                codes::REGEX_TOO_LARGE,
                inside,
                format!("regular expression compiles to more than {limit} bytes"),
            )
            .help("repeat less, or split it over several lines"),
        )),
        Err(error) => Err(Box::new(Diagnostic::new(codes::BAD_REGEX, inside, error.to_string()))),
    }
}

/// Checks a text that stands for an utterance or a phrase.
pub(super) fn check_text(text: &Text) -> Result<Option<Diagnostic>, Box<Diagnostic>> {
    if text.value.trim().is_empty() { Err(empty(text, "text")) } else { Ok(None) }
}

fn empty(text: &Text, what: &str) -> Box<Diagnostic> {
    let message = format!("{what} is empty");
    Box::new(Diagnostic::new(codes::EMPTY_PATTERN, text.span, message).help("delete the line, or fill it in"))
}

/// Why a regular expression is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRegex {
    /// Where in it, in bytes.
    pub range: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// Whether it asks for what stands around a match, which takes more than linear time.
    pub looks_around: bool,
}

/// Whether `source` is a regular expression.
pub(crate) fn parse_regex(source: &str) -> Result<(), BadRegex> {
    let Err(error) = regex_syntax::Parser::new().parse(source) else { return Ok(()) };
    let (range, reason) = match &error {
        regex_syntax::Error::Parse(error) => (bytes(error.span()), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (bytes(error.span()), error.kind().to_string()),
        _ => (0..source.len(), error.to_string()),
    };
    let what = source.get(range.start..).unwrap_or("");
    let looks_around = ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| what.starts_with(look));
    let message = format!("regular expression does not parse: {}", lower_first(&reason));
    Err(BadRegex { range, message, looks_around })
}

fn bytes(span: &ast::Span) -> std::ops::Range<usize> {
    span.start.offset..span.end.offset
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
