//! Bytes by their numbers: in binary, with or without gaps, in decimal, and in octal.

use std::ops::Range;

use super::Encoding;
use super::part::{Decoded, Part};

/// Bytes of the shortest text.
const FEWEST: usize = 4;
/// Letters of the known words in it.
const LEAST: usize = 4;
/// Bytes of the widest gap.
const WIDEST: usize = 2;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut decoded = Decoded::default();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + next;
        let numbers = list(bytes, start);
        at = numbers.last().map_or(start + 1, |number| number.end);
        let begins = start.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_alphanumeric());
        let ends = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if begins && ends {
            parts.extend(read(bytes, &numbers, &mut decoded));
        }
    }
    parts
}

/// Numbers in a row, with little between them.
fn list(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut numbers = Vec::new();
    let mut at = start;
    loop {
        let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return numbers;
        }
        numbers.push(at..at + length);
        at += length;
        let between = |byte: &&u8| matches!(byte, b' ' | b',' | b';' | b'\n' | b'\t' | b'-' | b'/' | b'\\');
        let gap = bytes[at..].iter().take(WIDEST + 1).take_while(between).count();
        if gap == 0 || gap > WIDEST {
            return numbers;
        }
        at += gap;
    }
}

fn read(bytes: &[u8], numbers: &[Range<usize>], decoded: &mut Decoded) -> Option<Part> {
    let digits = |number: &Range<usize>| std::str::from_utf8(&bytes[number.clone()]).unwrap_or_default();
    let is_binary = |number: &Range<usize>| bytes[number.clone()].iter().all(|byte| matches!(byte, b'0' | b'1'));
    if numbers.iter().all(|number| number.len().is_multiple_of(8) && is_binary(number)) {
        let octets = numbers.iter().flat_map(|number| number.clone().step_by(8).map(|at| at..at + 8));
        fill(bytes, decoded, octets, |octet| u8::from_str_radix(digits(octet), 2).ok())?;
        return (decoded.len() >= FEWEST).then(|| decoded.whole(Encoding::Binary, decoded.place())).flatten();
    }
    if numbers.len() < FEWEST {
        return None;
    }
    if numbers.iter().all(|number| number.len() == 7 && is_binary(number)) {
        fill(bytes, decoded, numbers.iter().cloned(), |number| u8::from_str_radix(digits(number), 2).ok())?;
        return decoded.whole(Encoding::Binary, decoded.place());
    }
    [10, 8].into_iter().find_map(|radix| {
        let byte = |number: &Range<usize>| {
            let byte = if number.len() < 4 { u8::from_str_radix(digits(number), radix).ok() } else { None };
            byte.filter(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'))
        };
        fill(bytes, decoded, numbers.iter().cloned(), byte)?;
        decoded.words(Encoding::Numbers, decoded.place(), LEAST)
    })
}

/// Decodes the numbers, if each of them is a byte.
fn fill(
    bytes: &[u8],
    decoded: &mut Decoded,
    numbers: impl Iterator<Item = Range<usize>>,
    byte: impl Fn(&Range<usize>) -> Option<u8>,
) -> Option<()> {
    decoded.clear();
    for number in numbers {
        // An escape in octal begins with its sign.
        let escaped = number.start > 0 && bytes[number.start - 1] == b'\\';
        decoded.push(byte(&number)?, number.start - usize::from(escaped)..number.end);
    }
    Some(())
}
