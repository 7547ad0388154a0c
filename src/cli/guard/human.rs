//! What the rails made of texts, for people.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::outcome::Checked;
use crate::cli::visible::{Window, window};
use crate::engine::Status;

const PASSED: Style = AnsiColor::Green.on_default();
const MODIFIED: Style = AnsiColor::Yellow.on_default();
const BLOCKED: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How many characters of a text are shown.
const LONGEST: usize = 72;
/// How many characters of a cause are shown.
const LONGEST_REASON: usize = 400;
/// Where texts begin.
const INDENT: usize = 22;

/// Writes what became of a text, and if it did not pass, why, with what it went by marked below the text.
pub(super) fn write(checked: &Checked<'_>, out: &mut impl Write) -> io::Result<()> {
    let (style, name) = match checked.status {
        Status::Passed => (PASSED, "passed"),
        Status::Modified => (MODIFIED, "modified"),
        Status::Blocked => (BLOCKED, "blocked"),
    };
    let blocked = checked.status == Status::Blocked;
    let (text, marked) = if blocked { (&*checked.seen, checked.marked()) } else { (checked.text, Vec::new()) };
    let Window { text: shown, carets } = window(text, &marked, LONGEST);
    let time = time(checked.micros);
    writeln!(out, "{style}{name:<8}{style:#} {DIM}{time:>11}{DIM:#}  {shown}")?;
    let by = checked.rail.as_deref().map(short).map_or_else(String::new, |rail| format!("by `{rail}`"));
    if blocked {
        let rule = checked.rule.as_deref().map(short).unwrap_or_default();
        if !carets.is_empty() {
            writeln!(out, "{:INDENT$}{style}{carets}{style:#}{}", "", behind(" ", &rule))?;
        }
        let reason = checked.reason.as_deref().map(told).unwrap_or_default();
        let place = checked.line.as_ref().map_or_else(String::new, |line| format!("  ({line})"));
        writeln!(out, "{:INDENT$}{by}{}{place}", "", behind(if by.is_empty() { "" } else { ": " }, &reason))?;
        if carets.is_empty() && !rule.is_empty() {
            writeln!(out, "{:INDENT$}rule {rule}", "")?;
        }
        if let Some(score) = scored(checked) {
            writeln!(out, "{:INDENT$}{score}", "")?;
        }
    }
    if checked.status != Status::Passed {
        let before = if blocked { "says".to_owned() } else { by };
        let content = if checked.content.is_empty() { "nothing".to_owned() } else { short(&checked.content) };
        writeln!(out, "{:INDENT$}{before}: {content}", "")?;
    }
    for (rail, reason) in &checked.failed_open {
        let rail = short(rail);
        writeln!(out, "{:INDENT$}{MODIFIED}`{rail}` failed and let it pass{MODIFIED:#}: {}", "", told(reason))?;
    }
    Ok(())
}

fn time(micros: f64) -> String {
    if micros < 1_000.0 { format!("{micros:.1} µs") } else { format!("{:.1} ms", micros / 1_000.0) }
}

fn scored(checked: &Checked<'_>) -> Option<String> {
    let score = checked.score?;
    let against = checked.threshold.map_or_else(String::new, |threshold| format!(", threshold {threshold:.2}"));
    Some(format!("score {score:.2}{against}"))
}

/// A cause, which ends with what matters.
fn told(text: &str) -> String {
    window(text, &[], LONGEST_REASON).text
}

fn short(text: &str) -> String {
    window(text, &[], LONGEST).text
}

/// `text` behind `before`, if there is one.
fn behind(before: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{before}{text}") }
}

/// How many texts ended how.
#[derive(Debug, Default)]
pub(super) struct Summary {
    passed: u64,
    modified: u64,
    pub blocked: u64,
    /// A rail failed and let them pass.
    failed_open: u64,
    micros: Vec<f64>,
}

impl Summary {
    pub(super) fn add(&mut self, checked: &Checked<'_>) {
        match checked.status {
            Status::Passed => self.passed += 1,
            Status::Modified => self.modified += 1,
            Status::Blocked => self.blocked += 1,
        }
        self.failed_open += u64::from(!checked.failed_open.is_empty());
        self.micros.push(checked.micros);
    }

    pub(super) fn texts(&self) -> u64 {
        self.passed + self.modified + self.blocked
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, modified, blocked, failed_open, .. } = self;
        let mut micros = self.micros.clone();
        micros.sort_by(f64::total_cmp);
        let median = micros.get(micros.len() / 2).copied().unwrap_or(0.0);
        write!(f, "\n{} texts: {passed} passed, {modified} modified, {blocked} blocked", self.texts())?;
        if *failed_open > 0 {
            write!(f, "; {failed_open} with a rail that failed and let them pass")?;
        }
        write!(f, "; median {}", time(median))
    }
}
