//! Hosts as browsers read them.

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::skeleton;

/// A host, as a browser would go there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A name in small letters, in the letters that a reader sees.
    Name(String),
    /// An address in the form that everyone reads.
    Address,
    /// An address in another form: one number, or numbers in octal or hexadecimal.
    Obscure(Ipv4Addr),
}

impl Host {
    /// Reads what stands between the slashes and a port; `None` if that is no host.
    pub(super) fn read(written: &str) -> Option<Self> {
        if let Some(address) = written.strip_prefix('[') {
            return address.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|_| Self::Address);
        }
        let name = canonical(written)?;
        if name.parse::<Ipv4Addr>().is_ok() {
            return Some(if name == written { Self::Address } else { Self::Obscure(name.parse().ok()?) });
        }
        if let Some(address) = in_numbers(&name) {
            return Some(Self::Obscure(address));
        }
        Some(Self::Name(name))
    }
}

/// The bytes of `text`, with those that stand behind percent signs.
pub(super) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    while let [first, behind @ ..] = rest {
        match (first, behind) {
            (b'%', [high, low, behind @ ..]) if digit(*high).is_some() && digit(*low).is_some() => {
                bytes.push((digit(*high).unwrap_or(0) << 4 | digit(*low).unwrap_or(0)) as u8);
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    bytes
}

/// A name in small letters, with its percent signs and Punycode read, and dots for what browsers take for such.
pub(super) fn canonical(written: &str) -> Option<String> {
    let folded: String =
        String::from_utf8(percent_decoded(written)).ok()?.nfkc().flat_map(char::to_lowercase).collect();
    let folded: String =
        folded.chars().filter(|c| *c != '\u{ad}').map(|c| if c == '\u{3002}' { '.' } else { c }).collect();
    let labels = folded.trim_end_matches('.').split('.').map(|label| match label.strip_prefix("xn--") {
        Some(encoded) => punycode(encoded).unwrap_or_else(|| label.to_owned()),
        None => label.to_owned(),
    });
    let name = labels.collect::<Vec<_>>().join(".");
    let is_wrong = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|^\\/?#@:%[]()".contains(c);
    (!name.is_empty() && !name.contains(is_wrong) && name.split('.').all(|label| !label.is_empty())).then_some(name)
}

/// An address as one to four numbers, each decimal, octal or hexadecimal, the last one of all bytes that are left.
fn in_numbers(name: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u32> = name.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last().filter(|(_, first)| first.len() < 4)?;
    let room = 8 * (4 - first.len() as u32);
    if first.iter().any(|byte| *byte > 255) || u64::from(*last) >= 1 << room {
        return None;
    }
    let high = first.iter().enumerate().fold(0, |sum, (place, byte)| sum | byte << (24 - 8 * place));
    Some((high | last).into())
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    if digits.is_empty() { (radix == 16).then_some(0) } else { u32::from_str_radix(digits, radix).ok() }
}

/// The letters of a label in Punycode, by RFC 3492.
fn punycode(encoded: &str) -> Option<String> {
    const LONGEST: usize = 63;
    if encoded.len() > LONGEST || !encoded.is_ascii() {
        return None;
    }
    let (mut letters, digits): (Vec<char>, &str) = match encoded.rsplit_once('-') {
        Some((letters, digits)) => (letters.chars().collect(), digits),
        None => (Vec::new(), encoded),
    };
    let (mut n, mut index, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let before = index;
        let (mut weight, mut step) = (1_u32, 36);
        loop {
            let digit = u32::from(match digits.next()? {
                byte @ b'a'..=b'z' => byte - b'a',
                byte @ b'0'..=b'9' => byte - b'0' + 26,
                _ => return None,
            });
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = if step <= bias { 1 } else { (step - bias).min(26) };
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            step += 36;
        }
        let count = letters.len() as u32 + 1;
        let mut delta = if before == 0 { index / 700 } else { (index - before) / 2 };
        delta += delta / count;
        bias = 0;
        while delta > 455 {
            delta /= 35;
            bias += 36;
        }
        bias += 36 * delta / (delta + 38);
        n = n.checked_add(index / count)?;
        index %= count;
        letters.insert(index as usize, char::from_u32(n)?);
        index += 1;
    }
    Some(letters.into_iter().collect())
}

/// Whether a name is made to be taken for another: a label mixes scripts that no language mixes, or has letters of another script that
/// all look like Latin ones.
pub(super) fn is_disguised(name: &str) -> bool {
    !name.is_ascii() && name.split('.').any(|label| mixes_scripts(label) || looks_latin(label))
}

fn mixes_scripts(label: &str) -> bool {
    let scripts = |wanted: Script| label.chars().any(|c| c.script() == wanted);
    let found = [Script::Latin, Script::Cyrillic, Script::Greek, Script::Armenian, Script::Cherokee, Script::Hebrew];
    found.into_iter().filter(|script| scripts(*script)).count() > 1
}

fn looks_latin(label: &str) -> bool {
    let foreign = label.chars().any(|c| c.is_alphabetic() && !matches!(c.script(), Script::Latin | Script::Common));
    foreign && skeleton(label).all(|c| c.is_ascii())
}

/// Whether `name` looks like `other` without being it, or bears it in front of another name.
pub(super) fn is_taken_for(name: &str, other: &str) -> bool {
    if name == other || name.strip_suffix(other).is_some_and(|before| before.ends_with('.')) {
        return false;
    }
    let seen = |name: &str| skeleton(name).collect::<String>();
    let own = seen(other);
    let name_seen = seen(name);
    let below = name_seen.strip_suffix(&*own).is_some_and(|before| before.ends_with('.'));
    let in_front = name.match_indices(other).any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let behind = name[at + other.len()..].chars().next();
        before.is_none_or(|c| matches!(c, '.' | '-')) && behind.is_some_and(|c| matches!(c, '.' | '-'))
    });
    name_seen == own || below || in_front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        let name = |name: &str| Some(Host::Name(name.into()));
        for (written, wanted) in [
            ("Example.COM.", name("example.com")),
            ("ex%61mple.com", name("example.com")),
            ("ｅｘａｍｐｌｅ。com", name("example.com")),
            ("xn--mnchen-3ya.de", name("münchen.de")),
            ("xn--80ak6aa92e.com", name("аррӏе.com")),
            ("xn--fiq228c.com", name("中文.com")),
            ("127.0.0.1", Some(Host::Address)),
            ("[::1]", Some(Host::Address)),
            ("2130706433", Some(Host::Obscure(Ipv4Addr::LOCALHOST))),
            ("0x7f.1", Some(Host::Obscure(Ipv4Addr::LOCALHOST))),
            ("0177.0.0.01", Some(Host::Obscure(Ipv4Addr::LOCALHOST))),
            ("１２７.0.0.1", Some(Host::Obscure(Ipv4Addr::LOCALHOST))),
            ("127.0.0.256", name("127.0.0.256")),
            ("1.2.3.4.5", name("1.2.3.4.5")),
            ("a..b", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(Host::read(written), wanted, "{written}");
        }
    }

    #[test]
    fn disguises_are_seen() {
        for name in ["аррӏе.com", "gооgle.com", "paypаl.com", "ехаmрlе.com"] {
            assert!(is_disguised(name), "{name}");
        }
        for name in ["example.com", "münchen.de", "中文.com", "пример.рф", "почта.com", "日本語テスト.jp", "ελλάδα.gr"]
        {
            assert!(!is_disguised(name), "{name}");
        }
        for name in ["examp1e.com", "bank.com.evil.io", "bank.com-login.io", "my-bank.com-a.io", "www.b\u{430}nk.com"] {
            assert!(is_taken_for(name, "bank.com") || is_taken_for(name, "example.com"), "{name}");
        }
        for name in ["bank.com", "www.bank.com", "thebank.community", "other.org"] {
            assert!(!is_taken_for(name, "bank.com"), "{name}");
        }
    }
}
