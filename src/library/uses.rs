//! How a configuration uses the rails we ship: what each is to guard, and what it is given.

use super::{Cost, FAMILIES, Library, executed};
use crate::config::{Config, Rail};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Value;
use crate::program::{FlowKind, GENERATE_VALUE, Op, Program};
use crate::source::SourceMap;

/// The files whose rails have a score, and may be given the threshold for it.
const WITH_THRESHOLD: [&str; 2] = ["attack", "moderation"];

/// Tells of rails of ours that guard nothing where they are named, or are given what they don't read.
pub(crate) fn misused(config: &Config, program: &Program, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let is_ours = |named: &&Rail| {
        let flow = program.flow_named(&named.name);
        flow.is_some_and(|flow| sources.file(program.flow(flow).span.file).is_shipped())
    };
    for named in config.rails.iter().filter(is_ours) {
        let rails = FAMILIES.iter().flat_map(|family| family.rails.iter().map(move |rail| (family, rail)));
        let Some((family, rail)) = rails.into_iter().find(|(_, rail)| *rail.name == *named.name) else { continue };
        if !rail.guards.contains(&named.guards) {
            let guards: Vec<_> = rail.guards.iter().map(|guards| format!("`rails.{guards}`")).collect();
            let message = format!("`{}` does not guard {}", rail.name, named.guards);
            let diagnostic = Diagnostic::new(codes::BAD_VALUE, named.span, message);
            let diagnostic = diagnostic.label("it would look at something else, and let everything pass here");
            diagnostics.push(diagnostic.help(format!("it is for {}", guards.join(" and "))));
        }
        let takes_model = matches!(rail.cost, Cost::Model(_));
        let takes_threshold = WITH_THRESHOLD.contains(&family.file);
        for (name, value) in &named.parameters {
            let wanted = match &**name {
                "model" if takes_model => (!value.is_string()).then_some("the type of a model"),
                "threshold" if takes_threshold => (!is_fraction(value)).then_some("a number from 0 to 1"),
                _ => {
                    let message = format!("`{}` takes no `{name}`", rail.name);
                    let known = [("model", takes_model), ("threshold", takes_threshold)];
                    let known = known.into_iter().filter(|(_, takes)| *takes).map(|(name, _)| name);
                    let diagnostic = Diagnostic::new(codes::BAD_VALUE, named.span, message);
                    let diagnostic = diagnostic.label("it would do nothing");
                    diagnostics.push(diagnostic.suggest(nearest(name, known)));
                    continue;
                }
            };
            if let Some(wanted) = wanted {
                let message = format!("`{name}` of `{}` should be {wanted}, not {value}", rail.name);
                diagnostics.push(Diagnostic::new(codes::BAD_VALUE, named.span, message));
            }
        }
    }
    diagnostics
}

/// Tells of parameters of a user's own rails that nobody reads, so that they do nothing.
pub(crate) fn unread(config: &Config, program: &Program, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for named in config.rails.iter().filter(|named| !named.parameters.is_empty()) {
        let Some(flow) = program.flow_named(&named.name) else { continue };
        if sources.file(program.flow(flow).span.file).is_shipped() {
            continue;
        }
        let read = program.read_in(flow);
        let steps = program.may_do([flow]).into_iter().flat_map(|flow| &program.flow(flow).steps);
        let run: Vec<&str> = steps.filter_map(executed).collect();
        let given = |name: &str| named.parameters.iter().any(|(given, _)| **given == *name);
        for (name, _) in &named.parameters {
            let is_taken = match &**name {
                "model" => run.iter().any(|action| *action == GENERATE_VALUE || Library::asks(action).is_some()),
                "threshold" => run.iter().any(|action| takes_threshold(action)),
                _ => false,
            };
            if is_taken || read.contains(&**name) {
                continue;
            }
            let message = format!("rail `{}` never reads `${name}`", named.name);
            let diagnostic = Diagnostic::new(codes::UNREAD_PARAMETER, named.span, message).label("so it does nothing");
            let meant = nearest(name, read.iter().map(String::as_str).filter(|read| !given(read)));
            diagnostics.push(match meant {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic.help(format!("read `${name}` in the flow, or leave it out")),
            });
        }
    }
    diagnostics
}

/// Whether an action of ours goes by the threshold that its rail is given.
fn takes_threshold(action: &str) -> bool {
    let of = FAMILIES.iter().find(|family| family.actions.iter().chain(family.asks).any(|name| *name == action));
    of.is_some_and(|family| WITH_THRESHOLD.contains(&family.file))
}

/// Actions of ours that know by themselves what to look at.
const KNOWING: [&str; 2] = ["check_tool_calls", "check_retrieved_injection"];

/// Tells of actions of ours that look at a text, and are run where no rail is, without being told at which: they fail there. `is_native` tells whether
/// an action is ours.
pub(crate) fn without_text(config: &Config, program: &Program, is_native: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let is_rail = |name: &str| config.rails.iter().any(|rail| *rail.name == *name);
    let starting = program.flows().filter(|(_, flow)| flow.kind == FlowKind::Flow && !is_rail(&flow.name));
    let mut flows: Vec<_> = program.done_by(starting.map(|(id, _)| id)).into_iter().collect();
    flows.sort();
    let mut diagnostics = Vec::new();
    for step in flows.into_iter().flat_map(|flow| &program.flow(flow).steps) {
        let Op::Execute { action, arguments, .. } = &step.op else { continue };
        let looks = || FAMILIES.iter().any(|family| family.actions.contains(&&**action));
        let is_told = arguments.iter().any(|argument| matches!(&*argument.name, "text" | "source"));
        if is_told || KNOWING.contains(&&**action) || !looks() || !is_native(action) {
            continue;
        }
        let message = format!("`{action}` is not told what to look at");
        let diagnostic = Diagnostic::new(codes::NOTHING_TO_LOOK_AT, step.span, message);
        let diagnostic = diagnostic.label("this runs where no rail does, and fails, and the turn with it");
        diagnostics.push(diagnostic.help("write `text=$variable`, or `source=\"input\"`"));
    }
    diagnostics
}

fn is_fraction(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number))
}
