//! Patterns that speak for one intent in the examples of another.

use super::Classifier;
use super::normalize::Normalized;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{IntentId, Program};
use crate::source::Span;

/// Looks for regular expressions and phrases that match an example of another intent, and reports each once.
pub(super) fn others_examples(classifier: &Classifier, program: &Program) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut reported: Vec<(Span, IntentId)> = Vec::new();
    for (owner, intent) in program.intents() {
        for example in &intent.examples {
            let text = Normalized::new(&example.text);
            let ruled_out = classifier.exact.ruled_out(&text);
            for hit in classifier.patterns.find(&text, &example.text) {
                if hit.intent == owner || ruled_out.contains(&hit.intent) || reported.contains(&(hit.span, owner)) {
                    continue;
                }
                reported.push((hit.span, owner));
                let other = program.intent(hit.intent);
                let what = match hit.is_regex {
                    true if other.examples.iter().any(|example| example.span == hit.span) => "slot",
                    true => "regular expression",
                    false => "phrase",
                };
                let other = &other.name;
                let message = format!("{what} of `{other}` matches an example of `{}`", intent.name);
                found.push(
                    Diagnostic::new(codes::OTHERS_EXAMPLE, hit.span, message)
                        .also(example.span, format!("this means `{}`, but much like it means `{other}`", intent.name))
                        .help("make the pattern narrower, or name exceptions by `not` lines"),
                );
            }
        }
    }
    found
}
