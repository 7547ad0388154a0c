//! The Americas.

use super::super::checksum::{date, luhn, luhn_sum, number, uniform, value, weighted};
use super::{Kind, any, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // United States: social security number, with the ranges that are issued.
    Kind {
        entity: "US_SSN",
        personal: true,
        context: &["ssn", "ssns", "ssid", "social security", "social sec", "social"],
        forms: &[form("999-99-9999", "- .", 0.6, us_ssn), form("999999999", "", 0.1, us_ssn)],
    },
    // United States: individual taxpayer identification number.
    Kind {
        entity: "US_ITIN",
        personal: true,
        context: &["itin", "taxpayer", "individual taxpayer", "tax id"],
        forms: &[form("999-99-9999", "- ", 0.6, us_itin), form("999~99~9999", "- ", 0.2, us_itin)],
    },
    // United States: Medicare beneficiary identifier.
    Kind {
        entity: "US_MBI",
        personal: true,
        context: &["mbi", "medicare", "beneficiary"],
        forms: &[form("9ax9~ax9~aa99", "-", 0.6, us_mbi)],
    },
    // United States: national provider identifier, Luhn's check digit.
    Kind {
        entity: "US_NPI",
        personal: true,
        context: &["npi", "provider", "prescriber"],
        forms: &[form("9999-999-999", "- ", 0.5, us_npi), form("9{10}", "", 0.3, us_npi)],
    },
    // United States: DEA registration of a prescriber, with its check digit.
    Kind {
        entity: "MEDICAL_LICENSE",
        personal: true,
        context: &["dea", "medical", "certificate", "prescriber", "physician", "license"],
        forms: &[form("aa~9{7}", "- ", 0.5, dea), form("a9~9{7}", "-", 0.3, dea)],
    },
    // United States: routing number of a bank, with its check digit.
    Kind {
        entity: "ABA_ROUTING_NUMBER",
        personal: true,
        context: &["aba", "routing", "rtn", "routing number"],
        forms: &[form("9999-9999-9", "- ", 0.5, aba), form("9{9}", "", 0.2, aba)],
    },
    // United States: number of a bank account; by context.
    Kind {
        entity: "US_BANK_NUMBER",
        personal: true,
        context: &[
            "account number",
            "account no",
            "account #",
            "bank account",
            "checking",
            "savings",
            "acct",
            "account is",
        ],
        forms: &[form("9{8,17}", "", 0.05, any)],
    },
    // United States: passport; by context.
    Kind {
        entity: "US_PASSPORT",
        personal: true,
        context: &["passport", "travel document"],
        forms: &[form("a9{8}", "", 0.1, any), form("9{9}", "", 0.05, any)],
    },
    // United States: driver's licence in the states' forms; by context.
    Kind {
        entity: "US_DRIVER_LICENSE",
        personal: true,
        context: &[
            "driver license",
            "driver's license",
            "drivers license",
            "driver licence",
            "driving license",
            "driver’s license",
            "license number",
            "dl number",
            "dl#",
            "permit",
            "dmv",
            "cdls",
        ],
        forms: &[
            form("a9{4,14}", "", 0.1, any),
            form("aa9{2,7}", "", 0.1, any),
            form("99aaa9{5,6}", "", 0.1, any),
            form("a9{6}R", "", 0.1, any),
            form("aa9{6}a", "", 0.1, any),
            form("9{7,9}a", "", 0.1, any),
            form("9{8}aa", "", 0.1, any),
            form("999aa9999", "", 0.1, any),
            form("a999-9999-9999", "-", 0.2, any),
            form("a999-999-99-999-9", "-", 0.3, any),
            form("9{6,14}", "", 0.05, any),
        ],
    },
    // Canada: social insurance number, Luhn's check digit.
    Kind {
        entity: "CA_SIN",
        personal: true,
        context: &["sin", "social insurance", "numéro d'assurance sociale", "nas"],
        forms: &[form("999-999-999", "- ", 0.6, ca_sin), form("9{9}", "", 0.25, ca_sin)],
    },
    // Brazil: CPF, two check digits.
    Kind {
        entity: "BR_CPF",
        personal: true,
        context: &["cpf", "cadastro de pessoa"],
        forms: &[mixed("999-999-999-99", ".-", 0.8, br_cpf), mixed("999~999~999~99", ".- ", 0.5, br_cpf)],
    },
    // Brazil: CNPJ of a company, two check digits.
    Kind {
        entity: "BR_CNPJ",
        personal: false,
        context: &["cnpj"],
        forms: &[mixed("99~999~999~9999~99", "./-", 0.6, br_cnpj)],
    },
    // Mexico: CURP, with its check digit.
    Kind {
        entity: "MX_CURP",
        personal: true,
        context: &["curp", "clave única"],
        forms: &[form("aaaa999999aaaaaax9", "", 0.8, mx_curp)],
    },
    // Mexico: RFC of a person.
    Kind {
        entity: "MX_RFC",
        personal: true,
        context: &["rfc", "registro federal"],
        forms: &[form("aaaa~999999~xxx", "- ", 0.5, mx_rfc)],
    },
    // Argentina: CUIT or CUIL, with its check digit.
    Kind {
        entity: "AR_CUIT",
        personal: true,
        context: &["cuit", "cuil"],
        forms: &[form("99-99999999-9", "-", 0.7, ar_cuit), form("9{11}", "", 0.3, ar_cuit)],
    },
    // Chile: RUT, with its check character.
    Kind {
        entity: "CL_RUT",
        personal: true,
        context: &["rut", "run", "cédula"],
        forms: &[
            mixed("9{1,2}-999-999-x", ".-", 0.8, cl_rut),
            form("9{7,8}-x", "-", 0.6, cl_rut),
            form("9{7,8}x", "", 0.2, cl_rut),
        ],
    },
    // Colombia: NIT, with its check digit.
    Kind {
        entity: "CO_NIT",
        personal: true,
        context: &["nit"],
        forms: &[mixed("999-999-999-9", ".-", 0.6, co_nit), form("9{9}-9", "-", 0.5, co_nit)],
    },
    // Ecuador: cédula, Luhn's check digit.
    Kind {
        entity: "EC_CEDULA",
        personal: true,
        context: &["cédula", "cedula", "ruc"],
        forms: &[form("9{9}~9", "-", 0.3, ec_cedula)],
    },
];

fn us_ssn(id: &[u8]) -> bool {
    let (area, group, serial) = (number(&id[..3]), number(&id[3..5]), number(&id[5..]));
    (1..900).contains(&area)
        && area != 666
        && group > 0
        && serial > 0
        && !uniform(id)
        && !matches!(id, b"123456789" | b"078051120" | b"219099999")
}

fn us_itin(id: &[u8]) -> bool {
    id[0] == b'9' && matches!(number(&id[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

fn us_mbi(id: &[u8]) -> bool {
    id[0] != b'0' && !id.iter().any(|byte| b"SLOIBZ".contains(byte))
}

fn us_npi(id: &[u8]) -> bool {
    // Luhn over the number with the prefix 80840 of US health care, which adds 24.
    matches!(id[0], b'1' | b'2') && (luhn_sum(id) + 24).is_multiple_of(10) && !uniform(&id[1..])
}

fn dea(id: &[u8]) -> bool {
    let digits = &id[2..];
    b"ABCDEFGHJKLMPRSTUX".contains(&id[0])
        && weighted(digits, &[1, 2, 1, 2, 1, 2]) % 10 == value(digits[6])
        && !uniform(digits)
}

fn aba(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 1..=12 | 21..=32 | 61..=72 | 80)
        && weighted(id, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

fn ca_sin(id: &[u8]) -> bool {
    !matches!(id[0], b'0' | b'8') && luhn(id) && !uniform(id)
}

/// The check digit modulo eleven of which ten and eleven are nought.
fn mod_11(digits: &[u8], weights: &[u32]) -> u32 {
    match 11 - weighted(digits, weights) % 11 {
        10 | 11 => 0,
        check => check,
    }
}

fn br_cpf(id: &[u8]) -> bool {
    !uniform(id)
        && mod_11(id, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) == value(id[9])
        && mod_11(id, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == value(id[10])
}

fn br_cnpj(id: &[u8]) -> bool {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    !uniform(id) && mod_11(id, &WEIGHTS[1..]) == value(id[12]) && mod_11(id, &WEIGHTS) == value(id[13])
}

fn mx_curp(id: &[u8]) -> bool {
    // The alphabet has Ñ between N and O, so letters after N are one more.
    let worth = |byte: u8| value(byte) + u32::from(byte > b'N');
    let sum: u32 = id[..17].iter().zip((2..=18).rev()).map(|(&byte, weight)| worth(byte) * weight).sum();
    matches!(id[10], b'H' | b'M' | b'X')
        && date(number(&id[4..6]), number(&id[6..8]), number(&id[8..10]))
        && (10 - sum % 10) % 10 == value(id[17])
}

fn mx_rfc(id: &[u8]) -> bool {
    date(number(&id[4..6]), number(&id[6..8]), number(&id[8..10]))
}

fn ar_cuit(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34)
        && mod_11(id, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) == value(id[10])
}

fn cl_rut(id: &[u8]) -> bool {
    let Some((&check, body)) = id.split_last() else { return false };
    if !body.iter().all(u8::is_ascii_digit) || number(body) < 1_000_000 || uniform(body) {
        return false;
    }
    let sum: u32 = body.iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3]).map(|(&digit, weight)| value(digit) * weight).sum();
    match 11 - sum % 11 {
        11 => check == b'0',
        10 => check == b'K',
        rest => u32::from(check).wrapping_sub(48) == rest,
    }
}

fn co_nit(id: &[u8]) -> bool {
    let sum = weighted(id, &[41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
    value(id[9]) == if sum < 2 { sum } else { 11 - sum }
}

fn ec_cedula(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 1..=24 | 30) && id[2] < b'6' && luhn(id)
}
