//! Who may import whom: a layer names only layers to its left, so that each can be read without those above it.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up. Layers of one row don't know each other.
const LAYERS: &[&[&str]] = &[
    &["source", "cache"],
    &["diagnostic"],
    &["expression", "syntax"],
    &["program"],
    &["config"],
    &["model"],
    &["classify"],
    &["knowledge"],
    &["library"],
    &["engine"],
    &["tools"],
    &["serve"],
    &["cli"],
];

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&layer))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_layer_imports_one_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let (mut imports, mut wrong) = (0, Vec::new());
    for path in files {
        let relative = path.strip_prefix(&src).unwrap();
        let layer = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let Some(own) = rank(layer) else {
            assert!(["lib", "main"].contains(&layer), "`{layer}` is in no layer: add it to LAYERS");
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for (at, _) in code.match_indices("crate::") {
                let name: String = code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let other = rank(&name);
                imports += usize::from(other.is_some());
                if name != layer && other.is_none_or(|other| other >= own) {
                    wrong.push(format!("{}:{}: {}", relative.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(imports > 20, "only {imports} imports were read");
    assert!(wrong.is_empty(), "these imports run back up, or past the layers:\n{}", wrong.join("\n"));
}
