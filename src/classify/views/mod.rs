//! What a text says behind an encoding or a disguise, of which [`Encoding`] has all, each within another if need be.
//!
//! A view is the text with all that could be decoded in its place, so that what stands around it stays. It is for rails alone: what
//! a model is sent is the text as typed. What is decoded must read as text (`plausible`), so that most texts have no view, and cost
//! a look at their bytes. Nothing decoded is longer than what it comes from, so the views of a text are at most [`DEEPEST`] times as
//! long as it is.

mod alphabets;
mod apart;
mod base32;
mod base64;
mod beside;
mod encoding;
mod entities;
mod escapes;
mod hex;
mod hidden;
mod joined;
mod markup;
mod morse;
mod numbers;
mod part;
mod plausible;
mod reversed;
mod rot13;
mod rows;
mod run;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use base64::sextet;
pub use encoding::Encoding;
use part::Part;
pub(crate) use rot13::rot13;

/// So many encodings within each other are undone; words turned in two ways count twice.
pub const DEEPEST: usize = 4;

/// A text with what is encoded in it decoded, and the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    text: String,
    encodings: Vec<Encoding>,
    /// For each byte of `text` where what it comes from begins and ends in the text as typed.
    origins: Vec<(u32, u32)>,
}

impl View {
    /// What the text says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was undone, the outermost first.
    pub fn encodings(&self) -> &[Encoding] {
        &self.encodings
    }

    /// The bytes of the text as typed that the bytes `range` of the view come from: of a block code, all characters of the block.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let Some(first) = self.origins.get(range.start) else {
            let end = self.origins.last().map_or(0, |(_, end)| *end as usize);
            return end..end;
        };
        if range.is_empty() {
            return first.0 as usize..first.0 as usize;
        }
        let (start, end) = self.span(range);
        start as usize..end as usize
    }

    /// Whether what comes first in it comes first in the text as typed.
    fn is_in_order(&self) -> bool {
        !self.encodings.iter().any(|encoding| matches!(encoding, Encoding::Reversed | Encoding::UpsideDown))
    }

    /// Where what `range` comes from begins and ends; of what was written backwards, its end comes first.
    fn span(&self, range: Range<usize>) -> (u32, u32) {
        if self.is_in_order() {
            return (self.origins[range.start].0, self.origins[range.end - 1].1);
        }
        let all = &self.origins[range];
        all.iter().fold((u32::MAX, 0), |(first, last), (start, end)| (first.min(*start), last.max(*end)))
    }
}

/// What `typed` says where something in it is encoded: a view for each depth, two where words are
/// written backwards, the outermost first; none for most texts.
pub fn views(typed: &str) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    // Places are kept in 32 bits.
    if u32::try_from(typed.len()).is_err() {
        return views;
    }
    while views.len() < DEEPEST {
        let last = views.last();
        let text = last.map_or(typed, View::text);
        let parts = parts(text);
        if parts.is_empty() {
            break;
        }
        let view = applied(text, last, &parts);
        if view.text == text {
            break;
        }
        let turned = parts.iter().any(|part| part.encoding == Encoding::Reversed).then(|| {
            let turned = parts.into_iter().map(|part| match part.encoding {
                Encoding::Reversed => reversed::word_by_word(text, part.range),
                _ => part,
            });
            applied(text, last, &turned.collect::<Vec<_>>())
        });
        views.push(view);
        // Nothing but the order of the words tells which way it was done.
        let is_other = |turned: &View| views.last().is_some_and(|view| view.text != turned.text);
        let turned = turned.filter(|turned| views.len() < DEEPEST && is_other(turned));
        views.extend(turned);
    }
    views
}

/// All that is encoded in `text`, in order; where two ways to read it overlap, the first of them.
fn parts(text: &str) -> Vec<Part> {
    let signs = text.bytes().fold(ALWAYS, |signs, byte| signs | SIGNS[byte as usize]);
    let found = FINDERS.iter().filter(|(sign, _)| signs & sign != 0).map(|(_, find)| find(text));
    let mut parts = Vec::new();
    for found in found.chain(rows::find(text)) {
        if parts.is_empty() {
            parts = found;
        } else if !found.is_empty() {
            parts = merged(parts, found);
        }
    }
    parts
}

type Finder = fn(&str) -> Vec<Part>;

/// What finds something encoded in a text, and which signs of it the text must have, since most have none; what is surer comes first.
const FINDERS: &[(u16, Finder)] = &[
    (HIDDEN, hidden::find),
    (ESCAPE, escapes::find),
    (ENTITY, entities::find),
    (DIGIT, hex::find),
    (UPPER | DIGIT, base64::find),
    (DIGIT, numbers::find),
    (UPPER, base32::find),
    (SHAPE, alphabets::signs),
    (TURNED, alphabets::turned),
    (MARK, morse::find),
    (ALWAYS, apart::find),
    (MARK, joined::words),
    (MARK, markup::marks),
    (TAG, markup::tags),
    (QUOTE, joined::strings),
    (SCRIPT, reversed::find),
];

const ALWAYS: u16 = 1;
const HIDDEN: u16 = 2;
const ESCAPE: u16 = 4;
const ENTITY: u16 = 8;
const DIGIT: u16 = 16;
const UPPER: u16 = 32;
const SCRIPT: u16 = 64;
const MARK: u16 = 128;
const TAG: u16 = 256;
const QUOTE: u16 = 512;
const SHAPE: u16 = 1024;
const TURNED: u16 = 2048;

/// What a byte may be the sign of.
static SIGNS: [u16; 256] = {
    let mut signs = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        signs[byte] = match byte as u8 {
            0xf3 | 0xef => HIDDEN,
            0xc6..=0xca => TURNED,
            0xe2 | 0xf0 => SHAPE,
            0xcd..=0xe1 | 0xe3..=0xed => SCRIPT,
            b'+' => ESCAPE | MARK,
            b'%' | b'\\' => ESCAPE,
            b'&' => ENTITY,
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'_' | b'-' | b'/' | b'|' | b'~' | b'*' | b'#' | b'^' | b'=' | b':' | b'`' => MARK,
            b'<' => TAG,
            b'"' | b'\'' => QUOTE,
            _ => 0,
        };
        byte += 1;
    }
    signs
};

/// Both lists in order, without those of `others` that overlap one of `parts`.
fn merged(parts: Vec<Part>, others: Vec<Part>) -> Vec<Part> {
    let mut merged = Vec::with_capacity(parts.len() + others.len());
    let mut parts = parts.into_iter().peekable();
    let mut end = 0;
    for other in others {
        while let Some(part) = parts.next_if(|part| part.range.start <= other.range.start) {
            end = part.range.end;
            merged.push(part);
        }
        let next = parts.peek().map_or(usize::MAX, |part| part.range.start);
        if end <= other.range.start && other.range.end <= next {
            end = other.range.end;
            merged.push(other);
        }
    }
    merged.extend(parts);
    merged
}

/// `text`, which is that of `before` or as typed, with the parts in it decoded.
fn applied(text: &str, before: Option<&View>, parts: &[Part]) -> View {
    let mut encodings = before.map(|view| view.encodings.clone()).unwrap_or_default();
    let mut here: Vec<Encoding> = parts.iter().map(|part| part.encoding).collect();
    here.sort_unstable();
    here.dedup();
    encodings.extend(here);
    let mut view = View { text: String::with_capacity(text.len()), encodings, origins: Vec::with_capacity(text.len()) };
    let typed = |range: Range<usize>| match before {
        Some(before) => before.span(range),
        None => (range.start as u32, range.end as u32),
    };
    let mut done = 0;
    for part in parts {
        view.text.push_str(&text[done..part.range.start]);
        view.origins.extend((done..part.range.start).map(|at| typed(at..at + 1)));
        view.text.push_str(&part.text);
        view.origins.extend(part.origins.iter().map(|(start, end)| typed(*start as usize..*end as usize)));
        done = part.range.end;
    }
    view.text.push_str(&text[done..]);
    view.origins.extend((done..text.len()).map(|at| typed(at..at + 1)));
    view
}
