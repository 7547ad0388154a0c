//! Paths as CI systems compare them: as text.

use std::path::{Component, MAIN_SEPARATOR_STR, Path, PathBuf};

/// The path `name` with forward slashes, and without `.` and `..` where they can be done without.
pub(super) fn portable(name: &str) -> String {
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match (component, path.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                path.pop();
            }
            _ => path.push(component),
        }
    }
    // Elsewhere a backslash is a character like any other.
    let text = path.display().to_string().replace(MAIN_SEPARATOR_STR, "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_brought_to_one_form() {
        for (name, wanted) in [
            ("./a.co", "a.co"),
            ("rails//b/./c.co", "rails/b/c.co"),
            ("rails/../a.co", "a.co"),
            ("../../a.co", "../../a.co"),
            ("/../a.co", "/a.co"),
            (".", "."),
            ("", "."),
            ("rails/..", "."),
            ("<stdin>", "<stdin>"),
        ] {
            assert_eq!(portable(name), wanted, "{name}");
        }
    }
}
