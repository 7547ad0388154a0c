//! Where addresses in a text lead, and whether one may go there.

mod host;
pub(super) mod link;
mod rail;

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use host::{Host, canonical, is_disguised, is_taken_for, percent_decoded};
use link::{Link, candidates, links};
pub(super) use rail::{URLS, hosts};

use super::Found;
use super::decoded::add;
use super::fold::Folded;
use super::undone::whole_values;
use crate::classify::rot13;

/// Addresses within addresses within addresses are not looked for.
const DEEPEST: usize = 3;
/// Schemes that run what stands behind them, or read what is on the machine.
const ACTIVE: &[&str] = &["javascript", "vbscript", "data", "file", "blob"];

/// What `rails.config.urls` may say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    /// Where one may go, if it is said: a host and all below it, or with `*.` only what is below.
    pub allow: Vec<String>,
    /// Where one may not go, whatever is allowed.
    pub deny: Vec<String>,
    /// Hosts that nothing may be taken for; those allowed are among them.
    pub protect: Vec<String>,
    /// The schemes that may be used.
    pub schemes: Vec<String>,
    /// Whether a host may be an address in numbers.
    pub allow_ip: bool,
    /// Whether addresses in the query of an address are looked at, too.
    pub follow_redirects: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
            protect: Vec::new(),
            schemes: ["http", "https", "mailto", "tel", "sms"].map(str::to_owned).to_vec(),
            allow_ip: false,
            follow_redirects: true,
        }
    }
}

/// A host, or what is below one.
#[derive(Debug)]
struct Pattern {
    name: String,
    below: bool,
}

impl Pattern {
    fn read(written: &str) -> Option<Self> {
        let (name, below) = written.strip_prefix("*.").map_or((written, false), |name| (name, true));
        match Host::read(name)? {
            Host::Name(name) => Some(Self { name, below }),
            Host::Address => Some(Self { name: name.to_owned(), below: false }),
            Host::Obscure(_) => None,
        }
    }

    fn covers(&self, name: &str) -> bool {
        let below = name.strip_suffix(&*self.name).is_some_and(|before| before.ends_with('.'));
        below || (!self.below && name == self.name)
    }
}

/// Whether `written` may stand in a list of hosts.
pub(super) fn is_host(written: &str) -> bool {
    Pattern::read(written).is_some()
}

/// Looks at addresses.
#[derive(Debug)]
pub(super) struct Detector {
    allow: Vec<Pattern>,
    deny: Vec<Pattern>,
    protect: Vec<String>,
    schemes: Vec<String>,
    allow_ip: bool,
    follow_redirects: bool,
    /// What a text has if there is an address in it whose letters were moved; none if that can't be told beforehand.
    turned: Option<AhoCorasick>,
}

/// What begins an address in letters that were moved.
const TURNED: [&str; 5] = ["uggc", "jjj.", "wninfpevcg", "qngn:", "iofpevcg"];

impl Detector {
    /// Hosts that are none ([`is_host`]) are left out.
    pub(super) fn new(settings: &Settings) -> Self {
        let read = |hosts: &[String]| hosts.iter().filter_map(|host| Pattern::read(host)).collect::<Vec<_>>();
        let (allow, deny) = (read(&settings.allow), read(&settings.deny));
        let protect = read(&settings.protect).into_iter().map(|pattern| pattern.name);
        let labels = deny.iter().filter_map(|pattern| pattern.name.split('.').max_by_key(|label| label.len()));
        let signs = TURNED.map(str::to_owned).into_iter().chain(labels.map(rot13));
        Self {
            turned: AhoCorasick::builder().ascii_case_insensitive(true).build(signs).ok(),
            protect: protect.chain(allow.iter().map(|pattern| pattern.name.clone())).collect(),
            allow,
            deny,
            schemes: settings.schemes.iter().map(|scheme| scheme.to_ascii_lowercase()).collect(),
            allow_ip: settings.allow_ip,
            follow_redirects: settings.follow_redirects,
        }
    }

    /// The addresses in `text` that lead where one may not go, with the first rule that says so.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let mut found = self.find_as_typed(text);
        // Browsers leave out the ends of lines and tabs within an address.
        if let Some(whole) = whole_values(text) {
            let given = |finding: Found| Found { range: whole.origin(finding.range.clone()), ..finding };
            add(&mut found, self.find_as_typed(whole.text()).into_iter().map(given).collect());
        }
        if self.turned.as_ref().is_none_or(|signs| signs.is_match(text)) {
            add(&mut found, self.find_in_turned(text));
        }
        // Browsers pass over what shows nothing, and read full-width letters as others.
        let folded = Folded::new(text);
        if *folded.text != *text {
            let given = |finding: Found| Found { range: folded.given(finding.range.clone(), text), ..finding };
            add(&mut found, self.find_as_typed(&folded.text).into_iter().map(given).collect());
        }
        found
    }

    fn find_as_typed(&self, text: &str) -> Vec<Found> {
        let rule = |link: &Link| if link.is_certain { self.rule(link, DEEPEST) } else { self.rule_of_name(link) };
        let found = candidates(text).into_iter().filter_map(|link| rule(&link).map(|rule| (rule, link.range)));
        found.map(|(rule, range)| Found { rule: Cow::Borrowed(rule), range, score: 1.0 }).collect()
    }

    /// Addresses whose letters were moved by half the alphabet; names without a scheme are any words, so moved, unless they are denied.
    fn find_in_turned(&self, text: &str) -> Vec<Found> {
        let turned = rot13(text);
        let mut found = self.find_as_typed(&turned);
        found.retain(|finding| {
            let read = &turned[finding.range.clone()];
            let has_scheme = read.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http"));
            let is_known = matches!(&*finding.rule, "denied_host" | "active_scheme");
            (has_scheme || is_known) && *read != text[finding.range.clone()]
        });
        found
    }

    /// What is wrong with what may be a host, or something else of such a name.
    fn rule_of_name(&self, link: &Link) -> Option<&'static str> {
        let name = canonical(&link.host)?;
        covers(&self.deny, &name).then_some("denied_host")
    }

    /// What is wrong with one of those whom a mail is for.
    fn of_mail(&self, rest: &str) -> Option<&'static str> {
        let decoded = String::from_utf8_lossy(&percent_decoded(rest)).into_owned();
        let hosts = decoded.split([',', ';', '?', '&', '=', ' ', '<', '>']).filter_map(|part| part.rsplit_once('@'));
        let names = hosts.filter_map(|(_, host)| canonical(host));
        names.into_iter().find_map(|name| {
            if covers(&self.deny, &name) {
                return Some("denied_host");
            }
            (!self.allow.is_empty() && !covers(&self.allow, &name)).then_some("host_not_allowed")
        })
    }

    /// Whether the host of `link` is allowed by name, and not denied.
    pub(super) fn is_allowed(&self, link: &Link) -> bool {
        let name = canonical(&link.host);
        name.is_some_and(|name| covers(&self.allow, &name) && !covers(&self.deny, &name))
    }

    fn rule(&self, link: &Link, depth: usize) -> Option<&'static str> {
        if link.is_picture() {
            return None;
        }
        if !self.schemes.contains(&link.scheme) {
            return Some(if ACTIVE.contains(&&*link.scheme) { "active_scheme" } else { "scheme" });
        }
        if link.scheme == "mailto" {
            return self.of_mail(&link.rest);
        }
        if link.host.is_empty() {
            return None;
        }
        if link.user.is_some() && matches!(&*link.scheme, "http" | "https") {
            return Some("user_before_host");
        }
        match Host::read(&link.host) {
            None => return Some("unreadable_host"),
            Some(Host::Obscure(_)) => return Some("obscure_address"),
            Some(Host::Address) if covers(&self.deny, &link.host) => return Some("denied_host"),
            Some(Host::Address) if !self.allow_ip && !covers(&self.allow, &link.host) => return Some("ip_address"),
            Some(Host::Address) => {}
            Some(Host::Name(name)) => {
                if covers(&self.deny, &name) {
                    return Some("denied_host");
                }
                if !covers(&self.allow, &name) {
                    if is_disguised(&name) || self.protect.iter().any(|other| is_taken_for(&name, other)) {
                        return Some("spoofed_host");
                    }
                    if !self.allow.is_empty() {
                        return Some("host_not_allowed");
                    }
                }
            }
        }
        if self.follow_redirects && depth > 0 {
            return self.in_query(&link.rest, depth - 1);
        }
        None
    }

    /// What is wrong with the addresses that an address hands on.
    fn in_query(&self, rest: &str, depth: usize) -> Option<&'static str> {
        let (_, query) = rest.split_once('?')?;
        let values = query.split(['&', '#']).filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
        values.filter(|value| value.len() > 7).find_map(|value| {
            let decoded = String::from_utf8_lossy(&percent_decoded(value)).into_owned();
            let link = links(&decoded).into_iter().find(|link| link.range.start == 0)?;
            let is_address = ["//", ":/", ":\\"].iter().any(|sign| decoded[..link.range.end].contains(sign));
            is_address.then(|| self.rule(&link, depth)).flatten()
        })
    }
}

fn covers(patterns: &[Pattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.covers(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and the rules that find something in it.
    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        rules: Vec<String>,
        #[serde(default)]
        allow: Vec<String>,
        #[serde(default)]
        deny: Vec<String>,
        #[serde(default)]
        protect: Vec<String>,
    }

    #[test]
    fn addresses_are_judged_by_where_they_lead() {
        let mut wrong = Vec::new();
        let mut count = 0;
        for line in include_str!("../../../tests/data/addresses.jsonl").lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let Case { allow, deny, protect, .. } = case;
            let detector = Detector::new(&Settings { allow, deny, protect, ..Settings::default() });
            let rules: Vec<String> = detector.find(&case.text).iter().map(|found| found.rule.to_string()).collect();
            count += 1;
            if rules != case.rules {
                wrong.push(format!("{:?}: {rules:?} and not {:?}", case.text, case.rules));
            }
        }
        assert!(count >= 60);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_is_found_is_the_address() {
        let detector = Detector::new(&Settings { deny: vec!["evil.example".to_owned()], ..Settings::default() });
        for (text, wanted) in [
            ("see https://evil.example/a(b)c?d=e, and", "https://evil.example/a(b)c?d=e"),
            ("[x](https://evil.example/a).", "https://evil.example/a"),
            ("<a href='https://evil.example'>x</a>", "https://evil.example"),
            ("é hxxps[:]//evil[.]example/x!", "hxxps[:]//evil[.]example/x"),
        ] {
            let found = detector.find(text);
            assert_eq!(found.iter().map(|found| &text[found.range.clone()]).collect::<Vec<_>>(), [wanted]);
        }
    }

    #[test]
    fn a_long_text_takes_no_long_time() {
        let detector = Detector::new(&Settings { protect: vec!["bank.com".to_owned()], ..Settings::default() });
        for unit in [
            "a.",
            "http:",
            "http://",
            "a[.]",
            "x。",
            "://",
            "data:",
            "https://a.example/?u=https://b.example ",
            "(",
            "xn--a.com ",
            "a://?",
            "a.b@",
            "a(.)b",
            "=\"\n",
            "mailto:a@b,",
            "a:",
            "data:a/",
            "/",
            "a://@?",
            "a://:8?",
            "//a ",
            "(//",
            "http:/",
            "\u{200b}http://a",
        ] {
            let text = unit.repeat(200_000 / unit.len());
            assert!(detector.find(&text).len() < text.len());
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_looked_at(text in "([a-z0-9é./:@\\\\%?=&\\[\\]()#-]|https?://|xn--|javascript:|[.]|\u{3002}){0,40}") {
            let detector = Detector::new(&Settings { allow: vec!["a.com".to_owned()], ..Settings::default() });
            for found in detector.find(&text) {
                proptest::prop_assert!(text.get(found.range.clone()).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}
