//! The disguises: each takes a text and writes it so that a rail has to see through it.

use std::fmt::Write as _;

/// A disguise by its name in the table.
pub struct Disguise {
    pub name: &'static str,
    pub put: fn(&str) -> String,
    /// The rails it is tried on; what it makes of other texts does nothing where it is read.
    pub families: &'static [&'static str],
}

const ALL: &[&str] = &["sensitive", "secrets", "markup", "urls", "regexes", "leak"];

const fn of(name: &'static str, families: &'static [&'static str], put: fn(&str) -> String) -> Disguise {
    Disguise { name, put, families }
}

pub const DISGUISES: &[Disguise] = &[
    of("base64", ALL, base64),
    of("hexadecimal numbers", ALL, |text| each_byte(text, "")),
    of("percent signs", ALL, |text| each_byte(text, "%")),
    of("rot13", ALL, |text| text.chars().map(turned).collect()),
    // No browser runs markup of entities and escapes, or any of tags.
    of("entities", ALL, |text| each(text, |c, to| write!(to, "&#{};", c as u32))),
    of("escapes", ALL, |text| each(text, |c, to| write!(to, "\\u{{{:x}}}", c as u32))),
    of("Unicode tags", ALL, |text| text.chars().map(tag).collect()),
    of("invisible characters", ALL, |text| between(text, "\u{200b}")),
    of("full-width letters", ALL, |text| text.chars().map(full_width).collect()),
    of("letters of other scripts", ALL, |text| text.chars().map(look_alike).collect()),
    of("digits of other scripts", &["sensitive", "regexes"], |text| text.chars().map(other_digit).collect()),
    of("characters apart", &["secrets", "regexes", "leak"], |text| words_apart(text, " ", "  ")),
    of("dots between", &["secrets", "regexes", "leak"], |text| words_apart(text, ".", " ")),
    of("digits for letters", &["regexes", "leak"], |text| text.chars().map(leet).collect()),
];

fn each(text: &str, write: impl Fn(char, &mut String) -> std::fmt::Result) -> String {
    let mut disguised = String::new();
    text.chars().for_each(|c| write(c, &mut disguised).unwrap());
    disguised
}

fn each_byte(text: &str, sign: &str) -> String {
    text.bytes().fold(String::new(), |so_far, byte| so_far + sign + &format!("{byte:02x}"))
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let block = |bytes: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
        let sign = |at: usize| if at <= bytes.len() { ALPHABET[(bits >> (18 - 6 * at) & 63) as usize] } else { b'=' };
        (0..4).map(|at| char::from(sign(at))).collect::<String>()
    };
    text.as_bytes().chunks(3).map(block).collect()
}

fn turned(c: char) -> char {
    let turn = |first: u8| char::from(first + (c as u8 - first + 13) % 26);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        c => c,
    }
}

fn tag(c: char) -> char {
    if c.is_ascii() { char::from_u32(0xe0000 + c as u32).unwrap() } else { c }
}

fn full_width(c: char) -> char {
    match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
        c => c,
    }
}

fn paired(c: char, from: &str, to: &str) -> char {
    from.chars().zip(to.chars()).find_map(|(of, instead)| (of == c).then_some(instead)).unwrap_or(c)
}

fn look_alike(c: char) -> char {
    paired(c, "aceiopxyAEKMHOPCTX", "асеіорхуАЕКМНОРСТХ")
}

fn other_digit(c: char) -> char {
    paired(c, "0123456789", "٠١٢٣٤٥٦٧٨٩")
}

fn leet(c: char) -> char {
    paired(c, "aeiosAEIOS", "4310543105")
}

fn between(text: &str, sign: &str) -> String {
    text.chars().map(String::from).collect::<Vec<_>>().join(sign)
}

fn words_apart(text: &str, sign: &str, gap: &str) -> String {
    text.split_whitespace().map(|word| between(word, sign)).collect::<Vec<_>>().join(gap)
}
