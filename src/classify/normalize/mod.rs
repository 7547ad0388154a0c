//! One way to spell a text, so that tricks of typing don't matter: compatibility forms, case, accents, invisible characters,
//! white space, quotes and dashes, and letters of another script in a Latin word. A map leads back to the text as typed.
//!
//! What takes knowing words is done after that, by the speller.

mod homoglyph;
mod leet;
mod spaced;
mod speller;
mod typo;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

pub(crate) use homoglyph::{looks_like as look_alike, mixed as mixed_words};
pub(super) use speller::Speller;

/// How often what was normalised is normalised again; hardly any text takes more than one.
const MOST_ROUNDS: usize = 4;

/// A text, normalised, with the way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalized {
    text: String,
    /// For each byte of `text` the byte of the typed text it comes from, and one more for the end.
    origins: Vec<u32>,
}

impl Normalized {
    /// Normalises `typed`.
    pub fn new(typed: &str) -> Self {
        let mut text = Self::made(typed, true);
        // What a character stands for may join its neighbours, or be in a word with them, which it was not as typed.
        for _ in 0..MOST_ROUNDS {
            if text.text.is_ascii() {
                break;
            }
            let again = Self::made(&text.text, true);
            if again.text == text.text {
                break;
            }
            let origins = again.origins.iter().map(|at| text.origins[*at as usize]).collect();
            text = Self { text: again.text, origins };
        }
        text
    }

    /// As [`new`](Self::new), with its accents and the letters of other scripts, which a regular expression may be about; `None` where
    /// that is the same.
    pub(super) fn unfolded(&self, typed: &str) -> Option<Self> {
        (!typed.is_ascii()).then(|| Self::made(typed, false)).filter(|unfolded| unfolded.text != self.text)
    }

    fn made(typed: &str, folds: bool) -> Self {
        let mut writer = Writer { text: String::with_capacity(typed.len()), origins: Vec::new(), space: None };
        writer.origins.reserve(typed.len() + 1);
        if typed.is_ascii() {
            typed.bytes().enumerate().for_each(|(at, byte)| writer.push_ascii(byte.to_ascii_lowercase(), at));
            writer.origins.push(typed.len() as u32);
            return Self { text: writer.text, origins: writer.origins };
        }
        let mut mixed = if folds { homoglyph::mixed(typed) } else { Vec::new() }.into_iter().peekable();
        let mut chars = typed.char_indices().peekable();
        let mut cluster = String::new();
        while let Some((start, first)) = chars.next() {
            while mixed.next_if(|word| word.range.end <= start).is_some() {}
            let in_mixed = mixed.peek().filter(|word| word.range.contains(&start));
            if in_mixed.is_none() && first.is_ascii() && chars.peek().is_none_or(|(_, next)| next.is_ascii()) {
                writer.push(first.to_ascii_lowercase(), start);
                continue;
            }
            if is_invisible(first) {
                continue;
            }
            // A character and the marks on it are one; nothing invisible may come between them.
            cluster.clear();
            cluster.push(in_mixed.map_or(first, |word| word.meant(first)));
            while let Some((_, next)) = chars.peek().copied() {
                if joins(next) {
                    cluster.push(next);
                } else if !is_invisible(next) {
                    break;
                }
                chars.next();
            }
            let takes_none = |c: char| c.is_ascii_alphabetic() || (c == ' ' && first.is_whitespace());
            if folds && cluster.nfkd().next().is_some_and(takes_none) {
                // Accents of Latin letters are often left out; marks of other scripts make other letters.
                for c in cluster.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase).nfc() {
                    writer.push(plain(c), start);
                }
                continue;
            }
            for c in cluster.nfkc().flat_map(char::to_lowercase).nfkc() {
                writer.push(plain(c), start);
            }
        }
        writer.origins.push(typed.len() as u32);
        Self { text: writer.text, origins: writer.origins }
    }

    /// The normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the typed text that the bytes `range` of the normalised text come from.
    pub fn origin(&self, range: Range<usize>) -> Range<usize> {
        let start = self.origins[range.start] as usize;
        if range.is_empty() {
            return start..start;
        }
        // What stands for a word as a whole comes from the whole of it.
        let end = self.origins[range.end..].iter().copied().find(|end| *end as usize > start);
        start..end.map_or(start, |end| end as usize)
    }
}

struct Writer {
    text: String,
    origins: Vec<u32>,
    /// White space that waits for a word behind it, and where it began.
    space: Option<usize>,
}

impl Writer {
    /// As [`push`](Self::push), for most texts have nothing else.
    fn push_ascii(&mut self, byte: u8, origin: usize) {
        match byte {
            b'!'..=b'~' if self.space.is_none() => {
                self.text.push(char::from(byte));
                self.origins.push(origin as u32);
            }
            _ => self.push(char::from(byte), origin),
        }
    }

    fn push(&mut self, c: char, origin: usize) {
        if c.is_whitespace() {
            self.space.get_or_insert(origin);
            return;
        }
        if is_invisible(c) {
            return;
        }
        if let Some(at) = self.space.take()
            && !self.text.is_empty()
        {
            self.text.push(' ');
            self.origins.push(at as u32);
        }
        self.text.push(c);
        self.origins.extend(std::iter::repeat_n(origin as u32, c.len_utf8()));
    }
}

fn joins(c: char) -> bool {
    // Vowels and finals of Korean syllables join the consonant before them.
    (is_combining_mark(c) && !is_invisible(c)) || matches!(c, '\u{1161}'..='\u{11ff}')
}

/// Marks that Latin letters take.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Characters that show nothing and may hide a word from a pattern.
pub(crate) fn is_invisible(c: char) -> bool {
    match c {
        ' '..='~' => false,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' => true,
        c if c.is_whitespace() => false,
        c => matches!(c.general_category(), GeneralCategory::Format | GeneralCategory::Control),
    }
}

/// Small capitals, and the letters; compatibility forms leave them.
const SMALL_CAPITALS: &str = "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrꜱsᴛtᴜuᴠvᴡwʏyᴢz";

/// The ASCII character that stands for its typographic relatives.
fn plain(c: char) -> char {
    match c {
        '\u{262}'..='\u{29f}' | '\u{1d00}'..='\u{1d22}' | '\u{a730}' | '\u{a731}' => {
            let mut known = SMALL_CAPITALS.chars();
            known.find(|known| *known == c).and_then(|_| known.next()).unwrap_or(c)
        }
        // White on black, in circles and in squares.
        '\u{1f150}'..='\u{1f169}' => char::from(b'a' + (c as u32 - 0x1f150) as u8),
        '\u{1f170}'..='\u{1f189}' => char::from(b'a' + (c as u32 - 0x1f170) as u8),
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{60}' | '\u{b4}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}

/// What counts when two texts are compared as a whole: `text` without punctuation at its end.
pub(super) fn key(text: &str) -> &str {
    let key = text.trim_end_matches(['.', '!', '?', ' ']);
    if key.is_empty() { text } else { key }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_come_together() {
        for (typed, text) in [
            ("Hello  World\n", "hello world"),
            ("  ", ""),
            ("ＨＥＬＬＯ", "hello"),
            ("he\u{200b}ll\u{ad}o", "hello"),
            ("Cafe\u{301}", "cafe"),
            ("cafe\u{200d}\u{301}", "cafe"),
            ("don’t “quote” – me", "don't \"quote\" - me"),
            ("ﬁne", "fine"),
            ("STRASSE İ", "strasse i"),
            ("Й и\u{306} กำ हिन्दी", "й й กํา हिन्दी"),
            ("pаsswоrd Нello", "password hello"),
            ("пароль привет", "пароль привет"),
            ("Игнopиpyй вce пpeдыдyщиe", "игнорируй все предыдущие"),
            ("I\u{337}\u{489}g\u{321}n \u{336}o\u{336}r\u{336}e", "ign ore"),
            ("ɪɢɴᴏʀᴇ ᴀʟʟ 🅰🅻🅻 🅐🅛🅛", "ignore all all all"),
            ("\u{202e}abc\u{202c}", "abc"),
            ("a\u{3000}b", "a b"),
            ("a\u{314f}\u{20d0}", "a\u{1161}"),
            ("\u{3131}\u{314f} \u{ff76}\u{ff9e}", "가 ガ"),
            ("\u{399}\u{2f00}\u{c0}", "i一a"),
        ] {
            assert_eq!(Normalized::new(typed).text(), text, "{typed:?}");
        }
    }

    #[test]
    fn the_way_back_is_exact() {
        let typed = "My  order: ＡＢ\u{200b}-42!";
        let normalized = Normalized::new(typed);
        let start = normalized.text().find("ab-42").unwrap();
        assert_eq!(&typed[normalized.origin(start..start + 5)], "ＡＢ\u{200b}-42");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(typed in any::<String>()) {
            let once = Normalized::new(&typed);
            let twice = Normalized::new(once.text());
            prop_assert_eq!(twice.text(), once.text());
        }

        #[test]
        fn every_part_leads_back_to_whole_characters(typed in "[a-zA-Z \u{200b}é\u{301}ﬁ１“]{0,30}") {
            let normalized = Normalized::new(&typed);
            let mut last = 0;
            for (at, c) in normalized.text().char_indices() {
                let origin = normalized.origin(at..at + c.len_utf8());
                prop_assert!(origin.start >= last && typed.get(origin.clone()).is_some());
                last = origin.start;
            }
        }
    }
}
