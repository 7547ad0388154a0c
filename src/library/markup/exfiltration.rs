//! Images and links that carry what was said to someone else's host, by RFC 3986 in their path, query or fragment.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::urls::link::{Link, links};
use crate::classify::{Encoding, views};

/// Images are fetched without anyone's doing: less is enough.
const LONG_IN_IMAGE: usize = 40;
const WORDS_IN_IMAGE: usize = 3;
/// Names of what should not leave.
const TELLING: &[&str] = &[
    "apikey",
    "api_key",
    "chat",
    "context",
    "conversation",
    "cookie",
    "credentials",
    "data",
    "exfil",
    "history",
    "key",
    "leak",
    "memory",
    "message",
    "messages",
    "passwd",
    "password",
    "payload",
    "prompt",
    "pw",
    "secret",
    "secrets",
    "session",
    "ssn",
    "stolen",
    "system",
    "system_prompt",
    "token",
];

static IMAGES: LazyLock<Regex> = LazyLock::new(|| {
    let image = r#"(?i)!\[[^\]\n]{0,400}\]\(\s*<?|<img\b[^>]{0,400}?\bsrc(?:set)?\s*=\s*["']?\s*|!\[[^\]\n]{0,400}\]\[|\burl\(\s*["']?"#;
    Regex::new(image).expect("it can be read, as a test holds")
});

/// The addresses in `text` that carry something, and whose host is not `allowed`.
pub(super) fn find(text: &str, allowed: impl Fn(&Link) -> bool) -> Vec<Range<usize>> {
    if !text.contains(['/', '\\']) {
        return Vec::new();
    }
    let images: Vec<Range<usize>> = IMAGES.find_iter(text).map(|image| image.range()).collect();
    let is_image = |link: &Link| {
        let before = images.partition_point(|image| image.end <= link.range.start);
        before.checked_sub(1).is_some_and(|index| images[index].end == link.range.start)
    };
    // An image by reference has its address elsewhere.
    let by_reference = images.iter().any(|image| text[image.clone()].ends_with("]["));
    let carried = links(text).into_iter().filter(|link| {
        let defined = by_reference && text[..link.range.start].trim_end().ends_with("]:");
        let is_image = is_image(link) || defined;
        // A template that was to be filled with what is not said yet.
        let is_template = is_image && link.rest.contains('=') && text[link.range.end..].starts_with(['{', '<']);
        (is_template || carries(link, is_image)) && !allowed(link)
    });
    carried.map(|link| link.range).collect()
}

/// Whether an address says more than where something lies.
fn carries(link: &Link, is_image: bool) -> bool {
    if !matches!(&*link.scheme, "http" | "https") {
        return false;
    }
    let (path, query) = link.rest.split_at(link.rest.find(['?', '#']).unwrap_or(link.rest.len()));
    let pairs = query.split(['?', '&', '#', ';']).filter(|pair| !pair.is_empty());
    let in_query = pairs.map(|pair| pair.split_once('=').unwrap_or(("", pair)));
    let in_path = path.split('/').map(|segment| ("", segment));
    // Names below a host carry as much as a path does.
    let in_host = link.host.split('.').map(|label| ("", label));
    in_query.chain(in_path).chain(in_host).any(|(name, value)| {
        let telling = TELLING.contains(&&*name.to_ascii_lowercase());
        says_text(value)
            || (telling && value.len() >= 8 && !value.starts_with("http"))
            || (is_image && says_much(name, value))
    })
}

/// Whether a value is a text in base64, base32 or hexadecimal, or someone's address of mail.
fn says_text(value: &str) -> bool {
    let hidden =
        |encoding: &Encoding| matches!(encoding, Encoding::Base64 | Encoding::Base32 | Encoding::Hex | Encoding::Rot13);
    let mail = value.contains("%40") || value.contains('@');
    (value.len() >= 8 && views(value).iter().any(|view| view.encodings().iter().any(hidden)))
        || (mail && value.len() > 6 && value.contains('.'))
}

fn says_much(name: &str, value: &str) -> bool {
    let words = value.split(['+', ' ', ',']).flat_map(|word| word.split("%20")).filter(|word| word.len() > 1).count();
    let is_placeholder = value.contains(['{', '[', '<']) || value.contains("%7B");
    let spells = !name.is_empty() && (words >= WORDS_IN_IMAGE || value.len() >= LONG_IN_IMAGE);
    spells || is_placeholder || (name.is_empty() && words > WORDS_IN_IMAGE)
}
