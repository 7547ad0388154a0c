//! `railsc graph`: what leads to what.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome};
use crate::engine::{Inspection, LoadError, inspect};
use crate::tools::graph::{Graph, dot, html, mermaid};

/// Draw which intents start which flows, and what these say and do
#[derive(Args)]
pub(super) struct Arguments {
    /// A configuration: a folder, or a single `.co` file
    path: PathBuf,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Write it to this file instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A flowchart for Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// Nodes and edges, for other programs
    Json,
    /// A page for a browser, which needs nothing else
    Html,
}

pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Inspection { sources, program, classifier, diagnostics, .. } = inspect(&arguments.path);
    if classifier.is_none() {
        return Err(LoadError { sources: Arc::new(sources), diagnostics }.into());
    }
    let graph = Graph::new(&program, &sources);
    let json = |error: serde_json::Error| Failure::Io(error.into());
    let text = match arguments.format {
        Format::Mermaid => mermaid(&graph),
        Format::Dot => dot(&graph),
        Format::Json => serde_json::to_string_pretty(&graph).map_err(json)? + "\n",
        Format::Html => html(&graph, &arguments.path.display().to_string()).map_err(json)?,
    };
    match &arguments.output {
        None => io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) => fs::write(path, text).map_err(Failure::io(format!("can't write `{}`", path.display())))?,
    }
    Ok(Outcome::Fine)
}
