//! Germany, Austria and Switzerland.

use super::super::checksum::{date, mod_11_10, number, uniform, value, weighted};
use super::{Kind, any, capitals, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // Germany: Steuer-Identifikationsnummer, with its check digit.
    Kind {
        entity: "DE_TAX_ID",
        personal: true,
        context: &[
            "steuer-id",
            "steueridentifikation",
            "steuerliche identifikation",
            "idnr",
            "id-nr",
            "steuerid",
            "tax id",
            "identifikationsnummer",
            "finanzamt",
        ],
        forms: &[form("99-999-999-999", " ", 0.7, de_tax_id), form("9{11}", "", 0.4, de_tax_id)],
    },
    // Germany: Steuernummer.
    Kind {
        entity: "DE_TAX_NUMBER",
        personal: true,
        context: &[
            "steuernummer",
            "steuer-nr",
            "steuer nr",
            "st.-nr",
            "st-nr",
            "finanzamt",
            "einkommensteuer",
            "steuerbescheid",
        ],
        forms: &[
            form("999-999-99999", "/", 0.5, any),
            form("9{2,3}-9{3,4}-9{4,5}", "/", 0.3, any),
            form("9{13}", "", 0.2, de_tax_number),
        ],
    },
    // Germany: Umsatzsteuer-Identifikationsnummer, with its check digit.
    Kind {
        entity: "DE_VAT_ID",
        personal: false,
        context: &["ust-id", "ustid", "umsatzsteuer", "mehrwertsteuer", "vat", "rechnung", "invoice"],
        forms: &[mixed("DE~999~999~999", " .-", 0.6, de_vat)],
    },
    // Germany: Rentenversicherungsnummer, with its date and check digit.
    Kind {
        entity: "DE_SOCIAL_SECURITY",
        personal: true,
        context: &[
            "rentenversicherung",
            "sozialversicherung",
            "versicherungsnummer",
            "rvnr",
            "svnr",
            "sv-nummer",
            "drv",
        ],
        forms: &[mixed("99~999999~a~99~9", " -", 0.7, de_social_security)],
    },
    // Germany: Krankenversichertennummer, with its check digit.
    Kind {
        entity: "DE_HEALTH_INSURANCE",
        personal: true,
        context: &[
            "krankenversicher",
            "versichertennummer",
            "kvnr",
            "krankenkasse",
            "gesundheitskarte",
            "egk",
            "aok",
            "barmer",
            "dak",
        ],
        forms: &[form("a9{9}", "", 0.45, de_health_insurance)],
    },
    // Germany: Personalausweis; by context.
    Kind {
        entity: "DE_ID_CARD",
        personal: true,
        context: &["personalausweis", "ausweisnummer", "ausweis", "identity card", "id card"],
        forms: &[form("ax{8}", "", 0.15, de_id_card)],
    },
    // Germany: Reisepass, with its check digit.
    Kind {
        entity: "DE_PASSPORT",
        personal: true,
        context: &["reisepass", "passnummer", "pass-nr", "passport", "mrz"],
        forms: &[form("ax{7}9", "", 0.35, de_passport)],
    },
    // Germany: Führerschein; by context.
    Kind {
        entity: "DE_FUEHRERSCHEIN",
        personal: true,
        context: &["führerschein", "fahrerlaubnis", "driving licence", "driving license", "driver's license"],
        forms: &[form("ax9{8}x", "", 0.3, any)],
    },
    // Germany: Lebenslange Arztnummer, with its check digit.
    Kind {
        entity: "DE_LANR",
        personal: true,
        context: &["lanr", "arztnummer", "arzt-nr", "behandelnder arzt"],
        forms: &[form("9{9}", "", 0.2, de_lanr)],
    },
    // Germany: Betriebsstättennummer of a practice; by context.
    Kind {
        entity: "DE_BSNR",
        personal: false,
        context: &["bsnr", "betriebsstätte", "praxisnummer", "arztpraxis", "praxis"],
        forms: &[form("9{9}", "", 0.2, de_bsnr)],
    },
    // Germany: number in the Handelsregister.
    Kind {
        entity: "DE_HANDELSREGISTER",
        personal: false,
        context: &["handelsregister", "amtsgericht", "registergericht"],
        forms: &[form("HRA~9{1,6}", " ", 0.5, any), form("HRB~9{1,6}", " ", 0.5, any)],
    },
    // Germany: number plate.
    Kind {
        entity: "DE_KFZ",
        personal: false,
        context: &["kennzeichen", "nummernschild", "kfz", "fahrzeug", "zulassung", "auto", "pkw"],
        forms: &[
            capitals("a{1,3}-a{1,2}-9{1,4}", " -", 0.3, any),
            capitals("a{1,3}-a{1,2}-9{1,4}a", " -", 0.3, de_plate_suffix),
        ],
    },
    // Germany: postcode; by context.
    Kind {
        entity: "DE_PLZ",
        personal: false,
        context: &["plz", "postleitzahl", "wohnort", "anschrift", "adresse"],
        forms: &[form("9{5}", "", 0.1, de_postcode)],
    },
    // Austria: Sozialversicherungsnummer, with its date and check digit.
    Kind {
        entity: "AT_SVNR",
        personal: true,
        context: &["sozialversicherung", "svnr", "sv-nummer", "versicherungsnummer"],
        forms: &[form("9999~999999", " ", 0.4, at_svnr)],
    },
    // Switzerland: AHV number, with its check digit.
    Kind {
        entity: "CH_AHV",
        personal: true,
        context: &["ahv", "avs", "oasi", "sozialversicherung"],
        forms: &[mixed("999~9999~9999~99", ". ", 0.8, ch_ahv)],
    },
];

fn de_tax_id(id: &[u8]) -> bool {
    let mut counts = [0; 10];
    for &digit in &id[..10] {
        counts[value(digit) as usize] += 1;
    }
    id[0] != b'0'
        && counts.iter().filter(|&&count| count > 1).count() == 1
        && counts.iter().all(|&count| count < 4)
        && mod_11_10(id)
}

fn de_tax_number(id: &[u8]) -> bool {
    (1..=16).contains(&number(&id[..2]))
}

fn de_vat(id: &[u8]) -> bool {
    mod_11_10(&id[2..])
}

/// The sum of the digits of the products with `weights`; a letter counts as the two digits of its place in the alphabet.
fn digit_sums(id: &[u8], weights: &[u32]) -> u32 {
    let digits = id.iter().flat_map(|&byte| {
        if byte.is_ascii_digit() {
            [None, Some(value(byte))]
        } else {
            [Some((value(byte) - 9) / 10), Some((value(byte) - 9) % 10)]
        }
    });
    digits.flatten().zip(weights).map(|(digit, weight)| digit * weight / 10 + digit * weight % 10).sum()
}

fn de_social_security(id: &[u8]) -> bool {
    matches!(number(&id[2..4]), 1..=31 | 51..=81)
        && (1..=12).contains(&number(&id[4..6]))
        && digit_sums(&id[..11], &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10 == value(id[11])
}

fn de_health_insurance(id: &[u8]) -> bool {
    digit_sums(&id[..9], &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10 == value(id[9])
}

/// The characters of German documents: no vowels, and no letters that look like digits.
fn document(id: &[u8]) -> bool {
    id.iter().all(|byte| byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte))
        && id.iter().any(u8::is_ascii_digit)
}

fn de_id_card(id: &[u8]) -> bool {
    b"LMNPRTVWXY".contains(&id[0]) && document(id) && !id.contains(&b'Z')
}

fn de_passport(id: &[u8]) -> bool {
    document(id) && weighted(id, &[7, 3, 1, 7, 3, 1, 7, 3]) % 10 == value(id[8])
}

fn de_lanr(id: &[u8]) -> bool {
    (10 - weighted(id, &[4, 9, 4, 9, 4, 9]) % 10) % 10 == value(id[6]) && !uniform(id)
}

fn de_bsnr(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 1..=3 | 17 | 20 | 35 | 38 | 46 | 51 | 52 | 71..=74 | 78 | 83 | 88 | 93 | 98)
}

fn de_plate_suffix(id: &[u8]) -> bool {
    matches!(id.last(), Some(b'E' | b'H'))
}

fn de_postcode(id: &[u8]) -> bool {
    (1001..=99998).contains(&number(id))
}

fn at_svnr(id: &[u8]) -> bool {
    id[0] != b'0'
        && (1..=15).contains(&number(&id[6..8]))
        && (date(number(&id[8..]), number(&id[6..8]), number(&id[4..6])) || number(&id[6..8]) > 12)
        && weighted(id, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == value(id[3])
}

fn ch_ahv(id: &[u8]) -> bool {
    id.starts_with(b"756") && weighted(id, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}
