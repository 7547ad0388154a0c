//! Letters of other scripts that look like Latin ones, by the confusables of Unicode's technical report 39.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::skeleton;

/// The Latin letter or digit that a Cyrillic or Greek letter looks like.
pub(crate) fn looks_like(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    // The form that normalising gives it, so that a text that was normalised reads the same again.
    let mut forms = std::iter::once(c).nfkc();
    let c = forms.next().filter(|c| matches!(c.script(), Script::Cyrillic | Script::Greek))?;
    if forms.next().is_some() {
        return None;
    }
    // A capital and its small letter may look like letters that are no such pair.
    alike(c).or_else(|| alike(c.to_lowercase().next()?))
}

fn alike(c: char) -> Option<char> {
    let mut buffer = [0; 4];
    let mut skeleton = skeleton(c.encode_utf8(&mut buffer));
    let first = skeleton.next().filter(char::is_ascii_alphanumeric)?;
    skeleton.next().is_none().then_some(first)
}

/// The Cyrillic letter that a Latin one looks like.
pub(super) fn cyrillic(c: char) -> Option<char> {
    let place = "ABCEHKMOPTXYaceiopxy".chars().position(|latin| latin == c)?;
    "АВСЕНКМОРТХУасеіорху".chars().nth(place)
}

/// A word that has Latin letters and others that look like such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mixed {
    /// Bytes of the text as typed.
    pub range: Range<usize>,
    /// Whether it is rather a Cyrillic word with Latin letters in it.
    pub is_cyrillic: bool,
}

impl Mixed {
    /// The letter that `c` in it stands for.
    pub(super) fn meant(&self, c: char) -> char {
        if self.is_cyrillic { cyrillic(c).unwrap_or(c) } else { looks_like(c).unwrap_or(c) }
    }
}

/// The words of a text that have Latin letters and others that look like such.
pub(crate) fn mixed(typed: &str) -> Vec<Mixed> {
    let mut found = Vec::new();
    if typed.is_ascii() {
        return found;
    }
    let (mut start, mut latin, mut alike, mut foreign) = (None, false, false, false);
    for (at, c) in typed.char_indices().chain([(typed.len(), ' ')]) {
        if c.is_alphanumeric() || (start.is_some() && (super::is_invisible(c) || super::is_accent(c))) {
            start.get_or_insert(at);
            // With an accent or in another form, too.
            latin |=
                c.is_ascii_alphabetic() || std::iter::once(c).nfkd().next().is_some_and(|c| c.is_ascii_alphabetic());
            let is_alike = looks_like(c).is_some();
            alike |= is_alike;
            foreign |= !is_alike && is_cyrillic(c);
        } else {
            if let Some(start) = start.take().filter(|_| latin && (alike || foreign)) {
                let is_cyrillic = foreign && is_rather_cyrillic(&typed[start..at]);
                if alike || is_cyrillic {
                    found.push(Mixed { range: start..at, is_cyrillic });
                }
            }
            (latin, alike, foreign) = (false, false, false);
        }
    }
    found
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Whether more letters of a word are Cyrillic alone than are Latin alone.
fn is_rather_cyrillic(word: &str) -> bool {
    let only_cyrillic = word.chars().filter(|c| is_cyrillic(*c) && looks_like(*c).is_none()).count();
    let only_latin = word.chars().filter(|c| c.is_ascii_alphabetic() && cyrillic(*c).is_none()).count();
    only_cyrillic > only_latin
}

/// Whether every letter of a text that is not Latin looks like a Latin one; a text in another script has some that don't.
pub(super) fn only_look_alikes(text: &str) -> bool {
    !text.is_ascii() && text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).all(|c| looks_like(c).is_some())
}

/// A word with Latin letters for those that look like them.
pub(super) fn latin(word: &str) -> Option<String> {
    word.chars().map(|c| if c.is_ascii_alphanumeric() { Some(c) } else { looks_like(c) }).collect()
}
