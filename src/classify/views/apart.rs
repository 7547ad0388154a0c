//! Words with something between their letters, and more of it between two words: `i g n o r e  a l l`, `i-g-n-o-r-e  a-l-l`.
//!
//! Where the gaps are all alike, the words must be guessed; the speller does that.

use super::Encoding;
use super::part::Part;
use super::plausible::Known;

/// Letters of the shortest row, and of the words in it that are known.
const FEWEST: usize = 6;
/// Bytes of the widest gap between two words.
const WIDEST: usize = 8;
/// How much of a row is words that are known; names and nonsense are spelled out beside them.
const PERCENT: usize = 40;
/// How many letters a word has, on the average, in a script of which no word is known; one that is known has more.
const LETTERS: usize = 3;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut at = 1;
    while let Some(next) = next_apart(bytes, at) {
        let mut start = next - 1;
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        // What stands before it may be the end of a word.
        let is_end = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        let start = if is_end { next + 1 } else { start };
        let (row, end) = read(text, start, bytes[next]);
        parts.extend(row.filter(is_words));
        at = end.max(next + 1);
    }
    parts
}

/// Where next the same separator stands on both sides of one character.
fn next_apart(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let same = |at: usize| {
        let width = match rest[at + 1] {
            0..0xc0 => 1,
            0xc0..0xe0 => 2,
            _ => 3,
        };
        rest.get(at + 1 + width) == Some(&rest[at])
    };
    let behind = (0..rest.len().saturating_sub(2)).find(|at| {
        SEPARATORS[usize::from(rest[*at])]
            && same(*at)
            && !SEPARATORS[usize::from(rest[*at + 1])]
            && !SEPARATORS[usize::from(bytes[from + *at - 1])]
    })?;
    Some(from + behind)
}

static SEPARATORS: [bool; 256] = {
    let mut separators = [false; 256];
    let signs = b" \n\t-_.*/|,~+:";
    let mut at = 0;
    while at < signs.len() {
        separators[signs[at] as usize] = true;
        at += 1;
    }
    separators
};

/// Reads characters from `start` on that have `sign` between them; where they end.
fn read(text: &str, start: usize, sign: u8) -> (Option<Part>, usize) {
    let mut part = Part::new(Encoding::Apart, start..start);
    let mut has_gap = false;
    let mut at = start;
    while let Some(letter) = text[at..].chars().next() {
        let end = at + letter.len_utf8();
        let gap = gap(&text.as_bytes()[end..], sign);
        // The last may be the first letter of a word that stands by itself.
        let is_last = gap.is_none() && end < text.len();
        if letter.is_whitespace() || (is_last && letter.is_alphanumeric() && continues(&text[end..])) {
            break;
        }
        part.push(letter, at..end);
        part.range.end = end;
        at = end;
        let Some((length, is_wide)) = gap else { break };
        if is_wide && end + length < text.len() {
            has_gap = true;
            part.push(' ', end..end + length);
        }
        at += length;
    }
    let end = part.range.end;
    trim(&mut part, end < text.len());
    (has_gap.then_some(part), end)
}

fn continues(rest: &str) -> bool {
    rest.starts_with(char::is_alphanumeric)
}

/// The length of the gap that `rest` begins with, and whether it parts words.
fn gap(rest: &[u8], sign: u8) -> Option<(usize, bool)> {
    let is_gap = |byte: &&u8| **byte == sign || byte.is_ascii_whitespace();
    let length = rest.iter().take(WIDEST + 1).take_while(is_gap).count();
    match length {
        0 => None,
        1 if rest[0] == sign => Some((1, false)),
        _ => (length <= WIDEST).then_some((length, true)),
    }
}

/// Leaves out what parts the last word from nothing, and signs that may belong to what goes on behind.
fn trim(part: &mut Part, goes_on: bool) {
    let is_over = |c: char| c == ' ' || (goes_on && !c.is_alphanumeric());
    while part.text.ends_with(is_over) {
        part.text.pop();
        part.origins.truncate(part.text.len());
    }
    part.range.end = part.origins.last().map_or(part.range.start, |(_, end)| *end as usize);
}

/// Whether a row reads as words that are known, or as words in a script of which none is.
fn is_words(part: &Part) -> bool {
    let text = &*part.text;
    let foreign = text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
    if foreign * 2 > text.chars().filter(|c| c.is_alphabetic()).count() {
        return foreign >= FEWEST && foreign >= LETTERS * text.split(' ').count();
    }
    let known = Known::of(text);
    known.longest() > LETTERS && known.is_partly_words(FEWEST, PERCENT)
}
