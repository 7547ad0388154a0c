//! How a configuration uses the rails we ship: what each is to guard, and what it is given.

use super::{Cost, FAMILIES};
use crate::config::{Config, Rail};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::expression::Value;
use crate::program::Program;
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

fn is_fraction(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| (0.0..=1.0).contains(&number))
}
