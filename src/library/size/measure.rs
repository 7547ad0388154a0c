//! What one pass over a text tells of its size.

use rustc_hash::FxHashMap;

/// The size of a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Measures {
    pub chars: usize,
    /// As a tokenizer of a model would come to, within about a third.
    pub tokens: usize,
    pub lines: usize,
    /// The longest stretch without white space, in characters.
    pub unbroken: usize,
    /// The longest run of one character, in characters.
    pub run: usize,
    ascii: Counts,
    others: FxHashMap<char, u32>,
}

#[derive(Debug, PartialEq)]
struct Counts([u32; 128]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Measures {
    pub(super) fn of(text: &str) -> Self {
        let mut measures = Self { lines: text.lines().count(), ..Self::default() };
        let (mut unbroken, mut run, mut last, mut quarters) = (0, 0, None, 0);
        for c in text.chars() {
            measures.chars += 1;
            if c.is_ascii() {
                measures.ascii.0[c as usize] += 1;
            } else {
                *measures.others.entry(c).or_default() += 1;
            }
            quarters += quarters_of_a_token(c);
            unbroken = if c.is_whitespace() || has_no_spaces(c) { 0 } else { unbroken + 1 };
            run = if last == Some(c) { run + 1 } else { 1 };
            measures.unbroken = measures.unbroken.max(unbroken);
            measures.run = measures.run.max(run);
            last = Some(c);
        }
        measures.tokens = usize::div_ceil(quarters, 4);
        measures
    }

    /// Shannon's entropy of the characters, in bits a character.
    pub(super) fn entropy(&self) -> f64 {
        let total = self.chars as f64;
        let counts = self.ascii.0.iter().chain(self.others.values()).filter(|count| **count > 0);
        let shares = counts.map(|count| f64::from(*count) / total);
        // Of one character alone it would be -0, which `max` may keep.
        shares.map(|share| -share * share.log2()).sum::<f64>() + 0.0
    }
}

/// Four characters of English are a token, two letters of other alphabets, and each character of larger scripts is one.
fn quarters_of_a_token(c: char) -> usize {
    match c.len_utf8() {
        1 => 1,
        2 => 2,
        _ => 4,
    }
}

/// Whether the script of `c` has no spaces between words: those from Thai to Khmer, and those of East Asia.
fn has_no_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}'
        | '\u{a000}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}
