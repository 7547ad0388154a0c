//! Chunks as vectors and words, and which of them are nearest to a text: six parts of the cosine and four of the words in common.
//!
//! Measured on the 38 questions of `tests/data/knowledge/`, the cosine alone has the right heading first for 30 and among the
//! first three for 35, the words alone for 19 and 23, the mix for 29 and 38. The set is small, and the weight was chosen on it;
//! with other shares from 0.3 to 0.6 it is 25 to 29 first and 37 or 38 among three. A vector for each sentence besides brought nothing (30 and 37), and takes room.

use std::path::Path;

use super::Chunk;
use super::words::Words;
use crate::classify::{Batch, EmbedError, Embedder, NoVector, Normalized};

/// What shared words weigh, from 0 to 1; the cosine weighs the rest.
pub(super) const WORDS: f32 = 0.4;

/// Vectors of eight-bit numbers, and words.
#[derive(Debug, PartialEq)]
pub(super) struct Index {
    /// Whose the rows are, in order; what the embedder can't read has none.
    pub owners: Vec<u32>,
    /// What the numbers of each row are to be multiplied by.
    pub scales: Vec<f32>,
    /// One row after the other.
    pub numbers: Vec<i8>,
    pub words: Words,
}

impl Index {
    /// # Errors
    /// When the embedder fails.
    pub(super) fn new(chunks: &[Chunk], embedder: &dyn Embedder, cache: Option<&Path>) -> Result<Self, EmbedError> {
        let mut index = Self { owners: Vec::new(), scales: Vec::new(), numbers: Vec::new(), words: Words::default() };
        let read = |chunk: &Chunk| Normalized::new(&format!("{}\n{}", chunk.title, chunk.body)).text().to_owned();
        let texts: Vec<String> = chunks.iter().map(read).collect();
        let batch = Batch::new(embedder, || texts.iter().cloned(), cache)?;
        let mut vector = vec![0.0; embedder.dimensions()];
        for (owner, text) in texts.iter().enumerate() {
            match batch.embed_into(text, &mut vector) {
                Ok(()) => {
                    index.owners.push(owner as u32);
                    let scale = quantized(&vector, &mut index.numbers);
                    index.scales.push(scale);
                }
                Err(NoVector::Unembeddable(_)) => {}
                Err(NoVector::Failed(error)) => return Err(error),
            }
        }
        index.words = Words::new(texts.iter().map(String::as_str));
        Ok(index)
    }

    /// The `count` chunks nearest to `text`, with their scores, best first; of two equal ones the one that comes first.
    /// None when the embedder can't read the text.
    ///
    /// # Errors
    /// When the embedder fails.
    pub(super) fn find(
        &self,
        embedder: &dyn Embedder,
        text: &str,
        count: usize,
        weight: f32,
    ) -> Result<Vec<(usize, f32)>, EmbedError> {
        let text = Normalized::new(text);
        let mut vector = vec![0.0; embedder.dimensions()];
        match embedder.embed_into(text.text(), &mut vector) {
            Ok(()) => {}
            Err(NoVector::Unembeddable(_)) => return Ok(Vec::new()),
            Err(NoVector::Failed(error)) => return Err(error),
        }
        let mut asked = Vec::with_capacity(vector.len());
        let scale = quantized(&vector, &mut asked);
        let mut cosines = vec![0.0_f32; self.words.lengths.len()];
        for ((owner, own), row) in self.owners.iter().zip(&self.scales).zip(self.numbers.chunks_exact(asked.len())) {
            cosines[*owner as usize] = (dot(&asked, row) as f32 * scale * own).max(0.0);
        }
        let shares = self.words.shares(text.text());
        let scores = cosines.iter().zip(shares).map(|(cosine, share)| cosine + weight * (share - cosine));
        let mut found: Vec<_> = scores.map(|score| score.clamp(0.0, 1.0)).enumerate().collect();
        let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > count {
            found.select_nth_unstable_by(count, order);
            found.truncate(count);
        }
        found.sort_unstable_by(order);
        found.retain(|(_, score)| *score > 0.0);
        Ok(found)
    }
}

/// Appends the vector in eight bits a number, and returns what to multiply these by.
fn quantized(vector: &[f32], numbers: &mut Vec<i8>) -> f32 {
    let scale = vector.iter().fold(f32::EPSILON, |most, number| number.abs().max(most)) / 127.0;
    numbers.extend(vector.iter().map(|number| (number / scale).round() as i8));
    scale
}

fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}
