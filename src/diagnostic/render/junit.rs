//! JUnit XML. A configuration is a suite, and each of its files a test, so that tests keep their names as findings come and
//! go. All that fails a test is in one `failure`: of several, Jenkins keeps one. The other findings are its `system-out`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::escape::{xml_attribute as attribute, xml_content as content};
use super::{Checked, place, short, words_and_places};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// One file of a configuration, or the configuration itself.
struct Case<'a> {
    name: String,
    failures: Vec<&'a Diagnostic>,
    others: Vec<&'a Diagnostic>,
}

pub(super) fn write(checked: &[Checked<'_>], failing: Severity, out: &mut impl Write) -> io::Result<()> {
    let suites: Vec<_> = checked.iter().map(|checked| cases(checked, failing)).collect();
    let failed = |cases: &[Case<'_>]| cases.iter().filter(|case| !case.failures.is_empty()).count();
    let tests: usize = suites.iter().map(Vec::len).sum();
    let failures: usize = suites.iter().map(|cases| failed(cases)).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="railsc" tests="{tests}" failures="{failures}" errors="0">"#)?;
    for (checked, cases) in checked.iter().zip(&suites) {
        let name = attribute(&place::portable(checked.name));
        let (tests, failures) = (cases.len(), failed(cases));
        writeln!(out, r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="0" skipped="0">"#)?;
        for case in cases {
            write_case(case, &name, checked.sources, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// The files in the order they were read. What is about no text comes first, as the test of the configuration.
fn cases<'a>(checked: &Checked<'a>, failing: Severity) -> Vec<Case<'a>> {
    let mut found: BTreeMap<_, Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in checked.diagnostics {
        found.entry(diagnostic.span.map(|span| span.file)).or_default().push(diagnostic);
    }
    let case = |name: &str, found: Option<Vec<&'a Diagnostic>>| {
        let (failures, others) = found.unwrap_or_default().into_iter().partition(|found| found.severity >= failing);
        Case { name: place::portable(name), failures, others }
    };
    let mut cases = Vec::new();
    if found.contains_key(&None) || checked.sources.files().next().is_none() {
        cases.push(case(checked.name, found.remove(&None)));
    }
    for (id, file) in checked.sources.files() {
        cases.push(case(file.name(), found.remove(&Some(id))));
    }
    cases
}

fn write_case(case: &Case<'_>, suite: &str, sources: &SourceMap, out: &mut impl Write) -> io::Result<()> {
    let name = attribute(&case.name);
    write!(out, r#"    <testcase classname="{suite}" name="{name}" file="{name}""#)?;
    if case.failures.is_empty() && case.others.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    if let Some(first) = case.failures.first() {
        let message = match case.failures.len() - 1 {
            0 => first.message.clone(),
            more => format!("{}, and {more} more", first.message),
        };
        let (kind, message) = (first.code, attribute(&message));
        let text = listing(&case.failures, sources);
        writeln!(out, r#"      <failure type="{kind}" message="{message}">{text}</failure>"#)?;
    }
    if !case.others.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", listing(&case.others, sources))?;
    }
    writeln!(out, "    </testcase>")
}

fn listing(diagnostics: &[&Diagnostic], sources: &SourceMap) -> String {
    let one = |diagnostic: &&Diagnostic| {
        let words = words_and_places(diagnostic, sources);
        let more = words[diagnostic.message.len()..].replace('\n', "\n  ");
        format!("{}{more}", short(diagnostic, sources))
    };
    content(&diagnostics.iter().map(one).collect::<Vec<_>>().join("\n"))
}
