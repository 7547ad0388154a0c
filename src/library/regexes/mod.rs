//! Regular expressions and phrases of the user's own.

mod rails;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::classify::pattern::{Phrases, Regexes};
use crate::classify::{Form, Normalized, Readings};

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

    /// What a text matches, however it is read, in the order of the settings, patterns first. Takes time linear in its length.
    pub fn find(&self, readings: &Readings) -> Vec<Match> {
        let mut patterns: Vec<Option<Range<usize>>> = vec![None; self.settings.patterns.len()];
        let mut phrases = vec![None; self.settings.phrases.len()];
        for reading in readings.iter() {
            // What is written in other letters may match as normalised, which is in small letters.
            let is_for_patterns = match reading.form() {
                Form::AsItStands => true,
                Form::Normalized => self.settings.case_insensitive,
                _ => false,
            };
            if is_for_patterns {
                for order in self.regexes.candidates(reading.text()) {
                    if patterns[order].is_none() {
                        let found = self.regexes.find(order, reading.text());
                        patterns[order] = found.map(|range| reading.origin(range));
                    }
                }
            }
            if reading.form() != Form::AsItStands {
                self.phrases.find(reading.text(), |order, range| {
                    phrases[order].get_or_insert_with(|| reading.origin(range));
                });
            }
        }
        let matches = |ranges: Vec<Option<Range<usize>>>, names: &[String], is_phrase| {
            let found = ranges.into_iter().zip(names).filter_map(|(range, name)| Some((range?, name.clone())));
            found.map(|(range, pattern)| Match { pattern, is_phrase, range }).collect::<Vec<_>>()
        };
        let mut found = matches(patterns, &self.settings.patterns, false);
        found.extend(matches(phrases, &self.settings.phrases, true));
        found
    }
}
