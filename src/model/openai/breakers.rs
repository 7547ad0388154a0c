//! One breaker for all that ask the same, wherever in the process, so that a configuration that is loaded again knows what the one before it knew.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::OpenAi;
use super::address::Address;
use super::secret::Secret;
use crate::model::Breaker;

/// What is asked, and when it is left alone. A key is part of it: that one has used up its quota says nothing of others.
#[derive(PartialEq)]
struct Asked {
    address: Address,
    model: String,
    key: Option<Secret>,
    headers: Vec<(String, Secret)>,
    breaks: (u32, Duration),
}

/// Those that somebody still has.
static KNOWN: Mutex<Vec<(Asked, Weak<Breaker>)>> = Mutex::new(Vec::new());

impl OpenAi {
    /// Its breaker, unless it has none, or can't be asked at all.
    pub(super) fn shared_breaker(&self) -> Option<&Breaker> {
        let settings = &*self.settings;
        let (breaks, address) = (settings.breaks?, settings.address.as_ref().ok()?);
        let found = settings.breaker.get_or_init(|| {
            let (model, key, headers) = (settings.model.clone(), settings.key.clone(), settings.headers.clone());
            known(Asked { address: address.clone(), model, key, headers, breaks })
        });
        Some(found)
    }
}

fn known(asked: Asked) -> Arc<Breaker> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(breaker) = known.iter().find(|(other, _)| *other == asked).and_then(|(_, breaker)| breaker.upgrade()) {
        return breaker;
    }
    known.retain(|(_, breaker)| breaker.strong_count() > 0);
    let (failures, open_for) = asked.breaks;
    let breaker = Arc::new(Breaker::new(asked.address.shown(), failures, open_for));
    known.push((asked, Arc::downgrade(&breaker)));
    breaker
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ChatModel as _;

    #[test]
    fn it_is_the_same_for_all_that_ask_the_same() {
        let new = || OpenAi::new("http://me:s3cret@localhost:9/s3cret", "m").key("one");
        let breaker = |model: &OpenAi| std::ptr::from_ref(model.breaker().unwrap());
        let (first, again) = (new(), new());
        assert_eq!(first.breaker().unwrap().at(), "http://localhost:9");
        assert_eq!(breaker(&first), breaker(&again));
        assert_eq!(breaker(&first), breaker(&first.clone()));
        for other in [
            first.clone().key("two"),
            first.clone().header("openai-organization", "other"),
            first.clone().breaks_after(1, Duration::from_secs(1)),
            OpenAi::new("http://localhost:9/s3cret", "m").key("one"),
            OpenAi::new("http://me:s3cret@localhost:9/s3cret", "n").key("one"),
        ] {
            assert_ne!(breaker(&first), breaker(&other));
        }
        assert!(first.never_breaks().breaker().is_none());
    }

    #[test]
    fn what_nobody_has_any_more_is_forgotten() {
        let asked = |model: &str| Asked {
            address: Address::new("http://localhost:7").unwrap(),
            model: model.to_owned(),
            key: None,
            headers: Vec::new(),
            breaks: (1, Duration::from_secs(1)),
        };
        let kept = known(asked("kept"));
        for number in 0..100 {
            drop(known(asked(&format!("m{number}"))));
        }
        assert!(Arc::ptr_eq(&kept, &known(asked("kept"))));
        let known = KNOWN.lock().unwrap();
        let of_ours = known.iter().filter(|(asked, _)| asked.address.shown() == "http://localhost:7").count();
        assert!(of_ours <= 2, "{of_ours}");
    }
}
