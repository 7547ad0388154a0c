//! Pairs of intents whose examples can't be told apart, wherever a threshold is put.

use ndarray::s;
use rustc_hash::FxHashMap;

use super::space::Space;
use crate::diagnostic::{Diagnostic, codes};
use crate::program::Program;

/// Intents of fewer examples say too little when one of them is left out.
pub(super) const FEWEST: usize = 3;
/// Of intents with as many examples more is asked for.
const MANY: usize = 5;
/// The share of right orders that is no better than chance, or hardly.
const BY_CHANCE: f32 = 0.6;
/// The same where examples are few: more wrong than right.
const MOSTLY_WRONG: f32 = 0.4;

/// How many examples of either of two groups are nearer to the other, by pair: the first group, then the second.
#[derive(Default)]
pub(super) struct Confused(FxHashMap<[usize; 2], [u32; 2]>);

/// Two groups that can't be told apart.
pub(super) struct Pair {
    /// In order.
    pub groups: [usize; 2],
    /// Of two examples, one of each: how often they are in the right order, from 0 to 1.
    right: f32,
    /// The row of each that is most like the other.
    worst: [usize; 2],
}

impl Confused {
    /// Notes that an example of the group `own` is nearer to `other`.
    pub(super) fn add(&mut self, own: usize, other: usize) {
        let count = self.0.entry([own.min(other), own.max(other)]).or_default();
        count[usize::from(own > other)] += 1;
    }

    /// The pairs that no threshold tells apart, in order.
    pub(super) fn inseparable(self, space: &Space<'_>) -> Vec<Pair> {
        let mut pairs: Vec<Pair> =
            self.0.into_iter().filter_map(|(groups, wrong)| Pair::new(space, groups, wrong)).collect();
        pairs.sort_by_key(|pair| pair.groups);
        pairs
    }
}

impl Pair {
    /// What is right at the threshold 0 bounds what can be wrong at all others: of (1 − a) · (1 − b) of all pairs of examples the order
    /// is right, where the shares a and b of either are nearer to the other. Only what that leaves open is looked at.
    fn new(space: &Space<'_>, groups: [usize; 2], wrong: [u32; 2]) -> Option<Self> {
        let counts = groups.map(|group| space.groups[group].own.rows.len());
        let enough = if counts.iter().all(|count| *count >= MANY) { BY_CHANCE } else { MOSTLY_WRONG };
        let right = |at: usize| 1.0 - wrong[at] as f32 / counts[at] as f32;
        if counts.iter().any(|count| *count < FEWEST) || right(0) * right(1) > enough {
            return None;
        }
        let leads = [leads(space, groups), leads(space, [groups[1], groups[0]])];
        let pairs = leads[0].iter().flat_map(|one| leads[1].iter().map(move |other| one + other));
        // The area under the ROC curve; what is even counts half.
        let right: f64 = pairs
            .map(|sum| {
                if sum > 0.0 {
                    1.0
                } else if sum < 0.0 {
                    0.0
                } else {
                    0.5
                }
            })
            .sum();
        let right = (right / (counts[0] * counts[1]) as f64) as f32;
        let worst = |at: usize| {
            let least = (0..counts[at]).min_by(|one, other| leads[at][*one].total_cmp(&leads[at][*other]));
            space.groups[groups[at]].own.rows.start + least.unwrap_or_default()
        };
        (right <= enough).then(|| Self { groups, right, worst: [worst(0), worst(1)] })
    }

    pub(super) fn diagnostic(&self, program: &Program, space: &Space<'_>) -> Diagnostic {
        let [one, other] = self.groups.map(|group| &program.intent(space.groups[group].intent).name);
        let [worst, others] = self.worst.map(|row| &space.examples[row]);
        let percent = 100.0 * self.right;
        Diagnostic::new(codes::INSEPARABLE, worst.span, format!("no threshold tells `{one}` and `{other}` apart"))
            .label(format!("most like `{other}`: \"{}\"", worst.text))
            .also(others.span, format!("most like `{one}`: \"{}\"", others.text))
            .help(format!(
                "make them one intent, or name in the examples of each what sets it apart: each without itself, examples of the two are in the right order in {percent:.0} % of cases, and 50 % is chance"
            ))
    }
}

/// How much nearer each example of a group is to the rest of its own than to the other group.
fn leads(space: &Space<'_>, [own, other]: [usize; 2]) -> Vec<f32> {
    let [own, other] = [own, other].map(|group| &space.groups[group]);
    let rows = space.of(own);
    let to_own = rows.dot(&rows.t());
    let to_other = rows.dot(&space.of(other).t());
    let to_rivals = rows.dot(&space.rivals.slice(s![other.rivals.rows.clone(), ..]).t());
    let lead = |place: usize| {
        let theirs = other.nearness(to_other.row(place), to_rivals.row(place));
        theirs.map_or(f32::INFINITY, |theirs| own.own.without(place, to_own.row(place)) - theirs)
    };
    (0..rows.nrows()).map(lead).collect()
}
