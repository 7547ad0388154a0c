//! The best intents, without a look at the examples of those that could not be among them.

use super::{Asked, Class, LEARNT, PLAIN, ROUNDING};
use crate::classify::Scale;
use crate::program::IntentId;

/// What a text has to do with a class.
pub(super) struct Scored {
    pub class: usize,
    /// Nearest example and centre, as they weigh.
    pub mixed: f32,
    /// What orders intents, and tells their confidence.
    pub rank: f32,
    pub row: usize,
}

/// The best intents so far, best first; of two equal ones the first defined.
pub(super) struct Best {
    count: usize,
    pub kept: Vec<Scored>,
}

impl Best {
    pub(super) fn new(count: usize) -> Self {
        Self { count, kept: Vec::with_capacity(count + 1) }
    }

    /// Whether one that comes to `most` could be among them.
    pub(super) fn takes(&self, most: f32) -> bool {
        self.kept.len() < self.count || self.kept.last().is_some_and(|last| most >= last.rank)
    }

    pub(super) fn take(&mut self, scored: Scored) {
        let order = |other: &Scored| other.rank.total_cmp(&scored.rank).then(scored.row.cmp(&other.row)).is_gt();
        self.kept.insert(self.kept.partition_point(order), scored);
        self.kept.truncate(self.count);
    }
}

/// What is known of each class before a text is asked: a column a property, so that all classes are gone through at once.
#[derive(Debug, Default)]
pub(super) struct Columns {
    reach: Vec<f32>,
    centre_weight: Vec<f32>,
    midpoint: Vec<f32>,
    steepness: Vec<f32>,
}

/// What each class can come to.
pub(super) struct Promises {
    /// At most, as its centre tells; −∞ for what is no intent, or ruled out.
    pub most: Vec<f32>,
    /// If its nearest example were as near as its centre.
    likely: Vec<f32>,
}

impl Columns {
    pub(super) fn of(classes: &[Class], learnt: bool) -> Self {
        let mut columns = Self::default();
        for class in classes {
            let scaling = if learnt && class.is_learnt() { &LEARNT } else { &PLAIN };
            columns.reach.push(class.reach);
            columns.centre_weight.push(class.centre_weight);
            columns.midpoint.push(scaling.midpoint);
            columns.steepness.push(1.0 / scaling.width);
        }
        columns
    }

    pub(super) fn promises(&self, classes: &[Class], asked: &Asked<'_>, ruled_out: &[IntentId]) -> Promises {
        let mut promises = match asked.scale {
            Scale::Confidence => self.by_confidence(asked),
            Scale::Reference => self.by_cosine(asked),
        };
        for (index, class) in classes.iter().enumerate() {
            if class.is_rival || ruled_out.contains(&class.intent) {
                promises.most[index] = f32::NEG_INFINITY;
                promises.likely[index] = f32::NEG_INFINITY;
            }
        }
        promises
    }

    fn by_confidence(&self, asked: &Asked<'_>) -> Promises {
        let count = self.reach.len();
        let (mut most, mut likely) = (vec![0.0; count], vec![0.0; count]);
        // Slices of one length, so that the compiler takes several classes at a time.
        let [reach, weight, midpoint, steepness, centres, roots] =
            [&self.reach, &self.centre_weight, &self.midpoint, &self.steepness, &asked.centres, &asked.roots]
                .map(|column| &column[..count]);
        for at in 0..count {
            let rest = roots[at] - 0.5 * asked.generic - midpoint[at];
            let centre = (centres[at] + asked.slack).clamp(-1.0, 1.0);
            let nearest = nearest_possible(centre, reach[at]);
            most[at] = (nearest + weight[at] * (centre - nearest) + rest) * steepness[at] + ROUNDING;
            likely[at] = (centre + rest) * steepness[at];
        }
        Promises { most, likely }
    }

    fn by_cosine(&self, asked: &Asked<'_>) -> Promises {
        let centre = |centre: &f32| (centre + asked.slack).clamp(-1.0, 1.0);
        let likely: Vec<f32> = asked.centres.iter().map(centre).collect();
        let most = likely.iter().zip(&self.reach).map(|(centre, reach)| nearest_possible(*centre, *reach) + ROUNDING);
        Promises { most: most.collect(), likely }
    }
}

impl Promises {
    /// The `count` likeliest classes.
    pub(super) fn likeliest(&self, count: usize) -> Vec<usize> {
        let mut best: Vec<usize> = Vec::with_capacity(count + 1);
        let mut floor = f32::NEG_INFINITY;
        for (index, likely) in self.likely.iter().enumerate() {
            if *likely > floor {
                best.insert(best.partition_point(|other| self.likely[*other] >= *likely), index);
                best.truncate(count);
                floor = if best.len() == count { self.likely[best[count - 1]] } else { floor };
            }
        }
        best
    }
}

/// The greatest cosine that a vector can have to an example, whose cosine to the centre is `centre`, and that of the example at least
/// `reach`: the cosine of the angle between the two angles.
pub(super) fn nearest_possible(centre: f32, reach: f32) -> f32 {
    let possible = centre * reach + ((1.0 - centre * centre) * (1.0 - reach * reach)).max(0.0).sqrt();
    if centre >= reach { 1.0 } else { possible }
}
