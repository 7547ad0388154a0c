//! Addresses of wallets, by their checksums: base58check, bech32 and bech32m, EIP-55.

use super::super::words::Word;
use super::Hit;
use super::keccak::keccak_256;
use sha2::{Digest, Sha256};

pub(in super::super) fn find(text: &str, words: &[Word], hits: &mut Vec<Hit>) {
    for word in words {
        let token = &text.as_bytes()[word.start..word.end];
        if !(25..=90).contains(&token.len()) || !super::bounded(text.as_bytes(), word.start, word.end) {
            continue;
        }
        let score = if token.len() == 42 && token.starts_with(b"0x") {
            ethereum(&token[2..])
        } else if base58_check(token) || bech32(token) {
            Some(1.0)
        } else {
            None
        };
        hits.extend(score.map(|score| Hit::new("CRYPTO", word.start..word.end, score)));
    }
}

/// Forty hexadecimal digits; where capitals are mixed, they must be those of the digest.
fn ethereum(address: &[u8]) -> Option<f32> {
    if !address.iter().all(u8::is_ascii_hexdigit) || address.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if !(address.iter().any(u8::is_ascii_lowercase) && address.iter().any(u8::is_ascii_uppercase)) {
        return Some(0.6);
    }
    let digest = keccak_256(&address.to_ascii_lowercase());
    let capital = |at: usize| digest[at / 2] >> (if at.is_multiple_of(2) { 4 } else { 0 }) & 8 != 0;
    address
        .iter()
        .enumerate()
        .all(|(at, byte)| byte.is_ascii_digit() || byte.is_ascii_uppercase() == capital(at))
        .then_some(1.0)
}

/// Bitcoin, Litecoin, Dogecoin, Dash and Tron: twenty-five bytes, of which the last four are of a double SHA-256.
fn base58_check(address: &[u8]) -> bool {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    if !(25..=35).contains(&address.len()) {
        return false;
    }
    let mut bytes = [0u8; 25];
    for byte in address {
        let Some(digit) = ALPHABET.iter().position(|letter| letter == byte) else { return false };
        let mut carry = digit;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            return false;
        }
    }
    let (body, check) = bytes.split_at(21);
    matches!(body[0], 0x00 | 0x05 | 0x16 | 0x1e | 0x30 | 0x32 | 0x41 | 0x4c)
        && Sha256::digest(Sha256::digest(body))[..4] == *check
}

/// Bitcoin's and Litecoin's newer addresses (BIP 173 and 350).
fn bech32(address: &[u8]) -> bool {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let small = address.to_ascii_lowercase();
    if small != address && address.iter().any(u8::is_ascii_lowercase) {
        return false;
    }
    let human = [&b"bc"[..], b"tb", b"ltc"]
        .into_iter()
        .find(|human| small.starts_with(human) && small.get(human.len()) == Some(&b'1'));
    let Some(human) = human else { return false };
    let data = small[human.len() + 1..]
        .iter()
        .map(|byte| ALPHABET.iter().position(|letter| letter == byte).map(|value| value as u32));
    let Some(data) = data.collect::<Option<Vec<u32>>>() else { return false };
    let high = human.iter().map(|&byte| u32::from(byte >> 5));
    let low = human.iter().map(|&byte| u32::from(byte & 31));
    let sum = high.chain([0]).chain(low).chain(data.iter().copied()).fold(1u32, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x1ff_ffff) << 5 ^ value;
        [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3].iter().enumerate().fold(
            next,
            |next, (bit, generator)| {
                if top >> bit & 1 == 1 { next ^ generator } else { next }
            },
        )
    });
    data.len() > 6 && (sum == 1 || sum == 0x2bc8_30a3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_decide() {
        assert!(
            base58_check(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa") && !base58_check(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")
        );
        assert!(
            bech32(b"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
                && !bech32(b"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
        );
        assert!(bech32(b"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"));
        assert_eq!(ethereum(b"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), Some(1.0));
        assert_eq!(ethereum(b"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"), None);
    }
}
