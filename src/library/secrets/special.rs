//! Secrets that a prefix alone doesn't tell: private keys, signed tokens, addresses with a password, tokens known by their middle.

use super::placeholder::placeholder;
use std::ops::Range;

/// The most of a private key that is looked at, in bytes.
const LONGEST_KEY: usize = 16_384;
/// The most of a signed token that is looked at.
const LONGEST_TOKEN: usize = 8_192;

/// A private key in PEM armour from its `-----BEGIN ` on, with the key in it; the armour alone is none.
pub(super) fn private_key(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = &text.as_bytes()[start..];
    let rest = &rest[..rest.len().min(LONGEST_KEY)];
    let header = rest.iter().take(80).skip(11).position(|&byte| byte == b'-')? + 11;
    let label = std::str::from_utf8(&rest[11..header]).ok()?;
    if !label.ends_with("PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    let body = header + rest[header..].iter().take_while(|&&byte| byte == b'-').count();
    let end = rest[body..].windows(9).position(|window| window == b"-----END ").map(|at| body + at);
    let key = &rest[body..end.unwrap_or(rest.len()).min(body + 4_096)];
    let material = key.iter().filter(|&&byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)).take(48).count();
    if material < 40 || placeholder(&String::from_utf8_lossy(&key[..key.len().min(60)])) {
        return None;
    }
    let close = end.and_then(|end| {
        rest[end + 9..].windows(5).take(80).position(|window| window == b"-----").map(|at| end + 9 + at + 5)
    });
    // Without an end the key goes on as far as its characters do.
    let open = body
        + rest[body..]
            .iter()
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"+/=\r\n\\ :,-".contains(&byte))
            .count();
    Some(start..start + close.unwrap_or(open))
}

/// A JSON Web Token from its `eyJ` on: its header must be JSON that names an algorithm.
pub(super) fn jwt(text: &str, start: usize) -> Option<Range<usize>> {
    /// The signature of the example that the format's home page shows.
    const EXAMPLE: &str = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
    let bytes = text.as_bytes();
    let length = bytes[start..]
        .iter()
        .take(LONGEST_TOKEN)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"_-.=".contains(&byte))
        .count();
    let token = &text[start..start + length];
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next().unwrap_or(""));
    if payload.len() < 4 || signature.starts_with(EXAMPLE) || placeholder(signature) && !signature.is_empty() {
        return None;
    }
    let header: serde_json::Value = serde_json::from_slice(&base64url(header)?).ok()?;
    header.get("alg")?;
    let mut end = header_end(token, if header.get("enc").is_some() { 5 } else { 3 });
    end -= token[..end].bytes().rev().take_while(|&byte| byte == b'.').count();
    Some(start..start + end)
}

/// Where so many parts between dots end.
fn header_end(token: &str, parts: usize) -> usize {
    token.match_indices('.').nth(parts - 1).map_or(token.len(), |(at, _)| at)
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

/// An address with a user's name and a password in it, from its `://` on.
pub(super) fn connection(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let scheme = bytes[..at]
        .iter()
        .rev()
        .take(24)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"+.-:".contains(&byte))
        .count();
    let rest = &bytes[at + 3..];
    let length =
        rest.iter().take(1_024).take_while(|&&byte| !byte.is_ascii_whitespace() && !b"\"'`<>".contains(&byte)).count();
    let slash = rest[..length].iter().position(|&byte| byte == b'/').unwrap_or(length);
    let sign = rest[..slash].iter().rposition(|&byte| byte == b'@')?;
    let colon = rest[..sign].iter().position(|&byte| byte == b':')?;
    let password = text.get(at + 3 + colon + 1..at + 3 + sign)?;
    let names = ["password", "passwd", "pass", "pwd", "secret", "token", "user", "username"];
    let stands = placeholder(password) || names.contains(&password.to_ascii_lowercase().as_str());
    let mut end = at + 3 + length;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (scheme > 1 && !password.is_empty() && !stands && sign + 1 < slash).then(|| at - scheme..end)
}

/// A bot's token of Telegram from its `:AA` on: digits, a colon, thirty-five characters.
pub(super) fn telegram(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let digits = bytes[..at].iter().rev().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let token = bytes[at + 1..]
        .iter()
        .take(36)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        .count();
    ((8..=10).contains(&digits) && token == 35).then(|| at - digits..at + 36)
}

/// A client secret of Azure from its `8Q~` on: three characters before, thirty-one and more after it.
pub(super) fn azure_client(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_~.-".contains(byte);
    let before = bytes[..at].iter().rev().take(4).take_while(|byte| part(byte)).count();
    let after = bytes[at + 3..].iter().take(38).take_while(|byte| part(byte)).count();
    (before == 3 && (31..=35).contains(&after)).then(|| at - 3..at + 3 + after)
}

/// A key of Mailchimp from its `-us` on: thirty-two hexadecimal digits, the data centre.
pub(super) fn mailchimp(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let hex = bytes[..at].iter().rev().take(33).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let centre = bytes[at + 3..].iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    (hex == 32 && (1..=2).contains(&centre)).then(|| at - 32..at + 3 + centre)
}

/// What follows `Bearer ` or `Basic `: at least sixteen characters, some of them digits.
pub(super) fn authorization(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let length = bytes[at..]
        .iter()
        .take(4_096)
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"_-.=+/~".contains(&byte))
        .count();
    let token = &text[at..at + length];
    (length >= 16 && token.bytes().any(|byte| byte.is_ascii_digit()) && !placeholder(token)).then(|| at..at + length)
}
