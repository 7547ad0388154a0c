//! One logical line to one statement, by the grammar in `grammar/line.pest`. Knows nothing of the lines around it.

mod plain;
mod step;
mod test;
mod text;

use pest::Parser;
use pest::iterators::Pair;

use super::ast::{Code, EventMatch, Modifiers, Name, StepKind, TestLineKind, Text};
use super::failure::{self, Failure};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/line.pest"]
struct Grammar;

/// What one line says.
#[derive(Debug, Clone)]
pub(crate) enum Statement {
    DefineUser(Name),
    DefineBot(Name, Vec<Text>),
    DefineFlow {
        is_subflow: bool,
        is_sample: bool,
        modifiers: Modifiers,
        name: Option<Name>,
    },
    DefineTest(Name),
    Import(Text),
    /// A definition that has no effect.
    Ignored,
    Texts(Vec<Text>),
    Contains(Text),
    Not(Text),
    Regex(Text),
    Threshold(f32),
    /// A step that opens no block.
    Step(StepKind),
    If(Code),
    ElseIf(Code),
    Else,
    While(Code),
    When(Vec<EventMatch>),
    ElseWhen(Vec<EventMatch>),
    /// `any`: the `user` steps under it are alternatives.
    AnyOf,
    /// A line that only tests have.
    Test(TestLineKind),
}

/// Parses the line that `span` covers in `source`. Warnings go to `diagnostics`.
pub(crate) fn parse(source: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Result<Statement, Failure> {
    let span = without_colon(source, span);
    let text = &source[span.range()];
    if let Some(statement) = plain::statement(text, span) {
        return Ok(statement);
    }
    let mut reader = Reader { span, text, diagnostics };
    match statement(text) {
        Some(pair) => reader.statement(pair),
        None => Err(failure::explain(text, span)),
    }
}

/// The tree of one line, if it is a statement.
pub(super) fn statement(text: &str) -> Option<Pair<'_, Rule>> {
    Grammar::parse(Rule::line, text).ok()?.next()
}

/// A colon may end any header; several are one.
pub(super) fn without_colon(source: &str, span: Span) -> Span {
    let text = &source[span.range()];
    if !text.ends_with(':') {
        return span;
    }
    let rest = text.trim_end_matches(|c: char| c == ':' || c.is_whitespace());
    // On a line of its own it ends nothing: a backslash or an operator stands before it.
    if text[rest.len()..].contains('\n') { span } else { span.slice(0..rest.len()) }
}

struct Reader<'a> {
    span: Span,
    text: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn at(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.span.slice(span.start()..span.end())
    }

    fn malformed(&self, message: &str, help: &str) -> Failure {
        failure::malformed(self.span, message, help)
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Result<Statement, Failure> {
        let rule = pair.as_rule();
        Ok(match rule {
            Rule::definition => return self.definition(pair),
            Rule::texts => Statement::Texts(self.texts(pair)),
            Rule::contains => match self.texts(pair).pop() {
                Some(text) => Statement::Contains(text),
                None => return Err(self.malformed("`contains` has no phrase", "write `contains \"a phrase\"`")),
            },
            Rule::not => match self.texts(pair).pop() {
                Some(text) => Statement::Not(text),
                None => return Err(self.malformed("`not` has no text", "write `not \"a counter-example\"`")),
            },
            Rule::threshold => self.threshold(pair)?,
            Rule::regex => {
                let span = self.at(&pair);
                let body = pair.into_inner().next().map_or("", |body| body.as_str());
                Statement::Regex(Text { value: body.into(), span })
            }
            Rule::user_step => Statement::Step(StepKind::User(self.user_step(pair)?)),
            Rule::bot_step => Statement::Step(StepKind::Bot(self.bot_step(pair)?)),
            Rule::execute => Statement::Step(StepKind::Execute(self.execute(pair)?, None)),
            Rule::do_step => Statement::Step(StepKind::Do(self.do_step(pair)?, None)),
            Rule::assignment => Statement::Step(self.assignment(pair)?),
            Rule::if_step => Statement::If(self.condition(pair, "if")?),
            Rule::else_if => Statement::ElseIf(self.condition(pair, "else if")?),
            Rule::else_step => Statement::Else,
            Rule::while_step => Statement::While(self.condition(pair, "while")?),
            Rule::when_step => Statement::When(self.when(pair)?),
            Rule::else_when => Statement::ElseWhen(self.when(pair)?),
            Rule::wait_event => Statement::Step(StepKind::Event(self.event_call(pair, "event")?)),
            Rule::raise => Statement::Step(StepKind::Raise(self.event_call(pair, "create event")?)),
            Rule::any_of => Statement::AnyOf,
            Rule::label => Statement::Step(StepKind::Label(self.label(pair, "label")?)),
            Rule::goto => Statement::Step(StepKind::Goto(self.label(pair, "goto")?)),
            Rule::priority => Statement::Step(StepKind::Priority(self.value(pair, "priority", "2")?)),
            Rule::meta => match pair.into_inner().next() {
                Some(code) => Statement::Step(StepKind::Meta(self.code(&code))),
                None => Statement::Step(StepKind::MetaBlock(Vec::new())),
            },
            Rule::stop => Statement::Step(StepKind::Stop),
            Rule::return_step => {
                Statement::Step(StepKind::Return(pair.into_inner().next().map(|value| self.code(&value))))
            }
            Rule::break_step => Statement::Step(StepKind::Break),
            Rule::continue_step => Statement::Step(StepKind::Continue),
            Rule::pass => Statement::Step(StepKind::Pass),
            Rule::import => Statement::Import(self.import(pair)?),
            Rule::test_intent
            | Rule::blocked_by
            | Rule::passed
            | Rule::model
            | Rule::test_action
            | Rule::check
            | Rule::input
            | Rule::retrieval
            | Rule::tool_input
            | Rule::tool_output
            | Rule::output => Statement::Test(self.test_line(pair)?),
            _ => return Err(Failure::Unknown),
        })
    }

    fn definition(&mut self, pair: Pair<'_, Rule>) -> Result<Statement, Failure> {
        let Some(kind) = pair.into_inner().next() else { return Err(Failure::Unknown) };
        let rule = kind.as_rule();
        let (mut name, mut texts, mut is_subflow, mut is_sample) = (None, Vec::new(), false, false);
        let mut modifiers = Modifiers::default();
        for part in kind.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.name(&part)),
                Rule::string => texts.push(self.string(part)),
                Rule::flow_kind => is_subflow = part.as_str() == "subflow",
                Rule::modifier => match part.as_str() {
                    "extension" => modifiers.extension = true,
                    "parallel" | "recursive" => modifiers.parallel = true,
                    "non-interruptable" | "continuous" => modifiers.uninterruptible = true,
                    "test" | "sample" => is_sample = true,
                    other => self.diagnostics.push(
                        Diagnostic::new(codes::NO_EFFECT, self.at(&part), format!("`{other}` has no effect"))
                            .label("the flow runs like any other")
                            .help("delete the word"),
                    ),
                },
                _ => {}
            }
        }
        match (rule, name) {
            (Rule::define_other, _) => Ok(Statement::Ignored),
            (Rule::define_user, Some(name)) => Ok(Statement::DefineUser(name)),
            (Rule::define_bot, Some(name)) => Ok(Statement::DefineBot(name, texts)),
            (Rule::define_flow, None) if is_subflow => {
                Err(failure::definition(self.span, "subflow has no name", "write `define subflow NAME`"))
            }
            (Rule::define_flow, name) => Ok(Statement::DefineFlow { is_subflow, is_sample, modifiers, name }),
            (Rule::define_test, Some(name)) => Ok(Statement::DefineTest(name)),
            (Rule::define_test, None) => {
                Err(failure::definition(self.span, "test has no name", "write `define test WHAT IS TESTED`"))
            }
            (Rule::define_user, None) => {
                Err(failure::definition(self.span, "intent has no name", "write `define user NAME`"))
            }
            _ => Err(failure::definition(self.span, "message has no name", "write `define bot NAME`")),
        }
    }

    fn import(&mut self, pair: Pair<'_, Rule>) -> Result<Text, Failure> {
        let Some(path) = pair.into_inner().next() else {
            let message = "`import` names no file";
            return Err(failure::definition(self.span, message, "write `import PATH`, a `.co` file or a folder"));
        };
        if path.as_rule() == Rule::string {
            return Ok(self.string(path));
        }
        let code = self.code(&path);
        if failure::in_quotes(&code.text).is_some() {
            return Err(Failure::Malformed(Box::new(failure::wrong_quotes(code.span, &code.text))));
        }
        Ok(Text { value: code.text.into(), span: code.span })
    }

    fn texts(&mut self, pair: Pair<'_, Rule>) -> Vec<Text> {
        pair.into_inner().filter(|part| part.as_rule() == Rule::string).map(|part| self.string(part)).collect()
    }

    fn threshold(&mut self, pair: Pair<'_, Rule>) -> Result<Statement, Failure> {
        let value = pair.into_inner().next();
        let span = value.as_ref().map_or(self.span, |value| self.at(value));
        match value.and_then(|value| value.as_str().trim().parse::<f32>().ok()) {
            Some(number) if (0.0..=1.0).contains(&number) => Ok(Statement::Threshold(number)),
            _ => Err(Failure::Malformed(Box::new(
                Diagnostic::new(codes::BAD_THRESHOLD, span, "threshold is not a number from 0 to 1")
                    .label("expected a confidence such as `0.62`"),
            ))),
        }
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        let written = pair.as_str();
        let text = if written.contains(['\n', '#', '\t']) || written.contains("  ") {
            pair.as_str().lines().flat_map(text::words).collect::<Vec<_>>().join(" ").into()
        } else {
            written.into()
        };
        Name { text, span: self.at(pair) }
    }

    /// A name that is not a text in the wrong quotes.
    fn plain_name(&self, pair: &Pair<'_, Rule>) -> Result<Name, Failure> {
        let name = self.name(pair);
        if failure::in_quotes(&name.text).is_some() {
            return Err(Failure::Malformed(Box::new(failure::wrong_quotes(name.span, pair.as_str()))));
        }
        Ok(name)
    }

    fn variable(&self, pair: Pair<'_, Rule>) -> Name {
        let span = self.at(&pair);
        Name { text: pair.as_str().trim_start_matches('$').into(), span }
    }

    fn code(&self, pair: &Pair<'_, Rule>) -> Code {
        let written = pair.as_str().trim_end();
        let span = pair.as_span();
        let text = if written.contains('\n') { text::flatten(written) } else { written.to_owned() };
        Code { text, span: self.span.slice(span.start()..span.start() + written.len()) }
    }

    fn string(&mut self, pair: Pair<'_, Rule>) -> Text {
        self.text_at(self.at(&pair))
    }

    /// The text whose quotes `span` holds.
    fn text_at(&mut self, span: Span) -> Text {
        let start = (span.start - self.span.start) as usize;
        let end = (span.end - self.span.start) as usize;
        let written = &self.text[start + 1..end - 1];
        Text { value: text::unescape(written, span, self.diagnostics).into(), span }
    }
}
