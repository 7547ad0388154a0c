//! Phrases by their letters: with digits for some of them, or in a row without gaps.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use std::ops::Range;

use crate::classify::pattern::Phrases;
use crate::library::letters::Letters;

/// Phrases of fewer letters may be numbers, too: `so` and `50`.
const FEWEST: usize = 6;

/// The phrases of a rail, as [`Letters`] has them. One that is too short is looked for as a text that there is not.
pub(super) struct Spelled {
    /// With gaps between their words.
    pub words: Phrases,
    rows: AhoCorasick,
    /// The phrase that each row is of.
    of: Vec<usize>,
}

impl Spelled {
    /// From phrases that are normalised.
    pub(super) fn new(phrases: &[String]) -> Result<Self, BuildError> {
        let is_long = |phrase: &str| phrase.chars().filter(|c| c.is_alphabetic()).count() >= FEWEST;
        let spelled = |phrase: &String| if is_long(phrase) { Letters::new(phrase).text } else { "\0".to_owned() };
        let words = Phrases::new(&phrases.iter().map(spelled).collect::<Vec<_>>())?;
        let long = phrases.iter().enumerate().filter(|(_, phrase)| is_long(phrase));
        let row = |phrase: &str| phrase.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let (of, rows): (Vec<usize>, Vec<String>) = long.map(|(order, phrase)| (order, row(&spelled(phrase)))).unzip();
        let rows = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(rows)?;
        Ok(Self { words, rows, of })
    }

    /// Calls `found` with the phrases in a text of letters, whatever stands around them, and where.
    pub(super) fn find_in_row(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        for hit in self.rows.find_iter(text) {
            found(self.of[hit.pattern().as_usize()], hit.range());
        }
    }
}
