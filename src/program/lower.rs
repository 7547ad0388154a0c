//! Trees to flat steps: blocks become jumps, names ids, expressions and templates are compiled.

mod meta;

use std::sync::Arc;

use super::resolve::Names;
use super::{Argument, Callee, EventPattern, EventSpec, FlowId, Op, Say, Step, UserPattern};
use rustc_hash::FxHashMap;

use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Expression;
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{
    self, BotSay, Branch, Code, EventCall, EventMatch, Modifiers, Name, Operator, StepKind, UserMatch, UserUtterance,
};

/// A jump whose target is not known yet.
const UNKNOWN: usize = usize::MAX;

/// The action that fills a variable, under the name it has in Colang 1.0.
pub const GENERATE_VALUE: &str = "generate_value";

/// Variables that only the engine sets.
const RESERVED: &[&str] = &["config", "event"];

/// Lowers one flow in place.
pub(super) fn flow(names: &mut Names, sources: &SourceMap, id: FlowId, body: &[ast::Step]) {
    let modifiers = names.program.flows[id.index()].modifiers;
    let mut lowering = Lowering {
        names,
        sources,
        steps: Vec::new(),
        loops: Vec::new(),
        labels: FxHashMap::default(),
        gotos: Vec::new(),
        priority: None,
        modifiers,
    };
    lowering.block(body);
    lowering.follow_gotos();
    let Lowering { steps, priority, modifiers, .. } = lowering;
    let flow = &mut names.program.flows[id.index()];
    flow.events = events_of(&steps);
    flow.steps = steps;
    flow.modifiers = modifiers;
    flow.priority = priority.unwrap_or(flow.priority);
}

/// A `while` around the step being lowered.
struct Loop {
    start: usize,
    /// The jumps of its `break`s.
    breaks: Vec<usize>,
}

struct Lowering<'a> {
    names: &'a mut Names,
    sources: &'a SourceMap,
    steps: Vec<Step>,
    loops: Vec<Loop>,
    /// Where each label stands: in the steps, and in the text.
    labels: FxHashMap<Arc<str>, (usize, Span)>,
    /// Jumps by label, to be followed when all labels are known.
    gotos: Vec<(usize, Name)>,
    priority: Option<f64>,
    modifiers: Modifiers,
}

impl Lowering<'_> {
    fn push(&mut self, op: Op, span: Span) -> usize {
        self.steps.push(Step { op, span, instruction: None });
        self.steps.len() - 1
    }

    fn land(&mut self, jump: usize) {
        let here = self.steps.len();
        match &mut self.steps[jump].op {
            Op::Jump(target) | Op::Branch { otherwise: target, .. } => *target = here,
            _ => {}
        }
    }

    fn block(&mut self, steps: &[ast::Step]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &ast::Step) {
        let span = step.span;
        let op = match &step.kind {
            StepKind::User(matches) => {
                let patterns = matches.iter().map(|event| self.user(event)).collect();
                self.push(Op::User(patterns), span);
                matches.iter().for_each(|event| self.capture(event));
                return;
            }
            StepKind::Bot(say) => {
                let say = self.say(say);
                let at = self.push(Op::Bot(say), span);
                let instruction = self.instruction(step);
                self.steps[at].instruction = (!instruction.is_empty()).then(|| instruction.into());
                return;
            }
            StepKind::Execute(execute, into) => {
                into.iter().for_each(|variable| self.must_be_settable(variable));
                let action = action_name(&execute.action.text);
                let written = &execute.action.text;
                Op::Execute {
                    written: if *written == action { action.clone() } else { written.clone() },
                    action,
                    arguments: self.names.arguments(&execute.arguments),
                    into: into.as_ref().map(|name| name.text.clone()),
                }
            }
            StepKind::Do(call, into) => {
                into.iter().for_each(|variable| self.must_be_settable(variable));
                let callee = match &call.callee {
                    ast::Callee::Flow(name) => self.names.use_subflow(name).map(Callee::Flow),
                    ast::Callee::Variable(name) => {
                        self.names.any_done = true;
                        Some(Callee::Variable(name.text.clone()))
                    }
                };
                let arguments = self.names.arguments(&call.arguments);
                let Some(callee) = callee else { return };
                Op::Do { callee, arguments, into: into.as_ref().map(|name| name.text.clone()) }
            }
            StepKind::If { branches, otherwise } => return self.choose(branches, otherwise.as_deref()),
            StepKind::When { branches, otherwise } => return self.when(branches, otherwise.as_deref(), span),
            StepKind::While { condition, body } => return self.repeat(condition, body, span),
            StepKind::Break => {
                let jump = self.push(Op::Jump(UNKNOWN), span);
                if let Some(around) = self.loops.last_mut() {
                    around.breaks.push(jump);
                }
                return;
            }
            StepKind::Continue => match self.loops.last() {
                Some(around) => Op::Jump(around.start),
                None => return,
            },
            StepKind::Pass => return,
            StepKind::Assign { variable, operator, value } => {
                self.must_be_settable(variable);
                match self.assigned(variable, *operator, value) {
                    Some(value) => Op::Assign { variable: variable.text.clone(), value },
                    None => return,
                }
            }
            StepKind::Event(call) => Op::Event(self.event_spec(call)),
            StepKind::Raise(call) => Op::Raise(self.event_spec(call)),
            StepKind::Label(name) => return self.label(name),
            StepKind::Goto(name) => {
                let jump = self.push(Op::Jump(UNKNOWN), span);
                self.gotos.push((jump, name.clone()));
                return;
            }
            StepKind::Fill(variable) => self.fill(variable, step),
            StepKind::Priority(code) => return self.set_priority(code),
            StepKind::Meta(code) => return self.meta(code),
            StepKind::MetaBlock(entries) => {
                for entry in entries {
                    self.meta_entry(&entry.key.text, entry.key.span.to(entry.value.span), &entry.value);
                }
                return;
            }
            StepKind::Stop => Op::Stop,
            StepKind::Return(value) => Op::Return(value.as_ref().and_then(|code| self.names.expression(code))),
        };
        self.push(op, span);
    }

    fn must_be_settable(&mut self, variable: &Name) {
        if RESERVED.contains(&&*variable.text) {
            let message = format!("`${}` is not yours to set", variable.text);
            self.names.diagnostics.push(
                Diagnostic::new(codes::RESERVED_VARIABLE, variable.span, message)
                    .label("the engine sets it")
                    .help("give yours another name"),
            );
        }
    }

    fn label(&mut self, name: &Name) {
        let here = (self.steps.len(), name.span);
        if let Some((_, first)) = self.labels.get(&name.text) {
            self.names.diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_LABEL, name.span, format!("two labels are called `{}`", name.text))
                    .also(*first, "the first one")
                    .help("give one of them another name"),
            );
        } else {
            self.labels.insert(name.text.clone(), here);
        }
    }

    fn follow_gotos(&mut self) {
        for (jump, name) in std::mem::take(&mut self.gotos) {
            match self.labels.get(&name.text) {
                Some((target, _)) => self.steps[jump].op = Op::Jump(*target),
                None => {
                    let message = format!("no label of this flow is called `{}`", name.text);
                    let meant = nearest(&name.text, self.labels.keys().map(|label| &**label));
                    let diagnostic = Diagnostic::new(codes::UNKNOWN_LABEL, name.span, message);
                    self.names.diagnostics.push(match meant {
                        Some(meant) => diagnostic.suggest(Some(meant)),
                        None => diagnostic.help(format!("add `label {}`", name.text)),
                    });
                }
            }
        }
    }

    /// What the model is to find out stands in the comments above.
    fn fill(&mut self, variable: &Name, step: &ast::Step) -> Op {
        self.must_be_settable(variable);
        if !self.names.has_model {
            self.names.diagnostics.push(
                Diagnostic::new(codes::NEEDS_MODEL, step.span, format!("only a model can fill `${}`", variable.text))
                    .label("no model is configured, so this fails, and the turn with it"),
            );
        }
        let constant = |text: &str| Expression::parse(&serde_json::Value::from(text).to_string()).ok();
        let arguments = [("instructions", constant(&self.instruction(step))), ("var_name", constant(&variable.text))];
        let arguments = arguments
            .into_iter()
            .filter_map(|(name, value)| Some(Argument { name: name.into(), value: value? }))
            .collect();
        let action: Arc<str> = GENERATE_VALUE.into();
        Op::Execute { written: action.clone(), action, arguments, into: Some(variable.text.clone()) }
    }

    /// What the comments above a step say.
    fn instruction(&self, step: &ast::Step) -> String {
        let comments = step.comments.iter().map(|span| self.comment(*span));
        comments.filter(|comment| !comment.starts_with("railsc:")).collect::<Vec<_>>().join("\n")
    }

    /// What a comment says.
    fn comment(&self, span: Span) -> &str {
        self.sources.text(span).trim_start_matches('#').trim()
    }

    fn choose(&mut self, branches: &[Branch<Code>], otherwise: Option<&[ast::Step]>) {
        let mut ends = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let condition = self.names.expression(&branch.test);
            let test = condition.map(|condition| self.push(Op::Branch { condition, otherwise: UNKNOWN }, branch.span));
            self.block(&branch.body);
            if index + 1 < branches.len() || otherwise.is_some() {
                ends.push(self.push(Op::Jump(UNKNOWN), branch.span));
            }
            test.into_iter().for_each(|test| self.land(test));
        }
        self.block(otherwise.unwrap_or_default());
        ends.into_iter().for_each(|end| self.land(end));
    }

    fn when(&mut self, branches: &[Branch<Vec<EventMatch>>], otherwise: Option<&[ast::Step]>, span: Span) {
        let wait = self.push(Op::When { branches: Vec::new(), otherwise: None }, span);
        let mut targets = Vec::new();
        let mut ends = Vec::new();
        for branch in branches {
            let start = self.steps.len();
            for event in &branch.test {
                targets.extend(self.event(event).map(|pattern| (pattern, start)));
            }
            for event in &branch.test {
                if let EventMatch::User(event) = event {
                    self.capture(event);
                }
            }
            self.block(&branch.body);
            ends.push(self.push(Op::Jump(UNKNOWN), branch.span));
        }
        let fallback = otherwise.map(|body| {
            let start = self.steps.len();
            self.block(body);
            start
        });
        ends.into_iter().for_each(|end| self.land(end));
        self.steps[wait].op = Op::When { branches: targets, otherwise: fallback };
    }

    fn repeat(&mut self, condition: &Code, body: &[ast::Step], span: Span) {
        let start = self.steps.len();
        let test = self
            .names
            .expression(condition)
            .map(|condition| self.push(Op::Branch { condition, otherwise: UNKNOWN }, span));
        self.loops.push(Loop { start, breaks: Vec::new() });
        self.block(body);
        self.push(Op::Jump(start), span);
        test.into_iter().for_each(|test| self.land(test));
        if let Some(around) = self.loops.pop() {
            around.breaks.into_iter().for_each(|jump| self.land(jump));
        }
    }

    fn user(&mut self, event: &UserMatch) -> UserPattern {
        match &event.utterance {
            UserUtterance::Any => UserPattern::Any,
            UserUtterance::Intent(name) => UserPattern::Intent(self.names.use_intent(name)),
            UserUtterance::Text(text) => UserPattern::Intent(self.names.use_text(text)),
        }
    }

    /// `as $x` is the slot `$x` of the utterance, which is set already, or else all that the user said.
    fn capture(&mut self, event: &UserMatch) {
        self.names.program.taken_slots.extend(event.slots.iter().map(|slot| slot.text.clone()));
        let Some(into) = &event.into else { return };
        self.must_be_settable(into);
        let is_slot = match &event.utterance {
            UserUtterance::Intent(name) => self.names.has_slot(&name.text, &into.text),
            _ => false,
        };
        if !is_slot && let Ok(value) = Expression::parse("$last_user_message") {
            self.push(Op::Assign { variable: into.text.clone(), value }, into.span);
        }
    }

    fn say(&mut self, say: &BotSay) -> Say {
        match say {
            BotSay::Any => Say::Any,
            BotSay::Variable(name) => Say::Variable(name.text.clone()),
            BotSay::Message(name, _) => Say::Message(self.names.use_message(name)),
            BotSay::Text(text) => Say::Message(self.names.use_inline(text)),
        }
    }

    fn event(&mut self, event: &EventMatch) -> Option<EventPattern> {
        Some(match event {
            EventMatch::User(event) => EventPattern::User(self.user(event)),
            EventMatch::Event(call) => EventPattern::Event(self.event_spec(call)),
            EventMatch::Flow(name) => EventPattern::Flow(self.names.use_flow(name)?),
            EventMatch::Bot(BotSay::Any) => EventPattern::AnyBot,
            EventMatch::Bot(BotSay::Message(name, _)) => EventPattern::Bot(self.names.use_message(name)),
            EventMatch::Bot(BotSay::Text(text)) => EventPattern::Bot(self.names.use_inline(text)),
            EventMatch::Bot(BotSay::Variable(name)) => {
                self.names.diagnostics.push(
                    Diagnostic::new(codes::MALFORMED_STEP, name.span, "`when bot` takes no variable")
                        .help("name a message, or write `when bot ...` for any"),
                );
                return None;
            }
        })
    }

    fn event_spec(&mut self, call: &EventCall) -> EventSpec {
        EventSpec { name: call.name.text.clone(), arguments: self.names.arguments(&call.arguments) }
    }

    fn assigned(&mut self, variable: &Name, operator: Operator, value: &Code) -> Option<Expression> {
        let expression = self.names.expression(value)?;
        let sign = match operator {
            Operator::Set => return Some(expression),
            Operator::Add => '+',
            Operator::Subtract => '-',
        };
        match Expression::parse(&format!("${} {sign} ({})", variable.text, value.text)) {
            Ok(expression) => Some(expression),
            Err(error) => {
                // Both parts parse on their own, so the whole is too long or too deep.
                self.names.diagnostics.push(Diagnostic::new(codes::BAD_EXPRESSION, value.span, error.message));
                None
            }
        }
    }
}

/// The events that steps raise or wait for. Those of a subflow are the subflow's: while it runs, they concern who does
/// it too.
fn events_of(steps: &[Step]) -> Vec<Arc<str>> {
    let mut events = Vec::new();
    for step in steps {
        match &step.op {
            Op::Event(spec) | Op::Raise(spec) => events.push(spec.name.clone()),
            Op::When { branches, .. } => events.extend(branches.iter().filter_map(|(pattern, _)| match pattern {
                EventPattern::Event(spec) => Some(spec.name.clone()),
                _ => None,
            })),
            _ => {}
        }
    }
    events.sort();
    events.dedup();
    events
}

/// The name under which an action is registered: `CheckFactsAction` and `check facts` are `check_facts`.
pub fn action_name(written: &str) -> Arc<str> {
    let mut name = String::with_capacity(written.len() + 4);
    let mut previous = ' ';
    for c in written.trim().chars() {
        if c.is_whitespace() || c == '-' {
            name.push('_');
        } else if c.is_uppercase() {
            if previous.is_lowercase() || previous.is_ascii_digit() {
                name.push('_');
            }
            name.extend(c.to_lowercase());
        } else {
            name.push(c);
        }
        previous = c;
    }
    match name.strip_suffix("_action") {
        Some(stem) if !stem.is_empty() => stem.into(),
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::action_name;

    #[test]
    fn action_names_are_folded() {
        for (written, name) in [
            ("check_facts", "check_facts"),
            ("CheckFactsAction", "check_facts"),
            ("call wolfram api", "call_wolfram_api"),
            ("check_facts_action", "check_facts"),
            ("action", "action"),
        ] {
            assert_eq!(&*action_name(written), name);
        }
    }
}
