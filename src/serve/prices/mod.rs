//! What models cost.

mod cost;
mod money;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::Tokens;
pub(super) use cost::{Cost, tokens_of};
pub(super) use money::Money;

/// What a model costs by the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    pub usual: ByToken,
    /// From how many tokens of a prompt on, and what then.
    above: Option<(u64, ByToken)>,
}

/// The prices of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ByToken {
    pub input: Money,
    pub output: Money,
    /// Of those sent, one that the model had read before.
    pub cached: Money,
}

impl Price {
    pub(super) fn new(usual: ByToken) -> Self {
        Self { usual, above: None }
    }

    /// What `tokens` cost.
    pub(super) fn of(&self, tokens: Tokens) -> Money {
        let by_token = match self.above {
            Some((from, above)) if tokens.input > from => above,
            _ => self.usual,
        };
        let cached = tokens.cached.min(tokens.input);
        let read = by_token.input.times(tokens.input - cached).plus(by_token.cached.times(cached));
        read.plus(by_token.output.times(tokens.output))
    }
}

/// The prices of all models that have one: those of the settings, and of the table that comes along.
pub(super) struct Prices {
    own: HashMap<String, Price>,
}

impl Prices {
    pub(super) fn new(own: HashMap<String, Price>) -> Self {
        Self { own }
    }

    /// What the model called `name` costs; `None` when nobody has said.
    pub(super) fn of(&self, name: &str) -> Option<Price> {
        self.own.get(name).copied().or_else(|| listed(name))
    }
}

/// The table, a model a line, in order.
static LINES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("litellm.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

fn listed(name: &str) -> Option<Price> {
    let at = LINES.binary_search_by_key(&name, |line| line.split('\t').next().unwrap_or_default()).ok()?;
    let mut fields = LINES[at].split('\t').skip(1).map_while(|field| field.parse().ok());
    let by_token = |fields: &mut dyn Iterator<Item = u64>| {
        let mut next = || fields.next().map(Money::picos);
        Some(ByToken { input: next()?, output: next()?, cached: next()? })
    };
    let usual = by_token(&mut fields)?;
    let from = fields.next();
    Some(Price { usual, above: from.and_then(|from| Some((from, by_token(&mut fields)?))) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_throughout() {
        assert!(LINES.len() > 1000);
        for (index, line) in LINES.iter().enumerate() {
            let fields: Vec<_> = line.split('\t').collect();
            assert!(index == 0 || LINES[index - 1].split('\t').next() < Some(fields[0]), "{line} is out of order");
            let price = listed(fields[0]).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((fields.len(), price.above.is_some()), if fields.len() > 4 { (8, true) } else { (4, false) });
            let most = price.usual.input.max(price.usual.output);
            assert!(most > Money::ZERO && most < Money::parse("0.01").unwrap(), "{line}");
        }
    }

    #[test]
    fn tokens_cost_what_the_table_says() {
        let prices = Prices::new(HashMap::new());
        let price = prices.of("gpt-4o-mini").unwrap();
        let cost = |input, output, cached| price.of(Tokens { input, output, cached }).to_string();
        assert_eq!(cost(1_000_000, 0, 0), "0.15");
        assert_eq!(cost(0, 1_000_000, 0), "0.6");
        assert_eq!(cost(1_000_000, 0, 1_000_000), "0.075");
        assert_eq!(cost(7, 3, 0), "0.00000285");
        let stepped = prices.of("gemini-2.5-pro").unwrap();
        let cost = |input| stepped.of(Tokens { input, output: 0, cached: 0 }).to_string();
        assert_eq!((cost(200_000).as_str(), cost(200_001).as_str()), ("0.25", "0.5000025"));
        assert_eq!(prices.of("a model of one's own"), None);
    }

    #[test]
    fn what_the_settings_say_goes_first() {
        let usual = ByToken { input: Money::picos(1), output: Money::picos(2), cached: Money::picos(1) };
        let prices = Prices::new(HashMap::from([("gpt-4o-mini".to_owned(), Price::new(usual))]));
        assert_eq!(prices.of("gpt-4o-mini").unwrap().of(Tokens { input: 1, output: 1, cached: 9 }), Money::picos(3));
    }
}
