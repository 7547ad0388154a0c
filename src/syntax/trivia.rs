//! What stands between the lines of a rail file: comments, docstrings and empty lines.

/// What something between two lines is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriviaKind {
    Comment,
    Docstring,
    /// Nothing more, but perhaps empty lines.
    End,
}

/// A comment or a docstring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trivia<'a> {
    pub kind: TriviaKind,
    /// With its `#` or its quotes.
    pub text: &'a str,
    /// Columns before it; `None` when it stands behind a line.
    pub indent: Option<u32>,
    /// There are empty lines before it.
    pub empty_lines: bool,
}

/// Reads what stands between two lines; `is_start` when there is no first one.
pub(crate) fn read(gap: &str, is_start: bool) -> Vec<Trivia<'_>> {
    let mut found = Vec::new();
    let (mut at, mut newlines, mut indent) = (0, u32::from(is_start), 0);
    // Behind a docstring on a line of its own, another thing has that docstring's line for its own too.
    let mut owns_line = is_start;
    while let Some(c) = gap[at..].chars().next() {
        let (kind, length) = match c {
            '#' => (TriviaKind::Comment, gap[at..].find('\n').unwrap_or(gap.len() - at)),
            '"' => {
                let body = gap.get(at + 3..).unwrap_or_default();
                (TriviaKind::Docstring, body.find("\"\"\"").map_or(gap.len() - at, |end| 3 + end + 3))
            }
            _ => {
                match c {
                    '\n' => (newlines, indent, owns_line) = (newlines + 1, 0, true),
                    '\t' => indent += 8,
                    ' ' => indent += 1,
                    _ => {}
                }
                at += c.len_utf8();
                continue;
            }
        };
        let indent_here = owns_line.then_some(indent);
        found.push(Trivia { kind, text: &gap[at..at + length], indent: indent_here, empty_lines: newlines > 1 });
        at += length;
        newlines = 0;
    }
    found.push(Trivia { kind: TriviaKind::End, text: "", indent: None, empty_lines: newlines > 1 });
    found
}

/// A comment or a docstring as it is written, its lines behind the first one indented by `indent`.
pub(crate) fn text(kind: TriviaKind, text: &str, indent: usize) -> String {
    match kind {
        TriviaKind::Docstring => docstring(text, indent),
        _ => comment(text),
    }
}

/// A space stands between `#` and the words, unless the author draws a line of `#`.
fn comment(text: &str) -> String {
    let text = text.trim_end();
    let words = text.trim_start_matches('#');
    let signs = &text[..text.len() - words.len()];
    if words.is_empty() || words.starts_with(char::is_whitespace) || words.starts_with('!') {
        return text.to_owned();
    }
    format!("{signs} {words}")
}

fn docstring(text: &str, indent: usize) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim_end();
    let rest: Vec<&str> = lines.map(str::trim_end).collect();
    let width = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let margin = rest.iter().filter(|line| !line.is_empty()).map(width).min().unwrap_or(0);
    let mut page = first.to_owned();
    for line in rest {
        page.push('\n');
        if !line.is_empty() {
            page.extend(std::iter::repeat_n(' ', indent));
            page.push_str(&line[margin..]);
        }
    }
    page
}
