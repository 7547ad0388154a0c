//! What was done to a text that can't be told from chance: codes too short to be read for certain, and characters that were put apart. It is for
//! rails that look for what chance does not make, such as a number with its check digits; nobody else should read a text so.

use std::ops::Range;

use crate::classify::sextet;

/// Fewer characters say nothing that a rail looks for; of more it can be told whether they are text.
const SHORT: Range<usize> = 6..11;
/// Fewer characters in a row are initials, or a list.
const FEWEST_APART: usize = 8;
/// White space between words whose characters were put apart.
const WIDEST: usize = 3;
/// What stands between characters that were put apart.
const BETWEEN: u8 = 1;
/// What codes are written in.
const CODE: u8 = 2;

/// What a byte may be of.
static KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b' ' | b'.' | b'*' | b'|' | b',' | b'~' | b'\t' | b'\n' => BETWEEN,
            b'-' | b'_' | b'/' | b'+' => BETWEEN | CODE,
            byte if byte.is_ascii_alphanumeric() => CODE,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

fn is(byte: u8, kind: u8) -> bool {
    KINDS[byte as usize] & kind != 0
}

/// A text with something in it undone, and the way back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undone {
    text: String,
    /// For each byte of `text` where what it comes from begins and ends.
    origins: Vec<(u32, u32)>,
}

impl Undone {
    /// What the text says.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the given text that the bytes `range` come from.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let Some(first) = self.origins.get(range.start) else { return 0..0 };
        let start = first.0 as usize;
        if range.is_empty() { start..start } else { start..self.origins[range.end - 1].1 as usize }
    }
}

/// A text while something in it is undone.
struct Writer<'t> {
    given: &'t str,
    done: usize,
    undone: Undone,
}

impl<'t> Writer<'t> {
    fn new(given: &'t str) -> Self {
        Self { given, done: 0, undone: Undone { text: String::new(), origins: Vec::new() } }
    }

    /// Takes all up to `at` as it stands.
    fn copy_to(&mut self, at: usize) {
        self.undone.text.push_str(&self.given[self.done..at]);
        self.undone.origins.extend((self.done as u32..at as u32).map(|at| (at, at + 1)));
        self.done = at;
    }

    /// Writes a character of ASCII, which comes from `from`.
    fn push(&mut self, byte: u8, from: Range<usize>) {
        self.undone.text.push(char::from(byte));
        self.undone.origins.push((from.start as u32, from.end as u32));
        self.done = from.end;
    }

    /// The text, if anything in it was undone.
    fn finish(mut self) -> Option<Undone> {
        if self.done == 0 {
            return None;
        }
        self.copy_to(self.given.len());
        Some(self.undone)
    }
}

/// `text` with each short code of base64 or hexadecimal numbers in it decoded that says printable characters; `None` if there is none.
pub(super) fn short_codes(text: &str) -> Option<Undone> {
    // Places are kept in 32 bits.
    u32::try_from(text.len()).ok()?;
    let bytes = text.as_bytes();
    let mut writer = Writer::new(text);
    let mut at = 0;
    while at < bytes.len() {
        let Some(start) = bytes[at..].iter().position(|byte| is(*byte, CODE)).map(|start| at + start) else { break };
        at = bytes[start..].iter().position(|byte| !is(*byte, CODE)).map_or(bytes.len(), |length| start + length);
        let token = &bytes[start..at];
        if !(SHORT.start * 4 / 3..SHORT.end * 2).contains(&token.len()) {
            continue;
        }
        let padding = bytes[at..].iter().take(2).take_while(|byte| **byte == b'=').count();
        if let Some((decoded, width)) = in_hexadecimal(token).or_else(|| in_base64(token)) {
            writer.copy_to(start);
            for (nth, byte) in decoded.iter().enumerate() {
                let from = start + nth * width.0 / width.1;
                let to = if nth + 1 == decoded.len() { at + padding } else { start + (nth + 1) * width.0 / width.1 };
                writer.push(*byte, from..to.max(from + 1));
            }
        }
    }
    writer.finish()
}

/// What was decoded, and how many characters stand for how many bytes of it.
type Code = (Vec<u8>, (usize, usize));

fn in_hexadecimal(token: &[u8]) -> Option<Code> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if !token.len().is_multiple_of(2) || !token.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = token.chunks_exact(2);
    let decoded =
        pairs.map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect::<Option<Vec<u8>>>()?;
    is_printable(&decoded).then_some((decoded, (2, 1)))
}

fn in_base64(token: &[u8]) -> Option<Code> {
    // Words are in one case, but for the first letter.
    let behind = &token[1..];
    let has = |is: fn(&u8) -> bool| behind.iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && (has(u8::is_ascii_lowercase) || has(u8::is_ascii_digit));
    if token.len() % 4 == 1 || !(mixed || has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)) {
        return None;
    }
    let mut decoded = Vec::with_capacity(SHORT.end);
    for block in token.chunks(4) {
        let bits = block.iter().fold(0_u32, |bits, byte| bits << 6 | u32::from(sextet(*byte)));
        let bits = bits << (6 * (4 - block.len()));
        decoded.extend_from_slice(&bits.to_be_bytes()[1..block.len()]);
    }
    is_printable(&decoded).then_some((decoded, (4, 3)))
}

fn is_printable(decoded: &[u8]) -> bool {
    SHORT.contains(&decoded.len()) && decoded.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// `text` with the characters put together that stand one by one between the same sign, whether they make words or not: `4 1 1 1 …`, `s.e.c.r.e.t`;
/// `None` if there are none.
pub(super) fn apart(text: &str) -> Option<Undone> {
    u32::try_from(text.len()).ok()?;
    let bytes = text.as_bytes();
    let mut writer = Writer::new(text);
    let mut row = Vec::new();
    let mut at = 0;
    while at + 2 * FEWEST_APART - 1 <= bytes.len() {
        let sign = bytes[at + 1];
        // One character between two signs, and another one.
        if !is(sign, BETWEEN)
            || !(is(bytes[at + 2], BETWEEN) || is(bytes[at + 3], BETWEEN))
            || at.checked_sub(1).is_some_and(|before| bytes[before].is_ascii_alphanumeric())
            || !bytes[at].is_ascii_graphic()
        {
            at += 1;
            continue;
        }
        row.clear();
        let end = read_row(bytes, at, sign, &mut row);
        if row.iter().filter(|(_, from)| from.len() == 1).count() < FEWEST_APART {
            at += 1;
            continue;
        }
        writer.copy_to(at);
        row.iter().for_each(|(byte, from)| writer.push(*byte, from.clone()));
        at = end;
    }
    writer.finish()
}

/// Reads the row of single characters that begins at `start`, with a space for each gap between words; where it ends.
fn read_row(bytes: &[u8], start: usize, sign: u8, row: &mut Vec<(u8, Range<usize>)>) -> usize {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let is_single = |at: usize| {
        let stands = bytes.get(at).is_some_and(u8::is_ascii_graphic);
        let behind = bytes.get(at + 1);
        stands && behind.is_none_or(|next| *next == sign || !(next.is_ascii_alphanumeric() || *next >= 0x80))
    };
    let mut at = start;
    row.push((bytes[at], at..at + 1));
    loop {
        let behind = &bytes[at + 1..];
        let space = behind.iter().take(WIDEST + 1).take_while(|byte| is_space(byte)).count();
        let next = match behind.first() {
            Some(first) if *first == sign && (!is_space(first) || space == 1) => at + 2,
            Some(_) if (1..=WIDEST).contains(&space) => at + 1 + space,
            _ => return at + 1,
        };
        if !is_single(next) {
            return at + 1;
        }
        if bytes[at + 1] != sign || next > at + 2 {
            row.push((b' ', at + 1..next));
        }
        row.push((bytes[next], next..next + 1));
        at = next;
    }
}

/// Words that stand for a sign in brackets: `jane (at) example [dot] org`.
const IN_BRACKETS: &[(&str, u8)] =
    &[("at", b'@'), ("dot", b'.'), ("punkt", b'.'), ("point", b'.'), ("punto", b'.'), ("@", b'@'), (".", b'.')];
/// Blanks around these.
const MOST_BLANKS: usize = 2;

/// `text` with signs for the words that stand in brackets for such; `None` if there are none.
pub(super) fn without_brackets(text: &str) -> Option<Undone> {
    u32::try_from(text.len()).ok()?;
    let bytes = text.as_bytes();
    let blanks =
        |bytes: &mut dyn Iterator<Item = &u8>| bytes.take(MOST_BLANKS).take_while(|byte| **byte == b' ').count();
    let mut writer = Writer::new(text);
    let mut at = 0;
    while let Some(open) = bytes[at..].iter().position(|byte| matches!(byte, b'[' | b'(' | b'{')).map(|open| at + open)
    {
        at = open + 1;
        let close = match bytes[open] {
            b'[' => b']',
            b'(' => b')',
            _ => b'}',
        };
        let meant = IN_BRACKETS.iter().find(|(word, _)| {
            let behind = &bytes[at..];
            behind.len() > word.len()
                && behind[word.len()] == close
                && behind[..word.len()].eq_ignore_ascii_case(word.as_bytes())
        });
        let Some((word, sign)) = meant else { continue };
        let start = open - blanks(&mut bytes[writer.done..open].iter().rev());
        at += word.len() + 1;
        at += blanks(&mut bytes[at..].iter());
        writer.copy_to(start);
        writer.push(*sign, start..at);
    }
    writer.finish()
}

/// `text` as Markdown shows it where it has `ghp\_` for `ghp_`; `None` if it has not.
pub(super) fn unescaped(text: &str) -> Option<Undone> {
    u32::try_from(text.len()).ok()?;
    let mut writer = Writer::new(text);
    for (at, _) in text.match_indices('\\') {
        let sign = text.as_bytes().get(at + 1).copied();
        if let Some(sign @ (b'_' | b'-')) = sign {
            writer.copy_to(at);
            writer.push(sign, at..at + 2);
        }
    }
    writer.finish()
}

/// The most of the value of an attribute that is looked at.
const LONGEST_VALUE: usize = 8_192;

/// `text` without tabs and ends of lines in what stands between quotes behind a sign of equality; `None` if there are none.
pub(super) fn whole_values(text: &str) -> Option<Undone> {
    u32::try_from(text.len()).ok()?;
    let bytes = text.as_bytes();
    let is_break = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r');
    if !bytes.iter().any(is_break) {
        return None;
    }
    let mut writer = Writer::new(text);
    let mut at = 0;
    while let Some(sign) = text[at..].find('=').map(|sign| at + sign) {
        at = sign + 1;
        let Some(quote) = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'')) else { continue };
        let value = &bytes[at + 1..bytes.len().min(at + 1 + LONGEST_VALUE)];
        let Some(length) = value.iter().position(|byte| *byte == quote) else { continue };
        for place in (0..length).filter(|place| is_break(&value[*place])) {
            writer.copy_to(at + 1 + place);
            writer.done = at + 2 + place;
        }
        at += length + 1;
    }
    writer.finish()
}

#[cfg(test)]
mod tests;
