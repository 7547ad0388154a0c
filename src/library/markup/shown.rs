//! Code that an answer shows: between fences, and between backticks in a line.

use std::ops::Range;

/// The code in `text`, in bytes, in order.
pub(super) fn shown(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains(['`', '~']) {
        return found;
    }
    let mut fence: Option<(usize, char, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches([' ', '>', '\t']);
        let sign = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = sign.map_or(0, |sign| trimmed.chars().take_while(|c| *c == sign).count());
        match (fence, sign) {
            (Some((start, opened, width)), Some(sign)) if sign == opened && length >= width => {
                found.push(start..at + line.len());
                fence = None;
            }
            (None, Some(sign)) if length >= 3 => fence = Some((at, sign, length)),
            (None, _) => in_line(line, at, &mut found),
            _ => {}
        }
        at += line.len();
    }
    // A fence that nothing ends goes on to the end.
    found.extend(fence.map(|(start, ..)| start..text.len()));
    found
}

fn in_line(line: &str, at: usize, found: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    let mut from = 0;
    while let Some(open) = line[from..].find('`').map(|open| from + open) {
        let width = bytes[open..].iter().take_while(|byte| **byte == b'`').count();
        let mut close = open + width;
        let end = loop {
            let Some(next) = line[close..].find('`').map(|next| close + next) else { break None };
            let run = bytes[next..].iter().take_while(|byte| **byte == b'`').count();
            close = next + run;
            if run == width {
                break Some(close);
            }
        };
        // Without an end it is no code, and neither is what stands behind it, for backticks as wide.
        let Some(end) = end else { return };
        found.push(at + open..at + end);
        from = end;
    }
}
