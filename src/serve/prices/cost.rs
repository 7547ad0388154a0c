//! What the calls of a turn cost.

use super::{Money, Prices};
use crate::model::{Call, Tokens};

/// What all calls of models of a turn cost, those of rails and judges, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::serve) struct Cost {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// What it comes to; where a model did not tell its tokens, by what was sent and received.
    pub sum: Money,
    /// Whether tokens were guessed.
    pub is_estimated: bool,
    /// Models of which nobody has said what they cost; what they did is not in the sum.
    pub unpriced: Vec<String>,
}

impl Cost {
    pub(in crate::serve) fn of(calls: &[Call], prices: &Prices) -> Self {
        let mut cost = Self::default();
        for call in calls.iter().filter(|call| !call.is_refused) {
            let tokens = call.tokens.unwrap_or_else(|| estimated(call));
            cost.is_estimated |= call.tokens.is_none();
            cost.input_tokens = cost.input_tokens.saturating_add(tokens.input);
            cost.output_tokens = cost.output_tokens.saturating_add(tokens.output);
            match prices.of(&call.model) {
                Some(price) => cost.sum = cost.sum.plus(price.of(tokens)),
                None if !cost.unpriced.iter().any(|name| **name == *call.model) => {
                    cost.unpriced.push(call.model.to_string());
                }
                None => {}
            }
        }
        cost
    }

    /// The cost, if it is known.
    pub(in crate::serve) fn known(&self) -> Option<Money> {
        (!self.is_estimated && self.unpriced.is_empty()).then_some(self.sum)
    }
}

/// How many bytes make a token, about; of English there are four.
const BYTES_A_TOKEN: u64 = 3;

/// The tokens of so many bytes, at most as a rule.
pub(in crate::serve) fn tokens_of(bytes: u64) -> u64 {
    bytes.div_ceil(BYTES_A_TOKEN)
}

fn estimated(call: &Call) -> Tokens {
    Tokens { input: tokens_of(call.sent_bytes), output: tokens_of(call.received_bytes), cached: 0 }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn call(model: &str, tokens: Option<Tokens>) -> Call {
        let (model, result, instead_of) = (model.into(), None, None);
        Call { model, sent_bytes: 300, received_bytes: 30, tokens, is_refused: false, result, instead_of }
    }

    #[test]
    fn all_calls_count_and_what_is_not_known_is_not_nothing() {
        let prices = Prices::new(HashMap::new());
        let told = Some(Tokens { input: 7, output: 3, cached: 0 });
        let cost = |calls: &[Call]| Cost::of(calls, &prices);
        assert_eq!(cost(&[]).known(), Some(Money::ZERO));
        let both = cost(&[call("gpt-4o-mini", told), call("gpt-4o-mini", told)]);
        assert_eq!((both.known(), both.input_tokens), (Money::parse("0.0000057"), 14));
        let unknown = cost(&[call("gpt-4o-mini", told), call("mine", told), call("mine", told)]);
        assert_eq!(
            (unknown.known(), unknown.sum, unknown.unpriced),
            (None, Money::parse("0.00000285").unwrap(), vec!["mine".to_owned()])
        );
        let guessed = cost(&[call("gpt-4o-mini", None)]);
        assert_eq!((guessed.known(), guessed.input_tokens, guessed.output_tokens), (None, 100, 10));
        assert_eq!(guessed.sum.to_string(), "0.000021");
        let refused = Call { is_refused: true, ..call("mine", None) };
        assert_eq!(cost(&[refused]).known(), Some(Money::ZERO));
    }
}
