//! The best intents, without a look at those that could not be among them.

use std::cmp::Ordering;

/// What a text has to do with a class.
pub(super) struct Scored {
    pub class: usize,
    /// Nearest example and centre, as they weigh.
    pub mixed: f32,
    /// What orders intents, and tells their confidence.
    pub rank: f32,
    pub row: usize,
}

/// An intent, and the most that it can come to.
pub(super) struct Promise {
    pub most: f32,
    pub class: usize,
    /// Whether its examples were looked at, by their 8-bit numbers, and not its centre alone.
    pub looked: bool,
}

impl PartialEq for Promise {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Promise {}

impl PartialOrd for Promise {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Promise {
    fn cmp(&self, other: &Self) -> Ordering {
        self.most.total_cmp(&other.most).then(other.class.cmp(&self.class))
    }
}

/// The best intents so far, best first; of two equal ones the first defined.
pub(super) struct Best {
    pub count: usize,
    pub kept: Vec<Scored>,
}

impl Best {
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
