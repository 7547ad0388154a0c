//! One YAML value to what its key wants.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::yaml::{Data, Key, Node};
use crate::diagnostic::{Diagnostic, codes, nearest};

/// Reads values, and reports the ones that are something else.
pub(crate) struct Reader<'a> {
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(crate) fn wrong(&mut self, node: &Node, expected: &str) {
        self.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, node.span, format!("this should be {expected}")));
    }

    /// The entries of `node`, each with a key of `table`; others are errors, which name the key behind `path`. Nothing is what an absent key says.
    pub(crate) fn known<'n>(&mut self, node: &'n Node, table: &[&str], path: &str) -> Vec<(&'n Key, &'n Node)> {
        let mut known = Vec::new();
        for (key, value) in self.mapping(node) {
            if !table.contains(&&*key.name) {
                let meant = nearest(&key.name, table.iter().copied());
                let message = format!("unknown key `{path}{}`", key.name);
                self.diagnostics.push(Diagnostic::new(codes::UNKNOWN_KEY, key.span, message).suggest(meant));
            } else if !value.is_null() {
                known.push((key, value));
            }
        }
        known
    }

    /// Warns that a key comes for nothing.
    pub(crate) fn passed_over(&mut self, key: &Key, name: &str) {
        self.diagnostics.push(
            Diagnostic::new(codes::SECTION_NOT_SERVED, key.span, format!("`{name}` does nothing here"))
                .label("this version of railsc passes it over"),
        );
    }

    /// The entries of a mapping; none where nothing stands.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node) -> &'n [(Key, Node)] {
        match &node.data {
            Data::Mapping(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                self.wrong(node, "a mapping of keys to values");
                &[]
            }
        }
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.data {
            Data::List(items) => items,
            _ if node.is_null() => &[],
            _ => {
                self.wrong(node, "a list");
                &[]
            }
        }
    }

    /// The texts of a list, each with its place.
    pub(crate) fn placed_texts<'n>(&mut self, node: &'n Node) -> Vec<(&'n Node, &'n str)> {
        self.list(node).iter().filter_map(|node| Some((node, self.text(node)?))).collect()
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.data {
            Data::Scalar(text, _) if !node.is_null() => Some(text),
            _ => {
                self.wrong(node, "a text");
                None
            }
        }
    }

    /// The texts of a list.
    pub(crate) fn texts(&mut self, node: &Node) -> Vec<String> {
        self.list(node).iter().filter_map(|item| self.text(item).map(str::to_owned)).collect()
    }

    pub(crate) fn truth(&mut self, node: &Node) -> Option<bool> {
        match &node.data {
            Data::Scalar(text, true) if text.eq_ignore_ascii_case("true") => Some(true),
            Data::Scalar(text, true) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                self.wrong(node, "`true` or `false`");
                None
            }
        }
    }

    pub(crate) fn count(&mut self, node: &Node, range: RangeInclusive<usize>) -> Option<usize> {
        let number = match &node.data {
            Data::Scalar(text, true) => text.replace('_', "").parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(node, &format!("a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    pub(crate) fn number(&mut self, node: &Node, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match &node.data {
            Data::Scalar(text, true) => text.parse().ok().filter(|number| range.contains(number)),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node, &format!("a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    pub(crate) fn fraction(&mut self, node: &Node) -> Option<f32> {
        let number = match &node.data {
            Data::Scalar(text, true) => text.parse().ok().filter(|number| (0.0..=1.0).contains(number)),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node, "a number from 0 to 1");
        }
        number
    }

    pub(crate) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let duration = match &node.data {
            Data::Scalar(text, _) => duration(text),
            _ => None,
        };
        if duration.is_none() {
            self.wrong(node, "a time such as `30s` or `500ms`, an hour at most");
        }
        duration
    }

    /// One of `choices`.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*choice);
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
        let message = format!("this should be {}", names.join(" or "));
        let meant = nearest(text, choices.iter().map(|(name, _)| *name));
        self.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, node.span, message).suggest(meant));
        None
    }
}

/// `30s`, `500ms`, `2m`, or a number of seconds; more than nothing, and an hour at most.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let seconds = unit * number.trim().parse::<f64>().ok()?;
    (seconds > 0.0 && seconds <= 3600.0).then(|| Duration::from_secs_f64(seconds))
}
