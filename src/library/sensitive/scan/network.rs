//! Addresses of the internet protocol, with a prefix length if one is written, and of network cards.

use super::super::words::Word;
use super::Hit;
use super::label::is_labelled;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest an address is written, `::ffff:255.255.255.255` in full.
const LONGEST: usize = 64;

/// What numbers in four parts are of, besides networks, in small letters.
const NUMBERED: &[&str] = &[
    "abschnitt",
    "absatz",
    "annex",
    "annexe",
    "apartado",
    "appendix",
    "article",
    "articolo",
    "artikel",
    "artículo",
    "artigo",
    "avsnitt",
    "bölüm",
    "build",
    "capitolo",
    "capítulo",
    "chapitre",
    "chrome",
    "chromium",
    "firefox",
    "safari",
    "edge",
    "opera",
    "chapter",
    "clause",
    "clauses",
    "clausola",
    "cláusula",
    "driver",
    "edition",
    "fig",
    "figure",
    "firmware",
    "hoofdstuk",
    "kapitel",
    "kernel",
    "madde",
    "para",
    "paragraaf",
    "paragraf",
    "paragrafo",
    "paragraph",
    "paragraphe",
    "punkt",
    "rel",
    "release",
    "releases",
    "rev",
    "revision",
    "rozdział",
    "sección",
    "sectie",
    "section",
    "sections",
    "secção",
    "sekcja",
    "seção",
    "sezione",
    "sürüm",
    "v",
    "ver",
    "versie",
    "version",
    "versione",
    "versionen",
    "versions",
    "versión",
    "versão",
    "wersja",
    "wersji",
    "ziffer",
    "§",
    "§§",
    "глава",
    "пункт",
    "пункта",
    "пункте",
    "раздел",
    "раздела",
    "версии",
    "версия",
    "версию",
];
/// The addresses in a text; those that are nobody's only where `nobodys` says so.
pub(in super::super) fn find_ip(text: &str, nobodys: bool, hits: &mut Vec<Hit>) {
    let mut numbered = 0;
    let bytes = text.as_bytes();
    let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut at = 0;
    while at < bytes.len() {
        if !part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && part(bytes[at]) {
            at += 1;
        }
        if at - start <= LONGEST {
            let found = address(text, start, at).filter(|(_, nobody)| nobodys || !nobody);
            if let Some((hit, _)) = found {
                // What follows a number of a version is another one.
                if is_labelled(text, hit.range.start, numbered, NUMBERED) {
                    numbered = hit.range.end;
                } else {
                    hits.push(hit);
                }
            }
        }
    }
}

/// Whole networks for private use, and servers that answer everyone about names.
const COMMON: &[[u8; 4]] = &[
    [10, 0, 0, 0],
    [172, 16, 0, 0],
    [192, 168, 0, 0],
    [1, 1, 1, 1],
    [1, 0, 0, 1],
    [8, 8, 8, 8],
    [8, 8, 4, 4],
    [9, 9, 9, 9],
];

/// Whether an address is the same for all: of the machine itself, of none, of everyone.
fn is_nobodys(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified() || address.is_broadcast() || COMMON.contains(&address.octets())
}

/// The address in a run of hexadecimal digits, colons and dots, and whether it is nobody's.
fn address(text: &str, start: usize, end: usize) -> Option<(Hit, bool)> {
    let run = &text[start..end];
    if !run.contains("::") && run.bytes().filter(|byte| b":.".contains(byte)).count() < 3 {
        return None;
    }
    let start = start + usize::from(run.starts_with(':') && !run.starts_with("::"));
    let mut run = text[start..end].trim_end_matches('.');
    if !run.ends_with("::") {
        run = run.trim_end_matches(':');
    }
    let (run, score, nobody) = if let Ok(address) = run.parse::<Ipv6Addr>() {
        // `a::b` is a path in many a programming language.
        let sure = run.bytes().filter(u8::is_ascii_digit).count() > 1
            && address.segments().iter().filter(|&&segment| segment != 0).count() > 1;
        (
            run,
            if run == "::" {
                0.15
            } else if sure || run == "::1" {
                0.6
            } else {
                0.3
            },
            address.is_loopback() || address.is_unspecified() || address.to_ipv4_mapped().is_some_and(is_nobodys),
        )
    } else {
        let v4 = run.split(':').next().unwrap_or(run);
        (v4, 0.6, is_nobodys(v4.parse::<Ipv4Addr>().ok()?))
    };
    let end = start + run.len();
    let bytes = text.as_bytes();
    if start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_')
        || bytes.get(end).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return None;
    }
    Some((Hit::new("IP_ADDRESS", start..prefix(bytes, end), score), nobody))
}

/// The end of a prefix length after an address, or of the address.
fn prefix(bytes: &[u8], end: usize) -> usize {
    if bytes.get(end) != Some(&b'/') {
        return end;
    }
    let digits = bytes[end + 1..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    if (1..=3).contains(&digits) { end + 1 + digits } else { end }
}

pub(in super::super) fn find_mac(text: &str, words: &[Word], hits: &mut Vec<Hit>) {
    for (at, first) in words.iter().enumerate() {
        let length = first.end - first.start;
        let count = match length {
            2 => 6,
            4 => 3,
            _ => continue,
        };
        let Some(parts) = words.get(at..at + count) else { continue };
        let joint = parts[1].joint;
        let joined = |word: &Word| word.joint == joint;
        if !(if count == 6 { matches!(joint, b':' | b'-') } else { joint == b'.' })
            || !parts[1..].iter().all(joined)
            || words.get(at + count).is_some_and(joined)
            || (at > 0 && first.joint == joint)
            || !parts.iter().all(|part| {
                part.end - part.start == length
                    && text[part.start..part.end].bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        {
            continue;
        }
        let range = first.start..parts[count - 1].end;
        let digits: Vec<u8> = text[range.clone()].bytes().filter(u8::is_ascii_alphanumeric).collect();
        let everyone =
            digits.iter().all(|byte| byte.eq_ignore_ascii_case(&b'f')) || digits.iter().all(|&byte| byte == b'0');
        if !everyone && super::bounded(text.as_bytes(), range.start, range.end) {
            hits.push(Hit::new("MAC_ADDRESS", range, if count == 6 { 0.7 } else { 0.5 }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_versions_and_clauses_are_no_addresses() {
        let found = |text: &str| {
            let mut hits = Vec::new();
            find_ip(text, false, &mut hits);
            hits.into_iter().map(|hit| text[hit.range].to_owned()).collect::<Vec<_>>()
        };
        for text in [
            "version 10.2.3.4",
            "v1.2.3.4",
            "v. 1.2.3.4",
            "Clause 4.2.1.3 and section 1.1.1.1, § 1.1.1.2",
            "update from version 1.2.3.4 to 1.2.3.5",
            "Firmware-Version: 1.2.3.4",
            "siehe Abschnitt 1.2.3.4 und 1.2.3.5",
            "в пункте 1.2.3.4",
            "127.0.0.1, 0.0.0.0:80, 255.255.255.255, ::1 and [::ffff:127.0.0.1]",
            "10.0.0.0/8 and 192.168.0.0/16 are private, and 8.8.8.8 answers",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        for (text, wanted) in [
            ("10.2.3.4", "10.2.3.4"),
            ("version 2 runs on 10.2.3.4", "10.2.3.4"),
            ("firmware of the host 10.2.3.4", "10.2.3.4"),
            ("release\n10.2.3.4", "10.2.3.4"),
            ("version 1.2.3.4 answers at 10.2.3.4", "10.2.3.4"),
            ("192.168.1.17/24", "192.168.1.17/24"),
            ("é 8.8.9.9", "8.8.9.9"),
        ] {
            assert_eq!(found(text), [wanted], "{text}");
        }
    }
}
