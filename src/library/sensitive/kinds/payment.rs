//! Payment cards.

use super::super::checksum::{luhn, number, uniform};
use super::{Form, Kind, form};

pub(super) const KINDS: &[Kind] = &[
    // Payment card: Luhn's check digit, the issuers' ranges and lengths.
    Kind {
        entity: "CREDIT_CARD",
        personal: true,
        context: &[
            "card",
            "credit",
            "debit",
            "visa",
            "mastercard",
            "amex",
            "american express",
            "discover",
            "diners",
            "maestro",
            "cc",
            "kreditkarte",
            "karte",
            "carte",
            "tarjeta",
            "carta",
            "cartão",
            "kort",
        ],
        forms: &[Form { anywhere: true, ..form("9{12,19}", "- ", 0.8, card) }],
    },
];

/// Luhn, and a length that the issuer of the range has.
pub(in super::super) fn card(digits: &[u8]) -> bool {
    let len = digits.len();
    let head = |count: usize| number(&digits[..count]);
    let issued = match (head(1), head(2), head(3), head(4)) {
        (_, _, _, 2131 | 1800) => len == 15,
        (1, ..) => len == 15,
        (_, _, _, 2221..=2720) => len == 16,
        (_, _, _, 2200..=2204) => (16..=19).contains(&len),
        (_, _, _, 9792) => len == 16,
        (_, 34 | 37, ..) => len == 15,
        (_, 36 | 38 | 39, ..) | (_, _, 300..=305 | 309, _) => (14..=19).contains(&len),
        (_, 35, ..) => (16..=19).contains(&len),
        (4, ..) => matches!(len, 13 | 16 | 18 | 19),
        (_, 51..=55, ..) => len == 16,
        (_, 50 | 56..=59, ..) | (6, ..) => (12..=19).contains(&len),
        (_, 81 | 82, ..) => (16..=19).contains(&len),
        _ => false,
    };
    issued && luhn(digits) && !uniform(digits)
}
