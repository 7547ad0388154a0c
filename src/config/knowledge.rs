//! Where the documents of the knowledge base are.

use std::path::{Path, PathBuf};

use super::Loaded;
use super::read::{self, MOST_FILES};
use crate::diagnostic::{Diagnostic, codes};

/// What documents are called.
const EXTENSIONS: &[&str] = &["md", "markdown", "txt"];

/// Finds the folder for a configuration in the folder `root`, and reports one that is not there or holds no document.
pub(super) fn resolve(root: &Path, loaded: &mut Loaded) {
    let named = loaded.config.named_knowledge_base.clone();
    let folder = root.join(named.as_ref().map_or(Path::new("kb"), |(folder, _)| folder));
    let finding = |code, message: String| match &named {
        Some((_, span)) => Diagnostic::new(code, *span, message),
        None => Diagnostic::without_span(code, message),
    };
    if !folder.is_dir() {
        if let Some((named, _)) = &named {
            let message = format!("there is no folder `{}`", named.display());
            let help = "the path starts at the folder of the configuration";
            loaded.diagnostics.push(finding(codes::NO_KNOWLEDGE_BASE, message).help(help));
        }
        return;
    }
    // What can't be read is reported by whoever reads it.
    if walk(&folder).all(|path| path.is_ok_and(|path| !is_document(&path))) {
        let message = format!("there is no document in `{}`", folder.display());
        let help = "put `.md` or `.txt` files there, or delete it";
        loaded.diagnostics.push(finding(codes::EMPTY_KNOWLEDGE_BASE, message).help(help));
    }
    loaded.config.knowledge_base = Some(folder);
}

/// The documents in `folder`, in path order; not hidden ones, and not what a `.railsignore` there or above names.
pub(crate) fn documents(folder: &Path, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in walk(folder) {
        match path {
            Err(diagnostic) => diagnostics.push(*diagnostic),
            Ok(path) if !is_document(&path) => {}
            Ok(path) if found.len() < MOST_FILES => found.push(path),
            Ok(_) => {
                let message = format!("`{}` holds more than {MOST_FILES} documents", folder.display());
                let help = "leave files out by `.railsignore`";
                diagnostics.push(Diagnostic::without_span(codes::TOO_MANY_FILES, message).help(help));
                break;
            }
        }
    }
    found
}

fn walk(folder: &Path) -> impl Iterator<Item = Result<PathBuf, Box<Diagnostic>>> {
    read::walk(folder, &[], true)
}

fn is_document(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}
