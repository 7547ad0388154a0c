//! What decisions are worth, on texts of which it is known what they mean.

use std::fmt;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{Labelled, Seen, Thresholds};
use crate::program::{IntentId, Program};

/// How many kinds of mistakes are named, and how many texts of each.
const MOST_CONFUSIONS: usize = 10;
const MOST_TEXTS: usize = 3;

/// A share of some texts, with the interval in which it lies in 95 of 100 cases (Wilson, 1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// How many.
    pub hits: usize,
    /// Of so many.
    pub of: usize,
    /// From 0 to 1; `None` of nothing.
    pub share: Option<f64>,
    /// The least it is likely to be.
    pub low: f64,
    /// The most it is likely to be.
    pub high: f64,
}

impl Interval {
    /// Of `hits` of `of`.
    pub fn new(hits: usize, of: usize) -> Self {
        if of == 0 {
            return Self { hits, of, share: None, low: 0.0, high: 1.0 };
        }
        let (z, n) = (1.959_964_f64, of as f64);
        let share = hits as f64 / n;
        let centre = share + z * z / (2.0 * n);
        let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z * z / n;
        let (low, high) = (((centre - reach) / whole).max(0.0), ((centre + reach) / whole).min(1.0));
        Self { hits, of, share: Some(share), low, high }
    }
}

impl fmt::Display for Interval {
    /// `84.0 % (79.9 to 87.4)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.share {
            Some(share) => {
                let [share, low, high] = [share, self.low, self.high].map(|share| 100.0 * share);
                f.pad(&format!("{share:.1} % ({low:.1} to {high:.1})"))
            }
            None => f.pad("no such texts"),
        }
    }
}

/// Texts of one meaning that were taken for another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confusion {
    /// What they mean; `None` for no intent.
    pub meant: Option<String>,
    /// What they were taken for; `None` for no intent.
    pub taken: Option<String>,
    /// How many.
    pub count: usize,
    /// Some of them.
    pub texts: Vec<String>,
}

/// How well texts are understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    /// Texts in scope that were taken for what they mean.
    pub accuracy: Interval,
    /// The mean over the intents of F₁, the harmonic mean of precision and recall; texts out of scope count against precision.
    pub macro_f1: f64,
    /// Texts out of scope that were taken for nothing.
    pub rejected: Interval,
    /// Texts out of scope that were taken for something.
    pub false_alarms: Interval,
    /// Texts that equal an example or match a pattern, which no threshold changes.
    pub certain: usize,
    /// The most frequent mistakes first.
    pub confusions: Vec<Confusion>,
}

impl Rates {
    pub(super) fn new(program: &Program, texts: &[&Labelled], thresholds: &Thresholds) -> Self {
        let (mut inside, mut right, mut outside, mut alarms) = (0, 0, 0, 0);
        // For each intent: texts that mean it, that were taken for it, and both.
        let mut counts: FxHashMap<IntentId, [usize; 3]> = FxHashMap::default();
        let mut mistakes: FxHashMap<(Option<IntentId>, Option<IntentId>), Vec<&str>> = FxHashMap::default();
        for text in texts {
            let taken = thresholds.meaning(&text.seen);
            match text.intent {
                Some(intent) => {
                    inside += 1;
                    right += usize::from(taken == Some(intent));
                    counts.entry(intent).or_default()[0] += 1;
                }
                None => {
                    outside += 1;
                    alarms += usize::from(taken.is_some());
                }
            }
            if let Some(taken) = taken {
                let counts = counts.entry(taken).or_default();
                counts[1] += 1;
                counts[2] += usize::from(text.intent == Some(taken));
            }
            if taken != text.intent {
                mistakes.entry((text.intent, taken)).or_default().push(&text.text);
            }
        }
        let f1 = counts.values().filter(|counts| counts[0] > 0);
        let f1: Vec<f64> = f1.map(|[meant, taken, both]| 2.0 * *both as f64 / (meant + taken) as f64).collect();
        let name = |intent: IntentId| program.intent(intent).name.to_string();
        let mut mistakes: Vec<_> = mistakes.into_iter().collect();
        mistakes.sort_by(|(a, one), (b, other)| other.len().cmp(&one.len()).then(a.cmp(b)));
        let confusions = mistakes.into_iter().take(MOST_CONFUSIONS).map(|((meant, taken), texts)| Confusion {
            meant: meant.map(name),
            taken: taken.map(name),
            count: texts.len(),
            texts: texts.into_iter().take(MOST_TEXTS).map(str::to_owned).collect(),
        });
        Self {
            accuracy: Interval::new(right, inside),
            macro_f1: f1.iter().sum::<f64>() / f1.len().max(1) as f64,
            rejected: Interval::new(outside - alarms, outside),
            false_alarms: Interval::new(alarms, outside),
            certain: texts.iter().filter(|text| matches!(text.seen, Seen::Certain(_))).count(),
            confusions: confusions.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
        for (hits, of, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let found = Interval::new(hits, of);
            assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{found:?}");
        }
        assert_eq!(Interval::new(0, 0).to_string(), "no such texts");
        assert_eq!(Interval::new(1, 2).to_string(), "50.0 % (9.5 to 90.5)");
    }
}
