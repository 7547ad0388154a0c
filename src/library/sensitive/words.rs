//! Runs of ASCII letters and digits, and chains of them that separators join: what numbers of documents are written as.

/// A run of ASCII letters and digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub start: usize,
    pub end: usize,
    /// It has a digit.
    pub digit: bool,
    /// The character between this word and the one before, if it is exactly one and joins (a space, `-`, `.`, `/`, `:`, `+`); else 0.
    pub joint: u8,
}

/// All runs of ASCII letters and digits. A run of small letters that has a long number stuck to it is cut off from it.
pub(super) fn words(text: &str) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let start = at;
        let mut digit = false;
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            digit |= bytes[at].is_ascii_digit();
            at += 1;
        }
        let joint = match words.last() {
            Some(last) if last.end + 1 == start && b" -./:+".contains(&bytes[last.end]) => bytes[last.end],
            _ => 0,
        };
        let stuck = if digit { stuck(&bytes[start..at]) } else { 0 };
        if stuck > 0 {
            words.push(Word { start, end: start + stuck, digit: false, joint });
            words.push(Word { start: start + stuck, end: at, digit, joint: 0 });
        } else {
            words.push(Word { start, end: at, digit, joint });
        }
    }
    words
}

/// How many small letters stand before a number of at least eight characters.
fn stuck(word: &[u8]) -> usize {
    let letters = word.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    let number = word.len() - letters;
    let digits = word[letters..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if letters >= 2 && number >= 8 && digits >= 4 { letters } else { 0 }
}

/// The most characters of a chain without its joints.
pub(super) const LONGEST: usize = 24;

/// A word, or several that are joined, as capital letters and digits.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub start: usize,
    pub end: usize,
    /// The letters, as capitals, and digits without the joints.
    pub compact: [u8; LONGEST],
    pub len: usize,
    /// Bit n: the nth character is a digit.
    pub digits: u32,
    /// Bit n: a joint stands before the nth character.
    pub breaks: u32,
    /// The joints are all this one; 0 if they differ.
    pub joint: u8,
    /// The joints there are, as bits of [`joint_bit`].
    pub joints: u8,
    /// It has a small letter.
    pub small: bool,
}

/// The bit of a joint in a set of them.
pub(super) const fn joint_bit(joint: u8) -> u8 {
    match joint {
        b' ' => 1,
        b'-' => 2,
        b'.' => 4,
        b'/' => 8,
        b':' => 16,
        _ => 32,
    }
}

impl Chain {
    pub(super) fn compact(&self) -> &[u8] {
        &self.compact[..self.len]
    }
}

/// Calls `each` with the chains that begin at `words[0]`, from the shortest; those with a digit only.
pub(super) fn chains(text: &str, words: &[Word], mut each: impl FnMut(&Chain)) {
    let bytes = text.as_bytes();
    let Some(first) = words.first() else { return };
    let mut chain = Chain {
        start: first.start,
        end: first.start,
        compact: [0; LONGEST],
        len: 0,
        digits: 0,
        breaks: 0,
        joint: b' ',
        joints: 0,
        small: false,
    };
    for (nth, word) in words.iter().enumerate() {
        if nth > 0 {
            if word.joint == 0 {
                return;
            }
            chain.joint = if chain.breaks == 0 || chain.joint == word.joint { word.joint } else { 0 };
            chain.joints |= joint_bit(word.joint);
            chain.breaks |= 1 << chain.len.min(31);
        }
        if chain.len + (word.end - word.start) > LONGEST {
            return;
        }
        for &byte in &bytes[word.start..word.end] {
            chain.small |= byte.is_ascii_lowercase();
            chain.digits |= u32::from(byte.is_ascii_digit()) << chain.len;
            chain.compact[chain.len] = byte.to_ascii_uppercase();
            chain.len += 1;
        }
        chain.end = word.end;
        if chain.digits != 0 {
            each(&chain);
        }
    }
}

/// Whether a place is cut out of something longer: a decimal number, a longer chain of digits, a name with `_`.
pub(super) fn embedded(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let before = start.checked_sub(1).map_or(b' ', |at| bytes[at]);
    let beyond = start.checked_sub(2).map_or(b' ', |at| bytes[at]);
    let after = bytes.get(end).copied().unwrap_or(b' ');
    let further = bytes.get(end + 1).copied().unwrap_or(b' ');
    let first = bytes[start].is_ascii_digit();
    let last = bytes[end - 1].is_ascii_digit();
    before == b'_'
        || after == b'_'
        || (first && b".,-/".contains(&before) && beyond.is_ascii_digit())
        || (last && b".,-/".contains(&after) && further.is_ascii_digit())
}
