//! Looks at a text and at what is encoded in it.

use std::ops::Range;

use super::undone::{apart, short_codes, unescaped, without_brackets};
use crate::classify::Readings;
use crate::library::Found;

/// What `find` finds in a text, in what it says behind an encoding, and in what was put apart in it, where the text as typed shows nothing. Places
/// are of the text as typed, in order and without overlaps. `find` looks for nothing that chance makes.
pub(super) fn everywhere(readings: &Readings, find: impl Fn(&str) -> Vec<Found>) -> Vec<Found> {
    looked(readings, find, add)
}

/// As [`everywhere`], but with what is left of findings that others overlap, so that masking all leaves nothing of any.
pub(super) fn all_everywhere(readings: &Readings, find: impl Fn(&str) -> Vec<Found>) -> Vec<Found> {
    let text = readings.typed();
    looked(readings, find, |found, more| {
        let pieces = more.into_iter().flat_map(|finding| rests(text, found, finding)).collect();
        add(found, pieces);
    })
}

fn looked(
    readings: &Readings,
    find: impl Fn(&str) -> Vec<Found>,
    add: impl Fn(&mut Vec<Found>, Vec<Found>),
) -> Vec<Found> {
    let text = readings.typed();
    let mut found = find(text);
    let mut look = |read: &str, origin: &dyn Fn(Range<usize>) -> Range<usize>| {
        let given = |finding: Found| Found { range: origin(finding.range.clone()), ..finding };
        let mut more: Vec<Found> = find(read).into_iter().map(given).collect();
        more.retain(|finding| !finding.range.is_empty() && text.get(finding.range.clone()).is_some());
        add(&mut found, more);
    };
    for view in readings.as_it_stands().skip(1) {
        look(view.text(), &|range| view.origin(range));
    }
    for undone in [short_codes(text), apart(text), without_brackets(text), unescaped(text)].into_iter().flatten() {
        look(undone.text(), &|range| undone.origin(range));
    }
    found
}

/// Adds those of `more` that overlap none of `found`, which stays in order and without overlaps.
pub(super) fn add(found: &mut Vec<Found>, mut more: Vec<Found>) {
    more.retain(|finding| !is_known(found, finding));
    found.append(&mut more);
    found.sort_by_key(|finding| (finding.range.start, finding.range.end));
    // Blocks of a code may lead two findings to one place.
    let mut end = 0;
    found.retain(|finding| {
        let is_free = finding.range.start >= end;
        end = end.max(if is_free { finding.range.end } else { end });
        is_free
    });
}

/// A finding without what of it is in `found`, which are in order and without overlaps; what is left must have letters or digits.
fn rests(text: &str, found: &[Found], finding: Found) -> Vec<Found> {
    let (mut start, end) = (finding.range.start, finding.range.end);
    let first = found.partition_point(|known| known.range.end <= start);
    let overlapping: Vec<_> = found[first..].iter().take_while(|known| known.range.start < end).collect();
    if overlapping.is_empty() {
        return vec![finding];
    }
    let mut ranges = Vec::with_capacity(overlapping.len() + 1);
    for known in overlapping {
        ranges.push(start..known.range.start.max(start));
        start = known.range.end;
    }
    ranges.push(start..end.max(start));
    ranges.retain(|range| text[range.clone()].contains(char::is_alphanumeric));
    ranges.into_iter().map(|range| Found { range, ..finding.clone() }).collect()
}

/// Whether a finding overlaps one of `found`, which are in order and without overlaps.
fn is_known(found: &[Found], finding: &Found) -> bool {
    let next = found.partition_point(|known| known.range.end <= finding.range.start);
    found.get(next).is_some_and(|known| known.range.start < finding.range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_found_once() {
        let find = |text: &str| {
            text.match_indices("key")
                .map(|(at, _)| Found { rule: "key".into(), range: at..at + 3, score: 1.0 })
                .collect()
        };
        let places =
            |text| everywhere(&Readings::new(text), find).into_iter().map(|found| found.range).collect::<Vec<_>>();
        assert_eq!(places("a key, no door"), std::slice::from_ref(&(2..5)));
        assert_eq!(places("%6b%65%79 and key, %20 key"), [0..9, 14..17, 23..26]);
    }

    #[test]
    fn nothing_is_left_of_what_is_found_behind_another() {
        let find = |text: &str| {
            let all = ["55", "a55@b"].iter().flat_map(|wanted| text.match_indices(wanted));
            let mut all: Vec<_> = all.map(|(at, found)| at..at + found.len()).collect();
            all.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
            let mut end = 0;
            all.retain(|range| {
                let is_free = range.start >= end;
                end = end.max(range.end);
                is_free
            });
            all.into_iter().map(|range| Found { rule: "it".into(), range, score: 1.0 }).collect()
        };
        let text = "a55@b, a55%40b, a55%40 and 55";
        let places =
            |found: Vec<Found>| found.into_iter().map(|found| text[found.range].to_owned()).collect::<Vec<_>>();
        let readings = Readings::new(text);
        assert_eq!(places(everywhere(&readings, find)), ["a55@b", "55", "55", "55"]);
        assert_eq!(places(all_everywhere(&readings, find)), ["a55@b", "a", "55", "%40b", "55", "55"]);
    }
}
