//! Which of the rails we ship a configuration needs: those it names and does not define itself, and what these do and say.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::FAMILIES;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::ast::{Ast, BotSay, Callee, Definition, FlowDefinition, Step, StepKind};
use crate::syntax::{self, Bounds, Parsed};

/// What names of shipped files begin with, so that nobody looks for them on a disk.
const PLACE: &str = "railsc:rails/";

/// The shipped definitions that `rails` lack, which also run the flows `named`. A flow or a message that `rails` define is not among them.
pub(crate) fn shipped<'a>(
    sources: &mut SourceMap,
    rails: &[Parsed],
    named: impl Iterator<Item = &'a str>,
    bounds: Bounds,
) -> Vec<Parsed> {
    let own = Own::of(rails);
    let mut wanted: Vec<Arc<str>> = named.map(Arc::from).chain(own.done.iter().cloned()).collect();
    let mut files: FxHashMap<usize, Parsed> = FxHashMap::default();
    let mut taken: FxHashSet<Arc<str>> = FxHashSet::default();
    while let Some(name) = wanted.pop() {
        if own.flows.contains(&name) || taken.contains(&name) {
            continue;
        }
        let Some(file) = file_of(&name) else { continue };
        let parsed = files.entry(file).or_insert_with(|| parse(file, sources, bounds));
        for flow in parsed.ast.definitions.iter().filter_map(flow).filter(|flow| is_called(flow, &name)) {
            uses(&flow.body, &mut |used| {
                if let Used::Flow(flow) = used {
                    wanted.push(flow.clone());
                }
            });
        }
        taken.insert(name);
    }
    let mut files: Vec<(usize, Parsed)> = files.into_iter().collect();
    files.sort_by_key(|(file, _)| *file);
    let pruned = files.into_iter().map(|(_, parsed)| Parsed { ast: pruned(parsed.ast, &taken, &own), ..parsed });
    pruned.collect()
}

/// The text of the file that has a flow called `name`.
fn file_of(name: &str) -> Option<usize> {
    let defines = |text: &str| {
        let headers = text.lines().filter_map(|line| line.strip_prefix("define subflow "));
        headers.into_iter().any(|header| header.trim_end() == name)
    };
    FAMILIES.iter().position(|family| defines(family.text))
}

fn parse(file: usize, sources: &mut SourceMap, bounds: Bounds) -> Parsed {
    let family = FAMILIES[file];
    let id = sources.add(SourceFile::shipped(format!("{PLACE}{}.co", family.file), family.text));
    syntax::parse(id, sources.file(id), bounds)
}

/// The flows that are taken, and the messages that these say.
fn pruned(ast: Ast, taken: &FxHashSet<Arc<str>>, own: &Own) -> Ast {
    let is_taken = |flow: &FlowDefinition| flow.name.as_ref().is_some_and(|name| taken.contains(&name.text));
    let mut said = FxHashSet::default();
    for flow in ast.definitions.iter().filter_map(flow).filter(|flow| is_taken(flow)) {
        uses(&flow.body, &mut |used| {
            if let Used::Message(message) = used {
                said.insert(message.clone());
            }
        });
    }
    let definitions = ast.definitions.into_iter().filter(|definition| match definition {
        Definition::Flow(flow) => is_taken(flow),
        Definition::Bot(bot) => said.contains(&bot.name.text) && !own.messages.contains(&bot.name.text),
        _ => false,
    });
    Ast { definitions: definitions.collect(), allowances: ast.allowances, lost_definitions: false }
}

/// What a configuration defines itself, and which flows it has done.
#[derive(Default)]
struct Own {
    flows: FxHashSet<Arc<str>>,
    messages: FxHashSet<Arc<str>>,
    done: Vec<Arc<str>>,
}

impl Own {
    fn of(rails: &[Parsed]) -> Self {
        let mut own = Self::default();
        for definition in rails.iter().flat_map(|parsed| &parsed.ast.definitions) {
            match definition {
                Definition::Flow(flow) if !flow.is_sample => {
                    own.flows.extend(flow.name.iter().map(|name| name.text.clone()));
                    uses(&flow.body, &mut |used| match used {
                        Used::Flow(name) => own.done.push(name.clone()),
                        Used::Texts(message) => {
                            own.messages.insert(message.clone());
                        }
                        Used::Message(_) => {}
                    });
                }
                Definition::Bot(bot) => {
                    own.messages.insert(bot.name.text.clone());
                }
                _ => {}
            }
        }
        own
    }
}

/// What a step names.
enum Used<'a> {
    Flow(&'a Arc<str>),
    /// A message that it says.
    Message(&'a Arc<str>),
    /// A message that it says, with texts, which define it.
    Texts(&'a Arc<str>),
}

/// Calls `found` with what the steps of `body` name, and those below them.
fn uses<'a>(body: &'a [Step], found: &mut dyn FnMut(Used<'a>)) {
    for step in body {
        match &step.kind {
            StepKind::Do(call, _) => {
                if let Callee::Flow(name) = &call.callee {
                    found(Used::Flow(&name.text));
                }
            }
            StepKind::Bot(BotSay::Message(name, texts)) => {
                found(if texts.is_empty() { Used::Message(&name.text) } else { Used::Texts(&name.text) });
            }
            StepKind::If { branches, otherwise } => {
                branches.iter().for_each(|branch| uses(&branch.body, found));
                uses(otherwise.as_deref().unwrap_or_default(), found);
            }
            StepKind::When { branches, otherwise } => {
                branches.iter().for_each(|branch| uses(&branch.body, found));
                uses(otherwise.as_deref().unwrap_or_default(), found);
            }
            StepKind::While { body, .. } => uses(body, found),
            _ => {}
        }
    }
}

fn flow(definition: &Definition) -> Option<&FlowDefinition> {
    match definition {
        Definition::Flow(flow) => Some(flow),
        _ => None,
    }
}

fn is_called(flow: &FlowDefinition, wanted: &str) -> bool {
    flow.name.as_ref().is_some_and(|name| *name.text == *wanted)
}
