//! Entities of HTML: by number, and those with names that stand for what is on a keyboard or in typography.

use super::Encoding;
use super::part::Part;

/// Characters of the longest name or number.
const LONGEST: usize = 10;

const NAMED: &[(&str, char)] = &[
    ("AMP", '&'),
    ("GT", '>'),
    ("LT", '<'),
    ("NewLine", '\n'),
    ("QUOT", '"'),
    ("Tab", '\t'),
    ("acute", '´'),
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("bull", '•'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("copy", '©'),
    ("dash", '‐'),
    ("deg", '°'),
    ("dollar", '$'),
    ("emsp", '\u{2003}'),
    ("ensp", '\u{2002}'),
    ("equals", '='),
    ("euro", '€'),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("hellip", '…'),
    ("hyphen", '‐'),
    ("laquo", '«'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("ldquo", '“'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("nbsp", '\u{a0}'),
    ("ndash", '–'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("pound", '£'),
    ("quest", '?'),
    ("quot", '"'),
    ("raquo", '»'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rcub", '}'),
    ("rdquo", '”'),
    ("reg", '®'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("rsquo", '’'),
    ("semi", ';'),
    ("shy", '\u{ad}'),
    ("sol", '/'),
    ("thinsp", '\u{2009}'),
    ("trade", '™'),
    ("verbar", '|'),
    ("vert", '|'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
];

pub(super) fn find(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == b'&') {
        let start = at + next;
        at = start + 1;
        let Some((c, length)) = entity(&bytes[at..]) else { continue };
        at += length;
        // One behind the other they are one.
        match parts.last_mut().filter(|part| part.range.end == start) {
            Some(part) => {
                part.push(c, start..at);
                part.range.end = at;
            }
            None => parts.push(Part::one(Encoding::Entities, c, start..at)),
        }
    }
    parts
}

/// The character that stands behind an ampersand, and how long its name is.
fn entity(rest: &[u8]) -> Option<(char, usize)> {
    let (radix, digits) = match rest {
        [b'#', b'x' | b'X', ..] => (16, 2),
        [b'#', ..] => (10, 1),
        _ => {
            let length = rest.iter().take(LONGEST).position(|byte| *byte == b';')?;
            let name = std::str::from_utf8(&rest[..length]).ok()?;
            let index = NAMED.binary_search_by_key(&name, |(name, _)| name).ok()?;
            return Some((NAMED[index].1, length + 1));
        }
    };
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let length = rest[digits..].iter().take(LONGEST).take_while(is_digit).count();
    let end = digits + length;
    let number = u32::from_str_radix(std::str::from_utf8(&rest[digits..end]).ok()?, radix).ok()?;
    // Browsers read them without the semicolon, too.
    let end = end + usize::from(rest.get(end) == Some(&b';'));
    let c = char::from_u32(number).filter(|c| c.len_utf8() <= end + 1 && *c != '\0')?;
    Some((c, end))
}

#[cfg(test)]
mod tests {
    use super::NAMED;

    #[test]
    fn names_are_in_order() {
        assert!(NAMED.is_sorted_by_key(|(name, _)| name));
    }
}
