//! What was read last, so that those who look at the same text read it once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Classifier, Readings};

/// So many texts are kept: what a stage guards changes seldom.
const KEPT: usize = 4;

/// The readings of the last few texts.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Readings>>>);

impl Recent {
    /// Reads `typed` as [`Classifier::readings`] does, if it was not among the last texts.
    pub(crate) fn read(&self, classifier: &Classifier, typed: &str) -> Arc<Readings> {
        let known = |recent: &VecDeque<Arc<Readings>>| recent.iter().find(|known| known.typed() == typed).cloned();
        if let Some(known) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let readings = Arc::new(classifier.readings(typed));
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.truncate(KEPT - 1);
        recent.push_front(readings.clone());
        readings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Settings;
    use crate::program::Program;

    #[test]
    fn a_text_is_read_once_until_others_come() {
        let (classifier, _) = Classifier::build(&Program::default(), &Settings::default());
        let recent = Recent::default();
        let first = recent.read(&classifier, "one");
        assert!(Arc::ptr_eq(&first, &recent.read(&classifier, "one")));
        for other in ["two", "three", "four", "five", "two"] {
            assert_eq!(recent.read(&classifier, other).typed(), other);
        }
        assert!(!Arc::ptr_eq(&first, &recent.read(&classifier, "one")));
    }
}
