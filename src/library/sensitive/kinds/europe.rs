//! The west and south of Europe.

use super::super::checksum::{date, luhn, number, uniform, value, weighted};
use super::{Kind, any, capitals, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // United Kingdom: national insurance number, with the prefixes that are issued.
    Kind {
        entity: "UK_NINO",
        personal: true,
        context: &["national insurance", "nino", "ni number", "insurance number"],
        forms: &[mixed("aa~99~99~99~a", " -", 0.6, uk_nino)],
    },
    // United Kingdom: NHS number, with its check digit.
    Kind {
        entity: "UK_NHS",
        personal: true,
        context: &["nhs", "national health", "health service", "health number"],
        forms: &[form("999-999-9999", "- ", 0.6, uk_nhs), form("9{10}", "", 0.3, uk_nhs)],
    },
    // United Kingdom: passport; by context.
    Kind {
        entity: "UK_PASSPORT",
        personal: true,
        context: &["passport", "hmpo", "travel document"],
        forms: &[form("aa9{7}", "", 0.1, any)],
    },
    // United Kingdom: driving licence, with its date.
    Kind {
        entity: "UK_DRIVING_LICENCE",
        personal: true,
        context: &["driving licence", "driving license", "driver's licence", "dvla", "licence number"],
        forms: &[form("xxxxx~999999~xxx~aa", " ", 0.7, uk_driving)],
    },
    // United Kingdom: postcode.
    Kind {
        entity: "UK_POSTCODE",
        personal: false,
        context: &["postcode", "post code", "address", "live at", "live in"],
        forms: &[
            capitals("a{1,2}9{1,2}~9aa", " ", 0.3, uk_postcode),
            capitals("a{1,2}9a~9aa", " ", 0.3, uk_postcode),
            capitals("aaa~9aa", " ", 0.3, uk_girobank),
        ],
    },
    // United Kingdom: number plate.
    Kind {
        entity: "UK_VEHICLE_REGISTRATION",
        personal: false,
        context: &[
            "vehicle",
            "registration",
            "number plate",
            "licence plate",
            "license plate",
            "reg",
            "vrn",
            "dvla",
            "car",
        ],
        forms: &[
            form("aa99~aaa", "- ", 0.3, uk_plate),
            form("a9{1,3}~aaa", "- ", 0.2, uk_plate_prefix),
            form("aaa~9{1,3}~a", "- ", 0.2, uk_plate_suffix),
        ],
    },
    // France: numéro de sécurité sociale, with its key.
    Kind {
        entity: "FR_NIR",
        personal: true,
        context: &["sécurité sociale", "securite sociale", "nir", "numéro de sécu", "insee"],
        forms: &[mixed("9~99~99~9x~999~999~99", " .-", 0.9, fr_nir)],
    },
    // Spain: DNI or NIF, with its check letter.
    Kind {
        entity: "ES_NIF",
        personal: true,
        context: &["dni", "nif", "documento nacional", "identificación"],
        forms: &[form("9{7,8}~a", "- ", 0.6, es_nif)],
    },
    // Spain: NIE of a foreigner, with its check letter.
    Kind {
        entity: "ES_NIE",
        personal: true,
        context: &["nie", "extranjero", "número de identificación"],
        forms: &[form("a~9{7}~a", "- ", 0.6, es_nie)],
    },
    // Spain: passport; by context.
    Kind {
        entity: "ES_PASSPORT",
        personal: true,
        context: &["pasaporte", "passport"],
        forms: &[form("aaa9{6}", "", 0.15, any)],
    },
    // Italy: codice fiscale, with its check letter.
    Kind {
        entity: "IT_FISCAL_CODE",
        personal: true,
        context: &["codice fiscale", "cod. fisc", "fiscal code"],
        forms: &[
            form("aaa~aaa~xxaxx~axxxa", " ", 0.9, it_fiscal_code),
            form("aaaaaa99a99a999a", "", 0.3, it_fiscal_form),
        ],
    },
    // Italy: patente; by context.
    Kind {
        entity: "IT_DRIVER_LICENSE",
        personal: true,
        context: &["patente", "licenza"],
        forms: &[form("aa9{7}a", "", 0.2, any), form("U9x{7}a", "", 0.2, it_driver)],
    },
    // Italy: carta d'identità; by context.
    Kind {
        entity: "IT_IDENTITY_CARD",
        personal: true,
        context: &["carta d'identità", "carta di identità", "carta identità", "documento", "cie"],
        forms: &[form("aa~9{7}", " ", 0.1, any), form("9{7}aa", "", 0.15, any), form("aa9{5}aa", "", 0.15, any)],
    },
    // Italy: passaporto; by context.
    Kind {
        entity: "IT_PASSPORT",
        personal: true,
        context: &["passaporto", "passport", "viaggio"],
        forms: &[form("aa9{7}", "", 0.1, any)],
    },
    // Italy: partita IVA, with its check digit.
    Kind {
        entity: "IT_VAT_CODE",
        personal: false,
        context: &["partita iva", "p. iva", "p.iva", "vat"],
        forms: &[form("9{11}", "", 0.3, it_vat)],
    },
    // Portugal: NIF, with its check digit.
    Kind {
        entity: "PT_NIF",
        personal: true,
        context: &["nif", "contribuinte", "número fiscal", "numero fiscal"],
        forms: &[form("999-999-999", " .", 0.45, pt_nif), form("9{9}", "", 0.25, pt_nif)],
    },
    // Netherlands: burgerservicenummer, with its check.
    Kind {
        entity: "NL_BSN",
        personal: true,
        context: &["bsn", "burgerservice", "sofi", "sofinummer"],
        forms: &[form("9999-99-999", ". ", 0.5, nl_bsn), form("9{8,9}", "", 0.2, nl_bsn)],
    },
    // Belgium: rijksregisternummer, with its check digits.
    Kind {
        entity: "BE_NATIONAL_NUMBER",
        personal: true,
        context: &["rijksregister", "registre national", "national number", "insz", "niss"],
        forms: &[mixed("99-99-99-999-99", ".-", 0.8, be_number), form("9{11}", "", 0.45, be_number)],
    },
    // Ireland: PPS number, with its check letter.
    Kind {
        entity: "IE_PPS",
        personal: true,
        context: &["pps", "ppsn", "personal public service"],
        forms: &[form("9{7}a", "", 0.45, ie_pps), form("9{7}aa", "", 0.45, ie_pps)],
    },
];

fn uk_nino(id: &[u8]) -> bool {
    let issued = |byte: &u8| !b"DFIQUV".contains(byte);
    issued(&id[0])
        && issued(&id[1])
        && id[1] != b'O'
        && !matches!(&id[..2], b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ")
        && matches!(id[8], b'A'..=b'D')
}

fn uk_nhs(id: &[u8]) -> bool {
    let check = 11 - weighted(id, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    check % 11 == value(id[9]) && check != 10 && !uniform(id)
}

fn uk_driving(id: &[u8]) -> bool {
    let name = &id[..5];
    let letters = name.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    letters > 0
        && name[letters..].iter().all(|&byte| byte == b'9')
        && matches!(number(&id[6..8]), 1..=12 | 51..=62)
        && (1..=31).contains(&number(&id[8..10]))
        && id[11..13].iter().all(|&byte| byte.is_ascii_uppercase() || byte == b'9')
}

fn uk_postcode(id: &[u8]) -> bool {
    let (outward, inward) = id.split_at(id.len() - 3);
    let area = outward.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let fits = |place: usize, letters: &[u8]| {
        outward.get(place).is_none_or(|byte| byte.is_ascii_digit() || letters.contains(byte))
    };
    !b"QVX".contains(&outward[0])
        && (area == 1 || !b"IJZ".contains(&outward[1]))
        && (area == 2 || fits(2, b"ABCDEFGHJKPSTUW"))
        && fits(3, b"ABEHMNPRVWXY")
        && !inward[1..].iter().any(|byte| b"CIKMOV".contains(byte))
}

fn uk_girobank(id: &[u8]) -> bool {
    id == b"GIR0AA"
}

fn plate_letters(id: &[u8]) -> bool {
    !id.iter().any(|byte| matches!(byte, b'I' | b'Q'))
}

fn uk_plate(id: &[u8]) -> bool {
    plate_letters(id) && !id[..2].contains(&b'Z') && matches!(number(&id[2..4]), 2..=29 | 51..=79)
}

fn uk_plate_prefix(id: &[u8]) -> bool {
    plate_letters(id) && !b"OUZ".contains(&id[0]) && id[id.len() - 3] != b'Z'
}

fn uk_plate_suffix(id: &[u8]) -> bool {
    plate_letters(id) && !b"OUZ".contains(&id[id.len() - 1])
}

fn fr_nir(id: &[u8]) -> bool {
    let mut digits = [0; 13];
    digits.copy_from_slice(&id[..13]);
    // Corsica's departments count as 19 and 18.
    match (id[5], id[6]) {
        (b'2', b'A') => digits[6] = b'9',
        (b'2', b'B') => digits[6] = b'8',
        (_, b'0'..=b'9') => {}
        _ => return false,
    }
    if id[6].is_ascii_alphabetic() {
        digits[5] = b'1';
    }
    matches!(id[0], b'1'..=b'4' | b'7' | b'8')
        && matches!(number(&id[3..5]), 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&digits) % 97 == number(&id[13..])
}

fn nif_letter(number: u64) -> u8 {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize]
}

fn es_nif(id: &[u8]) -> bool {
    let (digits, letter) = (&id[..id.len() - 1], id[id.len() - 1]);
    nif_letter(number(digits)) == letter
}

fn es_nie(id: &[u8]) -> bool {
    (b'X'..=b'Z').contains(&id[0]) && nif_letter(u64::from(id[0] - b'X') * 10_000_000 + number(&id[1..8])) == id[8]
}

fn it_fiscal_code(id: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    // Where two people would have the same code, letters stand for digits.
    let place = |byte: u8| b"LMNPQRSTUV".iter().position(|&letter| letter == byte);
    let digit = |byte: u8| {
        if byte.is_ascii_digit() { Some(u64::from(value(byte))) } else { place(byte).map(|place| place as u64) }
    };
    let Some(day) = digit(id[9]).zip(digit(id[10])).map(|(ten, one)| ten * 10 + one) else { return false };
    if !matches!(day, 1..=31 | 41..=71)
        || !b"ABCDEHLMPRST".contains(&id[8])
        || [6, 7, 12, 13, 14].iter().any(|&at| digit(id[at]).is_none())
    {
        return false;
    }
    let worth = |(at, &byte): (usize, &u8)| {
        let index = if byte.is_ascii_digit() { value(byte) } else { value(byte) - 10 };
        if at % 2 == 0 { ODD[index as usize] } else { index }
    };
    id[..15].iter().enumerate().map(worth).sum::<u32>() % 26 == value(id[15]) - 10
}

/// A code whose check letter was mistyped is still one.
fn it_fiscal_form(id: &[u8]) -> bool {
    b"ABCDEHLMPRST".contains(&id[8]) && matches!(number(&id[9..11]), 1..=31 | 41..=71)
}

fn it_driver(id: &[u8]) -> bool {
    id[1] == b'1' && !id[2..9].iter().any(|byte| b"AIOQV".contains(byte))
}

fn it_vat(id: &[u8]) -> bool {
    luhn(id) && !uniform(id)
}

fn pt_nif(id: &[u8]) -> bool {
    let check = 11 - weighted(id, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    matches!(id[0], b'1' | b'2' | b'3' | b'5' | b'6' | b'8' | b'9')
        && (if check > 9 { 0 } else { check }) == value(id[8])
        && !uniform(id)
}

fn nl_bsn(id: &[u8]) -> bool {
    let skip = 9 - id.len();
    let body = weighted(&id[..id.len() - 1], &[9, 8, 7, 6, 5, 4, 3, 2][skip..]);
    body % 11 == value(id[id.len() - 1]) && !uniform(id)
}

fn be_number(id: &[u8]) -> bool {
    let (body, check) = (number(&id[..9]), number(&id[9..]));
    (date(number(&id[..2]), number(&id[2..4]), number(&id[4..6])) || number(&id[2..4]) == 0)
        && (97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check)
}

fn ie_pps(id: &[u8]) -> bool {
    let second = id.get(8).map_or(0, |&letter| if letter == b'W' { 0 } else { value(letter) - 9 });
    let sum = weighted(id, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    b"WABCDEFGHIJKLMNOPQRSTUV"[(sum % 23) as usize] == id[7]
}
