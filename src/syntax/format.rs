//! One style for rail files: two spaces a level, one space between words, one empty line between definitions. What is
//! said, comments included, stays as it is.

mod line;

use super::layout::{self, Line};
use super::trivia::{self, Trivia, TriviaKind};
use super::{Bounds, Parsed, parse};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile};

/// Spaces a level.
const LEVEL: usize = 2;

/// The text of `file` in the one style. Formatting twice changes nothing, and what the file says does not change.
///
/// # Errors
/// What keeps the file from being read: half a file is not formatted.
pub fn format(id: FileId, file: &SourceFile, bounds: Bounds) -> Result<String, Vec<Diagnostic>> {
    let Parsed { mut diagnostics, .. } = parse(id, file, bounds);
    diagnostics.retain(Diagnostic::is_error);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let text = file.text();
    let lines = layout::lines(id, text, bounds, &mut Vec::new());
    let mut page = Page::default();
    let mut blocks = Blocks::new(&lines);
    let mut end = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    for (index, line) in lines.iter().enumerate() {
        let range = line.span.range();
        let next = blocks.next_depth(line.indent);
        page.trivia(trivia::read(&text[end..range.start], index == 0), &blocks, Some(next));
        let is_new_line = index == 0 || text[end..range.start].contains('\n');
        blocks.enter(line.indent);
        page.line(line::format(text, line, blocks.depth()), blocks.depth(), is_new_line);
        end = range.end;
    }
    page.trivia(trivia::read(&text[end..], lines.is_empty()), &blocks, None);
    Ok(page.finish())
}

/// The widths of the blocks that are open, the outermost first.
struct Blocks {
    widths: Vec<u32>,
}

impl Blocks {
    fn new(lines: &[Line]) -> Self {
        Self { widths: vec![lines.iter().map(|line| line.indent).min().unwrap_or(0)] }
    }

    fn depth(&self) -> usize {
        self.widths.len() - 1
    }

    /// How deep something at `indent` stands: in the innermost block that is not wider.
    fn depth_of(&self, indent: u32) -> usize {
        self.widths.iter().rposition(|width| *width <= indent).unwrap_or(0)
    }

    /// The depth of the next line.
    fn next_depth(&self, indent: u32) -> usize {
        let depth = self.depth_of(indent);
        if self.widths[depth] < indent { depth + 1 } else { depth }
    }

    fn enter(&mut self, indent: u32) {
        self.widths.truncate(self.depth_of(indent) + 1);
        if self.widths.last().is_some_and(|width| *width < indent) {
            self.widths.push(indent);
        }
    }

    /// How deep a comment at `indent` stands, between the line before it and the one behind it.
    fn depth_of_comment(&self, indent: u32, next: Option<usize>) -> usize {
        let (here, next) = (self.depth(), next.unwrap_or(0));
        self.next_depth(indent).clamp(here.min(next), here.max(next))
    }
}

/// A line of the page, or several that belong together.
struct Item {
    depth: usize,
    text: String,
    /// An empty line stands before it.
    is_apart: bool,
    /// It starts a definition.
    is_definition: bool,
    is_comment: bool,
}

/// The formatted text as it grows.
#[derive(Default)]
struct Page {
    items: Vec<Item>,
    /// The next item stands apart.
    is_apart: bool,
}

impl Page {
    fn line(&mut self, text: String, depth: usize, is_new_line: bool) {
        let is_definition = depth == 0 && text.starts_with("define ");
        let is_apart = std::mem::take(&mut self.is_apart) && is_new_line;
        self.items.push(Item { depth, text, is_apart, is_definition, is_comment: false });
    }

    /// What stands between two lines; `next` is the depth of the second.
    fn trivia(&mut self, trivia: Vec<Trivia<'_>>, blocks: &Blocks, next: Option<usize>) {
        for Trivia { kind, text, indent, empty_lines } in trivia {
            self.is_apart |= empty_lines;
            match (kind, indent) {
                (TriviaKind::End, _) => {}
                (_, None) => {
                    if let Some(last) = self.items.last_mut() {
                        last.text.push_str("  ");
                        last.text.push_str(&trivia::text(kind, text, last.depth * LEVEL));
                    }
                }
                (_, Some(indent)) => {
                    let depth = blocks.depth_of_comment(indent, next);
                    let text = trivia::text(kind, text, depth * LEVEL);
                    let is_apart = std::mem::take(&mut self.is_apart);
                    self.items.push(Item { depth, text, is_apart, is_definition: false, is_comment: true });
                }
            }
        }
    }

    fn finish(mut self) -> String {
        self.set_definitions_apart();
        let mut page = String::new();
        let mut before: Option<usize> = None;
        for Item { depth, text, is_apart, .. } in &self.items {
            // No empty line on top of the page, or of a block.
            if *is_apart && before.is_some_and(|before| *depth <= before) {
                page.push('\n');
            }
            page.extend(std::iter::repeat_n(' ', depth * LEVEL));
            page.push_str(text);
            page.push('\n');
            before = Some(*depth);
        }
        page
    }

    /// An empty line stands before each definition, and before the comments right above it.
    fn set_definitions_apart(&mut self) {
        for index in (0..self.items.len()).filter(|index| self.items[*index].is_definition).collect::<Vec<_>>() {
            let mut first = index;
            while !self.items[first].is_apart
                && first > 0
                && self.items[first - 1].is_comment
                && self.items[first - 1].depth == 0
            {
                first -= 1;
            }
            self.items[first].is_apart = true;
        }
    }
}
