//! Figures, and what they have to keep within, as a table of Markdown.

use std::fmt;
use std::time::Duration;

/// A figure.
pub struct Row {
    what: String,
    figure: String,
    bound: String,
    holds: Option<bool>,
}

impl Row {
    /// A time, which should be `bound` at most.
    pub fn time(what: String, time: Duration, bound: Option<Duration>) -> Self {
        let shown = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1_000.0);
        let text = bound.map_or_else(String::new, |bound| format!("≤ {}", shown(bound)));
        Self { what, figure: shown(time), bound: text, holds: bound.map(|bound| time <= bound) }
    }

    /// A number that should be `bound` at least.
    pub fn at_least(what: String, figure: f64, bound: f64) -> Self {
        Self { what, figure: format!("{figure:.0}"), bound: format!("≥ {bound:.0}"), holds: Some(figure >= bound) }
    }

    /// A number that should be `bound` at most.
    pub fn at_most(what: String, figure: f64, unit: &str, bound: f64) -> Self {
        let shown = |number: f64| format!("{number:.0} {unit}").trim_end().to_owned();
        Self { what, figure: shown(figure), bound: format!("≤ {}", shown(bound)), holds: Some(figure <= bound) }
    }
}

/// All figures.
#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | figure | bound | |\n|---|---|---|---|")?;
        for Row { what, figure, bound, holds } in &self.0 {
            let holds = match holds {
                Some(true) => "held",
                Some(false) => "not held",
                None => "",
            };
            writeln!(f, "| {what} | {figure} | {bound} | {holds} |")?;
        }
        Ok(())
    }
}
