//! Characters and bytes behind a sign that says so: `%69`, `\x69`, `\u0069`, `\u{69}`, `\U00000069`, `U+0069`, and plus signs for spaces.

use super::Encoding;
use super::part::Part;
use super::plausible;

/// Words between plus signs that are a sentence in an address, and no sum.
const FEWEST_WORDS: usize = 3;
/// Digits in braces.
const MOST_DIGITS: usize = 6;

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| matches!(byte, b'%' | b'\\' | b'+')) {
        at += next;
        let found = match (bytes[at], bytes.get(at + 1)) {
            (b'%', Some(b'u' | b'U')) | (b'\\', Some(b'u' | b'U')) => characters(text, at),
            (b'%', _) => encoded_bytes(bytes, at, b"%", Encoding::Url),
            (b'\\', Some(b'x' | b'X')) => encoded_bytes(bytes, at, &bytes[at..at + 2], Encoding::Hex),
            (b'+', _) => {
                let start = at.saturating_sub(1);
                let is_point = matches!(bytes[start], b'U' | b'u')
                    && !bytes.get(start.wrapping_sub(1)).is_some_and(u8::is_ascii_alphanumeric);
                if is_point { characters(text, start) } else { None }
            }
            _ => None,
        };
        match found {
            Some(found) => {
                at = found.range.end;
                parts.push(found);
            }
            None => at += 1,
        }
    }
    spaces(text, parts)
}

/// Bytes in a row, each behind `sign`, up to the first that is no text. More are not looked at, or each of many such would look at all that follow.
fn encoded_bytes(bytes: &[u8], start: usize, sign: &[u8], encoding: Encoding) -> Option<Part> {
    let width = sign.len() + 2;
    let byte = |at: usize| bytes.get(at..at + width)?.strip_prefix(sign).and_then(number).map(|number| number as u8);
    let mut part = Part::new(encoding, start..start);
    let mut at = start;
    while let Some(c) = first_character((at..).step_by(width).map_while(byte)) {
        let end = at + c.len_utf8() * width;
        part.push(c, at..end);
        at = end;
    }
    part.range.end = at;
    (at > start).then_some(part)
}

/// The character that bytes of UTF-8 begin with.
fn first_character(bytes: impl Iterator<Item = u8>) -> Option<char> {
    let mut unit = [0; 4];
    for (at, byte) in bytes.take(unit.len()).enumerate() {
        unit[at] = byte;
        if let Ok(text) = std::str::from_utf8(&unit[..=at]) {
            return text.chars().next();
        }
    }
    None
}

/// Characters in a row, each by its number.
fn characters(text: &str, start: usize) -> Option<Part> {
    let mut part = Part::new(Encoding::Escapes, start..start);
    let mut at = start;
    while let Some((mut number, mut length)) = character(&text.as_bytes()[at..]) {
        if (0xd800..0xdc00).contains(&number) {
            let low = character(&text.as_bytes()[at + length..]).filter(|(low, _)| (0xdc00..0xe000).contains(low));
            let Some((low, more)) = low else { break };
            number = 0x10000 + ((number - 0xd800) << 10) + (low - 0xdc00);
            length += more;
        }
        let Some(c) = char::from_u32(number).filter(|c| c.len_utf8() <= length) else { break };
        part.push(c, at..at + length);
        at += length;
        part.range.end = at;
        // Numbers of characters are written with spaces between them.
        let spaced = matches!(text.as_bytes()[start], b'U' | b'u') && text[at..].starts_with(" U+");
        at += usize::from(spaced);
    }
    (!part.text.is_empty()).then_some(part)
}

/// The number of the character that `rest` begins with an escape of, and the length of that.
fn character(rest: &[u8]) -> Option<(u32, usize)> {
    let digits = match rest {
        [b'\\', b'u', b'{', digits @ ..] => {
            let length = digits.iter().take(MOST_DIGITS + 1).position(|byte| *byte == b'}')?;
            return Some((number(&digits[..length])?, length + 4));
        }
        [b'\\', b'U', digits @ ..] if digits.len() >= 8 && number(&digits[..8]).is_some() => &digits[..8],
        [b'\\' | b'%', b'u' | b'U', digits @ ..] | [b'U' | b'u', b'+', digits @ ..] => digits.get(..4)?,
        _ => return None,
    };
    Some((number(digits)?, digits.len() + 2))
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        number.checked_mul(16)?.checked_add(digit)
    })
}

/// The parts, and the plus signs that stand for spaces: next to what is behind percent signs, and between words.
fn spaces(text: &str, parts: Vec<Part>) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut all = Vec::with_capacity(parts.len());
    let mut parts = parts.into_iter().peekable();
    let mut at = 0;
    for token in text.split_ascii_whitespace() {
        // Tokens are slices of the text, one behind the other.
        let start = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        at = start + token.len();
        let first = all.len();
        let mut is_address = false;
        while let Some(part) = parts.next_if(|part| part.range.start < at) {
            is_address |= part.encoding == Encoding::Url;
            all.push(part);
        }
        if !token.contains('+') {
            continue;
        }
        let words = || token.split('+').map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
        is_address |= words().count() >= FEWEST_WORDS
            && words()
                .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'\''))
            && words().filter(|word| plausible::frequency(word.as_bytes()).is_some()).count() >= FEWEST_WORDS;
        if is_address {
            let signs = token.bytes().zip(start..).filter(|(byte, _)| *byte == b'+');
            // A part may have begun in the token before.
            let inside = |at: usize| {
                let before = all.partition_point(|part: &Part| part.range.start <= at);
                before > 0 && at < all[before - 1].range.end
            };
            let signs: Vec<usize> = signs.map(|(_, at)| at).filter(|at| !inside(*at)).collect();
            all.extend(signs.into_iter().map(|at| Part::one(Encoding::Url, ' ', at..at + 1)));
            all[first..].sort_by_key(|part| part.range.start);
        }
    }
    all.extend(parts);
    all
}
