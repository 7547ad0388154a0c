//! Characters that show nothing and hold others: the tags of Unicode stand for ASCII, and variation selectors for bytes.

use super::Encoding;
use super::part::{Decoded, Part};

/// Selectors in a row; one behind a character says how to draw it.
const FEWEST: usize = 4;
/// The flag of a part of a country: a black flag, tags of so many letters, and the tag that ends them.
const FLAG: char = '\u{1f3f4}';
const END: char = '\u{e007f}';
const LONGEST_FLAG: usize = 6;

pub(super) fn find(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut selected = Decoded::default();
    let mut before = None;
    let mut flag_until = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if let Some(byte) = selector(c) {
            selected.push(byte, at..at + c.len_utf8());
        } else if selected.len() > 0 {
            let range = selected.place().start..at;
            let part = (selected.len() >= FEWEST).then(|| selected.whole(Encoding::Selectors, range)).flatten();
            parts.extend(part);
            selected.clear();
        }
        if let Some(shown) = tag(c) {
            if before == Some(FLAG) {
                flag_until = flag(&text[at..]).map_or(at, |length| at + length);
            }
            let range = at..at + c.len_utf8();
            match parts.last_mut().filter(|part| part.range.end == at && part.encoding == Encoding::Tags) {
                _ if at < flag_until => {}
                Some(part) => {
                    part.push(shown, range.clone());
                    part.range.end = range.end;
                }
                None => parts.push(Part::one(Encoding::Tags, shown, range)),
            }
        }
        before = Some(c);
    }
    parts
}

fn tag(c: char) -> Option<char> {
    let shown = char::from_u32((c as u32).checked_sub(0xe0000)?)?;
    matches!(shown, ' '..='~').then_some(shown)
}

fn selector(c: char) -> Option<u8> {
    match c {
        '\u{fe00}'..='\u{fe0f}' => Some((c as u32 - 0xfe00) as u8),
        '\u{e0100}'..='\u{e01ef}' => Some((c as u32 - 0xe0100 + 16) as u8),
        _ => None,
    }
}

/// The length of the tags of a flag.
fn flag(tags: &str) -> Option<usize> {
    let (count, (end, _)) = tags.char_indices().take(LONGEST_FLAG + 1).enumerate().find(|(_, (_, c))| *c == END)?;
    (count > 1).then_some(end)
}
