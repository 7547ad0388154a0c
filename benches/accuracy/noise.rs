//! Texts as hurried or sly people type them.

use super::sets::Mixer;

/// `text` with a typing error in each word longer than three letters, with the probability `share`: two letters swapped, one left
/// out, or one doubled.
pub fn typos(text: &str, share: f64, seed: u64) -> String {
    let mut mixer = Mixer::new(text.bytes().fold(seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())));
    let word = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        if letters.len() <= 3 || mixer.below(1_000_000) as f64 >= 1e6 * share {
            return word.to_owned();
        }
        let at = 1 + mixer.below(letters.len() - 2);
        match mixer.below(3) {
            0 => letters.swap(at, at + 1),
            1 => drop(letters.remove(at)),
            _ => letters.insert(at, letters[at]),
        }
        letters.into_iter().collect()
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// `text` with digits for the letters that look like them.
pub fn leet(text: &str) -> String {
    let digit = |letter| match letter {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        't' => '7',
        other => other,
    };
    text.chars().map(digit).collect()
}
