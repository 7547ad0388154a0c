//! Looks at a text and at what is encoded in it.

use crate::classify::views;
use crate::library::Found;

/// What `find` finds in a text, and in what it says behind an encoding, where the text as typed shows nothing. Places are of the text as typed, in
/// order and without overlaps.
pub(super) fn everywhere(text: &str, find: impl Fn(&str) -> Vec<Found>) -> Vec<Found> {
    let mut found = find(text);
    for view in views(text) {
        for mut finding in find(view.text()) {
            finding.range = view.origin(finding.range);
            let range = &finding.range;
            let overlaps = |known: &Found| known.range.start < range.end && range.start < known.range.end;
            if !range.is_empty() && text.get(range.clone()).is_some() && !found.iter().any(overlaps) {
                found.push(finding);
            }
        }
    }
    found.sort_by_key(|finding| finding.range.start);
    found
}
