//! The east and south-east of Europe.

use super::super::checksum::{date, luhn, mod_11_10, number, uniform, value, weighted};
use super::{Kind, capitals, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // Poland: PESEL, with its date and check digit.
    Kind { entity: "PL_PESEL", personal: true, context: &["pesel"], forms: &[form("9{11}", "", 0.45, pl_pesel)] },
    // Poland: NIP, with its check digit.
    Kind {
        entity: "PL_NIP",
        personal: true,
        context: &["nip"],
        forms: &[
            form("999-999-99-99", "-", 0.6, pl_nip),
            form("999-99-99-999", "-", 0.6, pl_nip),
            form("9{10}", "", 0.25, pl_nip),
        ],
    },
    // Czechia and Slovakia: rodné číslo, with its date and check.
    Kind {
        entity: "CZ_SK_RODNE_CISLO",
        personal: true,
        context: &["rodné číslo", "rodne cislo", "rodného čísla", "r.č."],
        forms: &[form("999999-9999", "/", 0.8, rodne_cislo), form("9{10}", "", 0.3, rodne_cislo)],
    },
    // Romania: cod numeric personal, with its date and check digit.
    Kind {
        entity: "RO_CNP",
        personal: true,
        context: &["cnp", "cod numeric"],
        forms: &[form("9{13}", "", 0.6, ro_cnp)],
    },
    // Bulgaria: EGN, with its date and check digit.
    Kind { entity: "BG_EGN", personal: true, context: &["egn", "егн"], forms: &[form("9{10}", "", 0.35, bg_egn)] },
    // Croatia: OIB, with its check digit.
    Kind { entity: "HR_OIB", personal: true, context: &["oib"], forms: &[form("9{11}", "", 0.3, mod_11_10)] },
    // Slovenia, Serbia, Bosnia and others: EMŠO, JMBG, with its date and check digit.
    Kind {
        entity: "YU_JMBG",
        personal: true,
        context: &["jmbg", "emšo", "emso", "матични број"],
        forms: &[form("9{13}", "", 0.6, jmbg)],
    },
    // Greece: AMKA, with its date and check digit.
    Kind {
        entity: "GR_AMKA", personal: true, context: &["amka", "αμκα"], forms: &[form("9{11}", "", 0.45, gr_amka)]
    },
    // Greece: AFM, with its check digit.
    Kind { entity: "GR_AFM", personal: true, context: &["afm", "αφμ"], forms: &[form("9{9}", "", 0.2, gr_afm)] },
    // Russia: SNILS, with its check digits.
    Kind {
        entity: "RU_SNILS",
        personal: true,
        context: &["снилс", "snils"],
        forms: &[mixed("999-999-999-99", "- ", 0.8, ru_snils), form("9{11}", "", 0.4, ru_snils)],
    },
    // Russia: INN of a person, two check digits.
    Kind { entity: "RU_INN", personal: true, context: &["инн", "inn"], forms: &[form("9{12}", "", 0.6, ru_inn)] },
    // Türkiye: T.C. kimlik no, two check digits.
    Kind {
        entity: "TR_NATIONAL_ID",
        personal: true,
        context: &["tckn", "kimlik", "t.c.", "tc no", "vatandaşlık"],
        forms: &[form("9{11}", "", 0.6, tr_id)],
    },
    // Türkiye: number plate.
    Kind {
        entity: "TR_LICENSE_PLATE",
        personal: false,
        context: &["plaka", "plate", "araç"],
        forms: &[
            capitals("99~a~9{4,5}", " ", 0.3, tr_plate),
            capitals("99-a-9{2,3}", " ", 0.3, tr_plate),
            capitals("99~aa~9{3,4}", " ", 0.3, tr_plate),
            capitals("99~aaa~9{2,4}", " ", 0.3, tr_plate),
            capitals("99-aa-9{2}", " ", 0.3, tr_plate),
        ],
    },
];

fn pl_pesel(id: &[u8]) -> bool {
    let month = number(&id[2..4]);
    date(number(&id[..2]), month % 20, number(&id[4..6]))
        && weighted(id, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

fn pl_nip(id: &[u8]) -> bool {
    weighted(id, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == value(id[9]) && !uniform(id)
}

fn rodne_cislo(id: &[u8]) -> bool {
    let month = number(&id[2..4]);
    let month = match month {
        71..=82 => month - 70,
        51..=62 => month - 50,
        21..=32 => month - 20,
        _ => month,
    };
    date(number(&id[..2]), month, number(&id[4..6])) && number(id).is_multiple_of(11)
}

fn ro_cnp(id: &[u8]) -> bool {
    let check = weighted(id, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    (b'1'..=b'8').contains(&id[0])
        && date(number(&id[1..3]), number(&id[3..5]), number(&id[5..7]))
        && matches!(number(&id[7..9]), 1..=52 | 70)
        && (if check == 10 { 1 } else { check }) == value(id[12])
}

fn bg_egn(id: &[u8]) -> bool {
    let month = number(&id[2..4]);
    let month = match month {
        41..=52 => month - 40,
        21..=32 => month - 20,
        _ => month,
    };
    date(number(&id[..2]), month, number(&id[4..6]))
        && weighted(id, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == value(id[9])
}

fn jmbg(id: &[u8]) -> bool {
    let check = 11 - weighted(id, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let year = number(&id[4..7]);
    date(if year > 800 { 1000 + year } else { 2000 + year }, number(&id[2..4]), number(&id[..2]))
        && (if check > 9 { 0 } else { check }) == value(id[12])
}

fn gr_amka(id: &[u8]) -> bool {
    date(number(&id[4..6]), number(&id[2..4]), number(&id[..2])) && luhn(id)
}

fn gr_afm(id: &[u8]) -> bool {
    weighted(id, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == value(id[8]) && !uniform(id)
}

fn ru_snils(id: &[u8]) -> bool {
    let sum = weighted(id, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
    u64::from(sum) == number(&id[9..]) && number(&id[..9]) > 1_001_998
}

fn ru_inn(id: &[u8]) -> bool {
    let check = |weights: &[u32]| weighted(id, weights) % 11 % 10;
    check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == value(id[10])
        && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == value(id[11])
        && !uniform(id)
}

fn tr_id(id: &[u8]) -> bool {
    let digit = |at: usize| value(id[at]);
    let odd: u32 = (0..9).step_by(2).map(digit).sum();
    let even: u32 = (1..8).step_by(2).map(digit).sum();
    id[0] != b'0' && (odd * 7 + 90 - even) % 10 == digit(9) && (0..10).map(digit).sum::<u32>() % 10 == digit(10)
}

fn tr_plate(id: &[u8]) -> bool {
    (1..=81).contains(&number(&id[..2]))
}
