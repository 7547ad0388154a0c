//! Words too short to be told from chance, next to something that is encoded for certain.

use std::ops::Range;

use super::part::Part;

/// Longer words are found by themselves.
const LONGEST: usize = 16;
/// White space between two words.
const WIDEST: usize = 2;

/// `parts`, and the words on either side of them that `read` makes of what is in the alphabet.
pub(super) fn beside(
    text: &str,
    parts: Vec<Part>,
    is_in: impl Fn(u8) -> bool,
    mut read: impl FnMut(Range<usize>) -> Option<Part>,
) -> Vec<Part> {
    if parts.is_empty() {
        return parts;
    }
    let bytes = text.as_bytes();
    let ends = |at: Option<&u8>| !at.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let mut word = |range: Range<usize>, gap: usize| {
        let whole = ends(range.start.checked_sub(1).and_then(|at| bytes.get(at))) && ends(bytes.get(range.end));
        let fits = (1..=WIDEST).contains(&gap) && (2..=LONGEST).contains(&range.len());
        if fits && whole { read(range) } else { None }
    };
    let mut all: Vec<Part> = Vec::with_capacity(parts.len());
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        let done = all.last().map_or(0, |part| part.range.end);
        let first = all.len();
        let mut at = part.range.start;
        loop {
            let before = &bytes[done..at];
            let gap = before.iter().rev().take(WIDEST + 1).take_while(|byte| byte.is_ascii_whitespace()).count();
            let end = at - gap;
            let length = bytes[done..end].iter().rev().take(LONGEST + 1).take_while(|byte| is_in(**byte)).count();
            let Some(word) = word(end - length..end, gap) else { break };
            at = word.range.start;
            all.push(word);
        }
        all[first..].reverse();
        let next = parts.peek().map_or(text.len(), |next| next.range.start);
        let mut at = part.range.end;
        all.push(part);
        loop {
            let behind = &bytes[at..next];
            let gap = behind.iter().take(WIDEST + 1).take_while(|byte| byte.is_ascii_whitespace()).count();
            let start = at + gap;
            let length = bytes[start..next].iter().take(LONGEST + 1).take_while(|byte| is_in(**byte)).count();
            let Some(word) = word(start..start + length, gap) else { break };
            at = word.range.end;
            all.push(word);
        }
    }
    all
}
