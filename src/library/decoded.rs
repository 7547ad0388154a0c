//! Looks at a text and at what is encoded in it.

use std::ops::Range;

use crate::classify::views;
use crate::library::Found;

/// What `find` finds in a text, and in what it says behind an encoding, where the text as typed shows nothing. Places are of the text as typed, in
/// order and without overlaps.
pub(super) fn everywhere(text: &str, find: impl Fn(&str) -> Vec<Found>) -> Vec<Found> {
    let mut found = find(text);
    for view in views(text) {
        let known = places(&found);
        let is_known = |range: &Range<usize>| {
            let before = known.partition_point(|place| place.start < range.end);
            before.checked_sub(1).is_some_and(|last| range.start < known[last].end)
        };
        let mut more = find(view.text());
        more.iter_mut().for_each(|finding| finding.range = view.origin(finding.range.clone()));
        more.retain(|Found { range, .. }| !range.is_empty() && text.get(range.clone()).is_some() && !is_known(range));
        // Of what a block of characters says, the first.
        more.sort_by_key(|finding| finding.range.start);
        let mut end = 0;
        more.retain(|finding| {
            let is_first = end <= finding.range.start;
            end = end.max(finding.range.end);
            is_first
        });
        found.extend(more);
    }
    found.sort_by_key(|finding| finding.range.start);
    found
}

/// Where something was found, in order and without overlaps.
fn places(found: &[Found]) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = found.iter().map(|finding| finding.range.clone()).collect();
    all.sort_by_key(|range| range.start);
    let mut places: Vec<Range<usize>> = Vec::with_capacity(all.len());
    for range in all {
        match places.last_mut().filter(|last| range.start < last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => places.push(range),
        }
    }
    places
}
