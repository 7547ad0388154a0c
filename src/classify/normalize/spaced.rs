//! Words that are spelled out: `p a s s w o r d`, `p.a.s.s.w.o.r.d`.

use super::speller::{Speller, Word, words};
use crate::classify::embed::rank;

/// So many letters in a row are no initials; one less may be a word of the rails' own.
const FEWEST: usize = 4;
/// Rows are parted in parts of so many letters, lest one takes all memory.
const MOST: usize = 4_096;
/// Bytes of the longest separator: a sign between two spaces.
const WIDEST: usize = 3;
/// Letters of the longest word looked for.
const LONGEST: usize = 20;
/// Words of one and two letters; the vocabulary has many others that are none.
const SHORT: &[&str] = &[
    "a", "am", "an", "as", "at", "be", "by", "do", "go", "he", "i", "if", "in", "is", "it", "me", "my", "no", "of",
    "on", "or", "so", "to", "up", "us", "we",
];

/// Finds the rows of single letters in `text` that spell known words; whether there are any.
pub(super) fn join(speller: &Speller, text: &str, found: &mut Vec<Word>) -> bool {
    let mut row: Vec<usize> = Vec::new();
    let mut separator = None;
    let mut end = 0;
    let mut flush = |row: &mut Vec<usize>| {
        if row.len() >= FEWEST - 1 {
            let letters: Vec<u8> = row.iter().map(|at| text.as_bytes()[*at]).collect();
            let spelled = parted(speller, &letters);
            if let Some(spelled) = spelled.filter(|word| row.len() >= FEWEST || speller.is_own(word)) {
                found.push(Word { range: row[0]..row[row.len() - 1] + 1, instead: Some(spelled) });
            }
        }
        row.clear();
    };
    for range in words(text) {
        let is_letter = range.len() == 1 && text.as_bytes()[range.start].is_ascii_alphanumeric();
        let between = &text[end..range.start];
        let separates = (1..=WIDEST).contains(&between.len()) && separator.is_none_or(|known| known == between);
        let goes_on = separates && (1..MOST).contains(&row.len());
        if !goes_on {
            flush(&mut row);
            separator = None;
        } else if is_letter {
            separator = Some(between);
        }
        if is_letter {
            row.push(range.start);
        } else {
            flush(&mut row);
            separator = None;
        }
        end = range.end;
    }
    flush(&mut row);
    !found.is_empty()
}

/// The known words that the letters spell, with spaces between them: the fewest and most frequent ones.
fn parted(speller: &Speller, letters: &[u8]) -> Option<String> {
    let letters = std::str::from_utf8(letters).ok()?;
    // For each beginning the least cost of its words, and where the last of them begins.
    let mut ways: Vec<Option<(f32, usize)>> = vec![None; letters.len() + 1];
    ways[0] = Some((0.0, 0));
    for end in 1..=letters.len() {
        for start in end.saturating_sub(LONGEST)..end {
            let Some((before, _)) = ways[start] else { continue };
            let word = &letters[start..end];
            if !(word.len() > 2 || SHORT.contains(&word)) || !speller.knows(word) {
                continue;
            }
            let cost = before + 4.0 + (rank(word).unwrap_or(1_000) as f32 + 10.0).ln();
            if ways[end].is_none_or(|(best, _)| cost < best) {
                ways[end] = Some((cost, start));
            }
        }
    }
    let mut parts = Vec::new();
    let mut end = letters.len();
    while end > 0 {
        let (_, start) = ways[end]?;
        parts.push(&letters[start..end]);
        end = start;
    }
    // Letters that are mostly words by themselves were not spelled out.
    if parts.len() * 2 > letters.len() {
        return None;
    }
    parts.reverse();
    Some(parts.join(" "))
}
