//! Africa.

use super::super::checksum::{date, luhn, number, verhoeff};
use super::{Kind, any, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // South Africa: identity number, with its date and check digit.
    Kind {
        entity: "ZA_ID_NUMBER",
        personal: true,
        context: &["south african id", "identity number", "id number", "rsa id"],
        forms: &[mixed("999999~9999~99~9", " -", 0.7, za_id)],
    },
    // Nigeria: national identification number, Verhoeff's check digit.
    Kind {
        entity: "NG_NIN",
        personal: true,
        context: &["nin", "national identification", "national identity", "nimc"],
        forms: &[form("9{11}", "", 0.3, verhoeff)],
    },
    // Nigeria: number plate.
    Kind {
        entity: "NG_VEHICLE_REGISTRATION",
        personal: false,
        context: &["plate", "vehicle", "registration"],
        forms: &[form("aaa~999aa", "- ", 0.45, any)],
    },
    // Egypt: national id, with its date and governorate.
    Kind {
        entity: "EG_NATIONAL_ID",
        personal: true,
        context: &["national id", "الرقم القومي"],
        forms: &[form("9{14}", "", 0.4, eg_id)],
    },
];

fn za_id(id: &[u8]) -> bool {
    date(number(&id[..2]), number(&id[2..4]), number(&id[4..6])) && id[10] <= b'2' && luhn(id)
}

fn eg_id(id: &[u8]) -> bool {
    matches!(id[0], b'2' | b'3')
        && date(number(&id[1..3]), number(&id[3..5]), number(&id[5..7]))
        && matches!(number(&id[7..9]), 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88)
}
