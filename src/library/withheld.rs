//! Evidence of what must not get into verdicts and logs: where it is, but not what it says.

use crate::library::{Evidence, Found};

/// What was found in `text`: rules, the surest score, and places, each with its first character alone.
pub(super) fn withheld(text: &str, found: &[Found], threshold: f32) -> Option<Evidence> {
    let threshold = (f64::from(threshold) * 1000.0).round() / 1000.0;
    let mut evidence = (!found.is_empty()).then(|| Evidence::found(text, found, Some(threshold)))?;
    for span in &mut evidence.spans {
        span.text = span.text.chars().take(1).chain(['…']).collect();
    }
    Some(evidence)
}
