//! What a rail went by.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::expression::Value;

/// How many parts of a text evidence shows.
const MOST_SPANS: usize = 32;

/// What a rail went by. An action gives it by returning a mapping with these fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What held: the rule that an action names, or the condition in the flow.
    #[serde(default)]
    pub rule: Option<String>,
    /// How sure it is, from 0 to 1.
    #[serde(default)]
    pub score: Option<f64>,
    /// What the score had to reach.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Where in the text that was checked.
    #[serde(default)]
    pub spans: Vec<TextSpan>,
}

/// A part of a text that was checked, in characters from its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextSpan {
    /// Where it begins.
    pub start: usize,
    /// Where it ends; this character is no part of it.
    pub end: usize,
    /// The part.
    #[serde(default)]
    pub text: String,
}

/// Something that a rule found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The rule, as it is documented, in lower case with underscores: `credit_card`.
    pub rule: Cow<'static, str>,
    /// Where, in bytes of the text.
    pub range: Range<usize>,
    /// How sure it is, from 0 to 1.
    pub score: f32,
}

impl Evidence {
    /// What the result of an action says of itself, if it does.
    pub(crate) fn of(result: &Value) -> Option<Self> {
        let says = |name: &str| result.get(name).is_some_and(|value| !value.is_null());
        (says("rule") || says("spans") || says("score")).then(|| serde_json::from_value(result.clone()).ok()).flatten()
    }

    /// What was found in `text`, the surest first to be named: all rules once each, the score of the surest, and where.
    pub(crate) fn found(text: &str, found: &[Found], threshold: Option<f64>) -> Self {
        let mut surest: Vec<&Found> = found.iter().collect();
        surest.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut rules: Vec<&str> = Vec::new();
        for found in &surest {
            if !rules.contains(&&*found.rule) {
                rules.push(&found.rule);
            }
        }
        let mut shown: Vec<&Found> = surest.iter().take(MOST_SPANS).copied().collect();
        shown.sort_by_key(|found| (found.range.start, found.range.end));
        // Characters are counted once, in one pass over the text.
        let (mut counted, mut chars) = (0, 0);
        let spans = shown.into_iter().map(|found| {
            let range = found.range.clone();
            chars += text[counted..range.start].chars().count();
            counted = range.start;
            let part = &text[range];
            TextSpan { start: chars, end: chars + part.chars().count(), text: part.to_owned() }
        });
        Self {
            spans: spans.collect(),
            rule: (!rules.is_empty()).then(|| rules.join(", ")),
            score: surest.first().map(|found| (f64::from(found.score) * 1000.0).round() / 1000.0),
            threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_in_characters() {
        let text = "é to a@b.c, ü 10.0.0.1";
        let at = |part: &str| text.find(part).map(|at| at..at + part.len()).unwrap();
        let found = [
            Found { rule: "ip_address".into(), range: at("10.0.0.1"), score: 0.6 },
            Found { rule: "email_address".into(), range: at("a@b.c"), score: 1.0 },
        ];
        let evidence = Evidence::found(text, &found, Some(0.5));
        assert_eq!(evidence.rule.as_deref(), Some("email_address, ip_address"));
        assert_eq!((evidence.score, evidence.threshold), (Some(1.0), Some(0.5)));
        let spans: Vec<_> = evidence.spans.iter().map(|span| (span.start, span.end, &*span.text)).collect();
        assert_eq!(spans, [(5, 10, "a@b.c"), (14, 22, "10.0.0.1")]);
    }
}
