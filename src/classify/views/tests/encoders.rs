//! Everything that undoing is there for, done.

use super::rot13;

pub(super) const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_ADDRESSES: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn base64(text: &str, alphabet: &[u8; 64], padding: bool) -> String {
    let mut encoded = String::new();
    for block in text.as_bytes().chunks(3) {
        let bits = block.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - block.len()));
        for index in 0..4 {
            if index <= block.len() {
                encoded.push(char::from(alphabet[(bits >> (18 - 6 * index)) as usize & 63]));
            } else if padding {
                encoded.push('=');
            }
        }
    }
    encoded
}

fn base32(text: &str) -> String {
    let mut encoded = String::new();
    for block in text.as_bytes().chunks(5) {
        let bits = block.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - block.len()));
        for index in 0..8 {
            let is_in = index * 5 < block.len() * 8;
            let letter = || char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (35 - 5 * index)) as usize & 31]);
            encoded.push(if is_in { letter() } else { '=' });
        }
    }
    encoded
}

const MORSE: &[&str] = &[
    ".-", "-...", "-.-.", "-..", ".", "..-.", "--.", "....", "..", ".---", "-.-", ".-..", "--", "-.", "---", ".--.",
    "--.-", ".-.", "...", "-", "..-", "...-", ".--", "-..-", "-.--", "--..",
];

fn spelled(text: &str, between: &str, words: &str) -> String {
    let word = |word: &str| word.chars().map(String::from).collect::<Vec<_>>().join(between);
    text.split(' ').map(word).collect::<Vec<_>>().join(words)
}

fn letters(text: &str, letter: impl Fn(u32) -> Option<char>) -> String {
    text.chars().map(|c| if c == ' ' { c } else { letter(c as u32 - 'a' as u32).unwrap() }).collect()
}

fn each(text: &str, one: impl Fn(u8) -> String) -> String {
    text.bytes().map(one).collect()
}

/// Encodes a text of small letters and spaces.
pub(super) type Encoder = fn(&str) -> String;

pub(super) const ENCODERS: &[(&str, Encoder)] = &[
    ("base64", |text| base64(text, STANDARD, true)),
    ("base64", |text| base64(text, STANDARD, false)),
    ("base64", |text| base64(text, FOR_ADDRESSES, false)),
    ("base64", |text| {
        let encoded = base64(text, STANDARD, true);
        let lines: Vec<String> =
            encoded.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line).into()).collect();
        lines.join("\n")
    }),
    ("base64", |text| text.split(' ').map(|word| base64(word, STANDARD, true)).collect::<Vec<_>>().join(" ")),
    ("hex", |text| each(text, |byte| format!("{byte:02x}"))),
    ("hex", |text| each(text, |byte| format!("{byte:02X}"))),
    ("hex", |text| "0x".to_owned() + &each(text, |byte| format!("{byte:02x}"))),
    ("hex", |text| each(text, |byte| format!("{byte:02x} ")).trim_end().to_owned()),
    ("hex", |text| each(text, |byte| format!("\\x{byte:02x}"))),
    ("hex", |text| each(text, |byte| format!("0x{byte:02x}, ")).trim_end_matches(", ").to_owned()),
    ("url", |text| each(text, |byte| format!("%{byte:02X}"))),
    ("url", |text| text.replace(' ', "%20")),
    ("rot13", |text| text.bytes().map(rot13::turned).map(char::from).collect()),
    ("entities", |text| each(text, |byte| format!("&#{byte};"))),
    ("entities", |text| each(text, |byte| format!("&#x{byte:x};"))),
    ("escapes", |text| each(text, |byte| format!("\\u{byte:04x}"))),
    ("escapes", |text| each(text, |byte| format!("\\u{{{byte:x}}}"))),
    ("apart", |text| spelled(text, " ", "  ")),
    ("apart", |text| spelled(text, "-", " - ")),
    ("apart", |text| spelled(text, "\n", "\n\n")),
    ("joined", |text| text.replace(' ', "-")),
    ("joined", |text| text.replace(' ', "/")),
    ("markup", |text| text.split(' ').map(|word| format!("<b>{word}</b>")).collect::<Vec<_>>().join(" ")),
    ("markup", |text| text.split(' ').map(|word| format!("**{word}**")).collect::<Vec<_>>().join(" ")),
    ("markup", |text| {
        text.split(' ').map(|word| format!("{}**{}", &word[..2], &word[2..])).collect::<Vec<_>>().join(" ")
    }),
    ("indicators", |text| letters(text, |letter| char::from_u32(0x1f1e6 + letter))),
    ("braille", |text| letters(text, |letter| "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵".chars().nth(letter as usize))),
    ("upside_down", |text| {
        let turned = letters(text, |letter| "ɐqɔpǝɟƃɥᴉɾʞןɯuodbɹsʇnʌʍxʎz".chars().nth(letter as usize));
        turned.chars().rev().collect()
    }),
    ("morse", |text| {
        text.split(' ')
            .map(|word| each(word, |byte| MORSE[usize::from(byte - b'a')].to_owned() + " "))
            .collect::<Vec<_>>()
            .join("/ ")
            .trim_end()
            .to_owned()
    }),
    ("binary", |text| each(text, |byte| format!("{byte:08b} ")).trim_end().to_owned()),
    ("binary", |text| each(text, |byte| format!("{byte:08b}"))),
    ("numbers", |text| each(text, |byte| format!("{byte} ")).trim_end().to_owned()),
    ("numbers", |text| each(text, |byte| format!("\\{byte:o}"))),
    ("base32", base32),
    ("reversed", |text| text.chars().rev().collect()),
    ("reversed", |text| text.split(' ').map(|word| word.chars().rev().collect()).collect::<Vec<String>>().join(" ")),
    ("tags", |text| text.bytes().filter_map(|byte| char::from_u32(0xe0000 + u32::from(byte))).collect()),
];
