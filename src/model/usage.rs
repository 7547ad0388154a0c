//! What model calls took.

use serde::Serialize;

/// Tokens of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Sent.
    pub input: u64,
    /// Received.
    pub output: u64,
}

/// What the model calls of one turn took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// How many calls were made.
    pub calls: u32,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
    /// Calls whose tokens are not in these sums, because the model did not say, or failed.
    pub uncounted: u32,
    /// The same by model, in the order of their first calls.
    pub models: Vec<ModelUsage>,
}

/// What the calls of one model took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModelUsage {
    /// Its name.
    pub model: String,
    /// As in [`Usage::calls`].
    pub calls: u32,
    /// As in [`Usage::input_tokens`].
    pub input_tokens: u64,
    /// As in [`Usage::output_tokens`].
    pub output_tokens: u64,
    /// As in [`Usage::uncounted`].
    pub uncounted: u32,
}

impl Usage {
    /// Adds one call of `model`.
    pub fn add(&mut self, model: &str, tokens: Option<Tokens>) {
        let uncounted = u32::from(tokens.is_none());
        let Tokens { input, output } = tokens.unwrap_or_default();
        let call =
            ModelUsage { model: model.to_owned(), calls: 1, input_tokens: input, output_tokens: output, uncounted };
        self.merge_model(call);
    }

    /// Adds all calls of `other`.
    pub fn merge(&mut self, other: Usage) {
        other.models.into_iter().for_each(|model| self.merge_model(model));
    }

    fn merge_model(&mut self, more: ModelUsage) {
        self.calls += more.calls;
        self.input_tokens = self.input_tokens.saturating_add(more.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(more.output_tokens);
        self.uncounted += more.uncounted;
        match self.models.iter_mut().find(|known| known.model == more.model) {
            None => self.models.push(more),
            Some(known) => {
                known.calls += more.calls;
                known.input_tokens = known.input_tokens.saturating_add(more.input_tokens);
                known.output_tokens = known.output_tokens.saturating_add(more.output_tokens);
                known.uncounted += more.uncounted;
            }
        }
    }
}
