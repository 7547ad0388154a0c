//! Text to tree. Parsing never fails: it yields a tree and what is wrong. Knows no names, no files and no runtime.

mod arguments;
pub mod ast;
mod failure;
mod layout;
mod line;
mod tree;

use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, SourceFile, Span};

#[cfg(test)]
mod tests;

use ast::Ast;

/// What parsing a file yields.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Everything that could be read.
    pub ast: Ast,
    /// What could not, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// How much a file may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How deep blocks may stand in blocks.
    pub depth: usize,
    /// How many findings to keep; the rest are counted.
    pub diagnostics: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { depth: 256, diagnostics: 1_000 }
    }
}

/// Parses one file.
pub fn parse(id: FileId, file: &SourceFile, bounds: Bounds) -> Parsed {
    let text = file.text();
    let mut diagnostics = Vec::new();
    let lines = layout::lines(id, text, &mut diagnostics);
    if let Some(span) = tree::colang_2(text, &lines) {
        let diagnostic = Diagnostic::new(codes::COLANG_2, span, "this is Colang 2, which railsc does not read")
            .label("Colang 1.0 has no such line")
            .help("rewrite it with `define user`, `define bot` and `define flow`");
        return Parsed { ast: Ast { lost_definitions: true, ..Ast::default() }, diagnostics: vec![diagnostic] };
    }
    let ast = tree::build(text, lines, bounds, &mut diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    if diagnostics.len() > bounds.diagnostics {
        let left_out = diagnostics.len() - bounds.diagnostics;
        diagnostics.truncate(bounds.diagnostics);
        let message = format!("{left_out} more findings in this file are not shown");
        diagnostics.push(
            Diagnostic::new(codes::TOO_MANY_DIAGNOSTICS, Span::new(id, 0..0), message)
                .help("mend the ones above first, and make sure that this is a rail file"),
        );
    }
    Parsed { ast, diagnostics }
}
