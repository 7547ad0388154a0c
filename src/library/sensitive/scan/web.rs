//! Addresses of mail and of the web.

use super::Hit;
use crate::library::urls::link::is_top;
use regex::Regex;
use std::sync::LazyLock;

/// RFC 5321: sixty-four characters before the at sign, two hundred and fifty-five after it.
const LOCAL: usize = 64;
const DOMAIN: usize = 255;

pub(in super::super) fn find_email(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('@') {
        let local = bytes[..at]
            .iter()
            .rev()
            .take(LOCAL + 1)
            .take_while(|&&byte| {
                byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte) || !byte.is_ascii()
            })
            .count();
        let domain = bytes[at + 1..]
            .iter()
            .take(DOMAIN + 1)
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte) || !byte.is_ascii())
            .count();
        if local == 0 || local > LOCAL || domain > DOMAIN {
            continue;
        }
        let mut start = at - local;
        while start < at
            && (!text.is_char_boundary(start) || b".'`*/=?{|}".contains(&bytes[start]) || !boundary_letter(text, start))
        {
            start += 1;
        }
        let mut end = at + 1 + domain;
        while end > at && !text.is_char_boundary(end) {
            end -= 1;
        }
        let Some(host) = text.get(at + 1..end).and_then(host) else { continue };
        if start < at && bytes[at - 1] != b'.' {
            hits.push(Hit::new("EMAIL_ADDRESS", start..at + 1 + host.len(), 1.0));
        }
    }
}

/// A local part begins with ASCII or a letter; signs of other scripts (quotes, dashes) don't belong to it.
fn boundary_letter(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(|char| char.is_ascii() || char.is_alphanumeric())
}

/// The longest host name at the start of a text that ends in a top-level domain.
fn host(text: &str) -> Option<&str> {
    let mut end = 0;
    let mut labels = 0;
    for label in text.split('.') {
        let letters = label.trim_end_matches(|char: char| !char.is_alphanumeric());
        if letters.is_empty() || letters.starts_with('-') {
            break;
        }
        let begin = if labels == 0 { 0 } else { end + 1 };
        labels += 1;
        end = begin + letters.len();
        if letters.len() < label.len() {
            break;
        }
    }
    let host = &text[..end];
    let top = host.rsplit('.').next()?;
    (labels > 1 && top.chars().count() > 1 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--")))
        .then_some(host)
}

static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?:(?:https?|ftp)://|\bwww\.)[^\s"'<>\x60]+|\b(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}\b(?:/[^\s"'<>\x60]*)?"#)
        .expect("the form of addresses can be compiled, as a test holds")
});

pub(in super::super) fn find_url(text: &str, hits: &mut Vec<Hit>) {
    if !text.contains('.') && !text.contains("://") {
        return;
    }
    for found in URL.find_iter(text) {
        let url = found.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}']);
        let (scheme, rest) = url.split_once("://").map_or((false, url), |(_, rest)| (true, rest));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = host
            .rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
            .map_or(host, |(host, _)| host);
        let top = host.rsplit('.').next().unwrap_or(host).to_ascii_lowercase();
        let known = (top.len() == 2 && top.bytes().all(|byte| byte.is_ascii_lowercase()))
            || is_top(&top)
            || top.starts_with("xn--");
        let mail = text[..found.start()].ends_with('@');
        if !mail
            && ((known && host.contains('.'))
                || (scheme && (host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok())))
        {
            hits.push(Hit::new("URL", found.start()..found.start() + url.len(), if scheme { 0.6 } else { 0.5 }));
        }
    }
}

/// `scheme://user:password@host`: who can read it can log in.
pub(in super::super) fn find_credentials(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices("://") {
        let scheme = bytes[..at]
            .iter()
            .rev()
            .take(20)
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
            .count();
        let rest = &bytes[at + 3..];
        let length = rest
            .iter()
            .take(512)
            .take_while(|&&byte| !byte.is_ascii_whitespace() && !b"\"'<>`/".contains(&byte))
            .count();
        let Some(sign) = rest[..length].iter().rposition(|&byte| byte == b'@') else { continue };
        let Some(colon) = rest[..sign].iter().position(|&byte| byte == b':') else { continue };
        let end = at + 3 + length;
        if scheme > 0 && sign > colon + 1 && sign + 1 < length && text.is_char_boundary(end) {
            hits.push(Hit::new("URL_WITH_CREDENTIALS", at - scheme..end, 0.9));
        }
    }
}
