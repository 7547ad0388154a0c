//! Where the documents of the knowledge base are.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::Loaded;
use super::read::MOST_FILES;
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
    let mut unread = Vec::new();
    if documents(&folder, &mut unread).is_empty() && unread.is_empty() {
        let message = format!("there is no document in `{}`", folder.display());
        let help = "put `.md` or `.txt` files there, or delete it";
        loaded.diagnostics.push(finding(codes::EMPTY_KNOWLEDGE_BASE, message).help(help));
    }
    loaded.config.knowledge_base = Some(folder);
}

/// The documents in `folder`, in path order; not hidden ones, and not what a `.railsignore` there or above names.
pub(crate) fn documents(folder: &Path, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .hidden(true)
        .parents(true)
        .add_custom_ignore_filename(".railsignore")
        .follow_links(true)
        .max_depth(Some(64))
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("can't look into `{}`: {error}", folder.display());
                diagnostics.push(Diagnostic::without_span(codes::UNREADABLE, message));
                continue;
            }
        };
        let extension = entry.path().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if is_folder || !EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) {
            continue;
        }
        if found.len() == MOST_FILES {
            let message = format!("`{}` holds more than {MOST_FILES} documents", folder.display());
            let help = "leave files out by `.railsignore`";
            diagnostics.push(Diagnostic::without_span(codes::TOO_MANY_FILES, message).help(help));
            break;
        }
        found.push(entry.into_path());
    }
    found
}
