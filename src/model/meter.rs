//! Calls of models, counted while they are made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{ModelError, Tokens, Usage};

/// What one turn's calls of models took so far. Whoever keeps a copy of it knows even of a turn that is dropped before its end.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Vec<Call>>>);

/// One call of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The model's name.
    pub model: Arc<str>,
    /// Bytes of the texts that were sent.
    pub sent_bytes: u64,
    /// Bytes of text that came back so far; of an answer that is not streamed, when it is whole.
    pub received_bytes: u64,
    /// What the model says that it took; `None` while it has not, or does not.
    pub tokens: Option<Tokens>,
    /// Whether the model refused, or could not be reached.
    pub is_refused: bool,
    /// How it ended: `answered`, or the [kind](super::ModelError::kind) of the failure; `None` while it has not, or where nobody waited for it.
    pub result: Option<&'static str>,
    /// The model that should have answered, where this one is a fallback.
    pub instead_of: Option<Instead>,
}

/// A model that did not answer, so that another was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// Its name.
    pub model: Arc<str>,
    /// The [kind](super::ModelError::kind) of its failure.
    pub cause: &'static str,
}

impl Meter {
    /// One that has counted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls so far, in the order in which they began.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().clone()
    }

    /// The calls so far, in sum.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for call in &*self.lock() {
            usage.begin(&call.model);
            if let Some(tokens) = call.tokens {
                usage.count(&call.model, tokens);
            }
        }
        usage
    }

    /// Counts a call that begins, and says by which number it is known.
    pub(crate) fn begin(&self, model: &str, sent_bytes: usize, instead_of: Option<Instead>) -> usize {
        let mut calls = self.lock();
        let (model, sent_bytes) = (model.into(), sent_bytes as u64);
        let (received_bytes, tokens, is_refused, result) = (0, None, false, None);
        calls.push(Call { model, sent_bytes, received_bytes, tokens, is_refused, result, instead_of });
        calls.len() - 1
    }

    /// What has come of call `number` until now.
    pub(crate) fn received(&self, number: usize, bytes: usize) {
        if let Some(call) = self.lock().get_mut(number) {
            call.received_bytes = bytes as u64;
        }
    }

    /// The end of call `number`: what it took, as far as the model tells, or why there is no answer.
    pub(crate) fn ended(&self, number: usize, ended: Result<Option<Tokens>, &ModelError>) {
        if let Some(call) = self.lock().get_mut(number) {
            call.tokens = ended.unwrap_or_default();
            call.is_refused = ended.is_err_and(|error| !has_worked(error));
            call.result = Some(ended.map_or_else(ModelError::kind, |_| "answered"));
        }
    }
}

/// Whether a model that failed may have read and written before, which is charged for.
fn has_worked(error: &ModelError) -> bool {
    matches!(error, ModelError::Timeout { .. } | ModelError::CutOff { .. } | ModelError::TooLong { .. })
}

/// Two are equal when they are one.
impl PartialEq for Meter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_before_it_ends() {
        let meter = Meter::new();
        let kept = meter.clone();
        let (first, second) = (meter.begin("a", 10, None), meter.begin("b", 20, None));
        meter.received(first, 5);
        meter.ended(second, Ok(Some(Tokens { input: 3, output: 2, cached: 1 })));
        drop(meter);
        let calls = kept.calls();
        assert_eq!((calls[0].received_bytes, calls[0].tokens, calls[0].result), (5, None, None));
        assert_eq!(calls[1].result, Some("answered"));
        let usage = kept.usage();
        assert_eq!((usage.calls, usage.uncounted, usage.input_tokens, usage.output_tokens), (2, 1, 3, 2));
        assert_eq!(usage.models[1].model, "b");
    }
}
