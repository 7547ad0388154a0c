//! Choosing thresholds: one for all, then one for each intent that has the texts for it, held back towards that for all.

use rustc_hash::FxHashMap;

use super::{Labelled, Seen, Thresholds};
use crate::program::IntentId;

/// How many texts must mean an intent for a threshold of its own.
const FEWEST: usize = 5;
/// How many texts the threshold for all is worth.
const PRIOR: f32 = 5.0;
/// A threshold of its own that is no further from that for all is none.
const NEAR: f32 = 0.025;

/// Thresholds are whole hundredths, which people can read and compare.
fn grid() -> impl Iterator<Item = f32> + Clone {
    (1..=99).map(|hundredths| hundredths as f32 / 100.0)
}

/// Chooses thresholds for the texts `shown`, the one for all near to `usual` unless there is a reason.
pub(super) fn thresholds(shown: &[&Labelled], target: Option<f64>, fixed: &[IntentId], usual: f32) -> Thresholds {
    let inside = shown.iter().filter(|text| text.intent.is_some()).count();
    let outside = shown.len() - inside;
    // A text in scope and one out of it weigh the same, however many there are of each.
    let worth = Worth { inside: 1.0 / inside.max(1) as f32, outside: 1.0 / outside.max(1) as f32 };
    let alone = |default: f32| Thresholds { default, own: FxHashMap::default() };
    let allowed = |thresholds: &Thresholds| target.is_none_or(|target| alarms(shown, thresholds, outside) <= target);
    let lowest = grid().find(|threshold| allowed(&alone(*threshold))).unwrap_or(0.99);
    let gains = grid().filter(|threshold| *threshold >= lowest).map(|threshold| {
        let thresholds = alone(threshold);
        (threshold, shown.iter().map(|text| worth.of(text, thresholds.meaning(&text.seen))).sum())
    });
    // What one text more or less of the rarer kind would change is no reason.
    let default = best(gains, usual.max(lowest), worth.inside.max(worth.outside));
    let mut chosen = alone(default);
    let mut own: FxHashMap<IntentId, (usize, Vec<&Labelled>)> = FxHashMap::default();
    for text in shown {
        if let Some(intent) = text.intent {
            own.entry(intent).or_default().0 += 1;
        }
        if let Seen::Near(candidates) = &text.seen
            && let Some((nearest, _)) = candidates.first()
        {
            own.entry(*nearest).or_default().1.push(text);
        }
    }
    let with_enough = own.into_iter().filter(|(intent, (texts, _))| *texts >= FEWEST && !fixed.contains(intent));
    for (intent, (count, nearest)) in with_enough {
        let gains = grid().map(|threshold| {
            let taken = |text: &Labelled| first(text).filter(|(_, score)| *score >= threshold).map(|of| of.0);
            (threshold, nearest.iter().map(|text| worth.of(text, taken(text))).sum())
        });
        let wanted = in_gap(gains, default);
        let held = (count as f32 * wanted + PRIOR * default) / (count as f32 + PRIOR);
        let held = (100.0 * held).round() / 100.0;
        if (held - default).abs() > NEAR {
            chosen.own.insert(intent, held);
        }
    }
    // Each is good by itself; together they may let too much through.
    while !allowed(&chosen) && chosen.own.values().any(|threshold| *threshold < default) {
        chosen.own.values_mut().filter(|threshold| **threshold < default).for_each(|threshold| {
            *threshold = (100.0 * *threshold + 1.0).round() / 100.0;
        });
    }
    chosen.own.retain(|_, threshold| *threshold != default);
    chosen
}

/// The share of texts out of scope that mean something.
fn alarms(shown: &[&Labelled], thresholds: &Thresholds, outside: usize) -> f64 {
    let alarms = shown.iter().filter(|text| text.intent.is_none() && thresholds.meaning(&text.seen).is_some());
    alarms.count() as f64 / outside.max(1) as f64
}

fn first(text: &Labelled) -> Option<(IntentId, f32)> {
    match &text.seen {
        Seen::Near(candidates) => candidates.first().copied(),
        Seen::Certain(intent) => Some((*intent, 1.0)),
    }
}

/// The threshold that is nearest to `usual` among those whose gain is no more than `slack` from the greatest.
fn best(gains: impl Iterator<Item = (f32, f32)> + Clone, usual: f32, slack: f32) -> f32 {
    let greatest = gains.clone().map(|(_, gain)| gain).fold(f32::MIN, f32::max);
    let good = gains.filter(|(_, gain)| *gain >= greatest - slack - 1e-6).map(|(threshold, _)| threshold);
    good.min_by(|a, b| (a - usual).abs().total_cmp(&(b - usual).abs())).unwrap_or(usual)
}

/// The middle of the thresholds of the greatest gain that are nearest to `usual`, so that it is far from the scores on both sides; where
/// there are none on the far side, the nearest one.
fn in_gap(gains: impl Iterator<Item = (f32, f32)> + Clone, usual: f32) -> f32 {
    let nearest = best(gains.clone(), usual, 0.0);
    let greatest = gains.clone().map(|(_, gain)| gain).fold(f32::MIN, f32::max);
    let is_further = |threshold: f32| if nearest < usual { threshold <= nearest } else { threshold >= nearest };
    let further: Vec<(f32, f32)> = gains.filter(|(threshold, _)| is_further(*threshold)).collect();
    let good = |(_, gain): &&(f32, f32)| *gain >= greatest - 1e-6;
    let gap = if nearest < usual {
        further.iter().rev().take_while(good).count()
    } else {
        further.iter().take_while(good).count()
    };
    if nearest == usual || gap == further.len() {
        return nearest;
    }
    let reach = (gap as f32 - 1.0) / 200.0;
    if nearest < usual { nearest - reach } else { nearest + reach }
}

/// What a decision is worth.
struct Worth {
    inside: f32,
    outside: f32,
}

impl Worth {
    fn of(&self, text: &Labelled, meaning: Option<IntentId>) -> f32 {
        match (text.intent, meaning) {
            (Some(intent), Some(meaning)) if intent == meaning => self.inside,
            // Something else is done than was asked for, which is worse than nothing.
            (Some(_), Some(_)) => -self.inside,
            (None, Some(_)) => -self.outside,
            (_, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(intent: Option<u32>, nearest: u32, score: f32) -> Labelled {
        let seen = Seen::Near(vec![(IntentId(nearest), score)]);
        Labelled { text: String::new(), intent: intent.map(IntentId), seen }
    }

    #[test]
    fn thresholds_part_what_is_meant_from_what_is_not() {
        let mut texts: Vec<Labelled> = (0..20).map(|_| text(Some(0), 0, 0.8)).collect();
        texts.extend((0..20).map(|_| text(Some(1), 1, 0.5)));
        texts.extend((0..20).map(|_| text(None, 0, 0.65)));
        texts.extend((0..20).map(|_| text(None, 1, 0.2)));
        let shown: Vec<&Labelled> = texts.iter().collect();
        let found = thresholds(&shown, None, &[], 0.5);
        let right = |found: &Thresholds| shown.iter().filter(|text| found.meaning(&text.seen) == text.intent).count();
        let alone = |default: f32| Thresholds { default, own: FxHashMap::default() };
        let best_alone = grid().map(|threshold| right(&alone(threshold))).max();
        assert!(Some(right(&found)) > best_alone, "{found:?}");
        let fixed = thresholds(&shown, None, &[IntentId(1)], 0.5);
        assert!(!fixed.own.contains_key(&IntentId(1)), "{fixed:?}");
    }

    #[test]
    fn no_more_false_alarms_than_allowed() {
        let mut texts: Vec<Labelled> = (0..50).map(|step| text(Some(0), 0, 0.5 + 0.01 * step as f32)).collect();
        texts.extend((0..100).map(|step| text(None, 0, 0.009 * step as f32)));
        let shown: Vec<&Labelled> = texts.iter().collect();
        for target in [0.01, 0.05, 0.2] {
            let found = thresholds(&shown, Some(target), &[], 0.5);
            assert!(alarms(&shown, &found, 100) <= target, "{target}: {found:?}");
        }
    }
}
