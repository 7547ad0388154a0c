//! What markup shows: words without the marks that make them bold or crossed out, the tags of HTML, and comments.

use std::ops::Range;

use super::Encoding;
use super::part::Part;
use super::plausible::frequency;

/// Bytes of the longest tag.
const LONGEST_TAG: usize = 200;
/// Marks between two letters.
const MOST_MARKS: usize = 4;
/// So many words are set off at least where marks hide what is said.
const FEWEST: usize = 2;
/// Tags that don't part words.
const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"big", b"cite", b"code", b"del", b"em", b"font", b"i", b"ins", b"kbd", b"mark", b"q", b"s",
    b"small", b"span", b"strike", b"strong", b"sub", b"sup", b"tt", b"u", b"wbr",
];
/// Tags that do.
const BLOCK: &[&[u8]] = &[
    b"blockquote",
    b"br",
    b"center",
    b"div",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"hr",
    b"li",
    b"ol",
    b"p",
    b"pre",
    b"table",
    b"td",
    b"th",
    b"tr",
    b"ul",
];

/// The tags and comments of HTML, where some of them are about single words.
pub(super) fn tags(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut is_inline = false;
    // Where the next comment ends.
    let mut comment = 0;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == b'<') {
        let start = at + next;
        at = start + 1;
        let found = if bytes[start..].starts_with(b"<!--") {
            if comment < at + 6 {
                comment = text[at..].find("-->").map_or(usize::MAX, |end| at + end + 3);
            }
            (comment < usize::MAX).then(|| (comment - start, false))
        } else {
            tag(&bytes[start..])
        };
        let Some((length, parts_words)) = found else { continue };
        at = start + length;
        is_inline |= !parts_words;
        let mut part = Part::new(Encoding::Markup, start..at);
        if parts_words {
            part.push(' ', start..at);
        }
        parts.push(part);
    }
    if is_inline { parts } else { Vec::new() }
}

/// The length of the tag that `rest` begins with, and whether it parts words.
fn tag(rest: &[u8]) -> Option<(usize, bool)> {
    let name = if rest.get(1) == Some(&b'/') { 2 } else { 1 };
    let length = rest[name..].iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let named = rest[name..name + length].to_ascii_lowercase();
    let parts_words = BLOCK.contains(&&*named);
    if !parts_words && !INLINE.contains(&&*named) {
        return None;
    }
    let behind = &rest[name + length..rest.len().min(LONGEST_TAG)];
    let end = behind.iter().position(|byte| matches!(byte, b'<' | b'>')).filter(|end| behind[*end] == b'>')?;
    let is_name = behind[0] == b'>' || behind[0] == b'/' || behind[0].is_ascii_whitespace();
    is_name.then_some((name + length + end + 1, parts_words))
}

/// Marks within words that are none without them, and those around words in lines that are full of them.
pub(super) fn marks(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        if line.bytes().any(is_mark) {
            in_line(bytes, range, &mut parts);
        }
    }
    parts
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'*' | b'_' | b'~' | b'`')
}

fn in_line(bytes: &[u8], line: Range<usize>, parts: &mut Vec<Part>) {
    let (mut words, mut opening, mut closing) = (0_usize, 0, 0);
    let mut around = Vec::new();
    let first = parts.len();
    let mut at = line.start;
    let is_letter = |at: Option<usize>| {
        at.filter(|at| line.contains(at)).is_some_and(|at| bytes[at].is_ascii_alphanumeric() || bytes[at] >= 0x80)
    };
    let (mut word, mut is_new) = (None, true);
    while at < line.end {
        if is_letter(Some(at)) {
            word.get_or_insert(at);
            words += usize::from(std::mem::take(&mut is_new));
            at += 1;
            continue;
        }
        let length = bytes[at..line.end].iter().take_while(|byte| is_mark(**byte)).count();
        let run = at..at + length.max(1);
        at = run.end;
        let (before, behind) = (is_letter(run.start.checked_sub(1)), is_letter(Some(run.end)));
        if length == 0 {
            word = None;
            is_new |= bytes[run.start].is_ascii_whitespace();
        } else if before && behind && length <= MOST_MARKS {
            let start = word.unwrap_or(run.start);
            let (joints, end) = joints(bytes, start, line.end);
            if is_word(bytes, start..end, &joints) {
                parts.extend(joints.into_iter().map(|joint| Part::new(Encoding::Markup, joint)));
            }
            // What goes on behind a mark that no letter follows is another word.
            (at, word) = (end.max(at), None);
        } else {
            word = None;
            let is_space =
                |at: Option<usize>| at.is_none_or(|at| !line.contains(&at) || bytes[at].is_ascii_whitespace());
            let (opens, closes) = (is_space(run.start.checked_sub(1)) || behind, is_space(Some(run.end)) || before);
            // Code is set off without hiding anything.
            if opens != closes && bytes[run.start] != b'`' {
                opening += usize::from(opens);
                closing += usize::from(closes);
                around.push((run, words));
            }
        }
    }
    // From the first mark to the last, hardly any word is as the others.
    let (Some((_, first_word)), Some((_, last_word))) = (around.first(), around.last()) else { return };
    let others = last_word.saturating_sub(first_word + 1);
    if opening.min(closing) >= FEWEST && around.len() >= 2 * others {
        parts.extend(around.into_iter().map(|(run, _)| Part::new(Encoding::Markup, run)));
        parts[first..].sort_by_key(|part| part.range.start);
    }
}

/// The marks between the letters from `start` on, and where the letters end.
fn joints(bytes: &[u8], start: usize, end: usize) -> (Vec<Range<usize>>, usize) {
    let mut joints = Vec::new();
    let mut at = start;
    loop {
        at += bytes[at..end].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80).count();
        let length = bytes[at..end].iter().take(MOST_MARKS + 1).take_while(|byte| is_mark(**byte)).count();
        let goes_on = bytes[..end].get(at + length).is_some_and(u8::is_ascii_alphabetic);
        if length == 0 || length > MOST_MARKS || !goes_on {
            return (joints, at);
        }
        joints.push(at..at + length);
        at += length;
    }
}

/// Whether what stands there is a word without its marks, and not several with them.
fn is_word(bytes: &[u8], range: Range<usize>, joints: &[Range<usize>]) -> bool {
    if range.len() > 64 {
        return false;
    }
    let mut together = Vec::with_capacity(range.len());
    let (mut done, mut has_pieces, mut is_bold) = (range.start, false, false);
    let ends = joints.iter().map(|joint| (joint.start, joint.end)).chain([(range.end, range.end)]);
    for (end, next) in ends {
        has_pieces |= frequency(&bytes[done..end]).is_none();
        is_bold |= next - end > 1 && bytes[end] != b'_';
        together.extend_from_slice(&bytes[done..end]);
        done = next;
    }
    (has_pieces || is_bold) && together.len() > 3 && frequency(&together).is_some()
}
