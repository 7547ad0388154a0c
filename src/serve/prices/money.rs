//! Sums of money, exactly.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Dollars, in whole pico-dollars (10⁻¹² $): models cost less than a nano-dollar by the token, and sums of fractions are no sums.
///
/// Sums end at [`Money::MOST`], nine million dollars, and stay there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::serve) struct Money(u64);

const DOLLAR: u64 = 1_000_000_000_000;

impl Money {
    pub(in crate::serve) const ZERO: Self = Self(0);
    /// What databases can keep as one number.
    pub(in crate::serve) const MOST: Self = Self(i64::MAX as u64);

    pub(in crate::serve) fn picos(picos: u64) -> Self {
        Self(picos.min(Self::MOST.0))
    }

    pub(in crate::serve) fn as_picos(self) -> i64 {
        // It is no more than fits.
        self.0.min(Self::MOST.0) as i64
    }

    pub(in crate::serve) fn plus(self, other: Self) -> Self {
        Self::picos(self.0.saturating_add(other.0))
    }

    /// What is left of it, or nothing.
    pub(in crate::serve) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times it.
    pub(in crate::serve) fn times(self, count: u64) -> Self {
        Self::picos(self.0.saturating_mul(count))
    }

    /// A share of it, rounded up.
    pub(in crate::serve) fn divided(self, by: u64) -> Self {
        Self(self.0.div_ceil(by.max(1)))
    }

    /// Reads dollars, such as `10` or `0.25`, down to the pico-dollar.
    pub(in crate::serve) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 12 || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let picos: u64 = format!("{fraction:0<12}").parse().ok()?;
        let sum = whole.parse::<u64>().ok()?.checked_mul(DOLLAR)?.checked_add(picos)?;
        (sum <= Self::MOST.0).then_some(Self(sum))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / DOLLAR, self.0 % DOLLAR);
        let digits = format!("{fraction:012}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            digits => write!(f, "{whole}.{digits}"),
        }
    }
}

/// As a number of dollars, with all its digits.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Money;

    #[test]
    fn dollars_are_read_exactly() {
        for (text, picos) in [("0", 0), ("10", 10_000_000_000_000), ("0.25", 250_000_000_000), ("0.000000000001", 1)] {
            assert_eq!(Money::parse(text), Some(Money::picos(picos)), "{text}");
        }
        for wrong in ["", ".", ".5", "-1", "1e3", "1,5", "0.0000000000001", "10000000", "99999999999999999999"] {
            assert_eq!(Money::parse(wrong), None, "{wrong}");
        }
        assert_eq!(serde_json::to_string(&Money::picos(1_950_000)).unwrap(), "0.00000195");
        assert_eq!(Money::MOST.plus(Money::picos(1)), Money::MOST);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(picos in 0..=i64::MAX as u64) {
            prop_assert_eq!(Money::parse(&Money::picos(picos).to_string()), Some(Money::picos(picos)));
        }
    }
}
