//! Two halves of labelled texts that have as much of each label.

use std::collections::BTreeMap;

use super::Labelled;
use crate::cache::fnv64;

/// The texts to fit on, and those to report on: every other text of a label, in the order of their hashes. Equal texts are in one half.
pub(super) fn halves(texts: &[Labelled]) -> (Vec<&Labelled>, Vec<&Labelled>) {
    let mut labels: BTreeMap<_, BTreeMap<(u64, &str), Vec<&Labelled>>> = BTreeMap::new();
    for text in texts {
        let key = (fnv64(text.text.as_bytes()), &*text.text);
        labels.entry(text.intent).or_default().entry(key).or_default().push(text);
    }
    let (mut shown, mut kept_back) = (Vec::new(), Vec::new());
    // Where one label ends on a half, the next begins on the other, so that many small ones come out even.
    let different = labels.into_values().flat_map(BTreeMap::into_values);
    for (index, equal) in different.enumerate() {
        if index % 2 == 0 { shown.extend(equal) } else { kept_back.extend(equal) }
    }
    (shown, kept_back)
}
