//! Lines to a tree: which block a line is in, and whether it may stand there. Steps of flows are in `steps.rs`.

mod steps;
mod test;

use super::Bounds;
use super::ast::{
    Ast, BotDefinition, BotText, Condition, Definition, FlowDefinition, Import, Modifiers, Name, Step, StepKind, Text,
    UserDefinition, UserLine, UserMatch, UserUtterance,
};
use super::failure::{self, Failure};
use super::layout::Line;
use super::line::{self, Statement};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::source::Span;

/// The line that gives a Colang 2 file away.
pub(super) fn colang_2(text: &str, lines: &[Line]) -> Option<Span> {
    const LIBRARIES: &[&str] = &["core", "llm", "guardrails", "timing", "avatars", "nemoguardrails", "lmm"];
    let margin = lines.iter().map(|line| line.indent).min()?;
    let mut top = lines.iter().filter(|line| line.indent == margin);
    top.find(|line| {
        let mut words = text[line.span.range()].split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("flow"), Some(_)) => true,
            (Some("import"), Some(library)) => LIBRARIES.contains(&library.split('.').next().unwrap_or("")),
            (Some("match" | "send" | "await" | "activate"), Some(_)) => true,
            _ => false,
        }
    })
    .map(|line| line.span)
}

/// Builds the tree of a whole file.
pub(super) fn build(text: &str, lines: Vec<Line>, bounds: Bounds, diagnostics: &mut Vec<Diagnostic>) -> Ast {
    let margin = lines.iter().filter(|line| !line.tabbed).map(|line| line.indent).min().unwrap_or(0);
    let mut tree = Tree { text, lines, at: 0, depth: 0, loops: 0, bounds, diagnostics, ast: Ast::default() };
    tree.file(margin);
    tree.ast
}

struct Tree<'a> {
    text: &'a str,
    lines: Vec<Line>,
    /// The next line to read.
    at: usize,
    depth: usize,
    /// How many loops are open around the line.
    loops: usize,
    bounds: Bounds,
    diagnostics: &'a mut Vec<Diagnostic>,
    ast: Ast,
}

/// A line and what it says, or why it says nothing.
struct Row {
    line: Line,
    statement: Result<Statement, Failure>,
}

impl Tree<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.is_error();
        if is_error || self.diagnostics.len() <= self.bounds.diagnostics {
            self.diagnostics.push(diagnostic);
        }
        if is_error && self.diagnostics.len() > self.bounds.diagnostics {
            // It won't load, and why is clear by now; the rest is left unread.
            self.at = self.lines.len();
            self.ast.lost_definitions = true;
        }
    }

    fn written(&self, line: &Line) -> &str {
        &self.text[line.span.range()]
    }

    /// Reads the next line; `None` when it is damaged, which has been said.
    fn row(&mut self) -> Option<Row> {
        let line = self.lines[self.at].clone();
        self.at += 1;
        if line.damaged {
            return None;
        }
        let mut warnings = Vec::new();
        let statement = line::parse(self.text, line.span, &mut warnings);
        warnings.into_iter().for_each(|warning| self.report(warning));
        Some(Row { line, statement })
    }

    /// Reports a block under a line that opens none.
    fn skip_stray_block(&mut self, indent: u32) {
        if let Some(line) = self.lines.get(self.at).filter(|line| line.indent > indent && !line.tabbed) {
            let message = "line is indented, but the line above it opens no block";
            let diagnostic = Diagnostic::new(codes::UNEXPECTED_INDENT, line.span, message);
            self.report(diagnostic.help("indent it like the line above"));
            self.skip_block(indent);
        }
    }

    /// Passes over the block under a line that could not be read.
    fn skip_block(&mut self, indent: u32) {
        while self.lines.get(self.at).is_some_and(|line| line.indent > indent) {
            self.at += 1;
        }
    }

    // --- the top level -------------------------------------------------------------------------------------------

    fn file(&mut self, margin: u32) {
        while self.at < self.lines.len() {
            let line = &self.lines[self.at];
            if line.indent > margin && !line.tabbed && self.is_header(self.at) {
                let (span, indent) = (line.span, line.indent);
                let white = Span { start: span.start - (indent - margin).min(span.start), end: span.start, ..span };
                self.report(
                    Diagnostic::new(
                        codes::MISPLACED_LINE,
                        span,
                        "definition is indented, as if it belonged to a block",
                    )
                    .help("definitions stand at the margin")
                    .fix(white, ""),
                );
            } else if line.indent > margin && !line.tabbed {
                let span = line.span;
                self.report(
                    Diagnostic::new(codes::UNEXPECTED_INDENT, span, "line is indented but stands in no block")
                        .help("indent it like the definitions around it, or put it into a `define` block"),
                );
                self.ast.lost_definitions = true;
                self.skip_block(margin);
                continue;
            }
            self.definition();
        }
    }

    fn definition(&mut self) {
        let indent = self.lines[self.at].indent;
        let Some(row) = self.row() else {
            self.lost(indent);
            return;
        };
        let span = row.line.span;
        match row.statement {
            Ok(Statement::DefineUser(name)) => self.define_user(name, indent),
            Ok(Statement::DefineBot(name, texts)) => self.define_bot(name, texts, indent, span),
            Ok(Statement::DefineFlow { is_subflow, is_sample, modifiers, name }) => {
                let header = FlowDefinition { header: span, is_subflow, modifiers, name, is_sample, body: Vec::new() };
                self.define_flow(header, indent);
            }
            Ok(Statement::DefineTest(name)) => self.define_test(name, indent, span),
            Ok(Statement::Import(Text { value, span })) => {
                self.ast.definitions.push(Definition::Import(Import { path: value, span }));
                self.skip_stray_block(indent);
            }
            Ok(Statement::Ignored) => {
                self.report(
                    Diagnostic::new(codes::NO_EFFECT, span, "definition has no effect")
                        .help("delete it; only `user`, `bot`, `flow`, `subflow` and `test` are defined"),
                );
                self.skip_block(indent);
            }
            Ok(_) => {
                let what = first_word(self.written(&row.line)).to_owned();
                self.report(
                    Diagnostic::new(codes::UNKNOWN_TOP_LEVEL, span, format!("`{what}` stands outside of any block"))
                        .help("put it into a `define` block, indented"),
                );
                self.lost(indent);
            }
            Err(Failure::Malformed(diagnostic)) if self.is_top_level(&row.line, &diagnostic) => {
                self.report(*diagnostic);
                self.lost(indent);
            }
            Err(_) => {
                self.unknown_top_level(&row.line);
                self.lost(indent);
            }
        }
    }

    /// Whether a line that goes wrong means to be a definition.
    fn is_top_level(&self, line: &Line, diagnostic: &Diagnostic) -> bool {
        diagnostic.code == codes::MALFORMED_DEFINITION || matches!(first_word(self.written(line)), "import" | "include")
    }

    fn lost(&mut self, indent: u32) {
        self.ast.lost_definitions = true;
        self.skip_block(indent);
    }

    fn unknown_top_level(&mut self, line: &Line) {
        let written = self.written(line);
        let word = first_word(written);
        let at = line.span.slice(0..word.len());
        let diagnostic =
            Diagnostic::new(codes::UNKNOWN_TOP_LEVEL, at, format!("unknown line at the top level: `{word}`"));
        let diagnostic = match nearest(word, failure::TOP_LEVEL.iter().copied()) {
            Some(meant) => diagnostic.suggest(Some(meant)).fix(at, meant),
            None if written.ends_with(':') || written.contains(": ") => {
                diagnostic.help("this looks like YAML; configuration goes into a `.yml` file beside the rails")
            }
            None => diagnostic.help("a rail file holds `define user`, `define bot` and `define flow` blocks"),
        };
        self.report(diagnostic);
    }

    // --- intents and messages ------------------------------------------------------------------------------------

    fn define_user(&mut self, name: Name, indent: u32) {
        let (rows, answers) = self.flat_block_until(indent, Some("bot"));
        if rows.is_empty() && answers.is_none() && name.text.contains(" and ") {
            self.report(
                Diagnostic::new(codes::NO_EFFECT, name.span, "an intent made of several has no effect")
                    .help("give it examples of its own, or delete it"),
            );
            return;
        }
        let mut lines = Vec::new();
        for row in rows {
            match row.statement {
                Ok(Statement::Texts(texts)) => lines.extend(self.one_text(texts).map(UserLine::Example)),
                Ok(Statement::Contains(text)) => lines.push(UserLine::Contains(text)),
                Ok(Statement::Regex(text)) => lines.push(UserLine::Regex(text)),
                Ok(Statement::Not(text)) => lines.push(UserLine::Not(text)),
                Ok(Statement::Threshold(value)) => lines.push(UserLine::Threshold(value, row.line.span)),
                Err(Failure::Malformed(diagnostic)) if is_pattern(self.written(&row.line)) => self.report(*diagnostic),
                _ => self.unquoted(&row, "an intent's block holds examples in double quotes"),
            }
        }
        self.ast.definitions.push(Definition::User(UserDefinition { name: name.clone(), lines }));
        if let Some(answers) = answers {
            let header = self.lines[answers].span;
            self.at = answers;
            self.depth += 1;
            let steps = self.steps(indent);
            self.depth -= 1;
            self.direct_flow(name, header, steps);
        }
    }

    /// From its first `bot` line on, an intent's block is what it is answered with: a flow without a header.
    fn direct_flow(&mut self, intent: Name, header: Span, answers: Vec<Step>) {
        let span = intent.span;
        let utterance = UserUtterance::Intent(intent);
        let wait = StepKind::User(vec![UserMatch { utterance, slots: Vec::new(), into: None }]);
        let mut body = vec![Step { kind: wait, span, comments: Vec::new() }];
        body.extend(answers);
        self.ast.definitions.push(Definition::Flow(FlowDefinition {
            header,
            is_subflow: false,
            modifiers: Modifiers::default(),
            name: None,
            is_sample: false,
            body,
        }));
    }

    fn define_bot(&mut self, name: Name, texts: Vec<Text>, indent: u32, header: Span) {
        let plain = |text: Text| BotText { text, conditions: Vec::new() };
        let mut found: Vec<BotText> = texts.into_iter().map(plain).collect();
        self.bot_texts(indent, &[], &mut found);
        if found.is_empty() && !self.just_reported(header) {
            self.report(
                Diagnostic::new(codes::EMPTY_BLOCK, header, format!("message `{}` has no text", name.text))
                    .help("put its texts under it, indented, in double quotes"),
            );
        }
        self.ast.definitions.push(Definition::Bot(BotDefinition { name, texts: found }));
    }

    /// The texts under a header, which are said when all of `conditions` hold; `if` and `else` divide them further.
    fn bot_texts(&mut self, indent: u32, conditions: &[Condition], found: &mut Vec<BotText>) {
        let mut block: Option<u32> = None;
        // The conditions of the `if` and `else if` that an `else` would follow.
        let mut chain: Option<Vec<Condition>> = None;
        while let Some(line) = self.lines.get(self.at) {
            let (line_indent, tabbed, span) = (line.indent, line.tabbed, line.span);
            if line_indent <= indent && !tabbed || self.is_header(self.at) {
                break;
            }
            if !tabbed {
                let expected = *block.get_or_insert(line_indent);
                if line_indent != expected {
                    self.misaligned(span, line_indent, expected, !conditions.is_empty());
                }
            }
            let Some(row) = self.row() else { continue };
            let code = match row.statement {
                Ok(Statement::Texts(texts)) => {
                    chain = None;
                    let text = self.one_text(texts);
                    found.extend(text.map(|text| BotText { text, conditions: conditions.to_vec() }));
                    continue;
                }
                Ok(Statement::If(code)) => {
                    chain = Some(Vec::new());
                    Some(code)
                }
                Ok(Statement::ElseIf(code)) => Some(code),
                Ok(Statement::Else) => None,
                Err(Failure::Malformed(diagnostic)) if self.written(&row.line).starts_with('"') => {
                    self.report(*diagnostic);
                    continue;
                }
                _ => {
                    self.unquoted(&row, "a message's block holds texts in double quotes");
                    continue;
                }
            };
            let Some(before) = &mut chain else {
                self.stray(span, if code.is_some() { "else if" } else { "else" }, "if");
                self.skip_block(line_indent);
                continue;
            };
            let mut inner: Vec<Condition> = conditions.iter().chain(&*before).cloned().collect();
            match code {
                Some(code) => {
                    inner.push(Condition { code: code.clone(), negated: false });
                    before.push(Condition { code, negated: true });
                }
                None => chain = None,
            }
            let count = found.len();
            if inner.len() <= self.bounds.depth {
                self.bot_texts(line_indent, &inner, found);
            } else {
                let message = format!("more than {} conditions on one text", self.bounds.depth);
                self.report(Diagnostic::new(codes::TOO_DEEP, span, message));
                self.skip_block(line_indent);
            }
            if found.len() == count && !self.just_reported(span) {
                let message = "a condition without texts";
                self.report(Diagnostic::new(codes::EMPTY_BLOCK, span, message).help("put texts under it, indented"));
            }
        }
    }

    /// Whether something behind `header` has been reported, so that an empty block is no news.
    fn just_reported(&self, header: Span) -> bool {
        let end = self.lines.get(self.at).map_or(u32::MAX, |line| line.span.start);
        self.diagnostics.iter().rev().take(8).any(|diagnostic| {
            diagnostic.is_error() && diagnostic.span.is_some_and(|span| span.start >= header.start && span.start < end)
        })
    }

    fn one_text(&mut self, texts: Vec<Text>) -> Option<Text> {
        let mut texts = texts.into_iter();
        let first = texts.next();
        if let Some(second) = texts.next() {
            self.report(
                Diagnostic::new(codes::MALFORMED_STEP, second.span, "two texts on one line")
                    .label("this is the second")
                    .help("put each text on a line of its own"),
            );
        }
        first
    }

    /// The rows under a header whose block holds no blocks.
    fn flat_block(&mut self, indent: u32) -> Vec<Row> {
        self.flat_block_until(indent, None).0
    }

    /// The rows of such a block, up to one that starts with `word`, and that one's place.
    fn flat_block_until(&mut self, indent: u32, word: Option<&str>) -> (Vec<Row>, Option<usize>) {
        let mut rows = Vec::new();
        let mut block: Option<u32> = None;
        while let Some(line) = self.lines.get(self.at) {
            if line.indent <= indent && !(line.tabbed && block.is_none()) || self.is_header(self.at) {
                break;
            }
            if word.is_some_and(|word| first_word(self.written(line)) == word) {
                return (rows, Some(self.at));
            }
            let (line_indent, tabbed, span) = (line.indent, line.tabbed, line.span);
            // How deep a tab is meant to be is a guess, so such a line sets no width and keeps to none.
            if !tabbed {
                let expected = *block.get_or_insert(line_indent);
                if line_indent != expected {
                    self.misaligned(span, line_indent, expected, self.depth > 0);
                }
            }
            rows.extend(self.row());
        }
        (rows, None)
    }

    fn misaligned(&mut self, span: Span, indent: u32, expected: u32, is_nested: bool) {
        let (code, message) = if indent > expected {
            (codes::UNEXPECTED_INDENT, "line is indented, but the line above it opens no block")
        } else {
            (codes::INCONSISTENT_DEDENT, "indentation fits no open block")
        };
        let start = Span { start: span.start - indent.min(span.start), end: span.start, ..span };
        let text = " ".repeat(expected as usize);
        let mut diagnostic = Diagnostic::new(code, span, message)
            .label(format!("indented by {indent}, the block by {expected}"))
            .help("indent the lines of one block alike");
        // In a block within a block it may belong to either.
        if indent < expected && !is_nested {
            diagnostic = diagnostic.fix(start, text);
        }
        self.report(diagnostic);
    }

    /// A line that should be a text. When it reads as something else, or a `#` ends it, that it is one is a guess.
    fn unquoted(&mut self, row: &Row, help: &str) {
        let span = row.line.span;
        let rest = &self.text[span.end as usize..];
        let has_comment = rest.lines().next().is_some_and(|rest| rest.trim_start().starts_with('#'));
        let diagnostic = match &row.statement {
            Err(_) if !has_comment => failure::wrong_quotes(span, self.written(&row.line)),
            _ => Diagnostic::new(codes::UNQUOTED_TEXT, span, "text is not in double quotes"),
        };
        self.report(diagnostic.help(help));
    }
}

fn first_word(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or("")
}

/// Whether a line of an intent's block means to be more than an example.
fn is_pattern(written: &str) -> bool {
    written.starts_with(['"', '/']) || matches!(first_word(written), "contains" | "not" | "threshold")
}
