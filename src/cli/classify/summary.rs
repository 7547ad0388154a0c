//! How many labelled texts were classified as their labels say.

use std::fmt;

use super::Row;

/// Counts, text by text.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: u64,
    matched: u64,
    micros: Vec<f64>,
    /// Rows whose label is an intent.
    in_scope: u64,
    /// Of these, rows whose best candidate is the label.
    top_1: u64,
    /// Of these, rows whose intent is the label.
    right: u64,
    /// Rows whose label is no intent: they should mean nothing.
    out_of_scope: u64,
    /// Of these, rows that do.
    rejected: u64,
}

impl Summary {
    /// Takes in a row; `label` is what it should mean, and whether an intent is called so.
    pub(super) fn add(&mut self, row: &Row<'_>, label: Option<(&str, bool)>) {
        self.rows += 1;
        self.matched += u64::from(row.intent.is_some());
        self.micros.push(row.micros);
        match label {
            None => {}
            Some((label, true)) => {
                self.in_scope += 1;
                self.top_1 += u64::from(row.candidates.first().is_some_and(|candidate| candidate.intent == label));
                self.right += u64::from(row.intent == Some(label));
            }
            Some((_, false)) => {
                self.out_of_scope += 1;
                self.rejected += u64::from(row.intent.is_none());
            }
        }
    }

    fn median(&self) -> f64 {
        let mut micros = self.micros.clone();
        micros.sort_by(f64::total_cmp);
        micros.get(micros.len() / 2).copied().unwrap_or(0.0)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole as f64;
        writeln!(f, "{} texts, {} with an intent, median {:.1} µs", self.rows, self.matched, self.median())?;
        if self.in_scope > 0 {
            let (rows, top_1, right) = (self.in_scope, self.top_1, self.right);
            writeln!(f, "labelled with an intent: {rows}")?;
            writeln!(f, "  top-1 accuracy             {:>6.2} %  ({top_1} of {rows})", percent(top_1, rows))?;
            writeln!(f, "  accuracy after thresholds  {:>6.2} %  ({right} of {rows})", percent(right, rows))?;
        }
        if self.out_of_scope > 0 {
            let (rows, rejected) = (self.out_of_scope, self.rejected);
            writeln!(f, "labelled otherwise: {rows}")?;
            writeln!(f, "  rightly without an intent  {:>6.2} %  ({rejected} of {rows})", percent(rejected, rows))?;
        }
        Ok(())
    }
}
