//! The Nordic and Baltic countries.

use super::super::checksum::{date, luhn, number, value, weighted};
use super::{Kind, form};

pub(super) const KINDS: &[Kind] = &[
    // Finland: henkilötunnus, with its date and check character.
    Kind {
        entity: "FI_PERSONAL_IDENTITY_CODE",
        personal: true,
        context: &["hetu", "henkilötunnus", "personbeteckning", "personal identity code", "finnish id"],
        forms: &[form("999999a999x", "", 0.8, fi_hetu), form("999999-999x", "-+", 0.8, fi_hetu_joined)],
    },
    // Sweden: personnummer or samordningsnummer, with its date and check digit.
    Kind {
        entity: "SE_PERSONNUMMER",
        personal: true,
        context: &["personnummer", "personal number", "swedish id", "samordningsnummer", "svenskt id"],
        forms: &[
            form("99999999~9999", "-+", 0.7, se_person),
            form("999999-9999", "-+", 0.6, se_person),
            form("9{10}", "", 0.3, se_person),
        ],
    },
    // Sweden: organisationsnummer of a company, with its check digit.
    Kind {
        entity: "SE_ORGANISATIONSNUMMER",
        personal: false,
        context: &["organisationsnummer", "orgnr", "org.nr", "org nr", "företag", "momsregistreringsnummer", "bolag"],
        forms: &[form("999999~9999", "-", 0.5, se_organisation)],
    },
    // Norway: fødselsnummer, with its date and two check digits.
    Kind {
        entity: "NO_FODSELSNUMMER",
        personal: true,
        context: &["fødselsnummer", "personnummer", "fodselsnummer", "d-nummer", "fnr"],
        forms: &[form("999999~99999", " -", 0.7, no_person)],
    },
    // Denmark: CPR number, with its date.
    Kind {
        entity: "DK_CPR",
        personal: true,
        context: &["cpr", "personnummer", "cpr-nummer"],
        forms: &[form("999999-9999", "-", 0.5, dk_cpr), form("9{10}", "", 0.15, dk_cpr)],
    },
    // Iceland: kennitala, with its date and check digit.
    Kind {
        entity: "IS_KENNITALA",
        personal: true,
        context: &["kennitala", "kt."],
        forms: &[form("999999-9999", "-", 0.6, is_kennitala), form("9{10}", "", 0.25, is_kennitala)],
    },
    // Estonia and Lithuania: isikukood, asmens kodas, with date and check digit.
    Kind {
        entity: "EE_LT_PERSONAL_CODE",
        personal: true,
        context: &["isikukood", "asmens kodas", "personal code"],
        forms: &[form("9{11}", "", 0.45, baltic)],
    },
    // Latvia: personas kods.
    Kind {
        entity: "LV_PERSONAS_KODS",
        personal: true,
        context: &["personas kods", "personal code", "p.k."],
        forms: &[form("999999-99999", "-", 0.5, lv_person)],
    },
];

fn hetu(id: &[u8]) -> bool {
    const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let (birth, serial) = (&id[..6], &id[id.len() - 4..id.len() - 1]);
    date(number(&birth[4..]), number(&birth[2..4]), number(&birth[..2]))
        && serial.iter().all(u8::is_ascii_digit)
        && number(serial) >= 2
        && CHECK[((number(birth) * 1000 + number(serial)) % 31) as usize] == id[id.len() - 1]
}

fn fi_hetu(id: &[u8]) -> bool {
    b"ABCDEFYXWVU".contains(&id[6]) && hetu(id)
}

fn fi_hetu_joined(id: &[u8]) -> bool {
    hetu(id)
}

fn se_person(id: &[u8]) -> bool {
    let id = match id.len() {
        12 if matches!(&id[..2], b"18" | b"19" | b"20") => &id[2..],
        10 => id,
        _ => return false,
    };
    let day = number(&id[4..6]);
    date(number(&id[..2]), number(&id[2..4]), if day > 60 { day - 60 } else { day }) && luhn(id)
}

fn se_organisation(id: &[u8]) -> bool {
    id[0] != b'0' && id[2] >= b'2' && luhn(id)
}

fn no_person(id: &[u8]) -> bool {
    let (day, month) = (number(&id[..2]), number(&id[2..4]));
    let check = |weights: &[u32]| (11 - weighted(id, weights) % 11) % 11;
    date(number(&id[4..6]), if month > 40 { month - 40 } else { month }, if day > 40 { day - 40 } else { day })
        && check(&[3, 7, 6, 1, 8, 9, 4, 5, 2]) == value(id[9])
        && check(&[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == value(id[10])
}

fn dk_cpr(id: &[u8]) -> bool {
    let day = number(&id[..2]);
    date(number(&id[4..6]), number(&id[2..4]), if day > 60 { day - 60 } else { day })
}

fn is_kennitala(id: &[u8]) -> bool {
    let day = number(&id[..2]);
    date(number(&id[4..6]), number(&id[2..4]), if day > 40 { day - 40 } else { day })
        && matches!(id[9], b'8' | b'9' | b'0')
        && (11 - weighted(id, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == value(id[8])
}

fn baltic(id: &[u8]) -> bool {
    let first = weighted(id, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let check = if first < 10 { first } else { weighted(id, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10 };
    (b'1'..=b'8').contains(&id[0])
        && date(number(&id[1..3]), number(&id[3..5]), number(&id[5..7]))
        && check == value(id[10])
}

fn lv_person(id: &[u8]) -> bool {
    date(number(&id[4..6]), number(&id[2..4]), number(&id[..2])) || matches!(number(&id[..2]), 32..=39)
}
