//! What the lines of flows say.

use pest::iterators::Pair;

use super::{Reader, Rule};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::arguments;
use crate::syntax::ast::{
    Argument, BotSay, Callee, Code, Do, EventCall, EventMatch, Execute, Name, Operator, StepKind, UserMatch,
    UserUtterance,
};
use crate::syntax::failure::{self, Failure};

impl Reader<'_> {
    pub(super) fn user_step(&mut self, pair: Pair<'_, Rule>) -> Result<Vec<UserMatch>, Failure> {
        pair.into_inner().map(|event| self.user_event(event)).collect()
    }

    fn user_event(&mut self, pair: Pair<'_, Rule>) -> Result<UserMatch, Failure> {
        let (mut found, mut slots, mut into) = (None, Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::any => found = Some(UserUtterance::Any),
                Rule::name => found = Some(UserUtterance::Intent(self.plain_name(&part)?)),
                Rule::string => found = Some(UserUtterance::Text(self.string(part))),
                Rule::with_slots => slots = part.into_inner().map(|slot| self.variable(slot)).collect(),
                Rule::as_slot => into = part.into_inner().next().map(|variable| self.variable(variable)),
                _ => {}
            }
        }
        match found {
            Some(utterance) => Ok(UserMatch { utterance, slots, into }),
            None => Err(self.malformed("`user` names no intent", "write `user INTENT`, or `user ...` for any")),
        }
    }

    pub(super) fn bot_step(&mut self, pair: Pair<'_, Rule>) -> Result<BotSay, Failure> {
        match pair.into_inner().next() {
            Some(event) => self.bot_event(event),
            None => Err(Failure::Unknown),
        }
    }

    pub(super) fn bot_event(&mut self, pair: Pair<'_, Rule>) -> Result<BotSay, Failure> {
        let (mut say, mut texts) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::any_bot => say = Some(BotSay::Any),
                Rule::variable => say = Some(BotSay::Variable(self.variable(part))),
                Rule::name => {
                    let name = self.plain_name(&part)?;
                    // No message is called so; a text behind its name has the wrong quotes.
                    if let Some(at) = part.as_str().find(['\u{201c}', '\u{201d}'])
                        && failure::in_quotes(&part.as_str()[at..]).is_some()
                    {
                        let text = &part.as_str()[at..];
                        let span = self.at(&part).slice(at..part.as_str().len());
                        return Err(Failure::Malformed(Box::new(failure::wrong_quotes(span, text))));
                    }
                    say = Some(BotSay::Message(name, Vec::new()));
                }
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

    pub(super) fn execute(&mut self, pair: Pair<'_, Rule>) -> Result<Execute, Failure> {
        let (mut action, mut given) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::action_name => action = Some(self.action_name(&part)?),
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

    fn action_name(&mut self, pair: &Pair<'_, Rule>) -> Result<Name, Failure> {
        let name = self.name(pair);
        match name.text.find(|c: char| !c.is_alphanumeric() && !matches!(c, ' ' | '_' | '-' | '.')) {
            None => Ok(name),
            Some(_) => Err(failure::malformed(
                name.span,
                "this is no name of an action",
                "write `execute ACTION` or `execute ACTION(p=$value)`",
            )),
        }
    }

    pub(super) fn do_step(&mut self, pair: Pair<'_, Rule>) -> Result<Do, Failure> {
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

    pub(super) fn arguments(&mut self, pair: &Pair<'_, Rule>) -> Result<Vec<Argument>, Failure> {
        arguments::parenthesised(self.code(pair))
    }

    pub(super) fn assignment(&mut self, pair: Pair<'_, Rule>) -> Result<StepKind, Failure> {
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
            Rule::rest if value.as_str() == "..." && operator == Operator::Set => Ok(StepKind::Fill(variable)),
            Rule::rest if value.as_str() == "..." => {
                Err(self.malformed("a model fills a variable as a whole", &format!("write `${} = ...`", variable.text)))
            }
            Rule::rest => Ok(StepKind::Assign { variable, operator, value: self.code(&value) }),
            _ => Err(self.malformed("only `=` takes the result of a step", "assign it first, then add")),
        }
    }

    pub(super) fn condition(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<Code, Failure> {
        match pair.into_inner().next() {
            Some(code) => Ok(self.code(&code)),
            None => {
                let help = format!("write `{keyword} $variable == value`");
                Err(self.malformed(&format!("`{keyword}` has no condition"), &help))
            }
        }
    }

    pub(super) fn event_call(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<EventCall, Failure> {
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

    pub(super) fn value(&mut self, pair: Pair<'_, Rule>, keyword: &str, example: &str) -> Result<Code, Failure> {
        match pair.into_inner().next() {
            Some(code) => Ok(self.code(&code)),
            None => Err(self.malformed(&format!("`{keyword}` has no value"), &format!("write `{keyword} {example}`"))),
        }
    }

    pub(super) fn label(&mut self, pair: Pair<'_, Rule>, keyword: &str) -> Result<Name, Failure> {
        match pair.into_inner().next() {
            Some(name) => Ok(self.name(&name)),
            None => Err(self.malformed(&format!("`{keyword}` names no label"), &format!("write `{keyword} NAME`"))),
        }
    }

    pub(super) fn when(&mut self, pair: Pair<'_, Rule>) -> Result<Vec<EventMatch>, Failure> {
        let Some(event) = pair.into_inner().next() else {
            return Err(self.malformed("`when` names no event", "write `when user INTENT` or `when bot MESSAGE`"));
        };
        match event.as_rule() {
            Rule::user_step => Ok(self.user_step(event)?.into_iter().map(EventMatch::User).collect()),
            Rule::bot_event => Ok(vec![EventMatch::Bot(self.bot_event(event)?)]),
            Rule::flow_end => Ok(event.into_inner().map(|name| EventMatch::Flow(self.name(&name))).collect()),
            Rule::wait_event | Rule::named_event => Ok(vec![EventMatch::Event(self.event_call(event, "when event")?)]),
            _ => Err(self.malformed(
                "`when` waits for no such thing",
                "write `when user INTENT`, `when bot MESSAGE`, `when event NAME` or `when flow FLOW`",
            )),
        }
    }
}
