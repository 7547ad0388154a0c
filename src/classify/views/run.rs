//! Characters of one alphabet in a row, over the ends of lines and past characters that show nothing.

use std::ops::Range;

use super::super::normalize::is_invisible;

/// What stands at the beginning of a line that goes on: white space, and signs of quotation.
const MARGIN: usize = 8;

/// Characters of an alphabet in a row.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The characters, and where they stand.
    pub chars: Vec<(u8, u32)>,
    /// Which of them begin a line.
    pub lines: Vec<usize>,
}

impl Run {
    /// Reads the run that begins at byte `start` of `text`; where it ends.
    pub(super) fn read(&mut self, text: &str, start: usize, is_in: impl Fn(u8) -> bool) -> usize {
        let bytes = text.as_bytes();
        self.chars.clear();
        self.lines.clear();
        self.lines.push(0);
        let (mut at, mut end) = (start, start);
        loop {
            while let Some(byte) = bytes.get(at).copied().filter(|byte| is_in(*byte)) {
                self.chars.push((byte, at as u32));
                at += 1;
                end = at;
            }
            at += match text[at..].chars().next() {
                Some(c) if !c.is_ascii() && is_invisible(c) => c.len_utf8(),
                Some('\n' | '\r' | '\\') => match next_line(&bytes[at..]) {
                    Some(length) if bytes.get(at + length).copied().is_some_and(&is_in) => {
                        self.lines.push(self.chars.len());
                        length
                    }
                    _ => return end,
                },
                _ => return end,
            };
        }
    }

    /// The characters of each line.
    pub(super) fn each_line(&self) -> impl Iterator<Item = &[(u8, u32)]> {
        let ends = self.lines.iter().skip(1).copied().chain([self.chars.len()]);
        self.lines.iter().zip(ends).map(|(start, end)| &self.chars[*start..end])
    }
}

/// The bytes of the text that characters stand in.
pub(super) fn place(chars: &[(u8, u32)]) -> Range<usize> {
    match (chars.first(), chars.last()) {
        (Some((_, start)), Some((_, end))) => *start as usize..*end as usize + 1,
        _ => 0..0,
    }
}

/// The length of what `rest` begins with, if that is the end of a line, also one that is written as an escape.
fn next_line(rest: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let end = ends.iter().find(|end| rest.starts_with(end))?.len();
    let margin = rest[end..].iter().take(MARGIN).take_while(|byte| matches!(byte, b' ' | b'\t' | b'>')).count();
    Some(end + margin)
}
