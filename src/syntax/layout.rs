//! Text to logical lines: indentation, strings, comments, docstrings, continuation. Knows no keywords.

use logos::{FilterResult, Lexer, Logos};

use super::Bounds;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::source::{FileId, Span};

/// A logical line: one line of text, or several joined by `\`, a final ` or`, or a string that runs on.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Columns of white space before it; a tab counts as eight.
    pub indent: u32,
    /// From the first to the last character, without comment and white space after it.
    pub span: Span,
    /// Comment lines right above it.
    pub comments: Vec<Span>,
    /// Something in it is broken and reported; it is not to be parsed.
    pub damaged: bool,
    /// Its indentation holds a tab, so how deep it is meant to be is a guess.
    pub tabbed: bool,
}

#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq)]
#[logos(extras = Scan)]
enum Token {
    #[regex(r"[ \t\r]+")]
    Blank,
    #[token("\n")]
    Newline,
    #[regex(r"\\[ \t\r]*\n")]
    Continuation,
    #[token("\"\"\"", docstring)]
    Docstring(Closed),
    #[token("\"", string)]
    String(Closed),
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment,
    #[token("/", regex)]
    Slash,
    #[token("\0")]
    Nul,
    /// White space that looks like a space and is none, as web pages and word processors leave it.
    #[regex(r"[\x0b\x0c\u{85}\u{2028}\u{2029}\u{a0}\u{1680}\u{2000}-\u{200b}\u{202f}\u{205f}\u{3000}\u{feff}]+")]
    OddSpace,
    #[token("\\")]
    #[regex(r##"[^ \t\r\n"#\\/\x00\x0b\x0c\u{85}\u{2028}\u{2029}\u{a0}\u{1680}\u{2000}-\u{200b}\u{202f}\u{205f}\u{3000}\u{feff}]+"##)]
    Word,
}

/// Whether what was opened is closed too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    Yes,
    No,
}

/// What the lexer has to remember so that a file of stray quotes is still read in linear time.
#[derive(Debug, Clone, Copy, Default)]
struct Scan {
    /// A string that began before this byte and ran over its line came to nothing.
    fruitless_until: usize,
    /// The next token is the first of its line.
    line_start: bool,
}

/// Where the string whose text starts at the start of `rest` closes, in bytes.
fn closing_quote(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

fn string(lexer: &mut Lexer<'_, Token>) -> Closed {
    let rest = lexer.remainder();
    let line_end = rest.find('\n').unwrap_or(rest.len());
    if let Some(end) = closing_quote(&rest[..line_end]) {
        lexer.bump(end + 1);
        return Closed::Yes;
    }
    let start = lexer.span().end;
    if start >= lexer.extras.fruitless_until {
        match closing_quote(rest) {
            // A word right behind the closing quote means that this quote opens the next text and ours was forgotten.
            Some(end) if !opens_a_text(&rest[end + 1..]) => {
                lexer.bump(end + 1);
                return Closed::Yes;
            }
            Some(end) => lexer.extras.fruitless_until = start + end,
            None => lexer.extras.fruitless_until = usize::MAX,
        }
    }
    lexer.bump(rest[..line_end].trim_end_matches('\r').len());
    Closed::No
}

fn opens_a_text(rest: &str) -> bool {
    rest.chars().next().is_some_and(|next| !next.is_whitespace() && !matches!(next, '#' | ',' | ')' | ']' | '}' | ':'))
}

fn docstring(lexer: &mut Lexer<'_, Token>) -> Closed {
    let rest = lexer.remainder();
    let (length, closed) = match rest.find("\"\"\"") {
        Some(end) => (end + 3, Closed::Yes),
        None => (rest.len(), Closed::No),
    };
    lexer.bump(length);
    closed
}

/// A slash that opens its line opens a regular expression: quotes and `#` in it mean nothing.
fn regex(lexer: &mut Lexer<'_, Token>) -> FilterResult<(), ()> {
    if lexer.extras.line_start {
        let rest = lexer.remainder();
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        lexer.bump(closing_slash(line).map_or(0, |end| end + 1));
    }
    FilterResult::Emit(())
}

fn closing_slash(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let (mut at, mut in_class) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Splits a file into logical lines. What is wrong with the layout is reported, and the line kept.
pub(crate) fn lines(file: FileId, text: &str, bounds: Bounds, diagnostics: &mut Vec<Diagnostic>) -> Vec<Line> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    Splitter {
        file,
        text,
        bounds,
        diagnostics,
        lines: Vec::new(),
        comments: Vec::new(),
        behind: Vec::new(),
        tabs: Vec::new(),
        odd: Vec::new(),
    }
    .run(start)
}

struct Splitter<'a> {
    file: FileId,
    text: &'a str,
    bounds: Bounds,
    diagnostics: &'a mut Vec<Diagnostic>,
    lines: Vec<Line>,
    comments: Vec<Span>,
    /// Comments behind a line that a backslash joins to nothing: they belong to the next one.
    behind: Vec<Span>,
    tabs: Vec<Span>,
    odd: Vec<Span>,
}

/// The line being put together.
struct Open {
    indent: u32,
    tabbed: bool,
    start: usize,
    end: usize,
    /// As `end`, without the backslashes before it.
    solid: usize,
    damaged: bool,
}

impl Splitter<'_> {
    fn run(mut self, start: usize) -> Vec<Line> {
        let mut lexer = Token::lexer_with_extras(&self.text[start..], Scan { line_start: true, ..Scan::default() });
        let mut margin = start..start;
        let mut open: Option<Open> = None;
        while let Some(token) = lexer.next() {
            if self.diagnostics.len() > self.bounds.diagnostics {
                break;
            }
            let range = start + lexer.span().start..start + lexer.span().end;
            let first = std::mem::replace(&mut lexer.extras.line_start, false);
            match token {
                Ok(Token::Newline) => {
                    lexer.extras.line_start = true;
                    margin = range.end..range.end;
                    if !open.as_ref().is_some_and(|line| self.runs_on(line)) {
                        self.close(open.take());
                    }
                }
                Ok(Token::Blank) => {
                    if first {
                        margin = range;
                        lexer.extras.line_start = true;
                    }
                }
                Ok(Token::Continuation) => {
                    lexer.extras.line_start = open.is_none();
                    margin = range.end..range.end;
                }
                Ok(Token::Comment) => {
                    let comment = self.span(range.clone());
                    match &open {
                        None => self.comments.push(comment),
                        Some(line) if self.text[line.end..range.start].contains('\n') => self.behind.push(comment),
                        Some(_) => {}
                    }
                }
                Ok(Token::Docstring(closed)) => {
                    if closed == Closed::No {
                        let quotes = self.span(range.start..range.start + 3);
                        self.diagnostics.push(
                            Diagnostic::new(codes::UNTERMINATED_DOCSTRING, quotes, "docstring is never closed")
                                .label("opened here")
                                .help("close it with `\"\"\"`"),
                        );
                    }
                }
                Ok(token) => {
                    let line = open.get_or_insert_with(|| self.open(margin.clone(), range.start));
                    line.end = range.end;
                    if &self.text[range.clone()] != "\\" {
                        line.solid = range.end;
                    }
                    self.behind.clear();
                    if token == Token::String(Closed::No) && !line.damaged {
                        let diagnostic = self.unterminated(line, range.clone());
                        self.diagnostics.push(diagnostic);
                    }
                    if token == Token::OddSpace {
                        let span = Span::new(self.file, range.clone());
                        self.odd.push(span);
                        // One at the start of a line is meant as indentation.
                        line.tabbed |= line.start == range.start;
                    }
                    line.damaged |= matches!(token, Token::String(Closed::No) | Token::Nul | Token::OddSpace);
                }
                Err(()) => {}
            }
        }
        self.close(open.take());
        self.report_white_space();
        self.report_nul();
        self.lines
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    fn open(&mut self, margin: std::ops::Range<usize>, start: usize) -> Open {
        let white = &self.text[margin.clone()];
        let tabbed = white.contains('\t');
        if tabbed {
            self.tabs.push(Span::new(self.file, margin));
        }
        let indent = white.chars().map(|c| if c == '\t' { 8 } else { 1 }).sum();
        Open { indent, tabbed, start, end: start, solid: start, damaged: false }
    }

    fn runs_on(&self, line: &Open) -> bool {
        let code = &self.text[line.start..line.end];
        !line.damaged && code.strip_suffix("or").is_some_and(|before| before.ends_with([' ', '\t', '\r', '\n']))
    }

    fn close(&mut self, line: Option<Open>) {
        if let Some(line) = line {
            // Backslashes at the end join nothing.
            if line.solid == line.start {
                return;
            }
            let span = self.span(line.start..line.solid);
            let comments = std::mem::replace(&mut self.comments, std::mem::take(&mut self.behind));
            self.lines.push(Line { indent: line.indent, span, comments, damaged: line.damaged, tabbed: line.tabbed });
        }
    }

    fn unterminated(&self, line: &Open, string: std::ops::Range<usize>) -> Diagnostic {
        let before = self.text[line.start..string.start].trim_end();
        let after = self.text[string.start + 1..string.end].trim();
        let quote = self.span(string.start..string.start + 1);
        if after.is_empty() && !before.is_empty() {
            Diagnostic::new(codes::UNTERMINATED_STRING, quote, "string has a closing quote but no opening one")
                .label("closes nothing")
                .help("put a `\"` before the text too")
        } else {
            let end = string.start + self.text[string.clone()].trim_end().len();
            let diagnostic =
                Diagnostic::new(codes::UNTERMINATED_STRING, self.span(string.start..end), "string is never closed")
                    .label("opened here")
                    .help("put a `\"` at its end");
            // In code, and before what may be a comment or a colon, where the text ends is a guess.
            let is_text =
                before.is_empty() || matches!(before.split_whitespace().next(), Some("user" | "bot" | "define"));
            if is_text && !before.contains('"') && !after.contains('#') && !after.ends_with([':', ')', ']', '}']) {
                diagnostic.fix(self.span(end..end), "\"")
            } else {
                diagnostic
            }
        }
    }

    /// One finding for a file, however many places it has: it is one mistake, mended by one fix.
    fn report_white_space(&mut self) {
        let (tabs, odd) = (std::mem::take(&mut self.tabs), std::mem::take(&mut self.odd));
        let label = "indentation is made of spaces";
        let width = self.tab_width(&tabs);
        self.report_everywhere(codes::TAB_IN_INDENT, "tab in indentation", label, &tabs, |tabs| {
            Some(tabs.replace('\t', &" ".repeat(width?)))
        });
        let label = "looks like a space, and is none";
        self.report_everywhere(codes::ODD_SPACE, "special space", label, &odd, |odd| {
            Some(" ".repeat(odd.chars().count()))
        });
    }

    /// For how many spaces each tab stands. Among lines indented by spaces, only one level can be told.
    fn tab_width(&self, tabs: &[Span]) -> Option<usize> {
        let margins = || tabs.iter().map(|span| &self.text[span.range()]);
        let mut widths = self.lines.iter().filter(|line| !line.tabbed && line.indent > 0).map(|line| line.indent);
        match widths.next() {
            None => margins().all(|margin| margin.trim_matches('\t').is_empty()).then_some(2),
            Some(width) => {
                let is_one_level = widths.all(|other| other == width) && margins().all(|margin| margin == "\t");
                is_one_level.then_some(width as usize)
            }
        }
    }

    fn report_everywhere(
        &mut self,
        code: Code,
        what: &str,
        label: &str,
        spans: &[Span],
        fixed: impl Fn(&str) -> Option<String>,
    ) {
        let Some(first) = spans.first() else { return };
        let mut message = what.to_owned();
        if spans.len() > 1 {
            let more = spans.len() - 1;
            message += &format!(", here and {more} more time{}", if more == 1 { "" } else { "s" });
        }
        let mut diagnostic = Diagnostic::new(code, *first, message).label(label).help("replace it with plain spaces");
        for span in spans {
            if let Some(fixed) = fixed(&self.text[span.range()]) {
                diagnostic = diagnostic.fix(*span, fixed);
            }
        }
        self.diagnostics.push(diagnostic);
    }

    fn report_nul(&mut self) {
        let Some(at) = self.text.find('\0') else { return };
        let span = self.span(at..at + 1);
        self.diagnostics.push(
            Diagnostic::new(codes::NUL_BYTE, span, "NUL byte in the text")
                .label("here is the first one")
                .help("rail files are plain text; save this one as UTF-8"),
        );
    }
}
