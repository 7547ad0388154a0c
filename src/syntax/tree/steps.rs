//! The blocks of flows: steps, and the blocks in them.

use super::super::ast::{BotSay, Branch, Code, Definition, FlowDefinition, MetaEntry, Name, Step, StepKind, Text};
use super::super::failure::{self, Failure};
use super::super::layout::Line;
use super::super::line::Statement;
use super::{Row, Tree, first_word};
use crate::diagnostic::{Diagnostic, codes, nearest, nearest_alone};
use crate::source::Span;

impl Tree<'_> {
    /// Reads the block of a flow whose header is read.
    pub(super) fn define_flow(&mut self, mut flow: FlowDefinition, indent: u32) {
        self.loops = 0;
        if flow.is_sample {
            self.report(
                Diagnostic::new(codes::NO_EFFECT, flow.header, "this flow shows a conversation, and never runs")
                    .help("`define flow` runs it, `define test` tests it"),
            );
        }
        flow.body = self.body(indent, flow.header, if flow.is_subflow { "subflow" } else { "flow" });
        self.ast.definitions.push(Definition::Flow(flow));
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

    pub(super) fn steps(&mut self, header_indent: u32) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut expected = None;
        // A wrong width is said once, not for each line that shares it.
        let mut tolerated = None;
        while let Some(line) = self.lines.get(self.at) {
            let (indent, tabbed, span) = (line.indent, line.tabbed, line.span);
            if indent <= header_indent && !tabbed || self.is_header(self.at) {
                break;
            }
            if !tabbed {
                let expected = *expected.get_or_insert(indent);
                if indent != expected && tolerated != Some(indent) {
                    self.misaligned(span, indent, expected, self.depth > 1);
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

    /// Whether a definition begins there, which ends every block.
    pub(super) fn is_header(&self, at: usize) -> bool {
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
            Ok(Statement::AnyOf) => match self.alternatives(indent, span) {
                Some(kind) => kind,
                None => return,
            },
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
                Statement::DefineUser(_)
                | Statement::DefineBot(..)
                | Statement::DefineFlow { .. }
                | Statement::DefineTest(_)
                | Statement::Ignored,
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
            Ok(statement) => {
                let word = first_word(self.written(&row.line)).to_owned();
                let place = match statement {
                    Statement::Import(_) => "it stands at the top level, not indented",
                    Statement::Test(_) => "it belongs in a `define test` block",
                    _ => "it belongs in a `define user` block",
                };
                self.report(
                    Diagnostic::new(codes::MISPLACED_LINE, span, format!("`{word}` does not belong in a flow"))
                        .help(place),
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
            StepKind::MetaBlock(_) => self.meta_block(indent, span),
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

    /// The `user` steps under `any`, as one step that waits for any of them.
    fn alternatives(&mut self, indent: u32, header: Span) -> Option<StepKind> {
        let mut events = Vec::new();
        for row in self.flat_block(indent) {
            match row.statement {
                Ok(Statement::Step(StepKind::User(more))) => events.extend(more),
                Err(Failure::Malformed(diagnostic)) => self.report(*diagnostic),
                _ => self.report(
                    Diagnostic::new(codes::MISPLACED_LINE, row.line.span, "`any` holds `user` steps only")
                        .help("write `user INTENT`"),
                ),
            }
        }
        if events.is_empty() {
            if !self.just_reported(header) {
                self.report(
                    Diagnostic::new(codes::EMPTY_BLOCK, header, "`any` has no steps")
                        .help("put `user` steps under it, indented"),
                );
            }
            return None;
        }
        Some(StepKind::User(events))
    }

    /// `meta` and its entries, `key: value`, one a line.
    fn meta_block(&mut self, indent: u32, header: Span) -> Option<StepKind> {
        let mut entries = Vec::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent > indent && !line.tabbed) {
            let (span, damaged) = (line.span, line.damaged);
            let written = self.written(line);
            let entry = written.find([':', '=']).map(|at| (written[..at].trim(), written[at + 1..].trim()));
            let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
            let entry = entry.filter(|(key, value)| is_key(key) && !value.is_empty()).map(|(key, value)| MetaEntry {
                key: Name { text: key.into(), span: span.slice(0..key.len()) },
                value: Code { text: value.to_owned(), span: span.slice(written.len() - value.len()..written.len()) },
            });
            self.at += 1;
            match entry {
                _ if damaged => {}
                Some(entry) => entries.push(entry),
                None => self.report(
                    Diagnostic::new(codes::BAD_META, span, "this is no entry of `meta`").help("write `priority: 2`"),
                ),
            }
        }
        if entries.is_empty() {
            if !self.just_reported(header) {
                self.report(
                    Diagnostic::new(codes::BAD_META, header, "`meta` says nothing")
                        .help("write `meta {\"priority\": 2}`, or put `priority: 2` under it, indented"),
                );
            }
            return None;
        }
        Some(StepKind::MetaBlock(entries))
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
                _ => self.unquoted(&row, "texts of a message stand in double quotes"),
            }
        }
        texts
    }

    pub(super) fn stray(&mut self, span: Span, what: &str, opener: &str) {
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
            Some(meant) if nearest_alone(word, failure::STEPS).is_some() => {
                diagnostic.suggest(Some(meant)).fix(at, meant)
            }
            Some(meant) => diagnostic.suggest(Some(meant)),
            None if word == "for" => diagnostic.help("there is no `for`; count in a `while` loop"),
            None => diagnostic.help("a step starts with `user`, `bot`, `do`, `execute`, `if`, `when`, `while` or `$`"),
        };
        self.report(diagnostic);
    }
}
