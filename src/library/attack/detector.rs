//! How likely a text is an attack, and what says so.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::exemplars::{Exemplar, nearest};
use super::rules::{Hit, Rules};
use super::weights::{Features, Weights};
use super::words::{Word, windows, words};
use crate::classify::{Embedder, Form, Normalized, Reading, Readings, Static};

/// What a rule has to count to be named.
const NAMED: f32 = 0.05;
/// What says so beyond these is not kept.
const MOST_SIGNS: usize = 64;
/// How much of a place is shown, in bytes of what was read.
const LONGEST: usize = 400;

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::read(include_str!("data/rules.txt")).expect("the rules can be read, as a test holds"));
static WEIGHTS: LazyLock<[Weights; 2]> = LazyLock::new(|| {
    [("direct", 0), ("retrieved", 1)].map(|column| {
        let read = Weights::read(include_str!("data/weights.txt"), column, &RULES);
        read.expect("the weights are those of the rules, as a test holds")
    })
});

/// Letters of the longest word that is one.
const LONGEST_WORD: usize = 16;

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A user typed it.
    User,
    /// It was found, or a tool returned it: nobody who may give orders wrote it.
    Retrieved,
}

/// What there is to an attack.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attack {
    /// How likely it is one, from 0 to 1.
    pub score: f32,
    /// What says so, what counts most first.
    pub signs: Vec<Sign>,
    /// What was undone to read it so: `base64`, `repaired`.
    pub ways: Vec<&'static str>,
}

/// What says that a text is an attack.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sign {
    /// The rule that holds; `None` where the text is like attacks.
    pub rule: Option<&'static str>,
    /// Where, in bytes of the text as typed.
    pub range: Range<usize>,
    /// What it counts; a score of one half takes 0 in all.
    pub weight: f32,
}

/// Looks for attacks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detector {
    /// Rules that don't count.
    without: FxHashSet<usize>,
}

/// Whether there is a rule, or a family of rules, of this name; all of these names, if not.
pub(super) fn is_known(name: &str) -> Result<(), Vec<&'static str>> {
    let names = || RULES.families().iter().copied().chain((0..RULES.len()).map(|rule| RULES.name(rule)));
    if names().any(|known| known == name) { Ok(()) } else { Err(names().collect()) }
}

impl Detector {
    /// Reads what comes along once, so that no turn has to wait for it.
    pub(super) fn prepare() {
        LazyLock::force(&RULES);
        LazyLock::force(&WEIGHTS);
    }

    /// Without the rules, or families of rules, that are named.
    pub(super) fn without(names: &[String]) -> Self {
        let is_named = |name: &str| names.iter().any(|named| named == name);
        let rules = (0..RULES.len())
            .filter(|rule| is_named(RULES.name(*rule)) || is_named(RULES.families()[RULES.family(*rule)]));
        Self { without: if names.is_empty() { FxHashSet::default() } else { rules.collect() } }
    }

    /// What there is to a text as an attack. In a time that goes by its length.
    pub(crate) fn look(&self, readings: &Readings, origin: Origin) -> Attack {
        // Capitals of other scripts may look like another letter than their small ones.
        let is_foreign = readings.typed().chars().any(|c| matches!(c, '\u{370}'..='\u{52f}'));
        let mut is_disguised = true;
        // Errors of typing are undone only beside tricks: words that merely look like errors would be read as others.
        let worthwhile = readings.folded().filter(|reading| match reading.form() {
            Form::Repaired => is_disguised,
            _ => {
                is_disguised = is_foreign || disguised(reading.text());
                true
            }
        });
        let attacks = worthwhile.map(|reading| self.read(reading, origin));
        // Of equal ones the first, which is nearest to what was typed.
        attacks.reduce(|best, other| if other.score > best.score { other } else { best }).unwrap_or_default()
    }

    /// The attack that `typed` is likest.
    pub(crate) fn likest(&self, typed: &str) -> Option<(&'static Exemplar, f32)> {
        nearest(Normalized::new(typed).text())
    }

    fn read(&self, reading: &Reading, origin: Origin) -> Attack {
        let weights = &WEIGHTS[usize::from(origin == Origin::Retrieved)];
        let text = reading.text();
        let words = words(text);
        let mut hits = RULES.find(text, &words);
        hits.retain(|hit| !self.without.contains(&hit.rule));
        let mut features = Features { words: words.len(), ..Features::default() };
        count(&hits, &mut features);
        features.near = match origin {
            Origin::User => whole(text, weights),
            Origin::Retrieved => likest(text, &words, weights).map_or_else(|| weights.likeness(&[]), |(near, _)| near),
        };
        let place = |range: &Range<usize>| {
            let start = words[range.start].range.start;
            let mut end = words[range.end - 1].range.end.min(start + LONGEST);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            reading.origin(start..end)
        };
        let mut signs: Vec<Sign> = hits
            .iter()
            .map(|hit| Sign {
                rule: Some(RULES.name(hit.rule)),
                range: place(&hit.words),
                weight: weights.of_rule(hit.rule, RULES.family(hit.rule)),
            })
            .filter(|sign| sign.weight >= NAMED)
            .collect();
        let likeness = weights.of_likeness(&features);
        if likeness > 0.0
            && let Some((_, best)) = likest(text, &words, weights)
        {
            signs.push(Sign { rule: None, range: place(&best), weight: likeness });
        }
        signs.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.range.start.cmp(&b.range.start)));
        signs.truncate(MOST_SIGNS);
        Attack { score: weights.score(&features), signs, ways: reading.ways() }
    }
}

/// Whether a normalised text may hide words behind digits and signs for letters, in single letters, or in several that are one.
fn disguised(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_lowercase);
    let is_sign = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'@' | b'$' | b'!' | b'|');
    let mut signs = (0..bytes.len()).filter(|at| is_sign(bytes[*at]));
    signs.any(|at| is_letter(Some(at + 1)) || is_letter(at.checked_sub(1)) && bytes[at] != b'!')
        || words(text).windows(3).any(|row| row.iter().all(|word| word.range.len() == 1))
        || bytes.split(|byte| !byte.is_ascii_lowercase()).any(|word| word.len() > LONGEST_WORD)
}

/// Counts rules that hold: those of a family once each, where they don't overlap.
fn count(hits: &[Hit], features: &mut Features) {
    features.families = vec![0; RULES.families().len()];
    let mut ends = vec![0; RULES.families().len()];
    let mut counted = vec![false; RULES.len()];
    for hit in hits {
        let family = RULES.family(hit.rule);
        if !std::mem::replace(&mut counted[hit.rule], true) {
            features.rules.push(hit.rule);
            if hit.words.start >= ends[family] {
                features.families[family] += 1;
                ends[family] = hit.words.end;
            }
        }
    }
}

/// How much like attacks a text is as a whole.
fn whole(text: &str, weights: &Weights) -> f32 {
    likeness(text, &mut vec![0.0; Static.dimensions()], weights)
}

/// The window that is likest to attacks.
fn likest(text: &str, words: &[Word], weights: &Weights) -> Option<(f32, Range<usize>)> {
    let mut vector = vec![0.0; Static.dimensions()];
    let windows = windows(words).into_iter().map(|window| {
        let part = &text[words[window.start].range.start..words[window.end - 1].range.end];
        (likeness(part, &mut vector, weights), window)
    });
    windows.max_by(|a, b| a.0.total_cmp(&b.0))
}

/// What the table can't read is like nothing.
fn likeness(text: &str, vector: &mut [f32], weights: &Weights) -> f32 {
    match Static.embed_into(text, vector) {
        Ok(()) => weights.likeness(vector),
        Err(_) => weights.likeness(&[]),
    }
}
