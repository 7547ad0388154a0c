//! The blocks of tests.

use super::super::ast::{BotSay, Definition, Name, Operator, StepKind, TestDefinition, TestLine, TestLineKind};
use super::super::ast::{UserMatch, UserUtterance};
use super::super::failure::{self, Failure};
use super::super::line::Statement;
use super::{Tree, first_word};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::source::Span;

const HELP: &str = "a test holds lines such as `user \"text\"`, `bot MESSAGE`, `intent INTENT` and `blocked by RAIL`";

impl Tree<'_> {
    /// Reads the block of a test whose header is read.
    pub(super) fn define_test(&mut self, name: Name, indent: u32, header: Span) {
        let mut lines = Vec::new();
        for row in self.flat_block(indent) {
            let span = row.line.span;
            let kind = match row.statement {
                Ok(Statement::Test(kind)) => Some(kind),
                Ok(Statement::Step(kind)) => test_line(kind),
                Ok(_) => None,
                Err(Failure::Malformed(diagnostic)) => {
                    self.report(*diagnostic);
                    continue;
                }
                Err(Failure::Unknown) => {
                    let word = first_word(self.written(&row.line));
                    let at = span.slice(0..word.len());
                    let diagnostic =
                        Diagnostic::new(codes::UNKNOWN_STEP, at, format!("unknown line in a test: `{word}`"));
                    self.report(match nearest(word, failure::TEST_LINES.iter().copied()) {
                        Some(meant) => diagnostic.suggest(Some(meant)).fix(at, meant),
                        None => diagnostic.help(HELP),
                    });
                    continue;
                }
            };
            match kind {
                Some(kind) => lines.push(TestLine { kind, span }),
                None => {
                    let word = first_word(self.written(&row.line)).to_owned();
                    let message = format!("`{word}` does not belong in a test like this");
                    self.report(Diagnostic::new(codes::MISPLACED_LINE, span, message).help(HELP));
                }
            }
        }
        if lines.is_empty() && !self.just_reported(header) {
            self.report(
                Diagnostic::new(codes::EMPTY_BLOCK, header, format!("test `{}` has no lines", name.text)).help(HELP),
            );
        }
        self.ast.definitions.push(Definition::Test(TestDefinition { header, name, lines }));
    }
}

/// Lines that tests share with flows.
fn test_line(kind: StepKind) -> Option<TestLineKind> {
    match kind {
        StepKind::User(mut matches) => match (matches.pop(), matches.is_empty()) {
            (Some(UserMatch { utterance: UserUtterance::Text(text), .. }), true) => Some(TestLineKind::User(text)),
            _ => None,
        },
        StepKind::Bot(BotSay::Variable(_)) => None,
        StepKind::Bot(BotSay::Message(_, texts)) if !texts.is_empty() => None,
        StepKind::Bot(say) => Some(TestLineKind::Bot(say)),
        StepKind::Assign { variable, operator: Operator::Set, value } => Some(TestLineKind::Set { variable, value }),
        _ => None,
    }
}
