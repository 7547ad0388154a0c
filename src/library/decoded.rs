//! Looks at a text and at what is encoded in it.

use std::ops::Range;

use super::undone::{apart, short_codes, unescaped, without_brackets};
use crate::classify::Readings;
use crate::library::Found;

/// What `find` finds in a text, in what it says behind an encoding, and in what was put apart in it, where the text as typed shows nothing. Places
/// are of the text as typed, in order and without overlaps. `find` looks for nothing that chance makes.
pub(super) fn everywhere(readings: &Readings, find: impl Fn(&str) -> Vec<Found>) -> Vec<Found> {
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
}
