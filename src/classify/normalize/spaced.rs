//! Words that are spelled out: `p a s s w o r d`, `p.a.s.s.w.o.r.d`.

use std::ops::Range;

use super::speller::{Speller, Word, words};
use super::{homoglyph, leet};
use crate::classify::embed::{is_short_word, rank};

/// So many letters in a row are no initials; one less may be a word of the rails' own.
const FEWEST: usize = 4;
/// Rows are parted in parts of so many letters, lest one takes all memory.
const MOST: usize = 4_096;
/// Bytes of the longest separator: a sign between two spaces.
const WIDEST: usize = 3;
/// Letters of the longest word looked for.
const LONGEST: usize = 20;
/// From so many letters on some may be of words that nobody knows, such as names; a third of them at most.
const LONG_ENOUGH: usize = 16;
/// What it costs to take letters for such a word, and each of them: far more than a known word.
const UNKNOWN: (f32, f32) = (16.0, 4.0);
/// How frequent a word of the rails' own is taken for, and one that is known and not in the vocabulary.
const OWN: u32 = 1_000;
const RARE: u32 = 20_000;
/// Letters of the shortest word that may be several, and letters of these on the average.
const RUN_TOGETHER: usize = 16;
const AVERAGE: usize = 3;
/// What stands behind an apostrophe: `what's`.
const BEHIND_APOSTROPHE: &str = "s";
/// From so many rows on, a text is spelled out, and rows of fewer letters are words, too.
const SPELLED_OUT: usize = 2;

/// Finds the rows of single letters in `text` that spell known words; whether there are any. With `foreign`, letters of other scripts
/// stand for those they look like: alone between spaces, none of them is in a word that would say so.
pub(super) fn join(speller: &Speller, text: &str, foreign: bool, found: &mut Vec<Word>) -> bool {
    let mut row: Vec<(Range<usize>, u8)> = Vec::new();
    let mut separator = None;
    let mut end = 0;
    let mut short = Vec::new();
    let mut flush = |row: &mut Vec<(Range<usize>, u8)>| {
        if row.len() > 1 {
            let letters: String = row.iter().map(|(_, letter)| char::from(*letter)).collect();
            let word = |part: Range<usize>, spelled| Word {
                range: row[part.start].0.start..row[part.end - 1].0.end,
                instead: Some(spelled),
            };
            if let Some((part, spelled)) = spelled(speller, &letters) {
                found.push(word(part, spelled));
            } else if row.len() < FEWEST
                && let Some(spelled) = parted(speller, &letters)
            {
                short.push(word(0..row.len(), spelled));
            }
        }
        row.clear();
    };
    for range in words(text) {
        let letter = single(&text[range.clone()], foreign);
        let between = &text[end..range.start];
        let is_near = (1..=WIDEST).contains(&between.len());
        let goes_on = is_near && separator.is_none_or(|known| known == between) && (1..MOST).contains(&row.len());
        if !goes_on {
            // Of two letters the first may be a word, and the second begin a row with other separators.
            // But not of two that are tied by a sign.
            let is_tied = separator.is_some_and(|known: &str| !known.trim().is_empty()) && between.trim().is_empty();
            let begins = if is_near && row.len() == 2 && !is_tied { row.pop() } else { None };
            flush(&mut row);
            separator = begins.is_some().then_some(between);
            row.extend(begins);
        } else if letter.is_some() {
            separator = Some(between);
        }
        end = range.end;
        match letter {
            Some(letter) => row.push((range, letter)),
            None => {
                flush(&mut row);
                separator = None;
            }
        }
    }
    flush(&mut row);
    if found.len() >= SPELLED_OUT {
        found.append(&mut short);
        found.sort_unstable_by_key(|word| word.range.start);
    }
    !found.is_empty()
}

/// What a row of letters spells, and which of them: all, or those between numbers at its ends, or all with letters for digits.
fn spelled(speller: &Speller, letters: &str) -> Option<(Range<usize>, String)> {
    let long_enough = |part: &Range<usize>, spelled: &String| {
        part.len() >= FEWEST || part.len() + 1 == FEWEST && speller.is_own(spelled)
    };
    let read = |part: Range<usize>, letters: &str| {
        let spelled = parted(speller, letters)?;
        long_enough(&part, &spelled).then_some((part, spelled))
    };
    let digit = |c: char| c.is_ascii_digit();
    let start = letters.len() - letters.trim_start_matches(digit).len();
    let between = start..letters.trim_end_matches(digit).len().max(start);
    read(0..letters.len(), letters).or_else(|| read(between.clone(), &letters[between])).or_else(|| {
        let readings = (letters.len() <= LONGEST && letters.contains(digit)).then(|| leet::readings(letters)).flatten();
        readings?.iter().find_map(|reading| read(0..letters.len(), reading))
    })
}

/// The letter or digit that is all of a word.
fn single(word: &str, foreign: bool) -> Option<u8> {
    let mut chars = word.chars();
    let only = chars.next().filter(|_| chars.next().is_none())?;
    let letter = if only.is_ascii() || !foreign { only } else { homoglyph::looks_like(only)? };
    letter.is_ascii_alphanumeric().then_some(letter as u8)
}

/// The known words that were written as one.
pub(super) fn run_together(speller: &Speller, word: &str) -> Option<String> {
    let is_long = (RUN_TOGETHER..MOST).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let parts = if is_long { parted(speller, word)? } else { return None };
    let count = parts.split(' ').count();
    // A long word may be another with a beginning or an end.
    let is_whole = |part: &str| count > 2 || part.len() > 2;
    let all_known = || parts.split(' ').all(|part| speller.knows(part) && is_whole(part));
    (count > 1 && count * AVERAGE <= word.len() && all_known()).then_some(parts)
}

/// The known words that the letters spell, with spaces between them: the fewest and most frequent ones.
fn parted(speller: &Speller, letters: &str) -> Option<String> {
    // For each beginning the least cost of its words, and where the last of them begins.
    let mut ways: Vec<Option<(f32, usize)>> = vec![None; letters.len() + 1];
    ways[0] = Some((0.0, 0));
    for end in 1..=letters.len() {
        for start in end.saturating_sub(LONGEST)..end {
            let Some((before, _)) = ways[start] else { continue };
            let word = &letters[start..end];
            let is_known =
                (word.len() > 2 || word == BEHIND_APOSTROPHE || is_short_word(word.as_bytes())) && speller.knows(word);
            if !is_known && letters.len() < LONG_ENOUGH {
                continue;
            }
            let cost = before
                + if is_known {
                    4.0 + (rank(word).unwrap_or(if speller.is_own(word) { OWN } else { RARE }) as f32 + 10.0).ln()
                } else {
                    UNKNOWN.0 + UNKNOWN.1 * word.len() as f32
                };
            if ways[end].is_none_or(|(best, _)| cost < best) {
                ways[end] = Some((cost, start));
            }
        }
    }
    let mut parts = Vec::new();
    let mut end = letters.len();
    let mut unknown = 0;
    while end > 0 {
        let (_, start) = ways[end]?;
        let word = &letters[start..end];
        unknown += if speller.knows(word) { 0 } else { word.len() };
        parts.push(word);
        end = start;
    }
    // Letters that are mostly words by themselves were not spelled out.
    if parts.len() * 2 > letters.len() || unknown * 3 > letters.len() {
        return None;
    }
    parts.reverse();
    Some(parts.join(" "))
}
