//! Looks for secrets.

use super::assignment::{self, NAMES};
use super::entropy::{entropy, hexadecimal, random};
use super::placeholder::placeholder;
use super::special;
use super::token::TOKENS;
use crate::classify::rot13;
use crate::library::Found;
use crate::library::fold::Folded;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use thiserror::Error;

/// What a configuration may say of secrets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Rules that are left out, by name.
    pub ignore: Vec<String>,
    /// What is never a finding: a value, or `/a regular expression/`.
    pub allow: Vec<String>,
    /// How sure a finding must be, 0 to 1.
    pub score_threshold: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { ignore: Vec::new(), allow: Vec::new(), score_threshold: 0.5 }
    }
}

/// A setting that can't be.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{problem}")]
pub(crate) struct SettingsError {
    /// Which one: keys and places from the settings' root, `["ignore", "0"]`.
    pub setting: Vec<String>,
    /// What is wrong and what to do.
    pub problem: String,
}

/// Rules that no prefix of a token tells, with what they find.
const OTHERS: &[(&str, &str)] = &[
    ("private_key", "private key in PEM armour"),
    ("jwt", "signed token (JWT), whose header names an algorithm"),
    ("connection_string", "address with a user's name and password"),
    ("authorization_header", "what follows `Bearer` or `Basic` in an HTTP header"),
    ("telegram_token", "Telegram bot"),
    ("azure_client_secret", "Azure: client secret of an application"),
    ("mailchimp_key", "Mailchimp"),
    ("assigned_secret", "value assigned to `password`, `api_key`, `token` and the like"),
    ("high_entropy", "random string near words such as key, token or secret"),
];

/// All rules with what they find, in the order of the documentation.
pub(crate) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut last = "";
    TOKENS
        .iter()
        .map(|token| (token.rule, token.what))
        .filter(move |(rule, _)| std::mem::replace(&mut last, rule) != *rule)
        .chain(OTHERS.iter().copied())
}

/// What begins or is within a secret.
#[derive(Clone, Copy)]
enum Anchor {
    Token(usize),
    PrivateKey,
    Jwt,
    Connection,
    Telegram,
    AzureClient,
    Mailchimp,
    Authorization,
}

struct Anchors {
    search: AhoCorasick,
    of: Vec<Anchor>,
}

static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| {
    let tokens = TOKENS
        .iter()
        .enumerate()
        .flat_map(|(at, token)| token.prefixes.iter().map(move |prefix| (*prefix, Anchor::Token(at))));
    let others = [
        ("-----BEGIN ", Anchor::PrivateKey),
        ("eyJ", Anchor::Jwt),
        ("://", Anchor::Connection),
        (":AA", Anchor::Telegram),
        ("8Q~", Anchor::AzureClient),
        ("-us", Anchor::Mailchimp),
        ("Bearer ", Anchor::Authorization),
        ("bearer ", Anchor::Authorization),
        ("Basic ", Anchor::Authorization),
    ];
    let all: Vec<(&str, Anchor)> = tokens.chain(others).collect();
    let search = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(all.iter().map(|(text, _)| text))
        .expect("the signs of secrets can be compiled, as a test holds");
    Anchors { search, of: all.into_iter().map(|(_, anchor)| anchor).collect() }
});

static ASSIGNED: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(NAMES.iter().map(|(name, _)| name))
        .expect("the names of secrets can be compiled, as a test holds")
});

/// What a text has whose letters were moved by half the alphabet, if there is a secret in it: what certain secrets begin with, and long names.
static TURNED: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let prefixes = TOKENS.iter().flat_map(|token| token.prefixes.iter().copied());
    let names = NAMES.iter().map(|(name, _)| *name).filter(|name| name.len() > 4 || *name == "pwd");
    let capital = |name: &str| name[..1].to_ascii_uppercase() + &name[1..];
    let camel = |name: &str| {
        let last = ["key", "token", "secret"].into_iter().find(|last| name.ends_with(last));
        last.map_or(name.to_owned(), |last| name[..name.len() - last.len()].to_owned() + &capital(last))
    };
    let names = names.flat_map(|name| [name.to_owned(), name.to_ascii_uppercase(), capital(name), camel(name)]);
    let all = prefixes.chain(["-----BEGIN ", "eyJ"]).map(str::to_owned).chain(names);
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(all.map(|sign| rot13(&sign)))
        .expect("the signs of secrets can be compiled, as a test holds")
});

/// Secrets in a text whose letters were moved; those that their form says, or a name before them.
fn in_turned(text: &str) -> Vec<Found> {
    let turned = rot13(text);
    let mut found = Vec::new();
    anchored(&turned, &mut found);
    assigned(&turned, &mut found);
    found.retain(|finding| {
        let by_signs = matches!(&*finding.rule, "connection_string" | "authorization_header");
        !by_signs && turned[finding.range.clone()] != text[finding.range.clone()]
    });
    found
}

/// Settings, compiled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detector {
    settings: Settings,
    patterns: Vec<Regex>,
}

impl Detector {
    /// Compiles settings.
    ///
    /// # Errors
    ///
    /// A rule that there isn't, a score that isn't between 0 and 1, a regular expression that isn't one.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let error = |setting: &[&str], problem: String| SettingsError {
            setting: setting.iter().map(|&part| part.to_owned()).collect(),
            problem,
        };
        if let Some((at, rule)) =
            settings.ignore.iter().enumerate().find(|(_, rule)| !rules().any(|(known, _)| known == *rule))
        {
            return Err(error(
                &["ignore", &at.to_string()],
                format!("there is no rule `{rule}` for secrets; `railsc rails secrets` lists them"),
            ));
        }
        if !(0.0..=1.0).contains(&settings.score_threshold) {
            return Err(error(
                &["score_threshold"],
                format!("a score is between 0 and 1, not {}", settings.score_threshold),
            ));
        }
        let mut patterns = Vec::new();
        for (at, entry) in settings.allow.iter().enumerate() {
            if let Some(pattern) =
                entry.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|pattern| !pattern.is_empty())
            {
                let compiled = regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build();
                patterns.push(
                    compiled.map_err(|_| {
                        error(&["allow", &at.to_string()], format!("`{entry}` is no regular expression"))
                    })?,
                );
            }
        }
        Ok(Detector { settings: settings.clone(), patterns })
    }

    /// How sure a finding must be.
    #[must_use]
    pub(crate) fn threshold(&self) -> f32 {
        self.settings.score_threshold
    }

    /// All secrets in a text, by place, without overlaps.
    #[must_use]
    pub(crate) fn find(&self, text: &str) -> Vec<Found> {
        let folded = Folded::new(text);
        let mut found = Vec::new();
        anchored(&folded.text, &mut found);
        assigned(&folded.text, &mut found);
        if TURNED.is_match(&*folded.text) {
            found.extend(in_turned(&folded.text));
        }
        found.retain(|finding| {
            finding.score >= self.settings.score_threshold
                && !self.settings.ignore.iter().any(|rule| *rule == finding.rule)
                && !self.allows(&folded.text[finding.range.clone()])
        });
        // Where two overlap, the one that begins first stays, and of those that begin together the longest; a name is less than a token.
        found.sort_by(|a, b| {
            a.range.start.cmp(&b.range.start).then(b.range.end.cmp(&a.range.end)).then(b.score.total_cmp(&a.score))
        });
        let mut kept: Vec<Found> = Vec::new();
        for finding in found {
            match kept.last_mut() {
                Some(last) if finding.range.start < last.range.end => {
                    if finding.score > last.score {
                        let range = last.range.start..last.range.end.max(finding.range.end);
                        *last = Found { range, ..finding };
                    } else {
                        last.range.end = last.range.end.max(finding.range.end);
                    }
                }
                _ => kept.push(finding),
            }
        }
        for finding in &mut kept {
            finding.range = folded.given(finding.range.clone(), text);
        }
        kept
    }

    fn allows(&self, value: &str) -> bool {
        self.settings.allow.iter().any(|allowed| allowed == value)
            || self.patterns.iter().any(|pattern| pattern.is_match(value))
    }
}

fn finding(rule: &'static str, range: Range<usize>, score: f32) -> Found {
    Found { rule: rule.into(), range, score }
}

fn anchored(text: &str, found: &mut Vec<Found>) {
    let anchors = &*ANCHORS;
    let bytes = text.as_bytes();
    let inside = |at: usize| at.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_');
    // Long secrets are passed over, so that no text is read twice as a whole.
    let mut after = 0;
    for hit in anchors.search.find_iter(text) {
        let (start, end) = (hit.start(), hit.end());
        if start < after {
            continue;
        }
        let (rule, range, score): (&'static str, Option<Range<usize>>, f32) = match anchors.of[hit.pattern().as_usize()]
        {
            Anchor::Token(at) if !inside(start) || TOKENS[at].prefixes[0].contains('/') => {
                let token = &TOKENS[at];
                let whole = || token.end(bytes, end).filter(|&stop| real(&text[end..stop], token.rule));
                let groups = || token.is_certain().then(|| token.end_in_groups(bytes, end)).flatten();
                let in_groups = || groups().and_then(|(stop, body)| real(&body, token.rule).then_some(stop));
                (token.rule, whole().or_else(in_groups).map(|stop| start..stop), 1.0)
            }
            Anchor::PrivateKey => ("private_key", special::private_key(text, start), 1.0),
            Anchor::Jwt if !inside(start) => ("jwt", special::jwt(text, start), 0.95),
            Anchor::Connection => ("connection_string", special::connection(text, start), 0.9),
            Anchor::Telegram => ("telegram_token", special::telegram(bytes, start), 0.95),
            Anchor::AzureClient => ("azure_client_secret", special::azure_client(bytes, start), 0.9),
            Anchor::Mailchimp => ("mailchimp_key", special::mailchimp(bytes, start), 0.95),
            Anchor::Authorization if !inside(start) => ("authorization_header", special::authorization(text, end), 0.7),
            _ => continue,
        };
        if let Some(range) = range {
            // What is in an address or a header may be more than that.
            if !matches!(rule, "connection_string" | "authorization_header") {
                after = range.end;
            }
            found.push(finding(rule, range, score));
        }
    }
}

/// Whether what follows a prefix is as random as the issuer makes it.
fn real(body: &str, rule: &str) -> bool {
    let bytes = body.as_bytes();
    if placeholder(body) {
        return false;
    }
    let digits = bytes.iter().any(u8::is_ascii_digit);
    match rule {
        "aws_access_key" => {
            bytes.iter().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(byte)) && entropy(bytes) > 2.5
        }
        "sendgrid_key" => body.split_once('.').is_some_and(|(id, key)| id.len() == 22 && key.len() == 43),
        "huggingface_token" => entropy(bytes) > 3.5,
        _ => digits && entropy(bytes) > if hexadecimal(bytes) { 2.8 } else { 3.0 },
    }
}

/// Words near a random string that say it is no secret.
const HASHES: &[&str] = &[
    "sha",
    "md5",
    "commit",
    "checksum",
    "digest",
    "hash",
    "etag",
    "integrity",
    "fingerprint",
    "uuid",
    "guid",
    "revision",
    "nonce",
    "trace",
    "request id",
    "public key",
    "public_key",
    "ssh-rsa",
    "primary key",
    "foreign key",
];

fn assigned(text: &str, found: &mut Vec<Found>) {
    let names = &*ASSIGNED;
    let bytes = text.as_bytes();
    let mut after = 0;
    for hit in names.find_iter(text) {
        let (name, kind) = NAMES[hit.pattern().as_usize()];
        let (start, end) = (hit.start(), hit.end());
        let letter = start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphabetic());
        let camel =
            bytes[start].is_ascii_uppercase() && start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_lowercase());
        if start < after
            || (letter && !camel)
            || (matches!(name, "pass" | "key" | "auth") && bytes.get(end).is_some_and(u8::is_ascii_alphabetic))
        {
            continue;
        }
        if let Some((range, score)) = assignment::value(text, end, kind) {
            // `key` alone names many things: what is random is left to the words before it.
            if name != "key" || score > 0.7 && !hashed(text, start) {
                after = range.end;
                found.push(finding("assigned_secret", range, score));
                continue;
            }
        }
        if kind == assignment::Name::Key && !hashed(text, start) {
            found.extend(spoken(text, end));
        }
    }
}

/// A random string within forty bytes after a word for secrets.
fn spoken(text: &str, from: usize) -> Option<Found> {
    const NEAR: usize = 40;
    let bytes = text.as_bytes();
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=".contains(&byte);
    let mut at = from;
    while at < bytes.len() && at < from + NEAR && !(bytes[at] == b'\n' && at > from + 2) {
        if !part(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take(257).take_while(|&&byte| part(byte)).count();
        let token = &bytes[at..at + length];
        if (24..=256).contains(&length) && random(token) && !placeholder(&text[at..at + length]) && !hashed(text, at) {
            return Some(finding("high_entropy", at..at + length, 0.6));
        }
        at += length;
    }
    None
}

/// Whether words within thirty bytes before a place speak of a hash.
fn hashed(text: &str, at: usize) -> bool {
    let mut from = at.saturating_sub(30);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text[from..at].to_ascii_lowercase();
    HASHES.iter().any(|word| before.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_all_rules_with_what_they_open() {
        let page = include_str!("../../../docs/rails/secrets.md");
        for (rule, what) in rules() {
            assert!(page.contains(&format!("\n| `{rule}` | {what} |\n")), "{rule}");
        }
    }
}
