//! One logical line to one statement, by the grammar in `grammar/line.pest`. Knows nothing of the lines around it.

use pest::Parser;
use pest::iterators::Pair;

use super::arguments;
use super::ast::{
    Argument, BotSay, Callee, Code, Do, EventCall, EventMatch, Execute, Modifiers, Name, Operator, StepKind, Text,
    UserMatch,
};
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
        modifiers: Modifiers,
        name: Option<Name>,
    },
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
}

/// Parses the line that `span` covers in `source`. Warnings go to `diagnostics`.
pub(crate) fn parse(source: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Result<Statement, Failure> {
    let span = without_colon(source, span);
    let text = &source[span.range()];
    let mut reader = Reader { span, text, diagnostics };
    match Grammar::parse(Rule::line, text) {
        Ok(mut pairs) => match pairs.next() {
            Some(pair) => reader.statement(pair),
            None => Err(Failure::Unknown),
        },
        Err(_) => Err(failure::explain(text, span)),
    }
}

/// A colon may end any header.
fn without_colon(source: &str, span: Span) -> Span {
    let text = &source[span.range()];
    match text.strip_suffix(':') {
        Some(rest) => span.slice(0..rest.trim_end().len()),
        None => span,
    }
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
            Rule::meta => Statement::Step(StepKind::Meta(self.value(pair, "meta", "{\"priority\": 2}")?)),
            Rule::stop => Statement::Step(StepKind::Stop),
            Rule::return_step => {
                Statement::Step(StepKind::Return(pair.into_inner().next().map(|value| self.code(&value))))
            }
            Rule::break_step => Statement::Step(StepKind::Break),
            Rule::continue_step => Statement::Step(StepKind::Continue),
            Rule::pass => Statement::Step(StepKind::Pass),
            _ => return Err(Failure::Unknown),
        })
    }

    fn definition(&mut self, pair: Pair<'_, Rule>) -> Result<Statement, Failure> {
        let Some(kind) = pair.into_inner().next() else { return Err(Failure::Unknown) };
        let rule = kind.as_rule();
        let (mut name, mut texts, mut is_subflow) = (None, Vec::new(), false);
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
                    other => return Err(failure::unsupported(self.at(&part), &format!("flow modifier `{other}`"))),
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
            (Rule::define_flow, name) => Ok(Statement::DefineFlow { is_subflow, modifiers, name }),
            (Rule::define_user, None) => {
                Err(failure::definition(self.span, "intent has no name", "write `define user NAME`"))
            }
            _ => Err(failure::definition(self.span, "message has no name", "write `define bot NAME`")),
        }
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

    fn user_step(&mut self, pair: Pair<'_, Rule>) -> Result<Vec<UserMatch>, Failure> {
        pair.into_inner().map(|event| self.user_event(event)).collect()
    }

    fn user_event(&mut self, pair: Pair<'_, Rule>) -> Result<UserMatch, Failure> {
        let mut found = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::any => found = Some(UserMatch::Any),
                Rule::name => found = Some(UserMatch::Intent(self.plain_name(&part)?)),
                Rule::string => found = Some(UserMatch::Text(self.string(part))),
                // The slots of an utterance are variables whether a step names them or not.
                Rule::slots => {
                    if let Some(slot) = part.into_inner().find(|slot| slot.as_rule() == Rule::as_slot) {
                        return Err(failure::unsupported(self.at(&slot), "`as` in a `user` step"));
                    }
                }
                _ => {}
            }
        }
        found.ok_or_else(|| self.malformed("`user` names no intent", "write `user INTENT`, or `user ...` for any"))
    }

    fn bot_step(&mut self, pair: Pair<'_, Rule>) -> Result<BotSay, Failure> {
        match pair.into_inner().next() {
            Some(event) => self.bot_event(event),
            None => Err(Failure::Unknown),
        }
    }

    fn bot_event(&mut self, pair: Pair<'_, Rule>) -> Result<BotSay, Failure> {
        let (mut say, mut texts) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::any_bot => say = Some(BotSay::Any),
                Rule::variable => say = Some(BotSay::Variable(self.variable(part))),
                Rule::name => say = Some(BotSay::Message(self.plain_name(&part)?, Vec::new())),
                Rule::string => texts.push(self.string(part)),
                _ => {}
            }
        }
        if let [_, second, ..] = &texts[..] {
            return Err(Failure::Malformed(Box::new(
                Diagnostic::new(codes::MALFORMED_STEP, second.span, "a step says one text")
                    .label("this is the second")
                    .help("put alternative texts under the step, one a line, indented"),
            )));
        }
        match (say, texts.pop()) {
            (Some(BotSay::Message(name, _)), text) => Ok(BotSay::Message(name, text.into_iter().collect())),
            (Some(say), None) => Ok(say),
            (None, Some(text)) => Ok(BotSay::Text(text)),
            (Some(_), Some(text)) => {
                Err(failure::malformed(text.span, "text after a step that already says something", "delete the text"))
            }
            (None, None) => Err(self.malformed("`bot` names no message", "write `bot MESSAGE` or `bot \"text\"`")),
        }
    }

    fn execute(&mut self, pair: Pair<'_, Rule>) -> Result<Execute, Failure> {
        let (mut action, mut given) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::action_name => action = Some(self.name(&part)),
                Rule::arguments => given = self.arguments(&part)?,
                Rule::with_arguments => {
                    for code in part.into_inner().filter(|part| part.as_rule() == Rule::rest) {
                        given = arguments::split(self.code(&code))?;
                    }
                }
                _ => {}
            }
        }
        match action {
            Some(action) => Ok(Execute { action, arguments: given }),
            None => Err(self.malformed("`execute` names no action", "write `execute ACTION`")),
        }
    }

    fn do_step(&mut self, pair: Pair<'_, Rule>) -> Result<Do, Failure> {
        let (mut callee, mut given) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => callee = Some(Callee::Flow(self.name(&part))),
                Rule::variable => callee = Some(Callee::Variable(self.variable(part))),
                Rule::arguments => given = self.arguments(&part)?,
                _ => {}
            }
        }
        match callee {
            Some(callee) => Ok(Do { callee, arguments: given }),
            None => Err(self.malformed("`do` names no subflow", "write `do SUBFLOW`")),
        }
    }

    fn arguments(&mut self, pair: &Pair<'_, Rule>) -> Result<Vec<Argument>, Failure> {
        arguments::parenthesised(self.code(pair))
    }

    fn assignment(&mut self, pair: Pair<'_, Rule>) -> Result<StepKind, Failure> {
        let (mut variable, mut operator, mut value) = (None, Operator::Set, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::variable => variable = Some(self.variable(part)),
                Rule::operator => {
                    operator = match part.as_str() {
                        "+=" => Operator::Add,
                        "-=" => Operator::Subtract,
                        _ => Operator::Set,
                    }
                }
                _ => value = Some(part),
            }
        }
        let Some(variable) = variable else { return Err(Failure::Unknown) };
        let Some(value) = value else {
            let help = format!("write what `${}` is to be, such as `None`", variable.text);
            return Err(self.malformed("assignment has no value", &help));
        };
        match value.as_rule() {
            Rule::execute if operator == Operator::Set => Ok(StepKind::Execute(self.execute(value)?, Some(variable))),
            Rule::do_step if operator == Operator::Set => Ok(StepKind::Do(self.do_step(value)?, Some(variable))),
            Rule::rest if value.as_str() == "..." => {
                Err(failure::unsupported(self.at(&value), "a variable that the model fills in"))
            }
            Rule::rest => Ok(StepKind::Assign { variable, operator, value: self.code(&value) }),
            _ => Err(self.malformed("only `=` takes the result of a step", "assign it first, then add")),
        }
    }

    fn condition(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<Code, Failure> {
        match pair.into_inner().next() {
            Some(code) => Ok(self.code(&code)),
            None => {
                let help = format!("write `{keyword} $variable == value`");
                Err(self.malformed(&format!("`{keyword}` has no condition"), &help))
            }
        }
    }

    fn event_call(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<EventCall, Failure> {
        let (mut name, mut given) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::event_name => name = Some(self.name(&part)),
                Rule::arguments => given = self.arguments(&part)?,
                _ => {}
            }
        }
        match name {
            Some(name) => Ok(EventCall { name, arguments: given }),
            None => Err(self.malformed(&format!("`{keyword}` names no event"), &format!("write `{keyword} NAME`"))),
        }
    }

    fn value(&mut self, pair: Pair<'_, Rule>, keyword: &str, example: &str) -> Result<Code, Failure> {
        match pair.into_inner().next() {
            Some(code) => Ok(self.code(&code)),
            None => Err(self.malformed(&format!("`{keyword}` has no value"), &format!("write `{keyword} {example}`"))),
        }
    }

    fn label(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<Name, Failure> {
        match pair.into_inner().next() {
            Some(name) => Ok(self.name(&name)),
            None => Err(self.malformed(&format!("`{keyword}` names no label"), &format!("write `{keyword} NAME`"))),
        }
    }

    fn when(&mut self, pair: Pair<'_, Rule>) -> Result<Vec<EventMatch>, Failure> {
        let Some(event) = pair.into_inner().next() else {
            return Err(self.malformed("`when` names no event", "write `when user INTENT` or `when bot MESSAGE`"));
        };
        match event.as_rule() {
            Rule::user_step => Ok(self.user_step(event)?.into_iter().map(EventMatch::User).collect()),
            Rule::bot_event => Ok(vec![EventMatch::Bot(self.bot_event(event)?)]),
            Rule::wait_event | Rule::named_event => Ok(vec![EventMatch::Event(self.event_call(event, "when event")?)]),
            _ => Err(self.malformed(
                "`when` waits for no such thing",
                "write `when user INTENT`, `when bot MESSAGE` or `when event NAME`",
            )),
        }
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        let written = pair.as_str();
        let text = if written.contains(['\n', '#', '\t']) || written.contains("  ") {
            pair.as_str().lines().flat_map(words).collect::<Vec<_>>().join(" ").into()
        } else {
            written.into()
        };
        Name { text, span: self.at(pair) }
    }

    /// A name that is not a text in the wrong quotes.
    fn plain_name(&self, pair: &Pair<'_, Rule>) -> Result<Name, Failure> {
        let name = self.name(pair);
        let bare = failure::unquoted(&name.text);
        if name.text.starts_with(failure::WRONG_QUOTES) && bare.len() < name.text.len() {
            return Err(Failure::Malformed(Box::new(failure::wrong_quotes(name.span, bare))));
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
        let text = if written.contains('\n') { flatten(written) } else { written.to_owned() };
        Code { text, span: self.span.slice(span.start()..span.start() + written.len()) }
    }

    fn string(&mut self, pair: Pair<'_, Rule>) -> Text {
        let span = self.at(&pair);
        let written = &self.text[pair.as_span().start() + 1..pair.as_span().end() - 1];
        Text { value: unescape(written, span, self.diagnostics).into(), span }
    }
}

/// The words of one physical line of a name that runs over several.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split('#').next().unwrap_or("");
    code.trim_end().trim_end_matches('\\').split_whitespace()
}

/// Line ends, and what leads up to them, become as many spaces, so that columns stay.
fn flatten(code: &str) -> String {
    let mut flat = String::with_capacity(code.len());
    for line in code.split_inclusive('\n') {
        let kept = line.trim_end_matches(['\n', '\r']);
        let kept = kept.strip_suffix('\\').unwrap_or(kept);
        flat.push_str(kept);
        flat.extend(std::iter::repeat_n(' ', line.len() - kept.len()));
    }
    flat
}

/// What stands between the quotes, as a text: escapes undone, each line trimmed.
fn unescape(written: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> String {
    let mut text = String::with_capacity(written.len());
    let mut lines = written.split('\n').enumerate().peekable();
    let mut offset = 1;
    while let Some((index, line)) = lines.next() {
        let mut kept = line;
        if index > 0 {
            text.push('\n');
            kept = kept.trim_start();
        }
        let start = offset + line.len() - kept.len();
        if lines.peek().is_some() {
            kept = kept.trim_end();
        }
        let mut chars = kept.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                other => {
                    let length = 1 + other.map_or(0, |(_, c)| c.len_utf8());
                    let spot = span.slice(start + at..start + at + length);
                    diagnostics.push(
                        Diagnostic::new(codes::UNKNOWN_ESCAPE, spot, "unknown escape in a string")
                            .label("stays as it is written")
                            .help("write `\\\\` for a backslash")
                            .fix(spot.slice(0..1), "\\\\"),
                    );
                    text.push('\\');
                    text.extend(other.map(|(_, c)| c));
                }
            }
        }
        offset += line.len() + 1;
    }
    text
}
