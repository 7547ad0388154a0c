//! Base64, by RFC 4648: in either alphabet, with or without padding, over several lines, with something before it.

use std::ops::Range;

use super::beside::beside;
use super::part::{Decoded, Part};
use super::run::{Run, place};
use super::{Encoding, rot13};

/// Fewer characters are a word by chance.
const FEWEST: usize = 8;
/// From so many characters on, what stands before them without a space, and letters moved by rot13, are looked past.
const LONG: usize = 16;
/// So often lines are tried together, lest many that don't go together take their square.
const MOST_ATTEMPTS: usize = 8;
/// Letters of the words in bytes that are not all text.
const WORDS: usize = 8;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut run, mut decoded) = (Run::default(), Decoded::default());
    let mut at = 0;
    while at < bytes.len() {
        let Some(start) = bytes[at..].iter().position(|byte| is_in(*byte)).map(|start| at + start) else { break };
        let length = bytes[start..].iter().position(|byte| !is_in(*byte)).unwrap_or(bytes.len() - start);
        at = start + length;
        let goes_on = bytes.get(at).is_some_and(|next| matches!(next, b'\n' | b'\r' | b'\\') || *next >= 0x80);
        let fewest = if goes_on { 2 } else { FEWEST };
        if looks_encoded(&bytes[start..at], fewest) {
            at = run.read(text, start, is_in);
            in_run(&run, &mut decoded, at, text, &mut parts);
        }
    }
    beside(text, parts, |byte| is_in(byte) || byte == b'=', |range| word(text, range, &mut decoded))
}

fn is_in(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Words are in one case, but for the first letter.
fn looks_encoded(token: &[u8], fewest: usize) -> bool {
    let (mut upper, mut lower, mut digit) = (false, false, false);
    for byte in token.get(1..).unwrap_or_default() {
        upper |= byte.is_ascii_uppercase();
        lower |= byte.is_ascii_lowercase();
        digit |= byte.is_ascii_digit();
    }
    token.len() >= fewest && ((upper && lower) || (digit && (upper || lower || token[0].is_ascii_alphabetic())))
}

/// Reads a run as a whole, or as many of its lines as go together, or pieces of it.
fn in_run(run: &Run, decoded: &mut Decoded, end: usize, text: &str, parts: &mut Vec<Part>) {
    let before = parts.len();
    if run.lines.len() == 1 {
        in_line(&run.chars, decoded, text, parts);
    } else {
        in_lines(run, decoded, text, parts);
    }
    if parts.len() == before && run.chars.len() >= LONG {
        let end = padded(text, end);
        let turned: Vec<(u8, u32)> = run.chars.iter().map(|(byte, at)| (rot13::turned(*byte), *at)).collect();
        parts.extend(whole_or_part(&turned, end, decoded));
    }
}

fn in_lines(run: &Run, decoded: &mut Decoded, text: &str, parts: &mut Vec<Part>) {
    let start_of = |line: usize| run.lines.get(line).copied().unwrap_or(run.chars.len());
    let (mut first, mut attempts) = (0, 0);
    while first < run.lines.len() {
        let mut behind = first + 1;
        if attempts < MOST_ATTEMPTS {
            attempts += 1;
            let chars = &run.chars[start_of(first)..];
            decode(chars, padded(text, place(chars).end), decoded);
            let bad = decoded.first_bad();
            let line_of = |bad: usize| run.lines.partition_point(|line| run.chars[*line].1 as usize <= bad) - 1;
            behind = bad.map_or(run.lines.len(), line_of).max(behind);
        }
        let chars = &run.chars[start_of(first)..start_of(behind)];
        in_line(chars, decoded, text, parts);
        first = behind;
    }
}

fn in_line(chars: &[(u8, u32)], decoded: &mut Decoded, text: &str, parts: &mut Vec<Part>) {
    if chars.len() < FEWEST {
        return;
    }
    let end = padded(text, place(chars).end);
    if let Some(part) = whole_or_part(chars, end, decoded) {
        parts.push(part);
        return;
    }
    // A piece of a path, or behind the sign of an assignment.
    let is_sign = |char: &(u8, u32)| !char.0.is_ascii_alphanumeric();
    if chars.iter().any(is_sign) {
        for piece in chars.split(is_sign).filter(|piece| piece.len() >= FEWEST) {
            parts.extend(whole_or_part(piece, padded(text, place(piece).end), decoded));
        }
    }
}

/// What `chars` say as they stand, or without some that stand before them.
fn whole_or_part(chars: &[(u8, u32)], end: usize, decoded: &mut Decoded) -> Option<Part> {
    let most = if chars.len() >= LONG { 4 } else { 1 };
    (0..most).find_map(|skipped| {
        let chars = &chars[skipped..];
        decode(chars, end, decoded);
        decoded.text(Encoding::Base64, place(chars).start..end, WORDS)
    })
}

/// The end of what ends at `end`, with the padding behind it.
fn padded(text: &str, end: usize) -> usize {
    end + text.as_bytes()[end..].iter().take(2).take_while(|byte| **byte == b'=').count()
}

/// Decodes `chars`, whose padding ends at `end`. The bytes of a block come from all of its characters.
fn decode(chars: &[(u8, u32)], end: usize, decoded: &mut Decoded) {
    decoded.clear();
    let blocks = chars.chunks(4).count();
    for (number, block) in chars.chunks(4).enumerate() {
        let bits = block.iter().fold(0_u32, |bits, (byte, _)| bits << 6 | u32::from(sextet(*byte)));
        let bits = bits << (6 * (4 - block.len()));
        let from = place(block).start..if number + 1 == blocks { end } else { place(block).end };
        for byte in &bits.to_be_bytes()[1..block.len()] {
            decoded.push(*byte, from.clone());
        }
    }
}

/// What a character of either alphabet stands for.
pub(crate) fn sextet(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

/// A word that was encoded by itself.
fn word(text: &str, range: Range<usize>, decoded: &mut Decoded) -> Option<Part> {
    let token = &text.as_bytes()[range.clone()];
    let length = token.iter().position(|byte| *byte == b'=').unwrap_or(token.len());
    let chars: Vec<(u8, u32)> = token[..length].iter().copied().zip(range.start as u32..).collect();
    decode(&chars, range.end, decoded);
    decoded.word(Encoding::Base64, range)
}
