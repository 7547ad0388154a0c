//! What a Python file of a configuration registers, as far as its text tells.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::read;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::action_name;

/// `@action`, perhaps with a name, and the function under it; or `register_action(function, "name")`.
static REGISTERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?s)@action\b(?:\((?:[^)]*?\bname\s*=\s*["'](?<named>[^"']+)["'])?[^)]*\))?"#,
        r#"(?:\s*@[^\n]*)*\s*(?:async\s+)?(?:def|class)\s+(?<function>\w+)"#,
        r#"|register_action\(\s*(?<registered>[\w.]+)(?:\s*,\s*(?:name\s*=\s*)?["'](?<under>[^"']+)["'])?"#,
    ))
    .ok()
});

/// A Python file of a configuration.
#[derive(Debug)]
pub(crate) struct PythonFile {
    pub path: PathBuf,
    /// The actions that it registers.
    pub actions: Vec<String>,
}

impl PythonFile {
    /// Reads the file at `path`; one that can't be read, or has more than `limit` bytes, registers nothing.
    pub(super) fn read(path: &Path, limit: usize) -> Self {
        let text = read::text(path, limit).unwrap_or_default();
        let mut actions: Vec<String> = Vec::new();
        for found in REGISTERS.iter().flat_map(|regex| regex.captures_iter(&text)) {
            let name = ["named", "under", "function", "registered"].iter().find_map(|group| found.name(group));
            let name = name.map(|name| name.as_str().rsplit('.').next().unwrap_or_default());
            let name = name.map(|name| action_name(name).to_string());
            actions.extend(name.filter(|name| !actions.contains(name)));
        }
        Self { path: path.to_owned(), actions }
    }

    /// Whether it says what is done at the start, and no more.
    pub(crate) fn only_starts(&self) -> bool {
        self.path.ends_with("config.py") && self.actions.is_empty()
    }

    /// Says that it is not run, and which actions are missed with it.
    pub(crate) fn note(&self) -> Diagnostic {
        let message = format!("`{}` is Python, which railsc does not run", self.path.display());
        let actions: Vec<String> = self.actions.iter().map(|name| format!("`{name}`")).collect();
        let help = if actions.is_empty() {
            "register its actions with `Rails::builder().action(…)`, and name them under `actions:` in `config.yml`"
                .to_owned()
        } else {
            format!(
                "it registers {}: do so with `Rails::builder().action(…)`, and name them under `actions:` in `config.yml`",
                actions.join(", ")
            )
        };
        Diagnostic::without_span(codes::PYTHON_FILE, message).help(help)
    }
}
