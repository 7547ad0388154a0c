//! Which characters a text has, and which it would need.

/// How many characters outside of ASCII share a bit.
const BLOCK: u32 = 64;
/// From which block on several share a bit. Most alphabets and the marks of typography come before it.
const SHARED: u32 = 192;

/// A set of characters: those of ASCII each for itself, the others by blocks, so that it may seem to have more than it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Letters {
    ascii: u128,
    blocks: [u64; 4],
}

impl Letters {
    /// The characters of `text`.
    pub(super) fn of(text: &str) -> Self {
        let mut letters = Self::default();
        text.chars().for_each(|c| letters.add(c));
        letters
    }

    /// The characters from one to another.
    pub(super) fn in_ranges(ranges: &[(char, char)]) -> Self {
        let mut letters = Self::default();
        for &(from, to) in ranges {
            (from..=to.min('\x7f')).for_each(|c| letters.add(c));
            if !to.is_ascii() {
                // The shared bits are all taken after one round.
                let first = (from as u32).max(0x80) / BLOCK;
                let last = (to as u32 / BLOCK).min(first.max(SHARED) + 63);
                (first..=last).for_each(|block| letters.add_block(block));
            }
        }
        letters
    }

    fn add(&mut self, c: char) {
        if c.is_ascii() {
            self.ascii |= 1 << c as u32;
        } else {
            self.add_block(c as u32 / BLOCK);
        }
    }

    fn add_block(&mut self, block: u32) {
        let bit = if block < SHARED { block } else { SHARED + block % 64 };
        self.blocks[(bit / 64) as usize] |= 1 << (bit % 64);
    }

    /// Whether they have one in common.
    pub(super) fn meet(&self, other: &Self) -> bool {
        self.ascii & other.ascii != 0 || self.blocks.iter().zip(&other.blocks).any(|(mine, others)| mine & others != 0)
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        let mut blocks = self.blocks;
        blocks.iter_mut().zip(&other.blocks).for_each(|(mine, others)| *mine |= others);
        Self { ascii: self.ascii | other.ascii, blocks }
    }

    /// How many bits they are: the fewer, the fewer texts have one.
    pub(super) fn count(&self) -> u32 {
        self.ascii.count_ones() + self.blocks.iter().map(|bits| bits.count_ones()).sum::<u32>()
    }
}

/// What a text has.
#[derive(Debug)]
pub(super) struct Contents {
    /// Its characters, as they are and [folded](fold).
    pub letters: Letters,
    /// How many digits stand in a row.
    pub digits: u32,
    /// At which byte the first digit is; behind the end if there is none.
    pub first_digit: usize,
}

impl Contents {
    /// What `text` has, and `folded`, which it becomes.
    pub(super) fn of(text: &str, folded: &str) -> Self {
        let mut letters = Letters::default();
        let (mut digits, mut run) = (0, 0);
        for c in text.chars() {
            letters.add(c);
            run = if c.is_numeric() { run + 1 } else { 0 };
            digits = digits.max(run);
        }
        if text != folded {
            letters = letters.or(&Letters::of(folded));
        }
        let first_digit = text.find(char::is_numeric).unwrap_or(text.len());
        Self { letters, digits, first_digit }
    }
}

/// The one of its spellings under which `c` is looked for. Any function will do, for what is looked for is made by it from
/// all the characters that a class has; it decides only which classes come to one text.
pub(super) fn fold(c: char) -> char {
    match c {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        'ſ' => 's',
        'ς' => 'σ',
        // Letters of old prints and of formulas, of which these scripts have some for common letters.
        'ᲀ' => 'в',
        'ᲁ' => 'д',
        'ᲂ' => 'о',
        'ᲃ' => 'с',
        'ᲄ' | 'ᲅ' => 'т',
        'ϐ' => 'β',
        'ϵ' => 'ε',
        'ϑ' | 'ϴ' => 'θ',
        'ϰ' => 'κ',
        'µ' => 'μ',
        'ϖ' => 'π',
        'ϱ' => 'ρ',
        'ϕ' => 'φ',
        c => {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_what_is_in_them() {
        for (from, to) in
            [('a', 'z'), ('\0', char::MAX), ('x', 'ä'), ('é', '日'), ('日', '本'), ('\u{1f600}', '\u{1f64f}')]
        {
            let letters = Letters::in_ranges(&[(from, to)]);
            for c in (from..=to).step_by(7).chain([to]) {
                assert!(letters.meet(&Letters::of(c.encode_utf8(&mut [0; 4]))), "{c} from {from} to {to}");
            }
        }
        assert!(!Letters::in_ranges(&[('€', '€')]).meet(&Letters::of("’")));
    }

    #[test]
    fn digits_stand_in_a_row() {
        for (text, digits) in [("", 0), ("12 345", 3), ("٣٤", 2), ("1a", 1)] {
            assert_eq!(Contents::of(text, text).digits, digits, "{text}");
        }
    }
}
