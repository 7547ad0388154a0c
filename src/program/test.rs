//! Tests of rails, as written in rail files: what is said, and what must come of it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::resolve::Names;
use super::{Argument, Guards, IntentId, MessageId, action_name};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Expression;
use crate::source::Span;
use crate::syntax::ast::{self, BotSay, Name, TestDefinition, TestLineKind};

/// `define test NAME`: a conversation of its own.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it tests.
    pub name: Arc<str>,
    /// The header line.
    pub span: Span,
    /// What happens and what must come of it, in order.
    pub lines: Vec<TestLine>,
}

/// One line of a test and its place.
#[derive(Debug, Clone)]
pub struct TestLine {
    /// What it says.
    pub kind: TestKind,
    /// Where.
    pub span: Span,
}

/// What a line of a test says.
#[derive(Debug, Clone)]
pub enum TestKind {
    /// The user says this.
    User(Arc<str>),
    /// The reply must be a text of this message.
    Says(MessageId),
    /// The reply must be this text.
    SaysText(Arc<str>),
    /// There must be a reply.
    SaysAnything,
    /// What the user said must mean this.
    Means(IntentId),
    /// This rail must have blocked the turn.
    BlockedBy(Arc<str>),
    /// No rail may have blocked the turn.
    Passed,
    /// What the model answers next.
    Completion(Arc<str>),
    /// What comes of the next call of an action.
    Action {
        /// The name that registries know.
        action: Arc<str>,
        /// The arguments it must be called with.
        arguments: Vec<Argument>,
        /// Its result, or why it fails.
        outcome: Result<Expression, Arc<str>>,
    },
    /// Sets a variable.
    Set {
        /// Without the `$`.
        variable: Arc<str>,
        /// Its value.
        value: Expression,
    },
    /// Must be true.
    Check(Expression),
    /// This text goes through the rails of one stage alone.
    Alone(Guards, Arc<str>),
    /// These calls of tools, by name, go through the rails over them alone.
    Calls(Vec<(Arc<str>, Vec<Argument>)>),
    /// It names what does not exist, which has been said, so nothing can fulfil it.
    Unfulfillable,
}

/// Lowers the tests among the definitions. What a test expects counts as no use of it.
pub(super) fn lower<'a>(definitions: impl Iterator<Item = &'a TestDefinition>, names: &mut Names) {
    let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
    for definition in definitions {
        let TestDefinition { header, name, lines } = definition;
        if let Some(first) = seen.insert(&name.text, name.span) {
            names.diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_TEST, name.span, format!("two tests are called `{}`", name.text))
                    .also(first, "the first one")
                    .help("give one of them another name"),
            );
        }
        let lines = lines.iter().map(|line| {
            let kind = names.test_line(&line.kind).unwrap_or(TestKind::Unfulfillable);
            TestLine { kind, span: line.span }
        });
        let lines = lines.collect();
        names.program.tests.push(Test { name: name.text.clone(), span: *header, lines });
    }
}

impl Names {
    fn test_line(&mut self, kind: &TestLineKind) -> Option<TestKind> {
        Some(match kind {
            TestLineKind::User(text) => TestKind::User(text.value.clone()),
            TestLineKind::Bot(BotSay::Text(text)) => TestKind::SaysText(text.value.clone()),
            TestLineKind::Bot(BotSay::Message(name, _)) => TestKind::Says(self.expected_message(name)?),
            TestLineKind::Bot(_) => TestKind::SaysAnything,
            TestLineKind::Intent(name) => TestKind::Means(self.expected_intent(name)?),
            TestLineKind::BlockedBy(name) => {
                if self.program.flow_named(&name.text).is_none() && !self.lost_definitions {
                    let flows = self.program.flows.iter().map(|flow| &*flow.name);
                    let diagnostic = unknown(codes::UNKNOWN_RAIL, "rail", name, nearest(&name.text, flows));
                    self.diagnostics.push(diagnostic);
                }
                TestKind::BlockedBy(name.text.clone())
            }
            TestLineKind::Passed => TestKind::Passed,
            TestLineKind::Model(text) => TestKind::Completion(text.value.clone()),
            TestLineKind::Action { call, outcome } => TestKind::Action {
                action: action_name(&call.action.text),
                arguments: self.arguments(&call.arguments),
                outcome: match outcome {
                    ast::ActionOutcome::Returns(code) => Ok(self.expression(code)?),
                    ast::ActionOutcome::Fails(text) => Err(text.value.clone()),
                },
            },
            TestLineKind::Set { variable, value } => {
                TestKind::Set { variable: variable.text.clone(), value: self.expression(value)? }
            }
            TestLineKind::Check(code) => TestKind::Check(self.expression(code)?),
            TestLineKind::Input(text) => TestKind::Alone(Guards::Input, text.value.clone()),
            TestLineKind::Output(text) => TestKind::Alone(Guards::Output, text.value.clone()),
            TestLineKind::Retrieval(text) => TestKind::Alone(Guards::Retrieval, text.value.clone()),
            TestLineKind::ToolInput(text) => TestKind::Alone(Guards::ToolInput, text.value.clone()),
            TestLineKind::ToolOutput(calls) => {
                let call = |call: &ast::Execute| (call.action.text.clone(), self.arguments(&call.arguments));
                TestKind::Calls(calls.iter().map(call).collect())
            }
        })
    }

    fn expected_message(&mut self, name: &Name) -> Option<MessageId> {
        let found = self.program.message_named(&name.text);
        if found.is_none() && !self.lost_definitions {
            let known = self.program.messages.iter().map(|message| &*message.name);
            let diagnostic = unknown(codes::UNKNOWN_MESSAGE, "message", name, nearest(&name.text, known));
            self.diagnostics.push(diagnostic);
        }
        found
    }

    fn expected_intent(&mut self, name: &Name) -> Option<IntentId> {
        let found = self.program.intent_named(&name.text);
        if found.is_none() && !self.lost_definitions {
            let known = self.program.intents.iter().map(|intent| &*intent.name);
            let diagnostic = unknown(codes::UNKNOWN_INTENT, "intent", name, nearest(&name.text, known));
            self.diagnostics.push(diagnostic);
        }
        found
    }
}

fn unknown(code: codes::Code, what: &str, name: &Name, meant: Option<&str>) -> Diagnostic {
    Diagnostic::new(code, name.span, format!("no {what} is called `{}`", name.text))
        .label("so this test can't pass")
        .suggest(meant)
}
