//! What the lines of tests say.

use pest::iterators::Pair;

use super::{Reader, Rule};
use crate::source::Span;
use crate::syntax::arguments;
use crate::syntax::ast::{ActionOutcome, Code, Execute, Name, TestLineKind, Text};
use crate::syntax::failure::{Failure, malformed};

impl Reader<'_> {
    pub(super) fn test_line(&mut self, pair: Pair<'_, Rule>) -> Result<TestLineKind, Failure> {
        Ok(match pair.as_rule() {
            Rule::test_intent => TestLineKind::Intent(self.named(pair, "`intent` names no intent", "intent INTENT")?),
            Rule::blocked_by => {
                TestLineKind::BlockedBy(self.named(pair, "`blocked by` names no rail", "blocked by RAIL")?)
            }
            Rule::passed => TestLineKind::Passed,
            Rule::model => TestLineKind::Model(self.quoted(pair, "model")?),
            Rule::input => TestLineKind::Input(self.quoted(pair, "input")?),
            Rule::output => TestLineKind::Output(self.quoted(pair, "output")?),
            Rule::retrieval => TestLineKind::Retrieval(self.quoted(pair, "retrieval")?),
            Rule::tool_input => TestLineKind::ToolInput(self.quoted(pair, "tool_input")?),
            Rule::tool_output => TestLineKind::ToolOutput(self.tool_calls(pair)?),
            Rule::check => TestLineKind::Check(self.value(pair, "check", "$variable == value")?),
            _ => self.test_action(pair)?,
        })
    }

    fn named(&mut self, pair: Pair<'_, Rule>, message: &str, example: &str) -> Result<Name, Failure> {
        match pair.into_inner().next() {
            Some(name) => self.plain_name(&name),
            None => Err(self.malformed(message, &format!("write `{example}`"))),
        }
    }

    fn quoted(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<Text, Failure> {
        match self.texts(pair).pop() {
            Some(text) => Ok(text),
            None => Err(self.malformed(&format!("`{keyword}` has no text"), &format!("write `{keyword} \"text\"`"))),
        }
    }

    /// `NAME(p=v), NAME, …`: what a model calls in one reply.
    fn tool_calls(&mut self, pair: Pair<'_, Rule>) -> Result<Vec<Execute>, Failure> {
        let help = "write `tool_output TOOL(p=value)`, and a comma between two calls";
        let Some(rest) = pair.into_inner().next() else {
            return Err(self.malformed("`tool_output` names no tool", help));
        };
        let code = self.code(&rest);
        let wrong = |start: usize, end: usize, message: &str| malformed(code.span.slice(start..end), message, help);
        let (mut calls, mut start) = (Vec::new(), 0);
        loop {
            let behind = &code.text[start..];
            let name_end = start + behind.find(['(', ',']).unwrap_or(behind.len());
            let name = part(&code, start, name_end);
            if name.text.is_empty() {
                return Err(self.malformed("`tool_output` names no tool", help));
            }
            if name.text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '{' | '=')) {
                return Err(malformed(name.span, "this is no call of a tool", help));
            }
            let (mut end, mut arguments) = (name_end, Vec::new());
            if code.text[name_end..].starts_with('(') {
                let Some(close) = arguments::closing(&code.text[name_end..]) else {
                    return Err(wrong(name_end, name_end + 1, "`(` is never closed"));
                };
                end = name_end + close + 1;
                arguments = arguments::parenthesised(part(&code, name_end, end))?;
            }
            if let Some(nameless) = arguments.iter().find(|argument| argument.name.is_none()) {
                return Err(malformed(nameless.value.span, "an argument of a tool has a name", help));
            }
            let name = Name { text: name.text.into(), span: name.span };
            calls.push(Execute { action: name, arguments });
            let rest = code.text[end..].trim_start();
            let at = code.text.len() - rest.len();
            match rest.chars().next() {
                None => return Ok(calls),
                Some(',') => start = at + 1,
                Some(_) => return Err(wrong(at, code.text.len(), "text behind the call of a tool")),
            }
        }
    }

    /// `NAME(p=v) returns V`, `NAME fails "reason"`.
    fn test_action(&mut self, pair: Pair<'_, Rule>) -> Result<TestLineKind, Failure> {
        let help = "write `action NAME(p=value) returns value`, or `action NAME fails \"reason\"`";
        let missing = "`action` names no action";
        let Some(rest) = pair.into_inner().next() else { return Err(self.malformed(missing, help)) };
        let code = self.code(&rest);
        let open = code.text.find('(');
        let words = [" returns ", " fails "].iter().filter_map(|word| code.text.find(word)).min();
        let (name_end, given) = match (open, words) {
            (Some(open), words) if words.is_none_or(|words| open < words) => {
                let Some(close) = arguments::closing(&code.text[open..]) else {
                    let span = code.span.slice(open..open + 1);
                    return Err(malformed(span, "`(` is never closed", help));
                };
                (open, open + close + 1)
            }
            (_, Some(words)) => (words, words),
            _ => return Err(self.malformed("nothing is said to come of the action", help)),
        };
        let written = code.text[..name_end].trim_end();
        if written.is_empty() {
            return Err(self.malformed(missing, help));
        }
        let name = Name { text: written.into(), span: code.span.slice(0..written.len()) };
        let arguments =
            if given > name_end { arguments::parenthesised(part(&code, name_end, given))? } else { Vec::new() };
        let outcome = part(&code, given, code.text.len());
        let (word, start) = match outcome.text.split_once(char::is_whitespace) {
            Some((word, _)) => (word, word.len()),
            None => (&*outcome.text, outcome.text.len()),
        };
        let value = part(&outcome, start, outcome.text.len());
        let outcome = match word {
            "returns" if !value.text.is_empty() => ActionOutcome::Returns(value),
            "fails" => match text(&value) {
                Some(reason) => ActionOutcome::Fails(self.text_at(reason)),
                None => return Err(self.malformed("`fails` has no reason in double quotes", help)),
            },
            _ => return Err(self.malformed("nothing is said to come of the action", help)),
        };
        Ok(TestLineKind::Action { call: Execute { action: name, arguments }, outcome })
    }
}

/// A part of `code`, trimmed.
fn part(code: &Code, start: usize, end: usize) -> Code {
    let text = &code.text[start..end];
    let start = start + text.len() - text.trim_start().len();
    let text = text.trim();
    Code { text: text.to_owned(), span: code.span.slice(start..start + text.len()) }
}

/// The span of `code` when it is one text in quotes.
fn text(code: &Code) -> Option<Span> {
    let inner = code.text.strip_prefix('"')?.strip_suffix('"')?;
    let mut escaped = false;
    let closes = inner.chars().any(|c| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    (!closes && !escaped).then_some(code.span)
}
