//! Phrases, regular expressions and examples with slots: one pass each over the text, whatever their number.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use super::normalize::Normalized;
use super::slot;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{IntentId, Program, REGEX_SIZE_LIMIT, Utterance};
use crate::source::Span;

/// How large all regular expressions together may be when compiled, in bytes.
const SET_SIZE_LIMIT: usize = 64 << 20;
/// How many regular expressions that match are looked at for the length of their match; a rail that has more is
/// decided by the first of them.
const MOST_MEASURED: usize = 64;

/// All patterns of all intents.
pub(super) struct Patterns {
    set: RegexSet,
    regexes: Vec<Entry>,
    phrases: Option<AhoCorasick>,
    phrase_entries: Vec<PhraseEntry>,
}

struct Entry {
    intent: IntentId,
    text: Arc<str>,
    span: Span,
    source: String,
    /// Compiled when it first matches; the set tells that it does.
    regex: OnceLock<Option<Regex>>,
}

struct PhraseEntry {
    intent: IntentId,
    text: Arc<str>,
    span: Span,
    /// Whether its first and its last character are part of a word, which must end there.
    words: (bool, bool),
}

/// A pattern that matches.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub intent: IntentId,
    pub is_regex: bool,
    pub text: Arc<str>,
    pub span: Span,
    /// Named groups and slots, as typed.
    pub captures: Vec<(Arc<str>, String)>,
    /// Bytes of the normalised text it covers.
    length: usize,
    order: usize,
}

impl Patterns {
    pub(super) fn new(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let (mut regexes, mut phrases, mut phrase_entries) = (Vec::new(), Vec::new(), Vec::new());
        for (intent, definition) in program.intents() {
            let entry = |utterance: &Utterance, source: String| Entry {
                intent,
                text: utterance.text.clone(),
                span: utterance.span,
                source,
                regex: OnceLock::new(),
            };
            regexes.extend(definition.regexes.iter().map(|regex| entry(regex, regex.text.to_string())));
            let slotted = definition.examples.iter().filter_map(|example| Some((example, slot::regex(&example.text)?)));
            regexes.extend(slotted.map(|(example, source)| entry(example, source)));
            for phrase in &definition.phrases {
                let text = Normalized::new(&phrase.text).text().to_owned();
                let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let words = (is_word(text.chars().next()), is_word(text.chars().next_back()));
                if !text.is_empty() {
                    phrases.push(text);
                    phrase_entries.push(PhraseEntry { intent, text: phrase.text.clone(), span: phrase.span, words });
                }
            }
        }
        let sources = regexes.iter().map(|entry| &entry.source);
        let set = RegexSetBuilder::new(sources).case_insensitive(true).size_limit(SET_SIZE_LIMIT).build();
        let set = set.unwrap_or_else(|error| {
            if let Some(last) = regexes.last() {
                let message = format!("the {} regular expressions together don't compile: {error}", regexes.len());
                diagnostics.push(
                    Diagnostic::new(codes::REGEX_TOO_LARGE, last.span, message).help("use fewer, or make them smaller"),
                );
            }
            RegexSet::empty()
        });
        let phrases = if phrases.is_empty() {
            None
        } else {
            AhoCorasick::new(&phrases)
                .map_err(|error| {
                    let message = format!("the {} phrases together don't compile: {error}", phrases.len());
                    diagnostics.push(
                        Diagnostic::new(codes::REGEX_TOO_LARGE, phrase_entries[0].span, message).help("use fewer"),
                    );
                })
                .ok()
        };
        Self { set, regexes, phrases, phrase_entries }
    }

    /// What matches, the best first, one hit an intent: regular expressions before phrases, then the longest, then the
    /// first defined.
    pub(super) fn find(&self, text: &Normalized, typed: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.find_regexes(text, typed, &mut hits);
        self.find_phrases(text, &mut hits);
        hits.sort_by_key(|hit| (Reverse(hit.is_regex), Reverse(hit.length), hit.order));
        let mut seen = Vec::new();
        hits.retain(|hit| {
            let is_new = !seen.contains(&hit.intent);
            seen.push(hit.intent);
            is_new
        });
        hits
    }

    fn find_regexes(&self, text: &Normalized, typed: &str, hits: &mut Vec<Hit>) {
        if self.regexes.is_empty() {
            return;
        }
        let mut measured = 0;
        let on_normalized = self.set.matches(text.text());
        // Patterns may look for what normalising takes away; case is not among it.
        let on_typed = (!typed.eq_ignore_ascii_case(text.text())).then(|| self.set.matches(typed));
        for (order, entry) in self.regexes.iter().enumerate() {
            let typed_too = on_typed.as_ref().is_some_and(|set| set.matched(order));
            if !on_normalized.matched(order) && !typed_too {
                continue;
            }
            measured += 1;
            let mut found = (0, Vec::new());
            if measured <= MOST_MEASURED {
                found = entry.measure(text, typed, on_normalized.matched(order)).unwrap_or_default();
            }
            hits.push(Hit {
                intent: entry.intent,
                is_regex: true,
                text: entry.text.clone(),
                span: entry.span,
                captures: found.1,
                length: found.0,
                order,
            });
        }
    }

    fn find_phrases(&self, text: &Normalized, hits: &mut Vec<Hit>) {
        let Some(phrases) = &self.phrases else { return };
        let mut matched = vec![false; self.phrase_entries.len()];
        for found in phrases.find_overlapping_iter(text.text()) {
            let order = found.pattern().as_usize();
            let entry = &self.phrase_entries[order];
            if matched[order] || !stands_free(text.text(), found.range(), entry.words) {
                continue;
            }
            matched[order] = true;
            hits.push(Hit {
                intent: entry.intent,
                is_regex: false,
                text: entry.text.clone(),
                span: entry.span,
                captures: Vec::new(),
                length: found.len(),
                order,
            });
        }
    }
}

/// The length of a match, and its named groups.
type Measured = (usize, Vec<(Arc<str>, String)>);

impl Entry {
    fn measure(&self, text: &Normalized, typed: &str, normalized: bool) -> Option<Measured> {
        let compile =
            || RegexBuilder::new(&self.source).case_insensitive(true).size_limit(REGEX_SIZE_LIMIT).build().ok();
        let regex = self.regex.get_or_init(compile).as_ref()?;
        let captures = regex.captures(if normalized { text.text() } else { typed })?;
        let as_typed = |range: Range<usize>| &typed[if normalized { text.origin(range) } else { range }];
        let names = regex.capture_names().flatten();
        let groups = names.filter_map(|name| Some((name, captures.name(name)?)));
        let groups = groups.map(|(name, group)| (name.into(), as_typed(group.range()).to_owned()));
        Some((captures.get_match().len(), groups.collect()))
    }
}

/// Whether a phrase that starts or ends with a word's character is not part of a longer word there.
fn stands_free(text: &str, range: Range<usize>, (starts_word, ends_word): (bool, bool)) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let runs_on_before = starts_word && is_word(text[..range.start].chars().next_back());
    let runs_on_behind = ends_word && is_word(text[range.end..].chars().next());
    !runs_on_before && !runs_on_behind
}

impl std::fmt::Debug for Patterns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patterns({} regexes, {} phrases)", self.regexes.len(), self.phrase_entries.len())
    }
}
