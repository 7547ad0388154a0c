//! Text to tree. Parsing never fails: it yields a tree and what is wrong. Knows no names, no files and no runtime.

mod allow;
mod arguments;
pub mod ast;
mod failure;
mod format;
mod layout;
mod line;
mod tree;
mod trivia;

use crate::diagnostic::{Diagnostic, codes};
use crate::source::{FileId, SourceFile};

#[cfg(test)]
mod tests;

pub use format::format;

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
    /// How many findings are enough. More warnings are not kept; at more errors, reading stops.
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
    let lines = layout::lines(id, text, bounds, &mut diagnostics);
    if let Some(span) = tree::colang_2(text, &lines) {
        let diagnostic = Diagnostic::new(codes::COLANG_2, span, "this is Colang 2, which railsc does not read")
            .label("Colang 1.0 has no such line")
            .help("rewrite it with `define user`, `define bot` and `define flow`");
        return Parsed { ast: Ast { lost_definitions: true, ..Ast::default() }, diagnostics: vec![diagnostic] };
    }
    let allowances = allow::read(id, text, &lines, &mut diagnostics);
    let ast = Ast { allowances, ..tree::build(text, lines, bounds, &mut diagnostics) };
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    Parsed { ast, diagnostics }
}
