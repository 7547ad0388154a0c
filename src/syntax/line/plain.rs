//! Most lines of most files are a text, or a keyword and a name. These need no grammar, which says the same of them.

use super::Statement;
use crate::source::Span;
use crate::syntax::ast::{BotSay, Modifiers, Name, StepKind, Text, UserMatch, UserUtterance};

/// Words that may mean more than themselves in a name.
const KEYWORDS: &[&str] = &["with", "as", "or", "says", "something"];

/// What a plain line says; `None` for any other.
pub(super) fn statement(text: &str, span: Span) -> Option<Statement> {
    if text.starts_with('"') {
        return plain_text(text, span).map(|text| Statement::Texts(vec![text]));
    }
    if let Some(name) = plain_name(text, "user ", span) {
        let utterance = UserUtterance::Intent(name);
        return Some(Statement::Step(StepKind::User(vec![UserMatch { utterance, slots: Vec::new(), into: None }])));
    }
    if let Some(name) = plain_name(text, "bot ", span) {
        return Some(Statement::Step(StepKind::Bot(BotSay::Message(name, Vec::new()))));
    }
    if !text.starts_with("define ") {
        return None;
    }
    if let Some(name) = plain_name(text, "define user ", span) {
        return Some(Statement::DefineUser(name));
    }
    if let Some(name) = plain_name(text, "define bot ", span) {
        return Some(Statement::DefineBot(name, Vec::new()));
    }
    let name = Some(plain_name(text, "define flow ", span)?);
    Some(Statement::DefineFlow { is_subflow: false, is_sample: false, modifiers: Modifiers::default(), name })
}

/// A text alone without escapes.
fn plain_text(text: &str, span: Span) -> Option<Text> {
    let value = text.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = !value.bytes().any(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
    is_plain.then(|| Text { value: value.into(), span })
}

/// The words behind `keyword` when they are lower-case ASCII with one space between them.
fn plain_name(text: &str, keyword: &str, span: Span) -> Option<Name> {
    let name = text.strip_prefix(keyword)?;
    let is_plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b' '))
        && name.split(' ').all(|word| !word.is_empty() && !KEYWORDS.contains(&word));
    is_plain.then(|| Name { text: name.into(), span: span.slice(keyword.len()..text.len()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Reader, Statement, statement};
    use crate::source::{SourceFile, SourceMap, Span};

    fn by_grammar(text: &str, span: Span) -> Option<Statement> {
        let mut diagnostics = Vec::new();
        let mut reader = Reader { span, text, diagnostics: &mut diagnostics };
        reader.statement(statement(text)?).ok().filter(|_| diagnostics.is_empty())
    }

    proptest! {
        #[test]
        fn plain_lines_say_what_the_grammar_says(
            keyword in prop::sample::select(vec!["user ", "bot ", "define user ", "define bot ", "define flow ", "\"", "do "]),
            words in "[a-z0-9-]{1,3}( ?(with|as|or|says|something|user|bot|flow|test|[a-z0-9 $'\"(*.-]{1,3})){0,4}\"?",
        ) {
            let text = format!("{keyword}{words}");
            let mut sources = SourceMap::default();
            let file = sources.add(SourceFile::new("plain.co", &*text));
            let span = Span::new(file, 0..text.len());
            if let Some(plain) = super::statement(&text, span) {
                let slow = by_grammar(&text, span);
                prop_assert_eq!(format!("{:?}", Some(plain)), format!("{:?}", slow));
            }
        }
    }
}
