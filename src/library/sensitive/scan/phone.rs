//! Phone numbers: with a country's code and the lengths the country has, or as people of a country write them at home.

use super::Hit;
use super::label::is_labelled;
use std::ops::Range;

/// Digits of a number (ITU-T E.164) with an international prefix of two.
const MOST_DIGITS: usize = 17;
/// Groups of digits in one number.
const MOST_GROUPS: usize = 8;

/// What other numbers are said to be, in small letters.
const OTHERS: &[&str] = &[
    "article",
    "artikel",
    "artikelnummer",
    "auftrag",
    "auftragsnummer",
    "batch",
    "bestellnummer",
    "bestellung",
    "case",
    "commande",
    "factura",
    "facture",
    "fattura",
    "invoice",
    "isbn",
    "issn",
    "item",
    "lot",
    "model",
    "order",
    "ordine",
    "part",
    "pedido",
    "po",
    "product",
    "produkt",
    "rechnung",
    "rechnungsnummer",
    "ref",
    "reference",
    "rma",
    "serial",
    "seriennummer",
    "shipment",
    "sku",
    "ticket",
    "tracking",
    "vorgang",
    "заказ",
    "заказа",
];
/// How sure it is at most that such a number is that of a phone.
const OF_OTHERS: f32 = 0.2;

/// Digits in groups, as they stand in the text.
struct Written {
    plus: bool,
    paren: bool,
    digits: Vec<u8>,
    /// The length of each group.
    groups: Vec<usize>,
    range: Range<usize>,
    dotted: bool,
}

/// How sure it is that what is written is a number of a kind.
type Rule = fn(&Written) -> Option<f32>;

const RULES: [(&str, Rule); 3] =
    [("PHONE_NUMBER", any_country), ("TR_PHONE_NUMBER", turkish), ("PH_MOBILE_NUMBER", philippine)];

/// `wanted` says which of `PHONE_NUMBER`, `TR_PHONE_NUMBER` and `PH_MOBILE_NUMBER` are looked for.
pub(in super::super) fn find(text: &str, wanted: impl Fn(&str) -> bool, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut after = [0; RULES.len()];
    for start in 0..bytes.len() {
        if !(bytes[start] == b'+' || bytes[start] == b'(' || bytes[start].is_ascii_digit()) || !starts(bytes, start) {
            continue;
        }
        let mut written: Option<Vec<Written>> = None;
        for (nth, (entity, rule)) in RULES.iter().enumerate() {
            if start < after[nth] || !wanted(entity) {
                continue;
            }
            let written = written.get_or_insert_with(|| read(text, start));
            if let Some((range, score)) =
                written.iter().rev().find_map(|written| rule(written).map(|score| (written.range.clone(), score)))
            {
                after[nth] = range.end;
                let is_other = bytes[start] != b'+' && is_labelled(text, start, 0, OTHERS);
                hits.push(Hit::new(entity, range, if is_other { score.min(OF_OTHERS) } else { score }));
            }
        }
    }
}

/// Nothing before the place makes the number a part of something longer.
fn starts(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).map(|at| bytes[at]) else { return true };
    let beyond = start.checked_sub(2).map_or(b' ', |at| bytes[at]);
    !(before.is_ascii_alphanumeric()
        || b"_+#$".contains(&before)
        || (b".,/-:".contains(&before) && beyond.is_ascii_digit())
        || (before == b'(' && bytes[start] != b'+'))
}

/// The digits from a place on, once for each count of groups that may be the whole number.
fn read(text: &str, start: usize) -> Vec<Written> {
    let bytes = text.as_bytes();
    let plus = bytes[start] == b'+';
    let mut found = Vec::new();
    let (mut digits, mut groups) = (Vec::new(), Vec::new());
    let mut at = start + usize::from(plus);
    let (mut paren, mut dotted) = (false, true);
    loop {
        let gap = bytes[at..].iter().take(3).take_while(|&&byte| b" -./()".contains(&byte)).count();
        paren |= bytes[at..at + gap].contains(&b'(');
        dotted &= groups.is_empty() || bytes[at..at + gap] == *b".";
        at += gap;
        let group = bytes[at..].iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
        if group == 0 || gap > 2 || digits.len() + group > MOST_DIGITS || groups.len() == MOST_GROUPS {
            return found;
        }
        digits.extend_from_slice(&bytes[at..at + group]);
        groups.push(group);
        at += group;
        if bytes.get(at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return found;
        }
        let cut = bytes.get(at).is_some_and(|byte| b".,/-:".contains(byte))
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !cut && digits.len() >= 7 {
            found.push(Written {
                plus,
                paren,
                digits: digits.clone(),
                groups: groups.clone(),
                range: start..at,
                dotted,
            });
        }
    }
}

/// Country codes with the fewest and most digits after them.
const COUNTRIES: &[(&str, usize, usize)] = &[
    ("1", 10, 10),
    ("7", 10, 10),
    ("20", 8, 10),
    ("27", 9, 9),
    ("30", 10, 10),
    ("31", 9, 9),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("36", 8, 9),
    ("39", 6, 11),
    ("40", 9, 9),
    ("41", 9, 9),
    ("43", 7, 13),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 10),
    ("47", 8, 8),
    ("48", 9, 9),
    ("49", 6, 12),
    ("51", 8, 9),
    ("52", 10, 11),
    ("53", 8, 8),
    ("54", 10, 11),
    ("55", 10, 11),
    ("56", 9, 9),
    ("57", 10, 10),
    ("58", 10, 10),
    ("60", 8, 10),
    ("61", 9, 9),
    ("62", 8, 12),
    ("63", 8, 10),
    ("64", 8, 10),
    ("65", 8, 8),
    ("66", 8, 9),
    ("81", 9, 10),
    ("82", 8, 10),
    ("84", 9, 10),
    ("86", 10, 11),
    ("90", 10, 10),
    ("91", 10, 10),
    ("92", 9, 10),
    ("93", 9, 9),
    ("94", 9, 9),
    ("95", 7, 10),
    ("98", 10, 10),
    ("212", 9, 9),
    ("213", 8, 9),
    ("216", 8, 8),
    ("234", 8, 10),
    ("254", 9, 9),
    ("351", 9, 9),
    ("352", 6, 11),
    ("353", 7, 9),
    ("354", 7, 9),
    ("358", 6, 11),
    ("359", 8, 9),
    ("370", 8, 8),
    ("371", 8, 8),
    ("372", 7, 8),
    ("380", 9, 9),
    ("385", 8, 9),
    ("386", 8, 8),
    ("420", 9, 9),
    ("421", 9, 9),
    ("852", 8, 8),
    ("886", 8, 9),
    ("961", 7, 8),
    ("966", 8, 9),
    ("971", 8, 9),
    ("972", 8, 9),
    ("977", 8, 10),
];

/// Whether the digits after an international prefix are a number of some country.
fn international(digits: &[u8], trunk: bool) -> bool {
    let known = COUNTRIES.iter().find(|(code, ..)| digits.starts_with(code.as_bytes()));
    let (code, least, most) = match known {
        Some(&(code, least, most)) => (code.len(), least, most),
        // Other codes have three digits; the plans of their countries have seven to twelve.
        None if (b'2'..=b'9').contains(&digits[0]) => (3, 6, 12),
        None => return false,
    };
    let national = &digits[code.min(digits.len())..];
    // `+44 (0)20 …`: the nought is for callers at home.
    let national = if trunk && national.first() == Some(&b'0') { &national[1..] } else { national };
    (least..=most).contains(&national.len()) && national.iter().any(|&digit| digit != b'0')
}

fn any_country(written: &Written) -> Option<f32> {
    let Written { plus, paren, digits, groups, dotted, .. } = written;
    if *plus {
        return international(digits, *paren).then_some(0.75);
    }
    if digits.starts_with(b"00") && digits.len() > 9 && international(&digits[2..], *paren) {
        return Some(if groups.len() > 1 { 0.6 } else { 0.4 });
    }
    if calendar(groups) || (*dotted && groups.len() == 4 && groups.iter().all(|&group| group < 4)) {
        return None;
    }
    north_american(written).or_else(|| national(digits, groups, *paren))
}

/// Groups of digits as a date has them.
fn calendar(groups: &[usize]) -> bool {
    matches!(groups, [4, 1 | 2, 1 | 2, ..] | [1 | 2, 1 | 2, 4, ..]) || matches!(groups, [1 | 2, 1 | 2, 2])
}

fn north_american(written: &Written) -> Option<f32> {
    let Written { paren, digits, groups, .. } = written;
    let (digits, groups) = match (digits.len(), digits[0]) {
        (11, b'1') if groups[0] == 1 => (&digits[1..], &groups[1..]),
        (11, b'1') => (&digits[1..], &groups[..]),
        (10, _) => (&digits[..], &groups[..]),
        _ => return None,
    };
    let exchange = |at: usize| (b'2'..=b'9').contains(&digits[at]) && digits[at + 1..at + 3] != *b"11";
    if !exchange(0) || !exchange(3) {
        return None;
    }
    match groups {
        [3, 3, 4] => Some(if *paren { 0.7 } else { 0.6 }),
        [3, 7] | [6, 4] => Some(0.3),
        [10] => Some(0.3),
        _ => None,
    }
}

/// As people write numbers without their country's code.
fn national(digits: &[u8], groups: &[usize], paren: bool) -> Option<f32> {
    let grouped = groups.len() > 1;
    if digits.iter().all(|digit| digit == &digits[0]) {
        return None;
    }
    match (digits.len(), digits[0]) {
        // China's mobiles; Russia's trunk prefix.
        (11, b'1') if digits[1] >= b'3' => Some(if groups == [3, 4, 4] {
            0.6
        } else if grouped {
            return None;
        } else {
            0.4
        }),
        (11, b'8') if groups == [1, 3, 3, 2, 2] || groups == [1, 3, 3, 4] => Some(0.6),
        // Most of the world dials a nought first; in Britain mobiles are 07.
        (10, b'0') if digits[1] != b'0' && groups == [2, 2, 2, 2, 2] => Some(0.6),
        (11, b'0') if digits[1] == b'7' => Some(if grouped { 0.6 } else { 0.4 }),
        (9..=12, b'0') if digits[1] != b'0' => Some(if paren && grouped {
            0.6
        } else if grouped {
            0.45
        } else {
            0.3
        }),
        // Brazil, with its area code; India's mobiles.
        (10 | 11, b'1'..=b'9') if matches!(groups, [2, 4 | 5, 4]) => Some(if paren { 0.6 } else { 0.3 }),
        (10, b'6'..=b'9') if groups == [5, 5] => Some(0.5),
        (10, b'6'..=b'9') if !grouped => Some(0.3),
        // Spain, Portugal, Poland; Scandinavia, Singapore, Hong Kong.
        (9, b'2'..=b'9') if matches!(groups, [3, 3, 3] | [3, 2, 2, 2] | [2, 3, 2, 2]) => Some(0.3),
        (8, b'2'..=b'9') if matches!(groups, [4, 4] | [2, 2, 2, 2] | [3, 2, 3]) => Some(0.2),
        (7, b'2'..=b'9') if groups == [3, 4] => Some(0.2),
        _ => None,
    }
}

fn turkish(written: &Written) -> Option<f32> {
    let digits = &written.digits[..];
    let (national, score) = match digits.len() {
        12 if digits.starts_with(b"90") => (&digits[2..], if written.plus { 0.75 } else { 0.3 }),
        11 if digits[0] == b'0' && !written.plus => (&digits[1..], 0.5),
        10 if !written.plus => (digits, if written.groups.len() > 2 { 0.4 } else { 0.25 }),
        _ => return None,
    };
    (b'2'..=b'5').contains(&national[0]).then_some(score)
}

fn philippine(written: &Written) -> Option<f32> {
    let digits = &written.digits[..];
    let mobile = match digits.len() {
        12 => digits.starts_with(b"639"),
        11 => digits.starts_with(b"09") && !written.plus,
        _ => false,
    };
    mobile.then_some(if written.plus || written.groups.len() > 1 { 0.75 } else { 0.5 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut hits = Vec::new();
        find(text, |entity| entity == "PHONE_NUMBER", &mut hits);
        hits.into_iter().filter(|hit| hit.score >= 0.2).map(|hit| &text[hit.range]).collect()
    }

    #[test]
    fn numbers_of_several_countries() {
        for number in [
            "+1 415-555-0132",
            "(415) 555-0132",
            "415.555.0132",
            "1-800-356-9377",
            "+44 20 7946 0958",
            "+44 (0)20 7946 0958",
            "020 7946 0958",
            "07911 123456",
            "+49 30 901820",
            "030/901820-12",
            "01 42 68 53 00",
            "+33 1 42 68 53 00",
            "+55 11 98456-5666",
            "(11) 98456-5666",
            "13812345678",
            "98765 43210",
            "+81 3-1234-5678",
            "0412 345 678",
            "09-7625400",
            "8 495 123 45 67",
            "0049 30 901820",
        ] {
            assert_eq!(found(number), [number], "{number}");
            assert_eq!(found(&format!("ring {number}, please")), [number], "{number}");
        }
    }

    #[test]
    fn what_only_looks_like_one() {
        for text in [
            "2024-01-15",
            "15.01.2024",
            "192.168.100.200",
            "3.14159265358",
            "1234567890",
            "+1 415-555",
            "0000000000",
            "1-2-3-4-5-6-7",
            "x0412345678",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        let mut hits = Vec::new();
        find("SKU 415-555-0132, or ticket no. 415-555-0132", |_| true, &mut hits);
        assert!(hits.len() >= 2 && hits.iter().all(|hit| hit.score <= OF_OTHERS), "{hits:?}");
    }
}
