//! Slots: names in examples and regular expressions under which parts of what the user says become variables.

use std::sync::Arc;

use regex_syntax::hir::{Hir, HirKind};

use super::Intent;

/// A text cut at its slots: what stands before each slot, its name, and what is left at the end.
pub(crate) fn cut(example: &str) -> (Vec<(&str, &str)>, &str) {
    let (mut parts, mut rest, mut from) = (Vec::new(), example, 0);
    while let Some(at) = rest[from..].find('$').map(|at| at + from) {
        let behind = &rest[at + 1..];
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        let name = &behind[..end];
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            parts.push((&rest[..at], name));
            (rest, from) = (&behind[end..], 0);
        } else {
            from = at + 1;
        }
    }
    (parts, rest)
}

/// The names of all slots and named groups of `intent`.
pub(crate) fn names(intent: &Intent) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut add = |name: &str| {
        if names.iter().all(|other| &**other != name) {
            names.push(name.into());
        }
    };
    for example in &intent.examples {
        cut(&example.text).0.into_iter().for_each(|(_, name)| add(name));
    }
    for regex in intent.regexes.iter().filter_map(|regex| regex_syntax::parse(&regex.text).ok()) {
        groups(&regex, &mut add);
    }
    names
}

/// Calls `found` with the name of each named group.
fn groups(regex: &Hir, found: &mut impl FnMut(&str)) {
    if let HirKind::Capture(capture) = regex.kind()
        && let Some(name) = &capture.name
    {
        found(name);
    }
    regex.kind().subs().iter().for_each(|part| groups(part, found));
}
