//! Phrases, regular expressions and examples with slots: what they need is looked for in one pass over the text, whatever
//! their number.

mod boundary;
mod letters;
mod needs;
mod phrases;
mod regexes;
mod size;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::normalize::Normalized;
use super::{MatchKind, slot};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{IntentId, Program, Utterance};
use crate::source::Span;
pub(crate) use phrases::Phrases;
pub(crate) use regexes::Regexes;
use regexes::TOTAL_SIZE_LIMIT;

/// How many regular expressions that match are looked at for the place of their match; where there are more, the first
/// of them decide.
const MOST_MEASURED: usize = 1_000;

/// All patterns of all intents.
pub(super) struct Patterns {
    regexes: Regexes,
    regex_owners: Vec<Owner>,
    phrases: Phrases,
    phrase_owners: Vec<Owner>,
}

struct Owner {
    intent: IntentId,
    text: Arc<str>,
    span: Span,
}

/// A pattern that matches.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub intent: IntentId,
    pub is_regex: bool,
    pub text: Arc<str>,
    pub span: Span,
    /// Whether it matches the text as normalised, or as typed alone.
    on_normalized: bool,
    /// The bytes of that text it covers.
    range: Range<usize>,
    /// Its place among the regular expressions, or among the phrases.
    order: usize,
}

/// A pattern that matches a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternMatch {
    /// The intent it speaks for.
    pub intent: IntentId,
    /// What kind of pattern it is; an example with slots counts as a regular expression.
    pub kind: MatchKind,
    /// The pattern as written.
    pub text: Arc<str>,
    /// Where the pattern stands.
    pub span: Span,
    /// The bytes of the text as typed that it covers where it matches first. Empty for regular expressions behind the
    /// first 1,000 that match.
    pub range: Range<usize>,
    /// Slots and named groups, as typed.
    pub captures: Vec<(Arc<str>, String)>,
}

impl Hit {
    fn new(owner: &Owner, is_regex: bool, on_normalized: bool, range: Range<usize>, order: usize) -> Self {
        let (intent, text, span) = (owner.intent, owner.text.clone(), owner.span);
        Self { intent, is_regex, text, span, on_normalized, range, order }
    }

    pub(super) fn kind(&self) -> MatchKind {
        if self.is_regex { MatchKind::Regex } else { MatchKind::Phrase }
    }

    /// The bytes of the typed text it covers.
    fn range(&self, text: &Normalized) -> Range<usize> {
        if self.on_normalized { text.origin(self.range.clone()) } else { self.range.clone() }
    }
}

impl Patterns {
    pub(super) fn new(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let (mut sources, mut regex_owners, mut phrases, mut phrase_owners) = (vec![], vec![], vec![], vec![]);
        for (intent, definition) in program.intents() {
            let owner = |utterance: &Utterance| Owner { intent, text: utterance.text.clone(), span: utterance.span };
            for regex in &definition.regexes {
                sources.push(regex.text.to_string());
                regex_owners.push(owner(regex));
            }
            for example in &definition.examples {
                if let Some(source) = slot::regex(&example.text) {
                    sources.push(source);
                    regex_owners.push(owner(example));
                }
            }
            for phrase in &definition.phrases {
                let text = Normalized::new(&phrase.text).text().to_owned();
                if !text.is_empty() {
                    phrases.push(text);
                    phrase_owners.push(owner(phrase));
                }
            }
        }
        let mut regexes = Regexes::default();
        for (source, owner) in sources.iter().zip(&regex_owners) {
            if regexes.add(source).is_err() {
                diagnostics.push(too_large(owner.span, sources.len()));
                break;
            }
        }
        regexes.finish();
        let phrases = Phrases::new(&phrases).unwrap_or_else(|error| {
            let message = format!("the {} phrases together don't compile: {error}", phrases.len());
            diagnostics.push(Diagnostic::new(codes::REGEX_TOO_LARGE, phrase_owners[0].span, message).help("use fewer"));
            Phrases::default()
        });
        Self { regexes, regex_owners, phrases, phrase_owners }
    }

    /// What matches, the best first, one hit an intent.
    pub(super) fn find(&self, text: &Normalized, typed: &str) -> Vec<Hit> {
        let mut hits = self.all(text, typed);
        let mut seen = FxHashSet::default();
        hits.retain(|hit| seen.insert(hit.intent));
        hits
    }

    /// What matches, the best first: regular expressions before phrases, then the longest, then the first defined.
    pub(super) fn all(&self, text: &Normalized, typed: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.find_regexes(text, typed, &mut hits);
        self.phrases.find(text.text(), |order, range| {
            hits.push(Hit::new(&self.phrase_owners[order], false, true, range, order));
        });
        hits.sort_by_key(|hit| (Reverse(hit.is_regex), Reverse(hit.range.len()), hit.order));
        hits
    }

    /// All that matches in one reading of what was typed, for who asks to see it.
    pub(super) fn matches(&self, text: &Normalized, typed: &str) -> Vec<PatternMatch> {
        let hits = self.all(text, typed).into_iter();
        let shown = hits.map(|hit| PatternMatch {
            intent: hit.intent,
            kind: hit.kind(),
            range: hit.range(text),
            captures: self.captures(&hit, text, typed),
            text: hit.text,
            span: hit.span,
        });
        shown.collect()
    }

    /// Named groups and slots of `hit`, as typed.
    pub(super) fn captures(&self, hit: &Hit, text: &Normalized, typed: &str) -> Vec<(Arc<str>, String)> {
        if !hit.is_regex {
            return Vec::new();
        }
        let groups = self.regexes.groups(hit.order, if hit.on_normalized { text.text() } else { typed });
        let as_typed = |range: Range<usize>| &typed[if hit.on_normalized { text.origin(range) } else { range }];
        groups.into_iter().map(|(name, range)| (name, as_typed(range).to_owned())).collect()
    }

    fn find_regexes(&self, text: &Normalized, typed: &str, hits: &mut Vec<Hit>) {
        if self.regexes.len() == 0 {
            return;
        }
        let mut matched = FxHashSet::default();
        // Patterns may look for what normalising takes away; case is not among it.
        let typed = (!typed.eq_ignore_ascii_case(text.text())).then_some(typed);
        for (view, on_normalized) in [(Some(text.text()), true), (typed, false)] {
            let Some(view) = view else { continue };
            for order in self.regexes.candidates(view) {
                if matched.contains(&order) {
                    continue;
                }
                let range = if matched.len() < MOST_MEASURED {
                    self.regexes.find(order, view)
                } else {
                    self.regexes.is_match(order, view).then_some(0..0)
                };
                let Some(range) = range else { continue };
                matched.insert(order);
                hits.push(Hit::new(&self.regex_owners[order], true, on_normalized, range, order));
            }
        }
    }
}

fn too_large(span: Span, count: usize) -> Diagnostic {
    let message = format!(
        "the {count} regular expressions and examples with slots together take more than {TOTAL_SIZE_LIMIT} bytes"
    );
    Diagnostic::new(codes::REGEX_TOO_LARGE, span, message)
        .label("this one passes the limit")
        .help("use fewer, or make them smaller: `\\w` and other large classes that repeat are what takes most")
}

impl std::fmt::Debug for Patterns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patterns({} regexes, {} phrases)", self.regex_owners.len(), self.phrase_owners.len())
    }
}
