//! A document in chunks: what stands under one heading, a few paragraphs at a time.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// Characters past which a chunk ends at the next empty line.
const ENOUGH: usize = 400;
/// Characters past which a chunk is cut, empty line or not.
const MOST: usize = 2_000;
/// Characters of a heading that go into titles.
const LONGEST_HEADING: usize = 200;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The headings above it.
    pub title: Arc<str>,
    pub body: String,
    /// The line it begins in, from 1.
    pub line: u32,
}

/// The parts of a Markdown text, `most` at most.
pub(super) fn markdown(text: &str, most: usize) -> Vec<Part> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = metadata(text);
    let mut splitter = Splitter::new(text, most);
    let (mut depth, mut from) = (0_usize, start);
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut heading: Option<String> = None;
    for (event, range) in Parser::new(&text[start..]).into_offset_iter() {
        let range = range.start + start..range.end + start;
        match event {
            Event::Start(tag) => {
                match tag {
                    Tag::Heading { .. } if depth == 0 => heading = Some(String::new()),
                    Tag::CodeBlock(_) if depth == 0 => splitter.whole.push(range),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(tag) => {
                depth -= 1;
                if let (TagEnd::Heading(level), 0, Some(name)) = (tag, depth, &mut heading) {
                    splitter.section(from..range.start);
                    from = range.end;
                    headings.retain(|(above, _)| *above < level as usize);
                    headings.push((level as usize, std::mem::take(name)));
                    splitter.title = title(&headings);
                    heading = None;
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(name) = &mut heading {
                    push(name, &text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(name) = &mut heading {
                    push(name, " ");
                }
            }
            _ => {}
        }
        if splitter.parts.len() >= most {
            return splitter.parts;
        }
    }
    splitter.section(from..text.len());
    splitter.parts
}

/// The parts of a text without headings, `most` at most.
pub(super) fn plain(text: &str, most: usize) -> Vec<Part> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut splitter = Splitter::new(text, most);
    splitter.section(0..text.len());
    splitter.parts
}

fn push(name: &mut String, text: &str) {
    let room = LONGEST_HEADING.saturating_sub(name.chars().count());
    name.extend(text.chars().take(room));
}

fn title(headings: &[(usize, String)]) -> Arc<str> {
    let names = headings.iter().map(|(_, name)| name.trim()).filter(|name| !name.is_empty());
    names.collect::<Vec<_>>().join(" - ").into()
}

/// Where the text begins behind its front matter, or behind a block of code at its very start, which says the same things.
fn metadata(text: &str) -> usize {
    let mut lines = lines(text, 0..text.len()).skip_while(|line| text[line.clone()].trim().is_empty());
    let Some(first) = lines.next() else { return 0 };
    let closes: fn(&str) -> bool = match text[first.clone()].trim_end() {
        "---" if first.start == 0 => |line| matches!(line, "---" | "..."),
        line if line.starts_with("```") && !line[3..].contains('`') => |line| line == "```",
        _ => return 0,
    };
    lines.find(|line| closes(text[line.clone()].trim_end())).map_or(0, |line| line.end)
}

/// The lines of `text` in `range`, each with its end.
fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    text[range].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}

struct Splitter<'t> {
    text: &'t str,
    most: usize,
    title: Arc<str>,
    /// What empty lines don't divide: blocks of code, in order.
    whole: Vec<Range<usize>>,
    parts: Vec<Part>,
    /// A place and its line, from which further ones are counted.
    counted: (usize, u32),
}

impl<'t> Splitter<'t> {
    fn new(text: &'t str, most: usize) -> Self {
        Self { text, most, title: "".into(), whole: Vec::new(), parts: Vec::new(), counted: (0, 1) }
    }

    /// What stands under one heading.
    fn section(&mut self, range: Range<usize>) {
        let text = self.text;
        let whole = std::mem::take(&mut self.whole);
        let mut whole = whole.iter().peekable();
        let mut group: Option<Range<usize>> = None;
        for line in lines(text, range) {
            while whole.next_if(|block| block.end <= line.start).is_some() {}
            let inside = whole.peek().is_some_and(|block| block.start < line.start);
            if !text[line.clone()].trim().is_empty() {
                group = Some(group.map_or(line.start, |group| group.start)..line.end);
            } else if !inside && group.as_ref().is_some_and(|group| group.len() > ENOUGH) {
                group.take().into_iter().for_each(|group| self.group(group));
            }
        }
        group.into_iter().for_each(|group| self.group(group));
    }

    fn group(&mut self, range: Range<usize>) {
        let mut rest = &self.text[range.clone()];
        let mut at = range.start;
        while !rest.trim().is_empty() && self.parts.len() < self.most {
            let end = cut(rest);
            let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            let start = at + blank.min(end);
            let body = rest[blank.min(end)..end].trim_end();
            if !body.trim().is_empty() {
                let breaks = self.text[self.counted.0..start].bytes().filter(|byte| *byte == b'\n').count();
                self.counted = (start, self.counted.1 + breaks as u32);
                let body = body.replace("\r\n", "\n");
                self.parts.push(Part { title: self.title.clone(), body, line: self.counted.1 });
            }
            rest = &rest[end..];
            at += end;
        }
    }
}

/// Where to cut `text` so that what is before it is not too long: behind a paragraph, a line, a sentence or a word.
fn cut(text: &str) -> usize {
    let Some((most, _)) = text.char_indices().nth(MOST) else { return text.len() };
    let middle = text.char_indices().nth(MOST / 2).map_or(0, |(at, _)| at);
    let window = &text[middle..most];
    let behind = |mark: &str| window.rfind(mark).map(|at| middle + at + mark.len());
    let sentence = || [". ", "! ", "? "].into_iter().filter_map(behind).max();
    let word = || window.char_indices().rfind(|(_, c)| c.is_whitespace()).map(|(at, c)| middle + at + c.len_utf8());
    behind("\n\n").or_else(|| behind("\n")).or_else(sentence).or_else(word).unwrap_or(most)
}
