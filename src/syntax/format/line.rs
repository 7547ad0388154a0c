//! One logical line in the one style.

use pest::iterators::Pair;

use super::LEVEL;
use crate::source::Span;
use crate::syntax::arguments;
use crate::syntax::ast::Code;
use crate::syntax::layout::Line;
use crate::syntax::line::{self, Rule};

/// The text of `line`, which stands at `depth`. What comes first is not indented, lines behind it are.
pub(super) fn format(source: &str, line: &Line, depth: usize) -> String {
    let span = line::without_colon(source, line.span);
    let text = &source[span.range()];
    let Some(statement) = line::statement(text) else {
        // An entry of `meta`, or a line of a block that is not read, such as that of `define action`.
        return match text
            .split_once(':')
            .filter(|(key, _)| key.trim_end().chars().all(|c| c.is_alphanumeric() || c == '_'))
        {
            Some((key, value)) if !text.contains('\n') && !value.trim().is_empty() => {
                format!("{}: {}", key.trim_end(), value.trim())
            }
            _ if text.contains('\n') => reindented(text, depth),
            _ => source[line.span.range()].to_owned(),
        };
    };
    if !text.contains('\n') {
        return words(statement, text, span);
    }
    if runs_on_in_code(&statement) { text.to_owned() } else { reindented(text, depth) }
}

/// Each physical line trimmed, those behind the first one indented.
fn reindented(text: &str, depth: usize) -> String {
    let behind = depth * LEVEL + if text.starts_with('"') { 1 } else { 2 * LEVEL };
    let mut lines = text.lines().map(str::trim);
    let mut page = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        page.push('\n');
        if !line.is_empty() {
            page.extend(std::iter::repeat_n(' ', behind));
            page.push_str(line);
        }
    }
    page
}

/// Where an expression runs over several lines, each column may count.
fn runs_on_in_code(pair: &Pair<'_, Rule>) -> bool {
    let is_code = matches!(pair.as_rule(), Rule::rest | Rule::arguments | Rule::define_other);
    is_code && pair.as_str().contains('\n') || pair.clone().into_inner().any(|part| runs_on_in_code(&part))
}

/// The words of a statement on one line, one space between them.
fn words(statement: Pair<'_, Rule>, text: &str, span: Span) -> String {
    let mut writer = Writer { text, span, at: 0, page: String::with_capacity(text.len()) };
    writer.statement(statement);
    writer.gap(text.len());
    writer.page
}

struct Writer<'a> {
    text: &'a str,
    span: Span,
    /// How far the text is written.
    at: usize,
    page: String,
}

impl Writer<'_> {
    fn statement(&mut self, pair: Pair<'_, Rule>) {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        match pair.as_rule() {
            Rule::name | Rule::action_name => {
                self.gap(start);
                pair.as_str().split_whitespace().for_each(|word| self.word(word));
            }
            Rule::any => {
                self.gap(start);
                self.word("...");
            }
            Rule::arguments => {
                self.gap(start);
                let given = self.arguments(&pair);
                self.page.push_str(&given);
            }
            Rule::rest => {
                self.gap(start);
                self.word(pair.as_str().trim_end());
            }
            Rule::string
            | Rule::variable
            | Rule::event_name
            | Rule::any_bot
            | Rule::operator
            | Rule::flow_kind
            | Rule::modifier
            | Rule::regex
            | Rule::define_other => {
                self.gap(start);
                self.word(pair.as_str().trim_end());
            }
            rule => {
                self.keyword(rule, start);
                pair.into_inner().for_each(|part| self.statement(part));
                return;
            }
        }
        self.at = end;
    }

    /// Of several spellings of a keyword, one is written.
    fn keyword(&mut self, rule: Rule, start: usize) {
        let spellings: &[(&str, &str)] = match rule {
            Rule::definition => &[("define", "define"), ("def", "define")],
            Rule::execute => &[("execute", "execute"), ("exec", "execute"), ("run", "execute")],
            Rule::else_if => &[("elif", "else if"), ("elseif", "else if")],
            Rule::assignment => &[("set", "")],
            Rule::goto => &[("go", "goto")],
            _ => return,
        };
        self.gap(start);
        let rest = &self.text[start..];
        let first = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        let Some((_, word)) = spellings.iter().find(|(spelling, _)| *spelling == first) else { return };
        self.word(word);
        self.at = start + first.len();
        if first == "go" {
            self.at += rest[first.len()..].find("to").map_or(0, |to| to + 2);
        }
    }

    /// Writes the words up to `end`, which are keywords and commas.
    fn gap(&mut self, end: usize) {
        let gap = self.text.get(self.at..end).unwrap_or_default();
        for word in gap.split_whitespace() {
            if word == "," {
                self.page.push(',');
            } else {
                self.word(word);
            }
        }
        self.at = end;
    }

    fn word(&mut self, word: &str) {
        if !word.is_empty() && !self.page.is_empty() {
            self.page.push(' ');
        }
        self.page.push_str(word);
    }

    /// `(p=1, q=$x)`.
    fn arguments(&self, pair: &Pair<'_, Rule>) -> String {
        let written = pair.as_str().trim_end();
        let start = pair.as_span().start();
        let code = Code { text: written.to_owned(), span: self.span.slice(start..start + written.len()) };
        let Ok(given) = arguments::parenthesised(code) else { return written.to_owned() };
        let given = given.iter().map(|argument| match &argument.name {
            Some(name) => format!("{name}={}", argument.value.text),
            None => argument.value.text.clone(),
        });
        format!("({})", given.collect::<Vec<_>>().join(", "))
    }
}
