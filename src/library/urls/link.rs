//! Addresses in a text: with a scheme, without one, and with brackets in them so that nobody follows them.

use std::ops::Range;

/// An address as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::library) struct Link {
    /// In small letters, without what is there to make it harmless; `https` where none stands.
    pub scheme: String,
    /// What stands before an `@`.
    pub user: Option<String>,
    /// The host as written, without what is there to make it harmless; empty where a scheme has none.
    pub host: String,
    /// What stands behind it: path, query and fragment, or all that is behind a scheme without a host.
    pub rest: String,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Whether it is one whatever it says; else it may be the name of a file, or of something in a program.
    pub is_certain: bool,
}

/// Schemes that need no slashes behind them.
const WITHOUT_HOST: &[&str] = &["javascript", "vbscript", "data", "mailto", "tel", "sms", "file", "blob"];
/// Schemes behind which browsers read any number of slashes as two.
const SPECIAL: &[&str] = &["http", "https", "ftp", "ws", "wss"];
/// Kinds of pictures that hold nothing but pixels.
const PICTURES: &[&str] =
    &["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/avif", "image/bmp"];
const LONGEST_SCHEME: usize = 16;
const LONGEST_TYPE: usize = 100;
/// More of an address is not looked at.
const LONGEST: usize = 8_192;
/// What names without a scheme end in. Endings of files are not among them; names that end so need `www.` or a path.
const ENDINGS: &[&str] = &[
    "ai", "app", "au", "biz", "br", "ca", "ch", "click", "club", "cn", "co", "com", "cz", "de", "dev", "dk", "edu",
    "es", "eu", "fi", "fr", "gov", "gr", "hk", "hu", "ie", "il", "info", "int", "io", "ir", "jp", "kr", "link", "live",
    "ly", "mil", "mx", "net", "nl", "nz", "online", "org", "pt", "ro", "ru", "se", "sg", "shop", "site", "store",
    "tech", "th", "tk", "top", "tr", "tv", "tw", "ua", "uk", "vn", "work", "xyz", "za", "рф",
];

/// Endings of countries that files have more often.
const FILES: &[&str] = &[
    "cc", "cs", "db", "do", "gz", "hs", "js", "kt", "md", "ml", "mm", "pl", "pm", "ps", "py", "rb", "rs", "sh", "so",
    "ts", "vb",
];
/// Top-level domains of more than two letters that are common.
const TOP: &str = " com org net edu gov mil int info biz name pro mobi asia jobs tel travel cat coop museum aero arpa app dev page blog cloud online site website store shop tech xyz club live life world today news media agency digital email group team work works company business solutions services support systems network software studio design art photo photos pictures gallery video music film games game fun cool wiki space zone center academy school university education institute health care clinic dental doctor bank finance money capital fund insurance law legal tax realty house homes land farm garden kitchen restaurant cafe bar beer wine pizza food recipes fish pet dog fashion style beauty hair shoes jewelry gift gifts toys kids baby family love dating wedding social community chat forum link click top win bid loan trade market markets exchange review reviews guide tips directory expert ninja guru rocks plus one vip best google microsoft amazon apple example test ai io zip mov lol icu cyou sbs rest cfd bond monster quest buzz party science date racing stream download accountant faith cricket men host press fit run mom lat autos makeup boats town ";
/// What people write about, and don't link to, by such a name.
const PRODUCTS: &[&str] = &["ado.net", "asp.net", "vb.net", "socket.io", "draw.io"];
/// Endings that are words, too: a point without a space behind it makes no name of two words.
const WORDS: &[&str] = &["am", "as", "at", "be", "by", "do", "in", "is", "it", "me", "my", "no", "so", "to", "us"];

/// Whether `ending`, in small letters and longer than that of a country, is one that names of hosts end in.
pub(in crate::library) fn is_top(ending: &str) -> bool {
    TOP.contains(&format!(" {ending} "))
}

impl Link {
    /// Whether it is a picture by itself, which leads nowhere and runs nothing.
    pub fn is_picture(&self) -> bool {
        let kind = self.rest.split([';', ',']).next().unwrap_or_default();
        self.scheme == "data" && PICTURES.iter().any(|picture| kind.eq_ignore_ascii_case(picture))
    }
}

/// All addresses in `text`, in order.
pub(in crate::library) fn links(text: &str) -> Vec<Link> {
    let mut links = candidates(text);
    links.retain(|link| link.is_certain);
    links
}

/// All addresses in `text`, and all that would be some if their host were known, in order.
pub(in crate::library) fn candidates(text: &str) -> Vec<Link> {
    let bytes = text.as_bytes();
    let mut found: Vec<Link> = Vec::new();
    let mut done = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if at < done || !matches!(byte, b':' | b'.' | b'[' | b'(' | b'{' | b'/' | b'\\' | 0xe3 | 0xef) {
            continue;
        }
        let link = match byte {
            b':' => with_scheme(text, done, at, 1),
            b'[' if bytes[at..].starts_with(b"[:]") => with_scheme(text, done, at, 3),
            b'/' | b'\\' => with_slashes(text, at),
            _ => bare(text, done, at),
        };
        if let Some(link) = link {
            done = link.range.end;
            found.push(link);
        }
    }
    found
}

fn with_scheme(text: &str, from: usize, colon: usize, width: usize) -> Option<Link> {
    let bytes = text.as_bytes();
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let length = bytes[from..colon].iter().rev().take(LONGEST_SCHEME).take_while(is_part).count();
    let start = colon - length;
    let written = text[start..colon].to_ascii_lowercase();
    let scheme = match &*written {
        "hxxp" | "hxtp" | "h**p" => "http",
        "hxxps" | "hxtps" => "https",
        // One letter is a drive.
        other if other.len() > 1 && other.starts_with(|c: char| c.is_ascii_alphabetic()) => other,
        _ => return None,
    };
    let behind = colon + width;
    let is_special = SPECIAL.contains(&scheme);
    let slashes = slashes(&bytes[behind..], if is_special { usize::MAX } else { 3 });
    let begins = text[behind + slashes..].starts_with(char::is_alphanumeric);
    if slashes >= 2
        || (slashes == 1 && is_special && begins)
        || (slashes == 0
            && matches!(scheme, "http" | "https")
            && bytes.get(behind).is_some_and(u8::is_ascii_alphanumeric))
    {
        return authority(text, start, behind + slashes, scheme);
    }
    if !WITHOUT_HOST.contains(&scheme) || !may_follow(scheme, &text[behind..]) {
        return None;
    }
    let end = end(text, behind);
    let is_one = end > behind && !bytes[behind].is_ascii_whitespace();
    is_one.then(|| Link {
        scheme: scheme.to_owned(),
        user: None,
        host: String::new(),
        rest: text[behind..end].to_owned(),
        range: start..end,
        is_certain: true,
    })
}

fn slashes(rest: &[u8], most: usize) -> usize {
    rest.iter().take(most).take_while(|byte| matches!(byte, b'/' | b'\\')).count()
}

/// Whether `rest` may stand behind a scheme that is a word, too: a type of data, a place of a file, another address.
fn may_follow(scheme: &str, rest: &str) -> bool {
    match scheme {
        "data" => {
            let length = rest.bytes().take(LONGEST_TYPE).take_while(|byte| !b";,".contains(byte)).count();
            let kind = rest.as_bytes()[..length].split(|byte| *byte == b'/').next().unwrap_or_default();
            length == 0 || (kind.len() < length && kind.iter().all(u8::is_ascii_alphabetic))
        }
        "file" => rest.starts_with(['/', '\\']),
        "blob" => rest.starts_with("http") || rest.starts_with("null"),
        _ => true,
    }
}

/// Reads an address without a scheme whose slashes are at `at`, as in `<img src="//a.example/b">`.
fn with_slashes(text: &str, at: usize) -> Option<Link> {
    let before = text[..at].chars().next_back();
    let in_markup = before.is_some_and(|c| "(\"'=<".contains(c));
    if !in_markup && !before.is_none_or(char::is_whitespace) {
        return None;
    }
    let slashes = slashes(&text.as_bytes()[at..], usize::MAX);
    if slashes < 2 {
        return None;
    }
    let start = at + slashes;
    let is_part = |c: &char| c.is_alphanumeric() || ".-_:@%".contains(*c);
    let length: usize = text[start..].chars().take_while(is_part).map(char::len_utf8).sum();
    let host = text[start..start + length].rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.');
    let ending = host.rsplit_once('.').map(|(_, ending)| ending.to_lowercase())?;
    let is_name = ENDINGS.contains(&&*ending) || ending.starts_with("xn--");
    // Comments of programs begin so, and paths of Windows.
    (is_name || (in_markup && text[at..].starts_with('/') && !host.is_empty())).then_some(())?;
    authority(text, at, start, "https")
}

/// Reads what stands behind the slashes.
fn authority(text: &str, start: usize, at: usize, scheme: &str) -> Option<Link> {
    // Where no host is, the rest is not looked at, or many such would take long.
    let host =
        text[at..].split(|c: char| stops(c) || "/?#\\".contains(c)).next().and_then(|host| host.rsplit('@').next());
    if host.is_none_or(|host| host.is_empty() || host.starts_with(':')) {
        return None;
    }
    let end = end(text, at);
    let written = &text[at..end];
    let length = written.find(['/', '?', '#', '\\']).unwrap_or(written.len());
    let (authority, rest) = written.split_at(length);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user.to_owned()), host),
        None => (None, authority),
    };
    let host = armed(host);
    let port = host.rsplit_once(':').filter(|(before, port)| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && (!before.contains(':') || before.ends_with(']'))
    });
    let host = port.map_or(&*host, |(before, _)| before).to_owned();
    let rest = rest.to_owned();
    (!host.is_empty()).then(|| Link {
        scheme: scheme.to_owned(),
        user,
        host,
        rest,
        range: start..end,
        is_certain: true,
    })
}

/// Reads a name without a scheme around the dot at `at`.
fn bare(text: &str, from: usize, at: usize) -> Option<Link> {
    let bytes = text.as_bytes();
    let dot = dot(&text[at..])?;
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let before: usize = text[from..at].chars().rev().take_while(|c| is_part(*c)).map(char::len_utf8).sum();
    let start = at - before;
    let sign = |back: usize| start.checked_sub(back).map(|at| bytes[at]);
    let is_word_before = |back: usize| sign(back).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
    let is_within = DOTS.iter().any(|dot| text[..start].ends_with(dot));
    let is_mail = sign(1) == Some(b'@') && is_word_before(2);
    if before == 0 || is_within || is_mail || !text[at + dot..].starts_with(is_part) {
        return None;
    }
    // What stands in signs of emphasis is not attached to them.
    let attached = sign(1).is_some_and(|byte| b"/\\@$".contains(&byte) || (byte == b'_' && is_word_before(2)));
    let mut end = at + dot;
    loop {
        end += text[end..].chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum::<usize>();
        match self::dot(&text[end..]) {
            Some(width) if text[end + width..].starts_with(is_part) => end += width,
            _ => break,
        }
    }
    let host = armed(&text[start..end]);
    let ending = host.rsplit('.').next()?.to_lowercase();
    let path = bytes.get(end) == Some(&b'/') && bytes.get(end + 1).is_some_and(|byte| byte.is_ascii_graphic());
    let is_ending = ending.starts_with("xn--") || (ending.len() > 1 && ending.chars().all(char::is_alphabetic));
    let is_word = WORDS.contains(&&*ending) && (path || host.matches('.').count() > 1);
    let is_web = is_ending && host.to_ascii_lowercase().starts_with("www.");
    let is_product = PRODUCTS.iter().any(|product| host.eq_ignore_ascii_case(product)) && !path;
    // Endings of countries, but for those of files.
    let is_country = ending.len() == 2 && is_ending && !FILES.contains(&&*ending);
    let is_name = ENDINGS.contains(&&*ending) || is_word || is_web || (path && (is_country || is_top(&ending)));
    // A call of a function, a name in a program.
    let is_other = matches!(bytes.get(end), Some(b'(' | b'_' | b'='));
    if bytes.get(end) == Some(&b'@') {
        return None;
    }
    let is_certain = is_name && !is_other && !is_product && !attached;
    let is_longer = is_certain && (path || bytes.get(end) == Some(&b'?'));
    let whole = if is_longer { self::end(text, end) } else { end };
    Some(Link {
        scheme: "https".to_owned(),
        user: None,
        host,
        rest: text[end..whole].to_owned(),
        range: start..whole,
        is_certain,
    })
}

/// A dot, what browsers take for one, and what people write for one.
const DOTS: &[&str] = &[
    ".", "[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", "[DOT]", "(DOT)", "{DOT}", "[punkt]", "(punkt)", "\u{3002}",
    "\u{ff0e}", "\u{ff61}",
];

/// The length of the dot that `rest` begins with, if it does.
fn dot(rest: &str) -> Option<usize> {
    DOTS.iter().find(|dot| rest.starts_with(**dot)).map(|dot| dot.len())
}

/// A host without the brackets that make it harmless, and with dots for what browsers take for such.
fn armed(host: &str) -> String {
    let mut host = host.replace("[:]", ":");
    for dot in &DOTS[1..] {
        if host.contains(dot) {
            host = host.replace(dot, ".");
        }
    }
    host
}

/// Whether no address goes on behind a character.
fn stops(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>\"`{}|^".contains(c)
}

/// Where what begins at `start` ends: before white space, quotes, and punctuation that ends the sentence around it.
fn end(text: &str, start: usize) -> usize {
    let (mut depth, mut end) = (0_i32, start);
    for (at, c) in text[start..].char_indices().take(LONGEST) {
        match c {
            c if stops(c) => break,
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            _ => {}
        }
        end = start + at + c.len_utf8();
    }
    let written = text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    start + written.strip_suffix(']').filter(|before| !before.contains('[')).unwrap_or(written).len()
}
