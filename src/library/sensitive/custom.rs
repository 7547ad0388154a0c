//! What a configuration adds: kinds of its own, words that are always found, values that never are.

use super::settings::{Settings, SettingsError};
use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// The most that a regular expression of a configuration may take, compiled, in bytes.
const REGEX_BYTES: usize = 1 << 20;

/// The name of findings of the setting `deny`.
pub(super) const DENIED: &str = "DENIED_WORD";

/// Kinds of the configuration's own. Numbers are places in the detector's list of kinds.
#[derive(Debug, Clone, Default)]
pub(super) struct Custom {
    patterns: Vec<(u16, Regex, f32)>,
    words: Vec<(u16, AhoCorasick, f32)>,
}

impl Custom {
    /// `place` is where the kind of a name is in the detector's list; none if it isn't looked for.
    pub(super) fn new(settings: &Settings, place: impl Fn(&str) -> Option<u16>) -> Result<Self, SettingsError> {
        let mut custom = Custom::default();
        for (nth, recognizer) in settings.recognizers.iter().enumerate() {
            let Some(entity) = place(&recognizer.supported_entity) else { continue };
            for (at, pattern) in recognizer.patterns.iter().enumerate() {
                let setting: [&dyn ToString; 5] = [&"recognizers", &nth, &"patterns", &at, &"regex"];
                custom.patterns.push((entity, compile(&pattern.regex, &setting)?, pattern.score));
            }
            if !recognizer.deny_list.is_empty() {
                let words = words(&recognizer.deny_list, &[&"recognizers", &nth, &"deny_list"])?;
                custom.words.push((entity, words, recognizer.deny_list_score.unwrap_or(1.0)));
            }
        }
        if let Some(entity) = place(DENIED).filter(|_| !settings.deny.is_empty()) {
            custom.words.push((entity, words(&settings.deny, &[&"deny"])?, 1.0));
        }
        Ok(custom)
    }

    pub(super) fn find(&self, text: &str, mut each: impl FnMut(u16, Range<usize>, f32)) {
        for (entity, regex, score) in &self.patterns {
            for found in regex.find_iter(text).filter(|found| !found.is_empty()) {
                each(*entity, found.range(), *score);
            }
        }
        for (entity, words, score) in &self.words {
            for found in words.find_iter(text) {
                let inside = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
                if !inside(text[..found.start()].chars().next_back()) && !inside(text[found.end()..].chars().next()) {
                    each(*entity, found.range(), *score);
                }
            }
        }
    }
}

fn words(words: &[String], setting: &[&dyn ToString]) -> Result<AhoCorasick, SettingsError> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(words.iter().filter(|word| !word.is_empty()))
        .map_err(|error| SettingsError::new(setting, format!("these words can't be searched: {error}")))
}

fn compile(pattern: &str, setting: &[&dyn ToString]) -> Result<Regex, SettingsError> {
    RegexBuilder::new(pattern).case_insensitive(true).multi_line(true).size_limit(REGEX_BYTES).build().map_err(
        |error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            SettingsError::new(setting, format!("`{pattern}` is no regular expression: {reason}"))
        },
    )
}

/// What is never a finding.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed {
    values: FxHashSet<String>,
    domains: Vec<String>,
    patterns: Vec<Regex>,
}

impl Allowed {
    pub(super) fn new(allow: &[String]) -> Result<Self, SettingsError> {
        let mut allowed = Allowed::default();
        for (nth, entry) in allow.iter().enumerate() {
            let pattern =
                entry.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|pattern| !pattern.is_empty());
            if let Some(pattern) = pattern {
                allowed.patterns.push(compile(&format!("^(?:{pattern})$"), &[&"allow", &nth])?);
            } else if let Some(domain) = entry.strip_prefix('@') {
                allowed.domains.push(domain.to_lowercase());
            } else if entry.trim().is_empty() {
                return Err(SettingsError::new(
                    &[&"allow", &nth],
                    "an empty entry allows nothing: write a value, `/a regular expression/` or `@domain`",
                ));
            } else {
                allowed.values.insert(entry.trim().to_lowercase());
            }
        }
        Ok(allowed)
    }

    pub(super) fn allows(&self, value: &str) -> bool {
        if self.values.is_empty() && self.domains.is_empty() && self.patterns.is_empty() {
            return false;
        }
        let small = value.to_lowercase();
        let domain = small.rsplit_once('@').map(|(_, domain)| domain);
        self.values.contains(&small)
            || domain.is_some_and(|domain| {
                self.domains.iter().any(|allowed| {
                    domain.strip_suffix(allowed.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                })
            })
            || self.patterns.iter().any(|pattern| pattern.is_match(value))
    }
}
