//! The compiled rails: names resolved, flows flat, spans kept. Knows no files and no runtime.

mod flow;
mod intent;
mod lint;
mod lower;
mod message;
mod pattern;
mod reads;
mod resolve;
pub(crate) mod slot;
mod subflows;
mod surroundings;
mod test;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diagnostic::policy::Policy;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, SourceMap};
use crate::syntax::{self, Bounds, Parsed, ast::Definition};
use resolve::Names;

pub use flow::{
    Argument, Callee, EventPattern, EventSpec, Flow, FlowId, FlowKind, Modifiers, Op, Say, Step, UserPattern,
};
pub use intent::{Intent, IntentId, Utterance};
pub use lower::{GENERATE_VALUE, action_name};
pub use message::{Message, MessageId, MessageText};
pub use pattern::REGEX_SIZE_LIMIT;
pub(crate) use pattern::parse_regex;
pub use resolve::folded;
pub use surroundings::{Asked, Guards, RailUse, Surroundings};
pub use test::{Test, TestKind, TestLine};

/// What compiling yields. With an error among the diagnostics the program is not to be run.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// Everything that could be made sense of.
    pub program: Program,
    /// Which warnings are wanted; the diagnostics are those already.
    pub policy: Policy,
    /// What could not, and what looks wrong; by file, then by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses and compiles `files` of `sources` together. Never fails: what is wrong is in the diagnostics.
pub fn compile(sources: &SourceMap, files: &[FileId], bounds: Bounds) -> Compiled {
    let parsed = files.iter().map(|id| syntax::parse(*id, sources.file(*id), bounds));
    assemble(sources, parsed.collect(), bounds, &Surroundings::default())
}

/// Compiles files of `sources` that are parsed, in their order. Never fails: what is wrong is in the diagnostics.
pub fn assemble(sources: &SourceMap, parsed: Vec<Parsed>, bounds: Bounds, surroundings: &Surroundings) -> Compiled {
    let (mut asts, mut diagnostics) = (Vec::with_capacity(parsed.len()), Vec::new());
    for parsed in parsed {
        diagnostics.extend(parsed.diagnostics);
        asts.push(parsed.ast);
    }
    let has_syntax_errors = diagnostics.iter().any(Diagnostic::is_error);
    let mut names = Names::declare(&asts, sources, bounds.diagnostics);
    names.has_model = surroundings.has_model;
    let definitions = || asts.iter().flat_map(|ast| &ast.definitions);
    let flows = definitions().filter_map(|definition| match definition {
        Definition::Flow(flow) if !flow.is_sample => Some(flow),
        _ => None,
    });
    for (index, flow) in flows.enumerate() {
        lower::flow(&mut names, sources, FlowId(index as u32), &flow.body);
    }
    let tests = definitions().filter_map(|definition| match definition {
        Definition::Test(test) => Some(test),
        _ => None,
    });
    test::lower(tests, &mut names);
    lint::identical_flows(definitions(), sources, &mut names);
    // A name may be used in a line that did not parse.
    if !has_syntax_errors {
        lint::unused(&mut names, &surroundings.intents);
    }
    let Names { program, diagnostics: found, any_done, .. } = names;
    diagnostics.extend(found.take());
    // Half a program seems to lack what stands in the other half.
    if !diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.extend(lint::whole(&program, surroundings, any_done));
    }
    let allowances = asts.into_iter().flat_map(|ast| ast.allowances).collect();
    let policy = Policy { levels: surroundings.levels.clone(), allowances };
    let mut diagnostics = policy.apply(diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    too_many(&mut diagnostics, bounds.diagnostics);
    Compiled { program, policy, diagnostics }
}

/// Keeps the first `most` findings. When an error is left out, an error says that there are more.
fn too_many(diagnostics: &mut Vec<Diagnostic>, most: usize) {
    let Some(last) = diagnostics.get(most).and_then(|diagnostic| diagnostic.span) else { return };
    let code = if diagnostics[most..].iter().any(Diagnostic::is_error) {
        codes::TOO_MANY_ERRORS
    } else {
        codes::TOO_MANY_WARNINGS
    };
    diagnostics.truncate(most);
    let message = format!("more than {most} findings; what is behind this line is not shown");
    diagnostics.push(Diagnostic::new(code, last.slice(0..0), message).help("mend the ones above first"));
}

/// Everything a set of rail files says, ready to be run.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// In order of definition.
    pub intents: Vec<Intent>,
    /// In order of definition, those that are always present first.
    pub messages: Vec<Message>,
    /// In order of definition.
    pub flows: Vec<Flow>,
    /// In order of definition.
    pub tests: Vec<Test>,
    /// Slots that steps `user … with $slot` take.
    taken_slots: Vec<Arc<str>>,
    intents_by_name: FxHashMap<Arc<str>, IntentId>,
    messages_by_name: FxHashMap<Arc<str>, MessageId>,
    flows_by_name: FxHashMap<Arc<str>, FlowId>,
}

impl Program {
    /// The intent `id` names.
    pub fn intent(&self, id: IntentId) -> &Intent {
        &self.intents[id.index()]
    }

    /// The message `id` names.
    pub fn message(&self, id: MessageId) -> &Message {
        &self.messages[id.index()]
    }

    /// The flow `id` names.
    pub fn flow(&self, id: FlowId) -> &Flow {
        &self.flows[id.index()]
    }

    /// The intent called `name`.
    pub fn intent_named(&self, name: &str) -> Option<IntentId> {
        self.intents_by_name.get(name).copied()
    }

    /// The message called `name`.
    pub fn message_named(&self, name: &str) -> Option<MessageId> {
        self.messages_by_name.get(name).copied()
    }

    /// The flow or subflow called `name`.
    pub fn flow_named(&self, name: &str) -> Option<FlowId> {
        self.flows_by_name.get(name).copied()
    }

    /// All intents with their ids.
    pub fn intents(&self) -> impl Iterator<Item = (IntentId, &Intent)> {
        self.intents.iter().enumerate().map(|(index, intent)| (IntentId(index as u32), intent))
    }

    /// All flows with their ids.
    pub fn flows(&self) -> impl Iterator<Item = (FlowId, &Flow)> {
        self.flows.iter().enumerate().map(|(index, flow)| (FlowId(index as u32), flow))
    }
}
