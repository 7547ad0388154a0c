//! Of findings that overlap the surest and longest stays.

use std::collections::BTreeMap;
use std::ops::Range;

/// From this score on a finding is sure enough that its length decides.
pub(super) const SURE: f32 = 0.5;

/// A finding before it is named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub entity: u16,
    pub range: Range<usize>,
    pub score: f32,
}

/// The candidates that stay, by place. What of a sure one that loses is not covered stays too if `rests`: a mask must leave no digits of it.
pub(super) fn resolve(mut candidates: Vec<Candidate>, rests: bool) -> Vec<Candidate> {
    let rank = |candidate: &Candidate| (candidate.score >= SURE, candidate.range.len());
    candidates.sort_by(|a, b| {
        rank(b)
            .cmp(&rank(a))
            .then(b.score.total_cmp(&a.score))
            .then(a.range.start.cmp(&b.range.start))
            .then(a.entity.cmp(&b.entity))
    });
    let mut kept: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let mut at = candidate.range.start;
        let mut free = Vec::new();
        if let Some((_, before)) = kept.range(..=at).next_back() {
            at = at.max(before.range.end);
        }
        for (_, inside) in kept.range(candidate.range.start + 1..candidate.range.end.max(candidate.range.start + 1)) {
            if at < inside.range.start {
                free.push(at..inside.range.start);
            }
            at = at.max(inside.range.end);
        }
        if at < candidate.range.end {
            free.push(at..candidate.range.end);
        }
        if free.len() == 1 && free[0] == candidate.range {
            kept.insert(candidate.range.start, candidate);
        } else if rests && candidate.score >= SURE {
            for range in free {
                kept.insert(range.start, Candidate { range, ..candidate.clone() });
            }
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(entity: u16, range: Range<usize>, score: f32) -> Candidate {
        Candidate { entity, range, score }
    }

    #[test]
    fn the_longest_of_the_sure_wins() {
        let kept = resolve(
            vec![
                candidate(1, 5..10, 1.0),
                candidate(2, 0..20, 0.6),
                candidate(3, 0..30, 0.2),
                candidate(4, 40..41, 0.2),
            ],
            false,
        );
        assert_eq!(kept, [candidate(2, 0..20, 0.6), candidate(4, 40..41, 0.2)]);
    }

    #[test]
    fn a_mask_covers_all_that_is_sure() {
        let kept = resolve(
            vec![
                candidate(1, 5..15, 1.0),
                candidate(2, 10..18, 0.6),
                candidate(3, 0..7, 0.9),
                candidate(4, 14..16, 0.2),
            ],
            true,
        );
        assert_eq!(kept, [candidate(3, 0..5, 0.9), candidate(1, 5..15, 1.0), candidate(2, 15..18, 0.6)]);
    }
}
