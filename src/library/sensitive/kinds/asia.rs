//! Asia.

use super::super::checksum::{date, luhn, number, uniform, value, verhoeff, weighted};
use super::{Kind, any, capitals, form, mixed};

pub(super) const KINDS: &[Kind] = &[
    // India: Aadhaar, Verhoeff's check digit.
    Kind {
        entity: "IN_AADHAAR",
        personal: true,
        context: &["aadhaar", "aadhar", "uidai", "uid", "आधार"],
        forms: &[form("9999-9999-9999", " -:", 0.6, in_aadhaar), form("9{12}", "", 0.4, in_aadhaar)],
    },
    // India: PAN, with the letter of its holder's kind.
    Kind {
        entity: "IN_PAN",
        personal: true,
        context: &["pan", "permanent account", "income tax"],
        forms: &[form("aaaaa9999a", "", 0.6, in_pan)],
    },
    // India: passport; by context.
    Kind {
        entity: "IN_PASSPORT",
        personal: true,
        context: &["passport", "travel document"],
        forms: &[form("a99~9{5}", " ", 0.15, in_passport)],
    },
    // India: voter id; by context.
    Kind {
        entity: "IN_VOTER",
        personal: true,
        context: &["voter", "vote", "epic", "elector"],
        forms: &[form("aaa9{7}", "", 0.3, any)],
    },
    // India: GSTIN of a business, with its state.
    Kind {
        entity: "IN_GSTIN",
        personal: false,
        context: &["gst", "gstin"],
        forms: &[form("99aaaaa9999axZx", "", 0.6, in_gstin)],
    },
    // India: number plate, with its state.
    Kind {
        entity: "IN_VEHICLE_REGISTRATION",
        personal: false,
        context: &["rto", "vehicle", "plate", "registration"],
        forms: &[
            mixed("aa~9{1,2}~a{1,3}~9999", " -", 0.45, in_plate),
            form("99~BH~9999~a{1,2}", " -", 0.6, any),
            form("99a9{6}a", "", 0.5, any),
        ],
    },
    // Singapore: NRIC or FIN, with its check letter.
    Kind {
        entity: "SG_NRIC_FIN",
        personal: true,
        context: &["nric", "fin", "identity card", "ic number"],
        forms: &[form("a9{7}a", "", 0.7, sg_nric), form("a9{7}a", "", 0.3, sg_nric_form)],
    },
    // Singapore: UEN of a business, with its check letter.
    Kind {
        entity: "SG_UEN",
        personal: false,
        context: &["uen", "unique entity", "acra"],
        forms: &[form("9{8,9}a", "", 0.4, sg_uen), form("a99aa9999a", "", 0.6, sg_uen)],
    },
    // Korea: resident registration number, with its date.
    Kind {
        entity: "KR_RRN",
        personal: true,
        context: &["주민등록번호", "주민번호", "rrn", "resident registration"],
        forms: &[form("999999-9999999", "-", 0.6, kr_rrn), form("9{13}", "", 0.4, kr_rrn)],
    },
    // Korea: foreigner registration number, with its date.
    Kind {
        entity: "KR_FRN",
        personal: true,
        context: &["외국인등록번호", "외국인번호", "frn", "foreigner registration"],
        forms: &[form("999999-9999999", "-", 0.6, kr_frn), form("9{13}", "", 0.4, kr_frn)],
    },
    // Korea: business registration number, with its check digit.
    Kind {
        entity: "KR_BRN",
        personal: false,
        context: &["사업자등록번호", "brn", "business registration"],
        forms: &[form("999-99-99999", "-", 0.6, kr_brn), form("9{10}", "", 0.25, kr_brn)],
    },
    // Korea: driver's licence, with its region.
    Kind {
        entity: "KR_DRIVER_LICENSE",
        personal: true,
        context: &["운전면허", "면허번호", "driver license", "driver's license"],
        forms: &[form("99-99-999999-99", "- ", 0.5, kr_driver), form("9{12}", "", 0.2, kr_driver)],
    },
    // Korea: passport; by context.
    Kind {
        entity: "KR_PASSPORT",
        personal: true,
        context: &["여권", "passport"],
        forms: &[form("a999a9999", "", 0.3, kr_passport), form("a9{8}", "", 0.2, kr_passport)],
    },
    // Thailand: national id, with its province and check digit.
    Kind {
        entity: "TH_TNIN",
        personal: true,
        context: &["thai national", "thai id", "tnin", "เลขประจำตัวประชาชน", "เลขบัตรประชาชน"],
        forms: &[form("9-9999-99999-99-9", "- ", 0.7, th_id), form("9{13}", "", 0.4, th_id)],
    },
    // China: resident identity number, with its date and check character.
    Kind {
        entity: "CN_RESIDENT_ID",
        personal: true,
        context: &["身份证", "居民身份证", "resident identity"],
        forms: &[form("9{17}x", "", 0.9, cn_id)],
    },
    // Taiwan: national id, with its check digit.
    Kind {
        entity: "TW_NATIONAL_ID",
        personal: true,
        context: &["身分證", "身份證", "national id", "arc number"],
        forms: &[form("a9{9}", "", 0.5, tw_id)],
    },
    // Hong Kong: identity card, with its check character.
    Kind {
        entity: "HK_ID_CARD",
        personal: true,
        context: &["hkid", "hong kong id", "身份證", "identity card"],
        forms: &[form("a{1,2}9{6}x", "", 0.3, hk_id)],
    },
    // Japan: My Number, with its check digit.
    Kind {
        entity: "JP_MY_NUMBER",
        personal: true,
        context: &["マイナンバー", "個人番号", "my number"],
        forms: &[form("9999-9999-9999", " -", 0.45, jp_my_number), form("9{12}", "", 0.25, jp_my_number)],
    },
    // Malaysia: MyKad, with its date and state.
    Kind {
        entity: "MY_NRIC",
        personal: true,
        context: &["nric", "mykad", "kad pengenalan", "ic number"],
        forms: &[form("999999-99-9999", "-", 0.6, my_nric), form("9{12}", "", 0.25, my_nric)],
    },
    // Indonesia: NIK, with its date and province.
    Kind {
        entity: "ID_NIK",
        personal: true,
        context: &["nik", "ktp", "nomor induk"],
        forms: &[form("9{16}", "", 0.4, id_nik)],
    },
    // Israel: teudat zehut, Luhn's check digit.
    Kind {
        entity: "IL_ID_NUMBER",
        personal: true,
        context: &["teudat zehut", "תעודת זהות", "israeli id", "ת.ז"],
        forms: &[form("9{8}~9", "-", 0.2, il_id)],
    },
    // United Arab Emirates: Emirates ID, Luhn's check digit.
    Kind {
        entity: "AE_EMIRATES_ID",
        personal: true,
        context: &["emirates id", "eid"],
        forms: &[form("999~9999~9999999~9", "- ", 0.8, ae_id)],
    },
    // Saudi Arabia: national id or iqama, Luhn's check digit.
    Kind {
        entity: "SA_NATIONAL_ID",
        personal: true,
        context: &["iqama", "saudi id", "national id", "رقم الهوية"],
        forms: &[form("9{10}", "", 0.25, sa_id)],
    },
    // Philippines: TIN, with its check digit.
    Kind {
        entity: "PH_TIN",
        personal: true,
        context: &["tin", "bir", "taxpayer"],
        forms: &[
            form("999-999-999", "-", 0.5, ph_tin),
            form("999-999-999-999", "-", 0.6, ph_tin),
            form("9{9}", "", 0.2, ph_tin),
            form("9{12}", "", 0.25, ph_tin),
        ],
    },
    // Philippines: UMID or CRN; by context.
    Kind {
        entity: "PH_UMID",
        personal: true,
        context: &["umid", "crn", "common reference"],
        forms: &[form("9999-9999999-9", "-", 0.5, any), form("9{12}", "", 0.05, any)],
    },
    // Philippines: passport; by context.
    Kind {
        entity: "PH_PASSPORT",
        personal: true,
        context: &["passport"],
        forms: &[capitals("a9{7}a", "", 0.2, any), capitals("aa9{7}", "", 0.1, any)],
    },
];

fn in_aadhaar(id: &[u8]) -> bool {
    id[0] >= b'2' && verhoeff(id) && !id.iter().eq(id.iter().rev())
}

fn in_pan(id: &[u8]) -> bool {
    b"ABCEFGHJLPT".contains(&id[3]) && &id[5..9] != b"0000"
}

fn in_passport(id: &[u8]) -> bool {
    !b"QXZ".contains(&id[0]) && id[1] != b'0' && id[7] != b'0'
}

fn in_gstin(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 1..=37) && &id[7..11] != b"0000"
}

fn in_plate(id: &[u8]) -> bool {
    const STATES: &str = "AN AP AR AS BR CG CH CT DD DH DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR PB PY RJ SK TN TR TS TG UA UK UL UP UT WB";
    STATES.as_bytes().chunks(3).any(|state| state[..2] == id[..2]) && &id[id.len() - 4..] != b"0000"
}

fn sg_nric_form(id: &[u8]) -> bool {
    b"STFGM".contains(&id[0])
}

fn sg_nric(id: &[u8]) -> bool {
    let sum = weighted(&id[1..8], &[2, 7, 6, 5, 4, 3, 2]);
    let letter = match id[0] {
        b'S' => b"JZIHGFEDCBA"[(sum % 11) as usize],
        b'T' => b"JZIHGFEDCBA"[((sum + 4) % 11) as usize],
        b'F' => b"XWUTRQPNMLK"[(sum % 11) as usize],
        b'G' => b"XWUTRQPNMLK"[((sum + 4) % 11) as usize],
        b'M' => b"KLJNPQRTUWX"[10 - ((sum + 3) % 11) as usize],
        _ => return false,
    };
    letter == id[8]
}

fn sg_uen(id: &[u8]) -> bool {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWX0123456789";
    const ENTITIES: &str = "LP LL FC PF RF MQ MM NB CC CS MB FM GS DP CP NR CM CD MD HS VH CH MH CL XL CX HC RP TU TC FB FN PA PB SS MC SM GA GB";
    match id.len() {
        9 => b"XMKECAWLJDB"[(weighted(id, &[10, 4, 9, 3, 8, 2, 7, 1]) % 11) as usize] == id[8],
        10 if id[0].is_ascii_digit() => {
            (1800..=2100).contains(&number(&id[..4]))
                && b"ZKCMDNERGWH"[(weighted(id, &[10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11) as usize] == id[9]
        }
        10 => {
            let worth = |byte: &u8| LETTERS.iter().position(|letter| letter == byte).unwrap_or(0);
            let sum: usize =
                id.iter().zip([4, 3, 5, 3, 10, 2, 2, 5, 7]).map(|(byte, weight)| worth(byte) * weight).sum();
            b"TSR".contains(&id[0])
                && ENTITIES.as_bytes().chunks(3).any(|entity| entity[..2] == id[3..5])
                && LETTERS[(sum + 6) % 11] == id[9]
        }
        _ => false,
    }
}

fn kr_birth(id: &[u8]) -> bool {
    (1..=12).contains(&number(&id[2..4])) && (1..=31).contains(&number(&id[4..6]))
}

fn kr_rrn(id: &[u8]) -> bool {
    kr_birth(id) && (b'1'..=b'4').contains(&id[6])
}

fn kr_frn(id: &[u8]) -> bool {
    kr_birth(id) && (b'5'..=b'8').contains(&id[6])
}

fn kr_brn(id: &[u8]) -> bool {
    let sum = weighted(id, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + value(id[8]) * 5 / 10;
    (10 - sum % 10) % 10 == value(id[9]) && number(&id[..3]) > 100
}

fn kr_driver(id: &[u8]) -> bool {
    matches!(number(&id[..2]), 11..=26 | 28)
}

fn kr_passport(id: &[u8]) -> bool {
    b"MSRODG".contains(&id[0])
}

fn th_id(id: &[u8]) -> bool {
    let province = !matches!(number(&id[1..3]), 0..=9 | 28 | 29 | 59 | 68 | 69 | 78 | 79 | 87..=89 | 97..=99);
    id[0] != b'0'
        && province
        && (11 - weighted(id, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == value(id[12])
}

fn cn_id(id: &[u8]) -> bool {
    let sum = weighted(id, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    matches!(number(&id[..2]), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
        && (1850..=2100).contains(&number(&id[6..10]))
        && date(number(&id[6..10]), number(&id[10..12]), number(&id[12..14]))
        && b"10X98765432"[(sum % 11) as usize] == id[17]
}

fn tw_id(id: &[u8]) -> bool {
    let Some(letter) = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".iter().position(|&letter| letter == id[0]) else { return false };
    let letter = letter as u32 + 10;
    matches!(id[1], b'1' | b'2' | b'8' | b'9')
        && (letter / 10 + letter % 10 * 9 + weighted(&id[1..], &[8, 7, 6, 5, 4, 3, 2, 1, 1])).is_multiple_of(10)
}

fn hk_id(id: &[u8]) -> bool {
    // One letter is preceded by a blank, which counts as 36.
    let first = if id.len() == 8 { 36 * 9 } else { 0 };
    let weights: &[u32] = if id.len() == 8 { &[8, 7, 6, 5, 4, 3, 2] } else { &[9, 8, 7, 6, 5, 4, 3, 2] };
    let sum = first + weighted(id, weights);
    match 11 - sum % 11 {
        11 => id[id.len() - 1] == b'0',
        10 => id[id.len() - 1] == b'A',
        check => value(id[id.len() - 1]) == check,
    }
}

fn jp_my_number(id: &[u8]) -> bool {
    let rest = weighted(id, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    (if rest < 2 { 0 } else { 11 - rest }) == value(id[11]) && !uniform(id)
}

fn my_nric(id: &[u8]) -> bool {
    date(number(&id[..2]), number(&id[2..4]), number(&id[4..6]))
        && !matches!(number(&id[6..8]), 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
}

fn id_nik(id: &[u8]) -> bool {
    let day = number(&id[6..8]);
    (11..=94).contains(&number(&id[..2]))
        && date(number(&id[10..12]), number(&id[8..10]), if day > 40 { day - 40 } else { day })
}

fn il_id(id: &[u8]) -> bool {
    luhn(id) && !uniform(id)
}

fn ae_id(id: &[u8]) -> bool {
    id.starts_with(b"784") && (1900..=2100).contains(&number(&id[3..7])) && luhn(id)
}

fn sa_id(id: &[u8]) -> bool {
    matches!(id[0], b'1' | b'2') && luhn(id) && !uniform(id)
}

fn ph_tin(id: &[u8]) -> bool {
    weighted(id, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == value(id[8]) && number(&id[..9]) > 0
}
