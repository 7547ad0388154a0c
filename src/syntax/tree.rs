//! Lines to a tree: which block a line is in, and whether it may stand there.

use super::Bounds;
use super::ast::{
    Ast, BotDefinition, BotSay, Branch, Definition, FlowDefinition, Name, Step, StepKind, Text, UserDefinition,
    UserLine,
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
        let mut words = text[line.span.range()].split_whitespace();
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
            if line.indent > margin && !line.tabbed {
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
            Ok(Statement::DefineFlow { is_subflow, name }) => self.define_flow(is_subflow, name, indent, span),
            Ok(Statement::Ignored) => {
                self.report(
                    Diagnostic::new(codes::NO_EFFECT, span, "definition has no effect")
                        .help("delete it; only `user`, `bot`, `flow` and `subflow` are defined"),
                );
                self.skip_block(indent);
            }
            Ok(_) => {
                let what = first_word(self.written(&row.line)).to_owned();
                self.report(
                    Diagnostic::new(codes::UNKNOWN_TOP_LEVEL, span, format!("`{what}` stands outside of any block"))
                        .help("put it into a `define user`, `define bot` or `define flow` block, indented"),
                );
                self.lost(indent);
            }
            Err(Failure::Malformed(diagnostic)) if is_top_level(&diagnostic) => {
                self.report(*diagnostic);
                self.lost(indent);
            }
            Err(_) => {
                self.unknown_top_level(&row.line);
                self.lost(indent);
            }
        }
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
        let rows = self.flat_block(indent);
        if rows.is_empty() && name.text.contains(" and ") {
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
                _ => self.unquoted(&row.line, "an intent's block holds examples in double quotes"),
            }
        }
        self.ast.definitions.push(Definition::User(UserDefinition { name, lines }));
    }

    fn define_bot(&mut self, name: Name, mut texts: Vec<Text>, indent: u32, header: Span) {
        for row in self.flat_block(indent) {
            match row.statement {
                Ok(Statement::Texts(more)) => texts.extend(self.one_text(more)),
                Ok(Statement::If(_) | Statement::ElseIf(_) | Statement::Else) => {
                    self.report(Diagnostic::new(
                        codes::NOT_SUPPORTED,
                        row.line.span,
                        "choosing among messages by a condition is not supported by this version of railsc",
                    ));
                }
                Err(Failure::Malformed(diagnostic)) if self.written(&row.line).starts_with('"') => {
                    self.report(*diagnostic);
                }
                _ => self.unquoted(&row.line, "a message's block holds texts in double quotes"),
            }
        }
        if texts.is_empty() && !self.just_reported(header) {
            self.report(
                Diagnostic::new(codes::EMPTY_BLOCK, header, format!("message `{}` has no text", name.text))
                    .help("put its texts under it, indented, in double quotes"),
            );
        }
        self.ast.definitions.push(Definition::Bot(BotDefinition { name, texts }));
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
        let mut rows = Vec::new();
        let mut block: Option<u32> = None;
        while let Some(line) = self.lines.get(self.at) {
            if line.indent <= indent && !(line.tabbed && block.is_none()) {
                break;
            }
            let (line_indent, tabbed, span) = (line.indent, line.tabbed, line.span);
            // How deep a tab is meant to be is a guess, so such a line sets no width and keeps to none.
            if !tabbed {
                let expected = *block.get_or_insert(line_indent);
                if line_indent != expected {
                    self.misaligned(span, line_indent, expected);
                }
            }
            rows.extend(self.row());
        }
        rows
    }

    fn misaligned(&mut self, span: Span, indent: u32, expected: u32) {
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
        if indent < expected {
            diagnostic = diagnostic.fix(start, text);
        }
        self.report(diagnostic);
    }

    fn unquoted(&mut self, line: &Line, help: &str) {
        let written = self.written(line);
        let bare =
            written.trim_matches(|c| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' | '"'));
        let message = if bare.len() < written.len() { "text is not in double quotes" } else { "text has no quotes" };
        let fixed = format!("\"{}\"", bare.replace('\\', "\\\\").replace('"', "\\\""));
        let diagnostic = Diagnostic::new(codes::UNQUOTED_TEXT, line.span, message).help(help).fix(line.span, fixed);
        self.report(diagnostic);
    }

    // --- flows ---------------------------------------------------------------------------------------------------

    fn define_flow(&mut self, is_subflow: bool, name: Option<Name>, indent: u32, header: Span) {
        self.loops = 0;
        let body = self.body(indent, header, if is_subflow { "subflow" } else { "flow" });
        self.ast.definitions.push(Definition::Flow(FlowDefinition { header, is_subflow, name, body }));
    }

    /// The block under a header, which must have one.
    fn body(&mut self, indent: u32, header: Span, what: &str) -> Vec<Step> {
        match self.lines.get(self.at) {
            Some(line) if line.indent > indent || line.tabbed => {}
            _ => {
                self.report(
                    Diagnostic::new(codes::EMPTY_BLOCK, header, format!("`{what}` has no steps"))
                        .label("nothing is indented under this")
                        .help("indent its steps below it"),
                );
                return Vec::new();
            }
        }
        if self.depth == self.bounds.depth {
            let span = self.lines[self.at].span;
            let message = format!("blocks are nested more than {} deep", self.bounds.depth);
            self.report(Diagnostic::new(codes::TOO_DEEP, span, message).help("move inner blocks into subflows"));
            self.skip_block(indent);
            return Vec::new();
        }
        self.depth += 1;
        let steps = self.steps(indent);
        self.depth -= 1;
        steps
    }

    fn steps(&mut self, header_indent: u32) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut expected = None;
        // A wrong width is said once, not for each line that shares it.
        let mut tolerated = None;
        while let Some(line) = self.lines.get(self.at) {
            let (indent, tabbed, span) = (line.indent, line.tabbed, line.span);
            if indent <= header_indent && !tabbed || tabbed && self.is_header(self.at) {
                break;
            }
            if !tabbed {
                let expected = *expected.get_or_insert(indent);
                if indent != expected && tolerated != Some(indent) {
                    self.misaligned(span, indent, expected);
                }
                tolerated = (indent != expected).then_some(indent);
            }
            if let Some(row) = self.row() {
                self.step(row, indent, &mut steps);
            } else {
                self.skip_unread_block(indent);
            }
        }
        steps
    }

    fn is_header(&self, at: usize) -> bool {
        matches!(first_word(self.written(&self.lines[at])), "define" | "def")
    }

    /// Reads the block under a line that could not be read, for what is wrong inside.
    fn skip_unread_block(&mut self, indent: u32) {
        if self.depth < self.bounds.depth
            && self.lines.get(self.at).is_some_and(|line| line.indent > indent && !line.tabbed)
        {
            self.depth += 1;
            // Whether the lost line was a loop is not known, so `break` is let be.
            self.loops += 1;
            self.steps(indent);
            self.loops -= 1;
            self.depth -= 1;
        } else {
            self.skip_block(indent);
        }
    }

    fn step(&mut self, row: Row, indent: u32, steps: &mut Vec<Step>) {
        let Line { span, comments, .. } = row.line.clone();
        let kind = match row.statement {
            Ok(Statement::Step(kind)) => match self.simple(kind, indent, span) {
                Some(kind) => kind,
                None => return,
            },
            Ok(Statement::If(test)) => {
                let body = self.body(indent, span, "if");
                StepKind::If { branches: vec![Branch { test, span, body }], otherwise: None }
            }
            Ok(Statement::When(test)) => {
                let body = self.body(indent, span, "when");
                StepKind::When { branches: vec![Branch { test, span, body }], otherwise: None }
            }
            Ok(Statement::While(condition)) => {
                self.loops += 1;
                let body = self.body(indent, span, "while");
                self.loops -= 1;
                StepKind::While { condition, body }
            }
            Ok(Statement::ElseIf(test)) => {
                let body = self.body(indent, span, "else if");
                match steps.last_mut().map(|step| &mut step.kind) {
                    Some(StepKind::If { branches, otherwise: None }) => branches.push(Branch { test, span, body }),
                    _ => self.stray(span, "else if", "if"),
                }
                return;
            }
            Ok(Statement::ElseWhen(test)) => {
                let body = self.body(indent, span, "else when");
                match steps.last_mut().map(|step| &mut step.kind) {
                    Some(StepKind::When { branches, otherwise: None }) => branches.push(Branch { test, span, body }),
                    _ => self.stray(span, "else when", "when"),
                }
                return;
            }
            Ok(Statement::Else) => {
                let body = self.body(indent, span, "else");
                match steps.last_mut().map(|step| &mut step.kind) {
                    Some(
                        StepKind::If { otherwise: otherwise @ None, .. }
                        | StepKind::When { otherwise: otherwise @ None, .. },
                    ) => *otherwise = Some(body),
                    _ => self.stray(span, "else", "if"),
                }
                return;
            }
            Ok(
                Statement::DefineUser(_) | Statement::DefineBot(..) | Statement::DefineFlow { .. } | Statement::Ignored,
            ) => {
                self.report(
                    Diagnostic::new(codes::MISPLACED_LINE, span, "definition inside of a flow")
                        .help("definitions stand at the top level, not indented"),
                );
                self.ast.lost_definitions = true;
                self.skip_block(indent);
                return;
            }
            Ok(Statement::Texts(_)) => {
                self.report(
                    Diagnostic::new(codes::MISPLACED_LINE, span, "a text alone is no step")
                        .help("write `bot \"text\"` to say it, or `user \"text\"` to wait for it"),
                );
                return;
            }
            Ok(_) => {
                let word = first_word(self.written(&row.line)).to_owned();
                self.report(
                    Diagnostic::new(codes::MISPLACED_LINE, span, format!("`{word}` does not belong in a flow"))
                        .help("it belongs in a `define user` block"),
                );
                return;
            }
            Err(failure) => {
                match failure {
                    Failure::Malformed(diagnostic) => self.report(*diagnostic),
                    Failure::Unknown => self.unknown_step(&row.line),
                }
                self.skip_unread_block(indent);
                return;
            }
        };
        steps.push(Step { kind, span, comments });
    }

    /// What needs a look at the lines around a step that opens no block.
    fn simple(&mut self, kind: StepKind, indent: u32, span: Span) -> Option<StepKind> {
        match kind {
            StepKind::Bot(BotSay::Message(name, mut texts)) => {
                texts.extend(self.texts_under(indent));
                Some(StepKind::Bot(BotSay::Message(name, texts)))
            }
            StepKind::Break | StepKind::Continue if self.loops == 0 => {
                let word = if matches!(kind, StepKind::Break) { "break" } else { "continue" };
                self.report(
                    Diagnostic::new(codes::OUTSIDE_LOOP, span, format!("`{word}` outside of a loop"))
                        .help("it belongs in a `while` block; `return` ends a flow"),
                );
                None
            }
            StepKind::Pass if self.loops > 0 => {
                self.report(
                    Diagnostic::new(codes::NO_EFFECT, span, "`pass` in a loop goes on with the next round")
                        .label("Colang takes it for `continue`")
                        .help("write `continue`, or delete it")
                        .fix(span, "continue"),
                );
                Some(StepKind::Continue)
            }
            kind => Some(kind),
        }
    }

    /// `bot MESSAGE` may have its texts under it.
    fn texts_under(&mut self, indent: u32) -> Vec<Text> {
        let is_text = |line: &Line| line.indent > indent && !line.damaged && self.written(line).starts_with('"');
        if !self.lines.get(self.at).is_some_and(is_text) {
            return Vec::new();
        }
        let mut texts = Vec::new();
        for row in self.flat_block(indent) {
            match row.statement {
                Ok(Statement::Texts(more)) => texts.extend(self.one_text(more)),
                _ => self.unquoted(&row.line, "texts of a message stand in double quotes"),
            }
        }
        texts
    }

    fn stray(&mut self, span: Span, what: &str, opener: &str) {
        self.report(
            Diagnostic::new(codes::STRAY_ELSE, span, format!("`{what}` belongs to no `{opener}`"))
                .help(format!("it stands right behind the block of its `{opener}`, indented like it")),
        );
    }

    fn unknown_step(&mut self, line: &Line) {
        let word = first_word(self.written(line)).trim_end_matches(':');
        let at = line.span.slice(0..word.len());
        let diagnostic = Diagnostic::new(codes::UNKNOWN_STEP, at, format!("unknown step `{word}`"));
        let diagnostic = match nearest(word, failure::STEPS.iter().copied()) {
            Some(meant) => diagnostic.suggest(Some(meant)).fix(at, meant),
            None if word == "for" => diagnostic.help("there is no `for`; count in a `while` loop"),
            None => diagnostic.help("a step starts with `user`, `bot`, `do`, `execute`, `if`, `when`, `while` or `$`"),
        };
        self.report(diagnostic);
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// Whether a line of an intent's block means to be more than an example.
fn is_pattern(written: &str) -> bool {
    written.starts_with(['"', '/']) || matches!(first_word(written), "contains" | "not" | "threshold")
}

/// Whether a line that goes wrong means to be a definition.
fn is_top_level(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == codes::MALFORMED_DEFINITION || diagnostic.code == codes::NOT_SUPPORTED
}
