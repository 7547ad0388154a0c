//! Letters that are signs of another kind: regional indicators, of which two make a flag; braille; and letters turned upside down.

use super::Encoding;
use super::part::Part;
use super::plausible::Known;

/// Letters of the shortest text in one of them.
const FEWEST: usize = 6;
/// Letters of the known words in it.
const LEAST: usize = 4;
/// Letters turned upside down that are no others.
const FEWEST_TURNED: usize = 3;
/// White space between letters, and between words.
const WIDEST: usize = 4;

/// The patterns of dots of the letters, from `a` on.
const BRAILLE: &str = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵";

/// Regional indicators and braille.
pub(super) fn signs(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(start) = next_sign(text.as_bytes(), at) {
        if text[start..].chars().next().and_then(sign).is_none() {
            at = start + 1;
            continue;
        }
        let (part, end) = row(text, start);
        parts.extend(part.filter(|part| {
            let letters = part.text.bytes().filter(|byte| *byte != b' ').count();
            letters >= FEWEST && Known::of(&part.text).is_words(LEAST)
        }));
        at = end;
    }
    parts
}

/// Where next a character stands that begins as one of them does.
fn next_sign(bytes: &[u8], from: usize) -> Option<usize> {
    let is_first = |pair: &[u8]| matches!(pair, [0xe2, 0xa0..=0xa3] | [0xf0, 0x9f]);
    bytes.get(from..)?.windows(2).position(is_first).map(|next| from + next)
}

fn sign(c: char) -> Option<(Encoding, char)> {
    match c {
        '\u{1f1e6}'..='\u{1f1ff}' => Some((Encoding::Indicators, char::from(b'a' + (c as u32 - 0x1f1e6) as u8))),
        '\u{2800}'..='\u{28ff}' => {
            let letter = BRAILLE.chars().position(|known| known == c)?;
            Some((Encoding::Braille, char::from(b'a' + letter as u8)))
        }
        _ => None,
    }
}

/// Reads letters from `start` on, and where they end. What is wider than the narrowest gap parts words.
fn row(text: &str, start: usize) -> (Option<Part>, usize) {
    let mut letters: Vec<(char, usize, usize)> = Vec::new();
    let mut encoding = None;
    let mut at = start;
    loop {
        let rest = &text[at..];
        let blank = |c: char| c.is_whitespace() || c == '\u{2800}' || super::super::normalize::is_invisible(c);
        let gap = rest.chars().take(WIDEST + 1).take_while(|c| blank(*c));
        let width: usize = gap.map(char::len_utf8).sum();
        let Some((kind, letter)) = rest[width..].chars().next().and_then(sign) else { break };
        if *encoding.get_or_insert(kind) != kind {
            break;
        }
        let from = at + width;
        at = from + rest[width..].chars().next().map_or(0, char::len_utf8);
        letters.push((letter, from, at));
    }
    let Some(encoding) = encoding else { return (None, at.max(start + 1)) };
    let gap = |pair: &[(char, usize, usize)]| pair[1].1 - pair[0].2;
    let narrowest = letters.windows(2).map(gap).min().unwrap_or_default();
    let mut part = Part::new(encoding, start..at);
    for (index, (letter, from, end)) in letters.iter().copied().enumerate() {
        if index > 0 && gap(&letters[index - 1..=index]) > narrowest {
            part.push(' ', letters[index - 1].2..from);
        }
        part.push(letter, from..end);
    }
    (Some(part), at)
}

/// Letters upside down, which are read from their end.
pub(super) fn turned(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut row: Vec<(usize, char, char)> = Vec::new();
    for (at, c) in text.char_indices().chain([(text.len(), '\0')]) {
        if let Some(letter) = upright(c) {
            row.push((at, c, letter));
            continue;
        }
        parts.extend(upside_down(&row));
        row.clear();
    }
    parts
}

fn upside_down(row: &[(usize, char, char)]) -> Option<Part> {
    // What stands beside the first and the last word that says so may be the right way up.
    let is_turned = |(_, c, letter): &(usize, char, char)| !c.is_ascii() && letter.is_ascii_alphabetic();
    if row.iter().filter(|letter| is_turned(letter)).count() < FEWEST_TURNED {
        return None;
    }
    let is_space = |(_, c, _): &(usize, char, char)| *c == ' ';
    let (first, last) = (row.iter().position(is_turned)?, row.iter().rposition(is_turned)?);
    let start = row[..first].iter().rposition(is_space).map_or(0, |space| space + 1);
    let end = row[last..].iter().position(is_space).map_or(row.len(), |space| last + space);
    let row = &row[start..end];
    let (end, c, _) = row[row.len() - 1];
    let mut part = Part::new(Encoding::UpsideDown, row[0].0..end + c.len_utf8());
    for (at, c, letter) in row.iter().rev() {
        part.push(*letter, *at..*at + c.len_utf8());
    }
    Known::of(&part.text).is_words(FEWEST).then_some(part)
}

/// What a character is the other way up; punctuation and digits may be what they look like.
fn upright(c: char) -> Option<char> {
    match c {
        'ɐ' => Some('a'),
        'q' => Some('b'),
        'ɔ' => Some('c'),
        'p' => Some('d'),
        'ǝ' => Some('e'),
        'ɟ' => Some('f'),
        'ƃ' => Some('g'),
        'ɥ' => Some('h'),
        'ᴉ' => Some('i'),
        'ɾ' => Some('j'),
        'ʞ' => Some('k'),
        'ן' => Some('l'),
        'ɯ' => Some('m'),
        'u' => Some('n'),
        'o' => Some('o'),
        'd' => Some('p'),
        'b' => Some('q'),
        'ɹ' => Some('r'),
        's' => Some('s'),
        'ʇ' => Some('t'),
        'n' => Some('u'),
        'ʌ' => Some('v'),
        'ʍ' => Some('w'),
        'x' => Some('x'),
        'ʎ' => Some('y'),
        'z' => Some('z'),
        'ı' | 'i' => Some('i'),
        'ɓ' | 'ɡ' | 'ᵷ' => Some('g'),
        'ʃ' | 'l' | 'ꞁ' => Some('l'),
        'ə' => Some('e'),
        'ſ' => Some('j'),
        '˙' => Some('.'),
        '¡' => Some('!'),
        '¿' => Some('?'),
        '∀' => Some('a'),
        'Ɔ' => Some('c'),
        'Ǝ' => Some('e'),
        'ᴚ' => Some('r'),
        '⅂' => Some('l'),
        'I' | 'H' | 'N' | 'O' | 'S' | 'X' | 'Z' => Some(c),
        ' ' | '.' | ',' | '\'' | '0'..='9' => Some(c),
        _ => None,
    }
}
