//! What arguments of tools hold.

use serde_json::Value;

/// What an argument may do to the tool that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// A path that leads out of its folder.
    PathTraversal,
    /// Characters with which a shell takes a text for a command.
    Shell,
}

impl Danger {
    /// All, by the names that settings have for them.
    pub const ALL: &'static [(&'static str, Self)] = &[("path_traversal", Self::PathTraversal), ("shell", Self::Shell)];

    /// The rule that finds it.
    pub fn rule(self) -> &'static str {
        match self {
            Self::PathTraversal => "path_traversal",
            Self::Shell => "shell",
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::PathTraversal => "this path leads out of its folder",
            Self::Shell => "a shell would take part of this for a command",
        }
    }

    pub(super) fn is_in(self, text: &str) -> bool {
        match self {
            Self::PathTraversal => leads_out(text),
            Self::Shell => is_command(text),
        }
    }
}

/// Whether `text` is a path with a step up in it, perhaps in the encoding of URLs, or ends early for programs in C.
fn leads_out(text: &str) -> bool {
    if text.contains('\0') || text.contains("%00") {
        return true;
    }
    // A text of several lines that speaks of paths is none.
    if text.trim().contains('\n') {
        return false;
    }
    let is_step = |path: &str| path.split(['/', '\\']).any(|part| part.trim() == "..");
    if is_step(text) {
        return true;
    }
    let mut path = text.to_owned();
    // Encoded twice, it may still be decoded twice.
    for _ in 0..2 {
        if !path.contains('%') {
            break;
        }
        path =
            path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\").replace("%25", "%");
        // Longer forms of the same characters, which lenient decoders take.
        path = path.replace("%c0%ae", ".").replace("%c0%af", "/");
        if is_step(&path) {
            return true;
        }
    }
    false
}

/// Whether `text` holds what begins another command, has one run in its place, or leads its output elsewhere.
fn is_command(text: &str) -> bool {
    text.contains([';', '|', '&', '`', '<', '>', '\n', '\r', '\0']) || text.contains("$(") || text.contains("${")
}

/// Calls `found` with all texts in `value`, and names in objects, each with its JSON pointer.
pub(in crate::library) fn texts(value: &Value, found: &mut impl FnMut(&str, &str)) {
    // JSON that was read is no deeper than its reader goes; what flows make may be.
    let mut open = vec![(String::new(), value)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::String(text) => found(&pointer, text),
            Value::Array(items) => {
                open.extend(items.iter().enumerate().rev().map(|(index, item)| (format!("{pointer}/{index}"), item)));
            }
            Value::Object(entries) => {
                let first = open.len();
                for (name, value) in entries {
                    let inner = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    found(&inner, name);
                    open.push((inner, value));
                }
                open[first..].reverse();
            }
            _ => {}
        }
    }
}
