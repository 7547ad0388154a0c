//! Bytes as they are decoded, and what of them is text.

use std::ops::Range;

use super::Encoding;
use super::plausible::{self, Known};

/// Something that was decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub encoding: Encoding,
    /// Bytes of the text it stands in.
    pub range: Range<usize>,
    /// What it says; no longer than `range`.
    pub text: String,
    /// For each byte of `text` where what it comes from begins and ends.
    pub origins: Vec<(u32, u32)>,
}

impl Part {
    pub(super) fn new(encoding: Encoding, range: Range<usize>) -> Self {
        Self { encoding, range, text: String::new(), origins: Vec::new() }
    }

    /// A part that is one character.
    pub(super) fn one(encoding: Encoding, c: char, range: Range<usize>) -> Self {
        let mut part = Self::new(encoding, range.clone());
        part.push(c, range);
        part
    }

    pub(super) fn push(&mut self, c: char, from: Range<usize>) {
        self.text.push(c);
        self.origins.extend(std::iter::repeat_n((from.start as u32, from.end as u32), c.len_utf8()));
    }
}

/// Bytes that a decoder made, each with where it comes from.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    bytes: Vec<u8>,
    from: Vec<(u32, u32)>,
}

impl Decoded {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.from.clear();
    }

    pub(super) fn push(&mut self, byte: u8, from: Range<usize>) {
        self.bytes.push(byte);
        self.from.push((from.start as u32, from.end as u32));
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of the text that all of it comes from.
    pub(super) fn place(&self) -> Range<usize> {
        match (self.from.first(), self.from.last()) {
            (Some((start, _)), Some((_, end))) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// What the bytes say, if all of them are text that was meant to be read.
    pub(super) fn whole(&self, encoding: Encoding, range: Range<usize>) -> Option<Part> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        plausible::is_text(text).then(|| self.part(encoding, range, 0..self.len()))
    }

    /// What the bytes say, if that is mostly words which are known, of at least so many letters.
    pub(super) fn words(&self, encoding: Encoding, range: Range<usize>, least: usize) -> Option<Part> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let is_words = !text.contains(plausible::is_control) && Known::of(text).is_words(least);
        let letters = text.chars().filter(|c| c.is_alphabetic() || *c == ' ').count();
        (is_words && letters * 2 > text.len()).then(|| self.part(encoding, range, 0..self.len()))
    }

    /// Where the first byte comes from that no text has.
    pub(super) fn first_bad(&self) -> Option<usize> {
        let valid = self.bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let bad = valid.find(plausible::is_control).unwrap_or(valid.len());
        self.from.get(bad).map(|(start, _)| *start as usize)
    }

    /// As [`whole`](Self::whole), or whatever in the bytes is text of known words with at least so many letters.
    pub(super) fn text(&mut self, encoding: Encoding, range: Range<usize>, least: usize) -> Option<Part> {
        self.narrow();
        if let Some(part) = self.whole(encoding, range) {
            return Some(part);
        }
        let mut part: Option<Part> = None;
        let mut at = 0;
        for chunk in self.bytes.utf8_chunks() {
            let valid = chunk.valid();
            let mut start = 0;
            let ends = valid.match_indices(plausible::is_control).map(|(end, sign)| (end, sign.len()));
            for (end, width) in ends.chain([(valid.len(), 0)]) {
                let line = &valid[start..end];
                if line.len() >= least && Known::of(line).is_words(least) {
                    let bytes = at + start..at + end;
                    let from = self.from[bytes.start].0 as usize..self.from[bytes.end - 1].1 as usize;
                    match &mut part {
                        None => part = Some(self.part(encoding, from, bytes)),
                        Some(part) => {
                            // What could not be read was at least a byte.
                            part.push(' ', from.start - 1..from.start);
                            part.range.end = from.end;
                            let more = self.part(encoding, from, bytes);
                            part.text.push_str(&more.text);
                            part.origins.extend(more.origins);
                        }
                    }
                }
                start = end + width;
            }
            at += valid.len() + chunk.invalid().len();
        }
        part
    }

    /// If it is one or two words, or the end of a sentence: little enough to be chance, unless what stands beside it is encoded, too.
    pub(super) fn word(&self, encoding: Encoding, range: Range<usize>) -> Option<Part> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        plausible::is_little_text(text).then(|| self.part(encoding, range, 0..self.len()))
    }

    fn part(&self, encoding: Encoding, range: Range<usize>, bytes: Range<usize>) -> Part {
        let mut part = Part::new(encoding, range);
        part.text = String::from_utf8_lossy(&self.bytes[bytes.clone()]).into_owned();
        part.origins = self.from[bytes].to_vec();
        part
    }

    /// Leaves out the zeros of UTF-16, in either order.
    fn narrow(&mut self) {
        let zeros = |odd: usize| self.bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let half = self.len() / 2;
        if half < 4 || !self.bytes.contains(&0) {
            return;
        }
        let keep = match (zeros(0) * 10 >= half * 9, zeros(1) * 10 >= half * 9) {
            (false, true) => 0,
            (true, false) => 1,
            _ => return,
        };
        self.bytes = self.bytes.iter().skip(keep).step_by(2).copied().collect();
        self.from = self.from.iter().skip(keep).step_by(2).copied().collect();
    }
}
