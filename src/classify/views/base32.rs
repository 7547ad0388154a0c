//! Base32, by RFC 4648, with or without padding.

use super::Encoding;
use super::part::{Decoded, Part};

/// Shorter, it is a code or a word in capitals.
const FEWEST: usize = 14;
/// Letters of the known words in it.
const LEAST: usize = 6;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut decoded = Decoded::default();
    // What is long enough has one of every so many bytes.
    let mut at = FEWEST - 1;
    while at < bytes.len() {
        let is_in = |byte: &&u8| value(**byte).is_some();
        let end = at + bytes[at..].iter().take_while(is_in).count();
        if end == at {
            at += FEWEST;
            continue;
        }
        let start = at - bytes[..at].iter().rev().take_while(is_in).count();
        at = end + FEWEST;
        let begins = start.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_alphanumeric());
        let ends = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if begins && ends && end - start >= FEWEST {
            let padding = bytes[end..].iter().take(6).take_while(|byte| **byte == b'=').count();
            decode(&bytes[start..end], start, end + padding, &mut decoded);
            parts.extend(decoded.words(Encoding::Base32, start..end + padding, LEAST));
        }
    }
    parts
}

/// Decodes characters that begin at `start`, whose padding ends at `end`.
fn decode(chars: &[u8], start: usize, end: usize, decoded: &mut Decoded) {
    decoded.clear();
    let blocks = chars.chunks(8).count();
    for (number, block) in chars.chunks(8).enumerate() {
        let bits = block.iter().fold(0_u64, |bits, byte| bits << 5 | u64::from(value(*byte).unwrap_or_default()));
        let bits = bits << (5 * (8 - block.len()));
        let from = start + 8 * number;
        let to = if number + 1 == blocks { end } else { from + 8 };
        for byte in &bits.to_be_bytes()[3..3 + block.len() * 5 / 8] {
            decoded.push(*byte, from..to);
        }
    }
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}
