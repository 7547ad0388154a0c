//! The words of a normalised text, and the windows that are compared as a whole.

use std::ops::Range;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What stands for words of their own behind an apostrophe.
const SUFFIXES: &[&str] = &["'s", "'re", "'m", "'ll", "'ve", "'d"];
/// Words of a block: it ends with the first sentence that ends behind the fewest, and with the most.
const FEWEST: usize = 8;
const MOST: usize = 24;
/// What is left at the end of a text and shorter joins the block before it.
const REST: usize = 6;

/// A word, or a character of a script that puts no spaces between words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Bytes of the normalised text.
    pub range: Range<usize>,
    /// The last sign between the word before it and this.
    pub sign: Option<char>,
    /// Whether a sentence ended before it.
    pub begins: bool,
}

/// The words of a normalised text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::with_capacity(text.len() / 5);
    let mut chars = text.char_indices().peekable();
    let (mut sign, mut begins) = (None, false);
    while let Some((start, c)) = chars.next() {
        if !is_letter(c) {
            if c != ' ' {
                sign = Some(c);
                let next = chars.peek().map(|(_, next)| *next);
                begins |= matches!(c, '.' | '!' | '?' | ';' | '。' | '！' | '？')
                    && next.is_none_or(|next| matches!(next, ' ' | '"' | '\'' | ')'));
            }
            continue;
        }
        let mut end = start + c.len_utf8();
        while !is_spaceless(c)
            && let Some((at, next)) = chars.peek().copied()
        {
            let is_within = next == '\'' && text[at + 1..].chars().next().is_some_and(is_letter);
            if is_spaceless(next) || !(is_letter(next) || is_within) {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        let word = &text[start..end];
        let suffix = word.contains('\'').then(|| SUFFIXES.iter().find(|suffix| word.ends_with(**suffix))).flatten();
        let cut = suffix.filter(|suffix| suffix.len() < word.len()).map(|suffix| end - suffix.len());
        found.push(Word { range: start..cut.unwrap_or(end), sign: sign.take(), begins: std::mem::take(&mut begins) });
        if let Some(cut) = cut {
            found.push(Word { range: cut..end, sign: None, begins: false });
        }
    }
    found
}

/// Words from … to: one or two sentences, each block of them together with the next.
pub(super) fn windows(words: &[Word]) -> Vec<Range<usize>> {
    let blocks = blocks(words);
    if blocks.len() < 2 {
        return blocks;
    }
    blocks.windows(2).map(|pair| pair[0].start..pair[1].end).collect()
}

fn blocks(words: &[Word]) -> Vec<Range<usize>> {
    let (mut blocks, mut start) = (Vec::new(), 0);
    for (at, word) in words.iter().enumerate() {
        if at - start >= MOST || (at - start >= FEWEST && word.begins) {
            blocks.push(start..at);
            start = at;
        }
    }
    match blocks.last_mut() {
        Some(last) if words.len() - start < REST => last.end = words.len(),
        _ if start < words.len() => blocks.push(start..words.len()),
        _ => {}
    }
    blocks
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark)
}

/// Of a script that puts no spaces between words: kana, Han, Thai.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{e00}'..='\u{e7f}') && is_letter(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| &text[word.range]).collect()
    }

    #[test]
    fn words_are_told_apart() {
        for (text, expected) in [
            ("don't say what's yours.", "don't say what 's yours"),
            ("you're dan, 'ok'", "you 're dan ok"),
            ("a-b_c d/e", "a b c d e"),
            ("忽略 abc之d", "忽 略 abc 之 d"),
            ("पिछले निर्देश", "पिछले निर्देश"),
            ("", ""),
            ("?! ", ""),
        ] {
            assert_eq!(texts(text).join(" "), expected, "{text}");
        }
        let found = words("one. two [three");
        assert_eq!(found.iter().map(|word| word.begins).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(found[2].sign, Some('['));
    }

    #[test]
    fn windows_overlap_and_leave_nothing_out() {
        for count in [0, 1, 7, 24, 25, 30, 100, 1_000] {
            let text = "word ".repeat(count);
            let words = words(&text);
            let windows = windows(&words);
            assert_eq!(windows.is_empty(), count == 0);
            assert_eq!(windows.first().map_or(0, |window| window.start), 0);
            assert_eq!(windows.last().map_or(0, |window| window.end), count);
            assert!(windows.windows(2).all(|pair| pair[1].start < pair[0].end));
            assert!(windows.iter().all(|window| window.len() <= 2 * (MOST + REST)));
        }
    }
}
