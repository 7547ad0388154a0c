//! Names to ids: every definition is taken in first, then each use is looked up and counted.

mod references;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Argument, FlowId, FlowKind, Intent, IntentId, Message, MessageId, MessageText, Program, Utterance, pattern,
};
use crate::diagnostic::{Diagnostic, codes};
use crate::expression::{Expression, Template};
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{
    self, Ast, BotDefinition, BotSay, BotText, Code, Condition, Definition, FlowDefinition, Name, Step, StepKind, Text,
    UserDefinition, UserLine,
};

/// Messages that are always present, and what they say unless the user's rails say otherwise.
pub(super) const ALWAYS_PRESENT: &[(&str, &str)] = &[
    ("refuse to respond", "I'm sorry, I can't respond to that."),
    ("inform answer unknown", "I don't know the answer to that."),
    ("inform internal error occurred", "I'm sorry, an internal error has occurred."),
    ("inform cannot answer", "I'm sorry, I can't help with that."),
];

/// To how many unknown names a likely one is suggested.
const MOST_SUGGESTIONS: usize = 100;

/// The program as far as it is known, and which of its names are used.
#[derive(Default)]
pub(super) struct Names {
    pub program: Program,
    pub diagnostics: Findings,
    /// Intents that some flow waits for.
    pub awaited: Vec<bool>,
    /// Messages that some flow says or waits for.
    pub said: Vec<bool>,
    /// Some model may be asked.
    pub has_model: bool,
    /// Some `do` names its subflow by a variable, so any may run.
    pub any_done: bool,
    /// Intents with a line that is reported and left out.
    pub broken_intents: FxHashSet<IntentId>,
    /// A definition was lost to a syntax error, so a name that seems unknown may not be.
    pub lost_definitions: bool,
    /// How many more unknown names are compared with all known ones, which takes its time.
    suggestions: usize,
    examples: FxHashMap<String, IntentId>,
    defined_intents: usize,
    defined_messages: usize,
}

/// Findings: as many warnings as are wanted and as many errors, and one more, which tells that there are too many.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    errors: usize,
    most: usize,
}

impl Findings {
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let found = if diagnostic.is_error() { self.errors } else { self.list.len() - self.errors };
        if found <= self.most {
            self.errors += usize::from(diagnostic.is_error());
            self.list.push(diagnostic);
        }
    }

    pub(super) fn take(self) -> Vec<Diagnostic> {
        self.list
    }
}

/// An example as far as equality goes: case, runs of white space and punctuation at the end don't count.
pub fn folded(text: &str) -> String {
    let text = text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    match text.trim_end_matches(['.', '!', '?', ' ']) {
        "" => text,
        words => words.to_owned(),
    }
}

impl Names {
    /// Takes in all definitions of all files.
    pub(super) fn declare(asts: &[Ast], sources: &SourceMap, most: usize) -> Self {
        let lost_definitions = asts.iter().any(|ast| ast.lost_definitions);
        let diagnostics = Findings { most, ..Findings::default() };
        let mut names = Names { lost_definitions, diagnostics, suggestions: MOST_SUGGESTIONS, ..Names::default() };
        for (name, text) in ALWAYS_PRESENT {
            let id = names.message_id(name, None);
            if let Ok(template) = Template::parse(text) {
                names.program.messages[id.index()].texts.push(MessageText {
                    template,
                    conditions: Vec::new(),
                    span: None,
                });
            }
        }
        let definitions = || asts.iter().flat_map(|ast| &ast.definitions);
        for definition in definitions() {
            match definition {
                Definition::User(definition) => names.user(definition),
                Definition::Bot(BotDefinition { name, texts }) => names.message(name, texts.iter()),
                Definition::Flow(definition) if definition.is_sample => {}
                Definition::Flow(definition) => names.flow(definition, sources),
                Definition::Test(_) | Definition::Import(_) => {}
            }
        }
        for definition in definitions() {
            if let Definition::Flow(flow) = definition
                && !flow.is_sample
            {
                names.inline_texts(&flow.body);
            }
        }
        names.defined_intents = names.program.intents.len();
        names.defined_messages = names.program.messages.len();
        names
    }

    fn intent_id(&mut self, name: &str, span: Span) -> IntentId {
        if let Some(id) = self.program.intent_named(name) {
            return id;
        }
        let id = IntentId(self.program.intents.len() as u32);
        let name: Arc<str> = name.into();
        self.program.intents_by_name.insert(name.clone(), id);
        self.program.intents.push(Intent {
            name,
            span,
            examples: Vec::new(),
            phrases: Vec::new(),
            regexes: Vec::new(),
            counter_examples: Vec::new(),
            threshold: None,
        });
        self.awaited.push(false);
        id
    }

    fn message_id(&mut self, name: &str, span: Option<Span>) -> MessageId {
        if let Some(id) = self.program.message_named(name) {
            return id;
        }
        let id = MessageId(self.program.messages.len() as u32);
        let name: Arc<str> = name.into();
        self.program.messages_by_name.insert(name.clone(), id);
        self.program.messages.push(Message { name, span, texts: Vec::new() });
        self.said.push(false);
        id
    }

    fn user(&mut self, definition: &UserDefinition) {
        let id = self.intent_id(&definition.name.text, definition.name.span);
        for line in &definition.lines {
            let text = match line {
                UserLine::Example(text) | UserLine::Contains(text) | UserLine::Not(text) | UserLine::Regex(text) => {
                    text
                }
                UserLine::Threshold(value, span) => {
                    self.threshold(id, *value, *span);
                    continue;
                }
            };
            let checked = match line {
                UserLine::Regex(_) => pattern::check(text),
                _ => pattern::check_text(text),
            };
            match checked {
                Ok(warning) => warning.into_iter().for_each(|warning| self.diagnostics.push(warning)),
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    self.broken_intents.insert(id);
                    continue;
                }
            }
            if matches!(line, UserLine::Example(_)) {
                self.example(id, text);
            }
            let intent = &mut self.program.intents[id.index()];
            let list = match line {
                UserLine::Example(_) => &mut intent.examples,
                UserLine::Contains(_) => &mut intent.phrases,
                UserLine::Not(_) => &mut intent.counter_examples,
                _ => &mut intent.regexes,
            };
            list.push(Utterance { text: text.value.clone(), span: text.span });
        }
    }

    fn threshold(&mut self, id: IntentId, value: f32, span: Span) {
        let intent = &mut self.program.intents[id.index()];
        match intent.threshold {
            Some(other) if other != value => self.diagnostics.push(
                Diagnostic::new(codes::TWO_THRESHOLDS, span, format!("intent `{}` has two thresholds", intent.name))
                    .label(format!("the other is {other}"))
                    .help("keep one of them"),
            ),
            _ => intent.threshold = Some(value),
        }
    }

    fn example(&mut self, id: IntentId, text: &Text) {
        let owner = *self.examples.entry(folded(&text.value)).or_insert(id);
        if owner != id {
            let other = self.program.intent(owner);
            let message = format!("`{}` and `{}` share an example", other.name, self.program.intent(id).name);
            let mut diagnostic = Diagnostic::new(codes::DUPLICATE_EXAMPLE, text.span, message)
                .label("the other intent comes first, so this never matches")
                .help("delete one of them");
            let first = other.examples.iter().find(|example| folded(&example.text) == folded(&text.value));
            if let Some(first) = first {
                diagnostic = diagnostic.also(first.span, "first stands here");
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn message<'a>(&mut self, name: &Name, texts: impl ExactSizeIterator<Item = &'a BotText>) {
        let id = self.message_id(&name.text, Some(name.span));
        let message = &mut self.program.messages[id.index()];
        if message.span.is_none() && texts.len() > 0 {
            // The user's text replaces the one that is always there.
            message.span = Some(name.span);
            message.texts.clear();
        }
        for BotText { text, conditions } in texts {
            let conditions = conditions.iter().filter_map(|condition| self.condition(condition)).collect();
            match Template::parse(&text.value) {
                Ok(template) => {
                    let text = MessageText { template, conditions, span: Some(text.span) };
                    self.program.messages[id.index()].texts.push(text);
                }
                Err(error) => {
                    let mut diagnostic = Diagnostic::new(codes::BAD_TEMPLATE, text.span, error.message);
                    diagnostic.help = error.help;
                    self.diagnostics.push(diagnostic);
                }
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> Option<Expression> {
        let Condition { code, negated } = condition;
        if !*negated {
            return self.expression(code);
        }
        let negation = Expression::parse(&format!("not ({})", code.text));
        if let Err(error) = &negation
            && Expression::parse(&code.text).is_ok()
        {
            self.diagnostics.push(Diagnostic::new(codes::BAD_EXPRESSION, code.span, error.message.clone()));
        }
        negation.ok()
    }

    /// Compiles the arguments of a call; positional ones are named by their place.
    pub(super) fn arguments(&mut self, arguments: &[ast::Argument]) -> Vec<Argument> {
        let mut position = 0;
        let mut lowered = Vec::new();
        for argument in arguments {
            let name = argument.name.clone().unwrap_or_else(|| {
                position += 1;
                position.to_string().into()
            });
            lowered.extend(self.expression(&argument.value).map(|value| Argument { name, value }));
        }
        lowered
    }

    /// Compiles an expression; one that does not parse is reported.
    pub(super) fn expression(&mut self, code: &Code) -> Option<Expression> {
        match Expression::parse(&code.text) {
            Ok(expression) => {
                if let Some(error) = expression.fails_always() {
                    let message = format!("expression always fails: {error}");
                    self.diagnostics.push(
                        Diagnostic::new(codes::CONSTANT_FAILURE, code.span, message)
                            .label("ends the turn with `inform internal error occurred`"),
                    );
                }
                Some(expression)
            }
            Err(error) => {
                let end = code.text.len();
                let range = error.range.start.min(end)..error.range.end.min(end);
                let mut diagnostic = Diagnostic::new(codes::BAD_EXPRESSION, code.span.slice(range), error.message);
                diagnostic.help = error.help;
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn flow(&mut self, definition: &FlowDefinition, sources: &SourceMap) {
        let id = FlowId(self.program.flows.len() as u32);
        let kind = if definition.is_subflow { FlowKind::Subflow } else { FlowKind::Flow };
        let name: Arc<str> = match &definition.name {
            Some(name) => name.text.clone(),
            None => {
                let place = sources.location(definition.header);
                let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default();
                format!("flow at {file}:{}", place.start.line).into()
            }
        };
        if let Some(written) = &definition.name {
            match self.program.flow_named(&name) {
                Some(first) => {
                    let first = self.program.flow(first).span;
                    self.diagnostics.push(
                        Diagnostic::new(codes::DUPLICATE_FLOW, written.span, format!("two flows are called `{name}`"))
                            .also(first, "the first one")
                            .help("give one of them another name"),
                    );
                }
                None => {
                    self.program.flows_by_name.insert(name.clone(), id);
                }
            }
        }
        self.program.flows.push(super::Flow {
            name,
            kind,
            span: definition.header,
            modifiers: definition.modifiers,
            priority: 1.0,
            steps: Vec::new(),
            events: Vec::new(),
        });
    }

    fn inline_message(&mut self, name: &Name, texts: &[Text]) {
        let plain = |text: &Text| BotText { text: text.clone(), conditions: Vec::new() };
        let texts: Vec<BotText> = texts.iter().map(plain).collect();
        self.message(name, texts.iter());
    }

    /// A step `bot X "text"` defines X as well, `bot "text"` a message of its own.
    fn inline_texts(&mut self, steps: &[Step]) {
        for step in steps {
            match &step.kind {
                StepKind::Bot(BotSay::Message(name, texts)) if !texts.is_empty() => self.inline_message(name, texts),
                StepKind::Bot(BotSay::Text(text)) => {
                    let name = Name { text: quoted(text), span: text.span };
                    if self.program.message_named(&name.text).is_none() {
                        self.inline_message(&name, std::slice::from_ref(text));
                    }
                }
                StepKind::If { branches, otherwise } => {
                    branches.iter().for_each(|branch| self.inline_texts(&branch.body));
                    self.inline_texts(otherwise.as_deref().unwrap_or_default());
                }
                StepKind::When { branches, otherwise } => {
                    branches.iter().for_each(|branch| self.inline_texts(&branch.body));
                    self.inline_texts(otherwise.as_deref().unwrap_or_default());
                }
                StepKind::While { body, .. } => self.inline_texts(body),
                _ => {}
            }
        }
    }

    /// Whether the user defined the intent, and did not just name it in a step.
    pub(super) fn is_defined_intent(&self, id: IntentId) -> bool {
        id.index() < self.defined_intents
    }

    /// Whether the user defined the message, and did not just name it in a step.
    pub(super) fn is_defined_message(&self, id: MessageId) -> bool {
        id.index() >= ALWAYS_PRESENT.len() && id.index() < self.defined_messages
    }
}

/// The name of what a text alone defines.
fn quoted(text: &Text) -> Arc<str> {
    format!("\"{}\"", text.value).into()
}
