//! Addresses of the internet protocol, with a prefix length if one is written, and of network cards.

use super::super::words::Word;
use super::Hit;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest an address is written, `::ffff:255.255.255.255` in full.
const LONGEST: usize = 64;

pub(in super::super) fn find_ip(text: &str, hits: &mut Vec<Hit>) {
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
            hits.extend(address(text, start, at));
        }
    }
}

/// The address in a run of hexadecimal digits, colons and dots.
fn address(text: &str, start: usize, end: usize) -> Option<Hit> {
    let run = &text[start..end];
    if !run.contains("::") && run.bytes().filter(|byte| b":.".contains(byte)).count() < 3 {
        return None;
    }
    let start = start + usize::from(run.starts_with(':') && !run.starts_with("::"));
    let mut run = text[start..end].trim_end_matches('.');
    if !run.ends_with("::") {
        run = run.trim_end_matches(':');
    }
    let (run, score) = if let Ok(address) = run.parse::<Ipv6Addr>() {
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
        )
    } else {
        let v4 = run.split(':').next().unwrap_or(run);
        v4.parse::<Ipv4Addr>().ok()?;
        (v4, 0.6)
    };
    let end = start + run.len();
    let bytes = text.as_bytes();
    if start.checked_sub(1).is_some_and(|at| bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_')
        || bytes.get(end).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return None;
    }
    let version = text[..start].trim_end().as_bytes();
    let version = ["version", "release", " v", "firmware", "build"].iter().any(|word| {
        version.len() >= word.len() && version[version.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
    });
    Some(Hit::new("IP_ADDRESS", start..prefix(bytes, end), if version { 0.15 } else { score }))
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
