//! Regular expressions and phrases of the user's own.

mod rails;
mod spelled;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::classify::pattern::{Phrases, Regexes};
use crate::classify::{Form, Normalized, Readings};
use crate::library::letters::{Letters, has_others, letter};
use crate::library::undone::apart;
use spelled::Spelled;

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
    spelled: Spelled,
}

/// So many matches of a pattern are looked at for one that is meant.
const MOST_MATCHES: usize = 1_000;

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
        let wrong = |error: aho_corasick::BuildError| format!("the phrases can't be looked for: {error}");
        let spelled = Spelled::new(&phrases).map_err(wrong)?;
        let phrases = Phrases::new(&phrases).map_err(wrong)?;
        Ok(Self { settings, regexes, phrases, spelled })
    }

    /// What a text matches, however it is read, in the order of the settings, patterns first. Takes time linear in its length.
    pub fn find(&self, readings: &Readings) -> Vec<Match> {
        let mut found = Places {
            patterns: vec![None; self.settings.patterns.len()],
            phrases: vec![None; self.settings.phrases.len()],
        };
        let typed = readings.typed();
        for reading in readings.iter() {
            let origin = |range| reading.origin(range);
            match reading.form() {
                Form::AsItStands => {
                    self.patterns(reading.text(), &origin, &|_| true, &mut found);
                    self.apart(reading.text(), &origin, &mut found);
                }
                form => {
                    // What is written in other letters may match as normalised, which is in small letters.
                    if self.settings.case_insensitive {
                        let is_meant = |range: &Range<usize>| {
                            let is_decoded = !reading.encodings().is_empty();
                            let place = reading.origin(range.clone());
                            form == Form::Normalized
                                || is_decoded
                                || is_the_same(&reading.text()[range.clone()], &typed[place])
                        };
                        self.patterns(reading.text(), &origin, &is_meant, &mut found);
                    }
                    self.phrases(reading.text(), &origin, &mut found);
                }
            }
        }
        found.matches(&self.settings)
    }

    fn patterns(&self, text: &str, origin: Origin<'_>, is_meant: &dyn Fn(&Range<usize>) -> bool, found: &mut Places) {
        for order in self.regexes.candidates(text) {
            if found.patterns[order].is_none() {
                let mut ranges = self.regexes.find_iter(order, text).take(MOST_MATCHES);
                found.patterns[order] = ranges.find(|range| is_meant(range)).map(origin);
            }
        }
    }

    fn phrases(&self, text: &str, origin: Origin<'_>, found: &mut Places) {
        self.phrases.find(text, |order, range| {
            found.phrases[order].get_or_insert_with(|| origin(range));
        });
        if let Some(parted) = parted(text) {
            self.phrases.find(&parted, |order, range| {
                // Where nothing was parted, it was looked for above.
                if parted[range.clone()] != text[range.clone()] {
                    found.phrases[order].get_or_insert_with(|| origin(range));
                }
            });
        }
        if has_others(text) {
            let letters = Letters::new(text);
            self.spelled.words.find(&letters.text, |order, range| {
                found.phrases[order].get_or_insert_with(|| origin(letters.origin(range)));
            });
        }
    }

    /// Looks at what is put together of characters that stand apart.
    fn apart(&self, text: &str, origin: Origin<'_>, found: &mut Places) {
        let Some(undone) = apart(text) else { return };
        let given = |range| origin(undone.origin(range));
        self.patterns(undone.text(), &given, &|_| true, found);
        let folded = Normalized::new(undone.text());
        let given = |range| origin(undone.origin(folded.origin(range)));
        if self.settings.case_insensitive {
            self.patterns(folded.text(), &given, &|_| true, found);
        }
        self.phrases(folded.text(), &given, found);
        // Without gaps between its words, a phrase is within a longer row of letters.
        let letters = Letters::new(folded.text());
        self.spelled.find_in_row(&letters.text, |order, range| {
            let length = range.len();
            let place = undone.origin(folded.origin(letters.origin(range)));
            if place.len() + 1 >= length * 2 {
                found.phrases[order].get_or_insert(origin(place));
            }
        });
    }
}

/// A text with spaces for the signs that join its words, as in `project-bluebird` and `project_bluebird`, if there are any.
fn parted(text: &str) -> Option<String> {
    let is_joint = |byte: &u8| matches!(byte, b'-' | b'_' | b'/' | b'+' | b'.');
    let bytes = text.as_bytes();
    let joins = |at: usize| {
        let is_of_word = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        is_joint(&bytes[at]) && at > 0 && is_of_word(at - 1) && is_of_word(at + 1)
    };
    (0..bytes.len()).any(joins).then(|| {
        let part = |(at, char): (usize, char)| if char.is_ascii() && joins(at) { ' ' } else { char };
        text.char_indices().map(part).collect()
    })
}

/// Where a place of what is read lies in the text as typed.
type Origin<'a> = &'a dyn Fn(Range<usize>) -> Range<usize>;

/// Where each pattern and each phrase stands first.
struct Places {
    patterns: Vec<Option<Range<usize>>>,
    phrases: Vec<Option<Range<usize>>>,
}

impl Places {
    fn matches(self, settings: &Settings) -> Vec<Match> {
        let matches = |ranges: Vec<Option<Range<usize>>>, names: &[String], is_phrase| {
            let found = ranges.into_iter().zip(names).filter_map(|(range, name)| Some((range?, name.clone())));
            found.map(|(range, pattern)| Match { pattern, is_phrase, range }).collect::<Vec<_>>()
        };
        let mut found = matches(self.patterns, &settings.patterns, false);
        found.extend(matches(self.phrases, &settings.phrases, true));
        found
    }
}

/// Whether two texts have the same letters, so that nothing but tricks was undone between them, and no errors of typing.
fn is_the_same(read: &str, typed: &str) -> bool {
    let letters = |text: &str| -> String {
        Normalized::new(text)
            .text()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '@' | '$'))
            .map(letter)
            .collect()
    };
    letters(read) == letters(typed)
}
