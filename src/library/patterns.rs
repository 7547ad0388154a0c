//! Regular expressions in settings.

use crate::config::value::Reader;
use crate::config::yaml::Node;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{REGEX_SIZE_LIMIT, parse_regex};

/// The regular expression that stands at `node`; what is wrong with it is reported there.
pub(super) fn pattern<'n>(reader: &mut Reader<'_>, node: &'n Node) -> Option<&'n str> {
    let source = reader.text(node)?;
    if source.is_empty() {
        reader.wrong(node, "a regular expression; an empty one matches every text");
        return None;
    }
    if let Err(error) = parse_regex(source) {
        let part = &source[error.range];
        let mut diagnostic = Diagnostic::new(codes::BAD_REGEX, node.span, error.message);
        if !part.is_empty() {
            diagnostic = diagnostic.label(format!("at `{part}`"));
        }
        if error.looks_around {
            diagnostic = diagnostic.help(
                "a regular expression here runs in linear time and can't look around: say what is looked for itself, by `\\b` or more of the text",
            );
        }
        reader.diagnostics.push(diagnostic);
        return None;
    }
    if let Err(error) = regex::RegexBuilder::new(source).size_limit(REGEX_SIZE_LIMIT).build() {
        let code = match &error {
            regex::Error::CompiledTooBig(_) => codes::REGEX_TOO_LARGE,
            _ => codes::BAD_REGEX,
        };
        let message = format!("regular expression compiles to more than {REGEX_SIZE_LIMIT} bytes");
        let message = if code == codes::REGEX_TOO_LARGE { message } else { error.to_string() };
        reader.diagnostics.push(Diagnostic::new(code, node.span, message).help("repeat less, or split it in several"));
        return None;
    }
    Some(source)
}
