//! The built-in embedder: a text is the sum of its word pieces, by a table that comes with the program.
//!
//! It reads no word order and no script but Latin; what it is good for is being near what means the same, in a microsecond.

use super::{EmbedError, Embedder, NoVector, Unembeddable, table, wordpiece};
use crate::classify::search::dot;

/// Numbers in a vector.
pub(super) const DIMENSIONS: usize = 256;

/// The hash of the table and the vocabulary, which a test computes.
const FINGERPRINT: u128 = 0xb5b2_a5ab_a6ab_eb27_789c_0ec9_4ac8_2dd8;

/// The built-in embedder. It never fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Static;

impl Embedder for Static {
    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn fingerprint(&self) -> u128 {
        FINGERPRINT
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError> {
        let one = |text: &&str| {
            let mut vector = vec![0.0; DIMENSIONS];
            sum(text, &mut vector).map(|()| vector)
        };
        Ok(texts.iter().map(one).collect())
    }

    fn embed_into(&self, text: &str, vector: &mut [f32]) -> Result<(), NoVector> {
        Ok(sum(text, vector)?)
    }
}

/// Writes the normalised sum of the rows of the word pieces of `text`.
fn sum(text: &str, sum: &mut [f32]) -> Result<(), Unembeddable> {
    let table = table::table();
    sum.fill(0.0);
    let (mut pieces, mut unknown) = (0_usize, 0_usize);
    wordpiece::pieces(text, |piece| {
        pieces += 1;
        unknown += usize::from(piece == wordpiece::UNKNOWN);
        table.add(piece, sum);
    });
    let length = dot(sum, sum).sqrt();
    if unknown * 2 > pieces {
        return Err(Unembeddable::UnknownScript);
    }
    if length < f32::EPSILON {
        return Err(Unembeddable::Empty);
    }
    sum.iter_mut().for_each(|x| *x /= length);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{Fnv128, checksum};

    /// Texts and the first numbers of their vectors, as the scripts that made the table print them.
    const REFERENCE: &str = include_str!("data/reference.tsv");

    #[test]
    fn vectors_are_those_of_the_reference() {
        let mut count = 0;
        for line in REFERENCE.lines() {
            let (text, numbers) = line.split_once('\t').unwrap();
            let mut vector = [0.0; DIMENSIONS];
            Static.embed_into(text, &mut vector).unwrap();
            assert_eq!(Static.embed(&[text]).unwrap(), [Ok(vector.to_vec())]);
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
        let embed = |text: &str| Static.embed_into(text, &mut [0.0; DIMENSIONS]);
        for text in ["", "  ", "\u{200b}"] {
            assert_eq!(embed(text), Err(Unembeddable::Empty.into()), "{text:?}");
        }
        for text in ["привет как дела", "🙂🙂🙂", "你好吗"] {
            assert_eq!(embed(text), Err(Unembeddable::UnknownScript.into()), "{text:?}");
        }
    }

    #[test]
    fn the_fingerprint_is_of_table_and_vocabulary() {
        let mut hash = Fnv128::new();
        for bytes in [table::BYTES, wordpiece::VOCABULARY.as_bytes()] {
            hash.add(&checksum(bytes).to_le_bytes());
        }
        assert_eq!(format!("{FINGERPRINT:#034x}"), format!("{:#034x}", hash.finish()));
    }
}
