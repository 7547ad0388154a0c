//! Regular expressions and phrases of the user's own.

mod rails;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::classify::Normalized;
use crate::classify::pattern::{Phrases, Regexes};

pub(super) use rails::FAMILY;

/// What is looked for at one stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Regular expressions, which parse.
    pub patterns: Vec<String>,
    /// Texts that are found as whole words, in any case and with any accents.
    pub phrases: Vec<String>,
    /// Whether regular expressions match in any case.
    pub case_insensitive: bool,
}

/// Finds patterns and phrases.
pub struct Detector {
    settings: Settings,
    regexes: Regexes,
    phrases: Phrases,
}

/// What a text matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The pattern or the phrase, as written.
    pub pattern: String,
    /// Whether it is a phrase.
    pub is_phrase: bool,
    /// Where it matches first, in bytes of the text as typed.
    pub range: Range<usize>,
}

impl Detector {
    /// Compiles what `settings` name.
    ///
    /// # Errors
    /// When all of it together is too large.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let mut regexes = Regexes::default();
        for pattern in &settings.patterns {
            // Unless told otherwise, they match in any case.
            let source = if settings.case_insensitive { pattern.clone() } else { format!("(?-i){pattern}") };
            regexes.add(&source).map_err(|_| "the regular expressions together are too large".to_owned())?;
        }
        regexes.finish();
        let phrases: Vec<String> =
            settings.phrases.iter().map(|phrase| Normalized::new(phrase).text().to_owned()).collect();
        let phrases = Phrases::new(&phrases).map_err(|error| format!("the phrases can't be looked for: {error}"))?;
        Ok(Self { settings, regexes, phrases })
    }

    /// What `text` matches, in the order of the settings, patterns first. Takes time linear in its length.
    pub fn find(&self, text: &str) -> Vec<Match> {
        let normalized = Normalized::new(text);
        let mut ranges: Vec<Option<Range<usize>>> = vec![None; self.settings.patterns.len()];
        for order in self.regexes.candidates(text) {
            ranges[order] = self.regexes.find(order, text);
        }
        // What is written in other letters may match as normalised, which is in lower case.
        if self.settings.case_insensitive && normalized.text() != text {
            for order in self.regexes.candidates(normalized.text()) {
                if ranges[order].is_none() {
                    let found = self.regexes.find(order, normalized.text());
                    ranges[order] = found.map(|range| normalized.origin(range));
                }
            }
        }
        let found = ranges.into_iter().zip(&self.settings.patterns);
        let found = found.filter_map(|(range, pattern)| Some((range?, pattern)));
        let mut matches: Vec<Match> =
            found.map(|(range, pattern)| Match { pattern: pattern.clone(), is_phrase: false, range }).collect();
        let mut phrases = Vec::new();
        self.phrases.find(normalized.text(), |order, range| phrases.push((order, normalized.origin(range))));
        phrases.sort_by_key(|(order, _)| *order);
        matches.extend(phrases.into_iter().map(|(order, range)| Match {
            pattern: self.settings.phrases[order].clone(),
            is_phrase: true,
            range,
        }));
        matches
    }
}
