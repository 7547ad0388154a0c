//! Values that are assigned to the name of a secret: `password = "…"`, `"api_key": "…"`, `my password is …`.

use super::entropy::{entropy, hexadecimal, random, uuid};
use super::placeholder::placeholder;
use std::ops::Range;

/// What kind of secret a name stands for: people choose passwords, machines make keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Name {
    Password,
    Key,
}

/// Names of secrets, in small letters.
pub(super) const NAMES: &[(&str, Name)] = &[
    ("password", Name::Password),
    ("passwd", Name::Password),
    ("passwort", Name::Password),
    ("kennwort", Name::Password),
    ("contraseña", Name::Password),
    ("mot de passe", Name::Password),
    ("passphrase", Name::Password),
    ("passcode", Name::Password),
    ("pwd", Name::Password),
    ("pass", Name::Password),
    ("api_key", Name::Key),
    ("apikey", Name::Key),
    ("api-key", Name::Key),
    ("api key", Name::Key),
    ("access_key", Name::Key),
    ("accesskey", Name::Key),
    ("access key", Name::Key),
    ("secret_key", Name::Key),
    ("secretkey", Name::Key),
    ("secret key", Name::Key),
    ("private_key", Name::Key),
    ("private key", Name::Key),
    ("encryption_key", Name::Key),
    ("signing_key", Name::Key),
    ("secret_access_key", Name::Key),
    ("secretaccesskey", Name::Key),
    ("client_secret", Name::Key),
    ("clientsecret", Name::Key),
    ("client secret", Name::Key),
    ("auth_token", Name::Key),
    ("authtoken", Name::Key),
    ("access_token", Name::Key),
    ("accesstoken", Name::Key),
    ("access token", Name::Key),
    ("refresh_token", Name::Key),
    ("bearer_token", Name::Key),
    ("secret", Name::Key),
    ("token", Name::Key),
    ("credential", Name::Key),
    ("credentials", Name::Key),
    ("auth", Name::Key),
    ("key", Name::Key),
];

/// Parts of names that say something about a secret instead of being it: `password_hash`, `token_url`.
const ABOUT: &[&str] = &[
    "hash", "length", "_url", "-url", "uri", "_name", "_file", "_path", "type", "field", "count", "expir", "hint",
    "limit", "policy", "_id", "_at", "size", "digest", "izer",
];

/// The most of a value that is looked at.
const LONGEST: usize = 256;

/// What is assigned to a name that ends at `at`, and how sure that is.
pub(super) fn value(text: &str, at: usize, name: Name) -> Option<(Range<usize>, f32)> {
    let bytes = text.as_bytes();
    let skip = |at: usize, set: &[u8], most: usize| {
        at + bytes[at.min(bytes.len())..].iter().take(most).take_while(|byte| set.contains(byte)).count()
    };
    // Names go on: `password_prod`, `tokens`, `"api_key"`.
    let mut cursor = at
        + bytes[at..]
            .iter()
            .take(24)
            .take_while(|&&byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            .count();
    let rest = text.get(at..cursor)?.to_ascii_lowercase();
    if ABOUT.iter().any(|about| rest.contains(about)) {
        return None;
    }
    cursor = skip(cursor, b"\"'`]\\*", 3);
    cursor = skip(cursor, b" \t", 8);
    let spoken = [" is ", "is ", "ist ", "es ", "est "].iter().find(|word| {
        bytes[cursor..].len() > word.len() && bytes[cursor..cursor + word.len()].eq_ignore_ascii_case(word.as_bytes())
    });
    let (from, said) = match spoken {
        Some(word) => (skip(cursor + word.len(), b": \t", 4), true),
        None => {
            let sign = skip(cursor, b":=>~", 3);
            if sign == cursor {
                return None;
            }
            (skip(sign, b" \t", 8), false)
        }
    };
    let from = skip(from, b"\\", 1);
    let quote = bytes.get(from).copied().filter(|byte| b"\"'`".contains(byte));
    let start = from + usize::from(quote.is_some());
    let stop = |byte: u8| match quote {
        Some(quote) => byte == quote || byte == b'\n' || byte == b'\\',
        None => byte.is_ascii_whitespace() || b"\"'`,;)<>|&".contains(&byte),
    };
    let length = bytes[start.min(bytes.len())..].iter().take(LONGEST).take_while(|&&byte| !stop(byte)).count();
    let mut end = start + length;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut value = text.get(start..end)?;
    if quote.is_none() {
        value = value.trim_end_matches(['.', '!', '?', ']', '}', ':']);
    }
    let score = score(value, name, quote.is_some(), said)?;
    Some((start..start + value.len(), score))
}

fn score(value: &str, name: Name, quoted: bool, said: bool) -> Option<f32> {
    // Few values get as far as the long look for signs of a placeholder.
    likely(value, name, quoted, said).filter(|_| !placeholder(value))
}

fn likely(value: &str, name: Name, quoted: bool, said: bool) -> Option<f32> {
    let bytes = value.as_bytes();
    if value.len() < 6 || uuid(bytes) || value.contains("://") || value.contains('(') {
        return None;
    }
    let digit = bytes.iter().any(u8::is_ascii_digit);
    let letter = value.chars().any(char::is_alphabetic);
    let sign = bytes.iter().any(|byte| byte.is_ascii_punctuation() && !b"-_.".contains(byte));
    match name {
        Name::Password if quoted && !value.contains(' ') && (digit || sign || entropy(bytes) > 2.4) => Some(0.8),
        Name::Password if quoted => None,
        Name::Password if (digit && letter) || (sign && (digit || letter)) => Some(if said { 0.7 } else { 0.75 }),
        // A date or a number of a version is digits and dots; a code of digits alone is a password only where it is said to be one.
        Name::Password => {
            (digit && !letter && !sign && value.len() >= 8 && bytes.iter().all(u8::is_ascii_digit)).then_some(0.5)
        }
        Name::Key if value.contains(' ') => None,
        Name::Key if hexadecimal(bytes) => {
            (value.len() >= 32 && entropy(bytes) > 3.0 && letter && digit).then_some(0.7)
        }
        Name::Key => (random(bytes) && (quoted || digit)).then_some(0.8),
    }
}
