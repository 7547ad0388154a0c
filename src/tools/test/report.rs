//! What tests came to, as text: for people, or as CI systems read it.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::coverage::percent;
use super::{Case, Failure, Item, Kind, Outcome};
use crate::diagnostic::render::escape;

/// How the outcome is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line a file, and what failed with all that led there.
    Human,
    /// One JSON object.
    Json,
    /// JUnit XML.
    Junit,
    /// Workflow commands of GitHub Actions, one a failure, then the summary.
    Github,
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How many things that did not run are named, of each kind.
const NAMED: usize = 20;

/// Writes `outcome`; coverage only when it is asked for.
///
/// # Errors
/// When `out` fails.
pub fn render(outcome: &Outcome, format: Format, coverage: bool, out: &mut impl Write) -> io::Result<()> {
    match format {
        Format::Human => human(outcome, coverage, out),
        Format::Json => {
            let coverage = coverage.then_some(&outcome.coverage);
            let suites = outcome.suites.iter().map(|suite| {
                let cases: Vec<_> = suite.cases.iter().map(case_json).collect();
                json!({ "name": suite.name, "tests": cases })
            });
            let suites: Vec<_> = suites.collect();
            let (passed, failed) = counts(outcome);
            let percent = coverage.and_then(|_| outcome.percent());
            let summary = json!({ "passed": passed, "failed": failed, "coverage_percent": percent });
            writeln!(out, "{}", json!({ "v": 1, "summary": summary, "suites": suites, "coverage": coverage }))
        }
        Format::Junit => junit(outcome, out),
        Format::Github => {
            for case in outcome.cases() {
                github(case, out)?;
            }
            writeln!(out, "{}", summary(outcome))?;
            if coverage { totals(outcome, out) } else { Ok(()) }
        }
    }
}

fn counts(outcome: &Outcome) -> (usize, usize) {
    let failed = outcome.cases().filter(|case| case.failure.is_some()).count();
    (outcome.cases().count() - failed, failed)
}

fn summary(outcome: &Outcome) -> String {
    let took = outcome.cases().map(|case| case.took).sum::<Duration>().as_secs_f64() * 1000.0;
    match counts(outcome) {
        (0, 0) => "no test ran".to_owned(),
        (passed, 0) => format!("{} passed in {took:.1} ms", plural(passed, "test")),
        (passed, failed) => {
            format!("{}: {passed} passed, {failed} failed in {took:.1} ms", plural(passed + failed, "test"))
        }
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn human(outcome: &Outcome, coverage: bool, out: &mut impl Write) -> io::Result<()> {
    for suite in &outcome.suites {
        let failed: Vec<&Case> = suite.cases.iter().filter(|case| case.failure.is_some()).collect();
        let passed = suite.cases.len() - failed.len();
        match failed.len() {
            0 if passed == 0 => continue,
            0 => writeln!(out, "{}: {GOOD}{} passed{GOOD:#}", suite.name, plural(passed, "test"))?,
            count => writeln!(out, "{}: {passed} passed, {BAD}{count} failed{BAD:#}", suite.name)?,
        }
        for case in failed {
            let Some(failure) = &case.failure else { continue };
            let place = place(case, failure);
            writeln!(out, "\n{BAD}failed{BAD:#} {}  {DIM}{place}{DIM:#}", case.name)?;
            for line in told(failure, true).lines() {
                writeln!(out, "  {line}")?;
            }
        }
        if passed < suite.cases.len() {
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary(outcome))?;
    if coverage {
        totals(outcome, out)?;
        for covered in &outcome.coverage {
            for kind in Kind::ALL {
                missed(&covered.items, kind, out)?;
            }
        }
    }
    Ok(())
}

/// `coverage: intents 3/4, …: 80 %`.
fn totals(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    for covered in &outcome.coverage {
        let kinds = Kind::ALL.map(|kind| {
            let items = covered.items.iter().filter(|item| item.kind == kind);
            let (all, ran) = items.fold((0, 0), |(all, ran), item| (all + 1, ran + usize::from(item.ran)));
            format!("{} {ran}/{all}", kind.plural())
        });
        writeln!(out, "coverage of {}: {}: {:.1} %", covered.path, kinds.join(", "), percent(covered.items.iter()))?;
    }
    Ok(())
}

fn missed(items: &[Item], kind: Kind, out: &mut impl Write) -> io::Result<()> {
    let missed: Vec<&Item> = items.iter().filter(|item| item.kind == kind && !item.ran).collect();
    for item in missed.iter().take(NAMED) {
        writeln!(out, "  {DIM}{kind} not run:{DIM:#} {}  {DIM}{}{DIM:#}", item.name, item.place)?;
    }
    if missed.len() > NAMED {
        writeln!(out, "  {DIM}and {} more {}{DIM:#}", missed.len() - NAMED, kind.plural())?;
    }
    Ok(())
}

fn place(case: &Case, failure: &Failure) -> String {
    match &failure.place {
        Some(place) => place.to_string(),
        None => format!("{}:{}", case.file, case.line),
    }
}

/// What failed, and how it came about.
fn told(failure: &Failure, trace: bool) -> String {
    let mut text = String::new();
    if let Some(turn) = &failure.turn {
        text += &format!("turn {}, {}\n", turn.number, turn.said);
    }
    text += &format!("expected: {}\n     got: {}", failure.expected, failure.got);
    if let Some(trace) = failure.turn.as_ref().and_then(|turn| turn.trace.as_ref()).filter(|_| trace) {
        text += &format!("\n{trace}");
    }
    text
}

fn case_json(case: &Case) -> serde_json::Value {
    let failure = case.failure.as_ref().map(|failure| {
        let turn = failure.turn.as_ref();
        json!({
            "place": failure.place,
            "turn": turn.map(|turn| turn.number),
            "said": turn.map(|turn| &turn.said),
            "expected": failure.expected,
            "got": failure.got,
            "trace": turn.map(|turn| &turn.trace),
        })
    });
    let micros = case.took.as_micros() as u64;
    json!({ "name": case.name, "file": case.file, "line": case.line, "micros": micros, "passed": failure.is_none(), "failure": failure })
}

fn junit(outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    let attribute = escape::xml_attribute;
    let (passed, failed) = counts(outcome);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="railsc" tests="{}" failures="{failed}" errors="0">"#, passed + failed)?;
    for suite in &outcome.suites {
        let failed = suite.cases.iter().filter(|case| case.failure.is_some()).count();
        let (name, count) = (attribute(&suite.name), suite.cases.len());
        writeln!(out, r#"  <testsuite name="{name}" tests="{count}" failures="{failed}" errors="0" skipped="0">"#)?;
        for case in &suite.cases {
            let (test, file, time) = (attribute(&case.name), attribute(&case.file), case.took.as_secs_f64());
            write!(
                out,
                r#"    <testcase classname="{name}" name="{test}" file="{file}" line="{}" time="{time:.6}""#,
                case.line
            )?;
            match &case.failure {
                None => writeln!(out, "/>")?,
                Some(failure) => {
                    let message = attribute(&format!("expected {}, got {}", failure.expected, failure.got));
                    let text = escape::xml_content(&format!("{}\n{}", place(case, failure), told(failure, true)));
                    writeln!(out, ">\n      <failure message=\"{message}\">{text}</failure>\n    </testcase>")?;
                }
            }
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn github(case: &Case, out: &mut impl Write) -> io::Result<()> {
    let Some(failure) = &case.failure else { return Ok(()) };
    let (file, line) = match &failure.place {
        Some(place) => (place.file.to_string(), place.start.line),
        None => (case.file.clone(), case.line),
    };
    let title = escape::github_property(&format!("failed: {}", case.name));
    let message = escape::github_data(&told(failure, false));
    writeln!(out, "::error file={},line={line},title={title}::{message}", escape::github_property(&file))
}
