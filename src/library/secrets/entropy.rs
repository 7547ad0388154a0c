//! How random a text looks.

/// Shannon's entropy of the bytes, in bits each.
pub(super) fn entropy(text: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for &byte in text {
        counts[byte as usize] += 1;
    }
    let length = text.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// How often the kind of character (small, capital, digit, other) changes from one to the next, as a share of the places where it can.
pub(super) fn changes(text: &[u8]) -> f32 {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let changed = text.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    changed as f32 / (text.len().max(2) - 1) as f32
}

/// A hexadecimal text.
pub(super) fn hexadecimal(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// 8-4-4-4-12 hexadecimal digits: a name, not a secret.
pub(super) fn uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Whether a text is as random as keys are: long, of several kinds of characters in turn, and none too often.
pub(super) fn random(text: &[u8]) -> bool {
    if uuid(text)
        || text.len() < 16
        || !text.iter().any(u8::is_ascii_digit)
        || !text.iter().any(u8::is_ascii_alphabetic)
    {
        return false;
    }
    let most = (text.len() as f32).log2();
    if hexadecimal(text) {
        text.len() >= 32 && entropy(text) > 3.0
    } else {
        entropy(text) > most.min(5.0) * 0.78 && changes(text) > 0.25 && !spelled(text)
    }
}

/// Words of small letters and hardly a digit: a name that a programmer wrote.
fn spelled(text: &[u8]) -> bool {
    let runs = |of: fn(&u8) -> bool| text.split(move |byte| !of(byte)).map(<[u8]>::len).filter(|&length| length > 0);
    let longest = runs(u8::is_ascii_lowercase).max().unwrap_or(0);
    longest > 8 || (longest > 6 && runs(u8::is_ascii_digit).count() < 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_are_not_random() {
        for text in [
            "correct-horse-battery-staple",
            "550e8400-e29b-41d4-a716-446655440000",
            "getUserAuthenticationToken2",
            "AAAAAAAAAAAAAAAA1111",
            "application/json2024",
        ] {
            assert!(!random(text.as_bytes()), "{text}");
        }
        for text in ["q7Zx9LmP2vRt8KwN4bYc", "3f9a1c5e7b2d4860af13c9e2b7d5f604", "dGhpcyBpcyBhIHNlY3JldCBrZXkh0Qz9"] {
            assert!(random(text.as_bytes()), "{text}");
        }
    }
}
