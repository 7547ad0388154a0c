//! Australia and New Zealand.

use super::super::checksum::{number, uniform, value, weighted};
use super::{Kind, form};

pub(super) const KINDS: &[Kind] = &[
    // Australia: tax file number, with its check.
    Kind {
        entity: "AU_TFN",
        personal: true,
        context: &["tfn", "tax file"],
        forms: &[form("999-999-999", " -", 0.5, au_tfn), form("9{9}", "", 0.25, au_tfn)],
    },
    // Australia: Medicare card, with its check digit.
    Kind {
        entity: "AU_MEDICARE",
        personal: true,
        context: &["medicare"],
        forms: &[form("9999-99999-9", " -", 0.6, au_medicare), form("9{10}", "", 0.25, au_medicare)],
    },
    // Australia: business number, with its check.
    Kind {
        entity: "AU_ABN",
        personal: false,
        context: &["abn", "australian business"],
        forms: &[form("99-999-999-999", " ", 0.6, au_abn), form("9{11}", "", 0.4, au_abn)],
    },
    // Australia: company number, with its check digit.
    Kind {
        entity: "AU_ACN",
        personal: false,
        context: &["acn", "australian company"],
        forms: &[form("999-999-999", " ", 0.5, au_acn), form("9{9}", "", 0.25, au_acn)],
    },
    // New Zealand: tax number, with its check digit.
    Kind {
        entity: "NZ_IRD",
        personal: true,
        context: &["ird", "inland revenue"],
        forms: &[
            form("99-999-999", "- ", 0.3, nz_ird),
            form("999-999-999", "- ", 0.4, nz_ird),
            form("9{8,9}", "", 0.2, nz_ird),
        ],
    },
];

fn au_tfn(id: &[u8]) -> bool {
    weighted(id, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && !uniform(id)
}

fn au_medicare(id: &[u8]) -> bool {
    (b'2'..=b'6').contains(&id[0]) && weighted(id, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == value(id[8])
}

fn au_abn(id: &[u8]) -> bool {
    id[0] != b'0' && (weighted(id, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10).is_multiple_of(89)
}

fn au_acn(id: &[u8]) -> bool {
    (10 - weighted(id, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == value(id[8]) && !uniform(id)
}

fn nz_ird(id: &[u8]) -> bool {
    if !(10_000_000..150_000_000).contains(&number(id)) {
        return false;
    }
    let (body, check) = (&id[..id.len() - 1], value(id[id.len() - 1]));
    let skip = 8 - body.len();
    let digit = |weights: &[u32; 8]| (11 - weighted(body, &weights[skip..]) % 11) % 11;
    match digit(&[3, 2, 7, 6, 5, 4, 3, 2]) {
        10 => digit(&[7, 4, 3, 2, 5, 2, 7, 6]) == check,
        rest => rest == check,
    }
}
