//! What rail files say that NeMo Guardrails passes over, and railsc runs.

use super::Told;
use crate::source::Span;
use crate::syntax;
use crate::syntax::ast::{Branch, Definition, EventMatch, FlowDefinition, Step, StepKind, UserMatch, UserUtterance};

/// Constructs in the order they are told of: what stands there, what becomes of it.
const CONSTRUCTS: &[(Construct, &str, &str)] = &[
    (Construct::Import, "`import`", "dropped there; here the file or the folder is read"),
    (Construct::Sample, "`test` or `sample` flows", "run like any flow there; here they are shown, and never run"),
    (Construct::Alternatives, "`user … or user …`", "never matches there; here any of them does"),
    (
        Construct::Anything,
        "`user *`, `user something`, `any`",
        "never matches there, unless it is `user ...`; here it takes any text",
    ),
    (Construct::Text, "`user \"text\"`", "names an intent there; here it waits for texts like this one"),
    (Construct::Slots, "`user … as $v`, `user … with $p`", "dropped there; here the variable is set"),
    (Construct::Parameters, "`do … (p=…)`", "the parameters are dropped there; here they are the subflow's own"),
    (Construct::Result, "`return …`", "the value is dropped there; here it is what the subflow is worth"),
    (Construct::Conditions, "`if` in `define bot`", "passed over there; here it chooses among the texts"),
    (Construct::Otherwise, "`else` of `when`", "not known there; here it is taken when none of the branches is"),
    (Construct::FlowEnds, "`when flow …`", "does not parse there; here it waits for the end of that flow"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Construct {
    Import,
    Sample,
    Alternatives,
    Anything,
    Text,
    Slots,
    Parameters,
    Result,
    Conditions,
    Otherwise,
    FlowEnds,
}

/// Tells of each construct once, with its first place and how often it stands in the rails.
pub(super) fn tell_constructs(told: &mut Told<'_>) {
    let inspection = told.inspection;
    let mut found = Vec::new();
    for (id, file) in inspection.sources.files().filter(|(_, file)| file.name().ends_with(".co") && !file.is_shipped())
    {
        let parsed = syntax::parse(id, file, inspection.config.bounds());
        if parsed.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
            continue;
        }
        for definition in &parsed.ast.definitions {
            match definition {
                Definition::Import(import) => found.push((Construct::Import, import.span)),
                Definition::Flow(flow) => of_flow(flow, file.text(), &mut found),
                Definition::Bot(bot) => {
                    let conditional = bot.texts.iter().find(|text| !text.conditions.is_empty());
                    found.extend(conditional.map(|text| (Construct::Conditions, text.text.span)));
                }
                Definition::User(_) | Definition::Test(_) => {}
            }
        }
    }
    for (construct, what, how) in CONSTRUCTS {
        let mut places = found.iter().filter(|(found, _)| found == construct).map(|(_, span)| *span);
        let Some(first) = places.next() else { continue };
        let what = match places.count() {
            0 => (*what).to_owned(),
            others => format!("{what}, {} times", others + 1),
        };
        told.differs(Some(first), what, *how);
    }
}

type Places = Vec<(Construct, Span)>;

fn of_flow(flow: &FlowDefinition, text: &str, found: &mut Places) {
    if flow.is_sample {
        found.push((Construct::Sample, flow.header));
    }
    of_steps(&flow.body, text, found);
}

fn of_steps(steps: &[Step], text: &str, found: &mut Places) {
    for step in steps {
        match &step.kind {
            StepKind::User(matches) => of_matches(matches.iter(), matches.len(), step.span, text, found),
            StepKind::Do(call, _) if !call.arguments.is_empty() => found.push((Construct::Parameters, step.span)),
            StepKind::Return(Some(_)) => found.push((Construct::Result, step.span)),
            StepKind::If { branches, otherwise } => blocks(branches, otherwise.as_deref(), text, found),
            StepKind::While { body, .. } => of_steps(body, text, found),
            StepKind::When { branches, otherwise } => {
                for branch in branches {
                    let users = branch.test.iter().filter_map(|event| match event {
                        EventMatch::User(user) => Some(user),
                        _ => None,
                    });
                    of_matches(users, branch.test.len(), branch.span, text, found);
                    if branch.test.iter().any(|event| matches!(event, EventMatch::Flow(_))) {
                        found.push((Construct::FlowEnds, branch.span));
                    }
                }
                found.extend(otherwise.iter().map(|_| (Construct::Otherwise, step.span)));
                blocks(branches, otherwise.as_deref(), text, found);
            }
            _ => {}
        }
    }
}

fn blocks<T>(branches: &[Branch<T>], otherwise: Option<&[Step]>, text: &str, found: &mut Places) {
    for body in branches.iter().map(|branch| &*branch.body).chain(otherwise) {
        of_steps(body, text, found);
    }
}

fn of_matches<'a>(
    users: impl Iterator<Item = &'a UserMatch>,
    count: usize,
    span: Span,
    text: &str,
    found: &mut Places,
) {
    if count > 1 {
        found.push((Construct::Alternatives, span));
    }
    for user in users {
        match &user.utterance {
            // The one form that both know.
            UserUtterance::Any if text[span.range()].contains("...") => {}
            UserUtterance::Any => found.push((Construct::Anything, span)),
            UserUtterance::Text(_) => found.push((Construct::Text, span)),
            UserUtterance::Intent(_) => {}
        }
        if !user.slots.is_empty() || user.into.is_some() {
            found.push((Construct::Slots, span));
        }
    }
}
