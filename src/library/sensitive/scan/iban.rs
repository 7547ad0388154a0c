//! Bank accounts in the international form: the country's length and ISO 7064 mod 97-10.

use super::super::checksum::mod_97;
use super::super::words::Word;
use super::Hit;

/// Countries of the IBAN registry with the length of their numbers.
const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// The most bytes between two groups.
const WIDEST: usize = 3;

fn length(country: &[u8]) -> Option<usize> {
    let entry = LENGTHS.as_bytes().chunks(5).find(|entry| entry[..2] == *country)?;
    Some(usize::from(entry[2] - b'0') * 10 + usize::from(entry[3] - b'0'))
}

pub(in super::super) fn find(text: &str, words: &[Word], hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for word in words {
        let Some(head) = bytes.get(word.start..word.start + 4) else { break };
        if !(head[..2].iter().all(u8::is_ascii_alphabetic) && head[2..].iter().all(u8::is_ascii_digit)) {
            continue;
        }
        let country = [head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()];
        let Some(length) = length(&country) else { continue };
        if let Some((compact, end)) = collect(bytes, word.start, length)
            && mod_97(compact[4..].iter().chain(&compact[..4]).copied()) == 1
        {
            hits.push(Hit::new("IBAN_CODE", word.start..end, 1.0));
        }
    }
}

/// So many letters and digits from `start`, joined by nothing or by a few blanks, signs and ends of lines; none if more follow.
fn collect(bytes: &[u8], start: usize, length: usize) -> Option<(Vec<u8>, usize)> {
    let mut compact = Vec::with_capacity(length);
    let (mut at, mut gap) = (start, 0);
    while compact.len() < length {
        gap += 1;
        match *bytes.get(at)? {
            byte if byte.is_ascii_alphanumeric() => {
                compact.push(byte.to_ascii_uppercase());
                gap = 0;
            }
            byte if gap <= WIDEST && b" -.\r\n\t_/".contains(&byte) => {}
            _ => return None,
        }
        at += 1;
    }
    super::bounded(bytes, start, at).then_some((compact, at))
}

#[cfg(test)]
mod tests {
    use super::super::super::words::words;
    use super::*;

    #[test]
    fn length_and_check_digits_decide() {
        let found = |text: &str| {
            let mut hits = Vec::new();
            find(text, &words(text), &mut hits);
            hits.len()
        };
        assert_eq!(found("pay to GB82 WEST 1234 5698 7654 32 today"), 1);
        assert_eq!(
            found(
                "GB82\r\nWEST\r\n1234\r\n5698\r\n7654\r\n32, GB82.WEST.1234.5698.7654.32, GB82 - WEST - 1234 - 5698 - 7654 - 32"
            ),
            3
        );
        assert_eq!(found("DE89370400440532013000, NL91ABNA0417164300"), 2);
        assert_eq!(found("GB82 WEST 1234 5698 7654 33"), 0);
        assert_eq!(found("XX82 WEST 1234 5698 7654 32"), 0);
    }
}
