//! The built-in embedder: a text is the sum of its word pieces, by a table that comes with the program.
//!
//! It reads no word order and no script but Latin; what it is good for is being near what means the same, in a microsecond.

mod bank;
mod table;
mod wordpiece;

pub(super) use bank::bank;
pub(super) use wordpiece::rank;

use super::search::dot;

/// Numbers in a vector.
pub(crate) const DIMENSIONS: usize = 256;

/// A text as numbers, of length 1.
pub(crate) type Vector = [f32; DIMENSIONS];

/// Why a text has no vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unembeddable {
    /// There is nothing in it.
    Empty,
    /// More than half of its pieces are not in the vocabulary.
    UnknownScript,
}

/// Embeds `text`: the normalised sum of the rows of its word pieces.
pub(crate) fn embed(text: &str) -> Result<Vector, Unembeddable> {
    let table = table::table();
    let mut sum = [0.0; DIMENSIONS];
    let (mut pieces, mut unknown) = (0_usize, 0_usize);
    wordpiece::pieces(text, |piece| {
        pieces += 1;
        unknown += usize::from(piece == wordpiece::UNKNOWN);
        table.add(piece, &mut sum);
    });
    let length = dot(&sum, &sum).sqrt();
    if unknown * 2 > pieces {
        return Err(Unembeddable::UnknownScript);
    }
    if length < f32::EPSILON {
        return Err(Unembeddable::Empty);
    }
    sum.iter_mut().for_each(|x| *x /= length);
    Ok(sum)
}

/// All that a vector depends on besides this code: the table and the vocabulary.
pub(crate) fn embedder_bytes() -> [&'static [u8]; 2] {
    [table::BYTES, wordpiece::VOCABULARY.as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and the first numbers of their vectors, as the scripts that made the table print them.
    const REFERENCE: &str = include_str!("data/reference.tsv");

    #[test]
    fn vectors_are_those_of_the_reference() {
        let mut count = 0;
        for line in REFERENCE.lines() {
            let (text, numbers) = line.split_once('\t').unwrap();
            let vector = embed(text).unwrap();
            for (index, number) in numbers.split(' ').enumerate() {
                let expected: f32 = number.parse().unwrap();
                assert!((vector[index] - expected).abs() < 2e-5, "{text}: {index}: {} for {expected}", vector[index]);
                count += 1;
            }
        }
        assert_eq!(count, 40);
    }

    #[test]
    fn what_has_no_vector_says_so() {
        for text in ["", "  ", "\u{200b}"] {
            assert_eq!(embed(text), Err(Unembeddable::Empty), "{text:?}");
        }
        for text in ["привет как дела", "🙂🙂🙂", "你好吗"] {
            assert_eq!(embed(text), Err(Unembeddable::UnknownScript), "{text:?}");
        }
    }
}
