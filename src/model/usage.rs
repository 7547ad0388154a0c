//! What model calls took.

use serde::Serialize;

/// Tokens of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Sent.
    pub input: u64,
    /// Received.
    pub output: u64,
    /// Of those sent, the ones that the model had read before, and mostly charges less for.
    #[serde(skip_serializing_if = "is_zero")]
    pub cached: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
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
    /// Counts one call of `model`, of which no tokens are known yet.
    pub fn begin(&mut self, model: &str) {
        self.calls += 1;
        self.uncounted += 1;
        let of_model = self.of(model);
        of_model.calls += 1;
        of_model.uncounted += 1;
    }

    /// Adds the tokens of a call of `model` that was counted.
    pub fn count(&mut self, model: &str, Tokens { input, output, .. }: Tokens) {
        let of_model = self.of(model);
        of_model.uncounted = of_model.uncounted.saturating_sub(1);
        of_model.input_tokens = of_model.input_tokens.saturating_add(input);
        of_model.output_tokens = of_model.output_tokens.saturating_add(output);
        self.uncounted = self.uncounted.saturating_sub(1);
        self.input_tokens = self.input_tokens.saturating_add(input);
        self.output_tokens = self.output_tokens.saturating_add(output);
    }

    fn of(&mut self, model: &str) -> &mut ModelUsage {
        let index = self.models.iter().position(|known| known.model == model).unwrap_or_else(|| {
            self.models.push(ModelUsage { model: model.to_owned(), ..ModelUsage::default() });
            self.models.len() - 1
        });
        &mut self.models[index]
    }
}
