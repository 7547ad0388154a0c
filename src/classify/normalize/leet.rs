//! Letters for digits: `p4ssw0rd` is read as `password`, and `ab-12345`, `mp3` and `5pm` as they stand.

use super::speller::{Speller, Word, words};
use super::typo;

/// What follows a number that is counted or measured.
const UNITS: &[&str] = &[
    "am", "b", "bn", "c", "cm", "d", "f", "ft", "g", "gb", "h", "hr", "hrs", "in", "k", "kb", "kg", "km", "lb", "lbs",
    "m", "mb", "mg", "mi", "min", "mins", "ml", "mm", "mph", "nd", "oz", "p", "pm", "px", "rd", "s", "sec", "st", "tb",
    "th", "v", "w", "x", "y", "yr", "yrs",
];
/// From so many words in leet on, a text is in leet, and its numbers are words.
const IN_LEET: usize = 2;
/// Shorter words come out of codes and numbers by chance.
const SHORTEST: usize = 3;

/// Adds the words of `text` to `found`, but for those that stand there, and puts letters for the digits in them; whether there were any.
pub(super) fn undo(speller: &Speller, text: &str, found: &mut Vec<Word>) -> bool {
    let joined = std::mem::take(found);
    let mut joined = joined.into_iter().peekable();
    for range in words(text) {
        while let Some(word) = joined.next_if(|word| word.range.end <= range.start) {
            found.push(word);
        }
        if joined.peek().is_none_or(|word| range.end <= word.range.start) {
            found.push(Word { range, instead: None });
        }
    }
    found.extend(joined);
    if !text.bytes().any(|byte| letters(byte).is_some()) {
        return false;
    }
    let mut undone = 0;
    for word in found.iter_mut().filter(|word| word.instead.is_none()) {
        word.instead = read(speller, &text[word.range.clone()], false);
        undone += usize::from(word.instead.is_some());
    }
    if undone >= IN_LEET {
        for word in found.iter_mut().filter(|word| word.instead.is_none()) {
            word.instead = read(speller, &text[word.range.clone()], true);
        }
    }
    undone > 0
}

/// The letters that a sign may stand for, the likelier first.
fn letters(sign: u8) -> Option<&'static [u8]> {
    Some(match sign {
        b'0' => b"o",
        b'1' | b'!' | b'|' => b"il",
        b'3' => b"e",
        b'4' | b'@' => b"a",
        b'5' | b'$' => b"s",
        b'7' => b"t",
        _ => return None,
    })
}

/// What a word says in letters, if it holds signs for them. In a text that is in leet, a number may be a word.
fn read(speller: &Speller, word: &str, in_leet: bool) -> Option<String> {
    if !word.is_ascii() || word.len() > 24 || !word.bytes().any(|byte| letters(byte).is_some()) {
        return None;
    }
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let behind = &word[digits..];
    let is_number = behind.is_empty() || (digits > 0 && UNITS.contains(&behind));
    if (is_number && !(in_leet && word.len() <= SHORTEST)) || (!in_leet && speller.is_own(word)) {
        return None;
    }
    let readings = readings(word)?;
    let long_enough = |reading: &&String| {
        let counted = digits > 0 && !in_leet && reading.len() < 5 && !speller.is_own(reading);
        in_leet || (reading.len() >= SHORTEST && !counted)
    };
    if let Some(known) = readings.iter().filter(long_enough).find(|reading| speller.knows(reading)) {
        return Some(known.clone());
    }
    // Nothing that is known; in a text that is in leet it is still no number.
    let in_letters = word.bytes().filter(u8::is_ascii_lowercase).count() * 2 >= word.len();
    (in_leet && in_letters).then(|| {
        let repaired = readings.iter().find_map(|reading| typo::repair(speller, reading));
        repaired.unwrap_or_else(|| readings[0].clone())
    })
}

/// What a word may say in letters, the likelier first; each sign for two letters doubles that, up to four.
pub(super) fn readings(word: &str) -> Option<Vec<String>> {
    let mut readings = vec![String::with_capacity(word.len())];
    for byte in word.bytes() {
        let letters = match letters(byte) {
            Some(letters) => letters,
            None if byte.is_ascii_lowercase() => &[byte],
            None => return None,
        };
        let others: Vec<String> = match letters {
            [_, other] if readings.len() < 16 => {
                readings.iter().map(|so_far| format!("{so_far}{}", char::from(*other))).collect()
            }
            _ => Vec::new(),
        };
        readings.iter_mut().for_each(|so_far| so_far.push(char::from(letters[0])));
        readings.extend(others);
    }
    Some(readings)
}
