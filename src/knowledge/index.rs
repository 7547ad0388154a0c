//! Chunks as vectors and words, and which of them are nearest to a text.

use super::Chunk;
use super::words::Words;
use crate::classify::{DIMENSIONS, Normalized, Vector, embed};

/// Sentences of a chunk that have a vector of their own, at most.
pub(super) const MOST_WINDOWS: usize = 8;
/// Bytes below which a sentence is taken together with the next one.
const SHORTEST_WINDOW: usize = 80;

/// What a score is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix {
    /// Whether the sentences of a chunk speak for it, or only the whole does.
    pub windows: bool,
    /// What shared words weigh, from 0 to 1; the cosine weighs the rest.
    pub words: f32,
}

/// What has measured best.
pub(super) const MIX: Mix = Mix { windows: true, words: 0.4 };

/// Vectors of eight-bit numbers, and words.
#[derive(Debug, PartialEq)]
pub(super) struct Index {
    /// Whose the rows are, in order. The first row of a chunk is the whole of it.
    pub owners: Vec<u32>,
    /// What the numbers of each row are to be multiplied by.
    pub scales: Vec<f32>,
    /// One row after the other.
    pub numbers: Vec<i8>,
    pub words: Words,
}

impl Index {
    pub(super) fn new(chunks: &[Chunk]) -> Self {
        let mut index = Self { owners: Vec::new(), scales: Vec::new(), numbers: Vec::new(), words: Words::default() };
        let mut texts = Vec::with_capacity(chunks.len());
        for (owner, chunk) in chunks.iter().enumerate() {
            let text = Normalized::new(&format!("{}\n{}", chunk.title, chunk.body)).text().to_owned();
            index.add(owner, &text);
            let windows = windows(&chunk.body);
            if windows.len() > 1 {
                for window in windows {
                    index.add(owner, Normalized::new(&format!("{}\n{window}", chunk.title)).text());
                }
            }
            texts.push(text);
        }
        index.words = Words::new(texts.iter().map(String::as_str));
        index
    }

    fn add(&mut self, owner: usize, text: &str) {
        if let Ok(vector) = embed(text) {
            let (numbers, scale) = quantized(&vector);
            self.owners.push(owner as u32);
            self.scales.push(scale);
            self.numbers.extend_from_slice(&numbers);
        }
    }

    /// The `count` chunks nearest to `text`, with their scores, best first; of two equal ones the one that comes first.
    /// None when the embedder can't read the text.
    pub(super) fn find(&self, text: &str, count: usize, mix: Mix) -> Vec<(usize, f32)> {
        let text = Normalized::new(text);
        let Ok(vector) = embed(text.text()) else { return Vec::new() };
        let (asked, scale) = quantized(&vector);
        let mut cosines = vec![0.0_f32; self.words.lengths.len()];
        let mut last = None;
        for ((owner, own), row) in self.owners.iter().zip(&self.scales).zip(self.numbers.as_chunks::<DIMENSIONS>().0) {
            if !mix.windows && last.replace(*owner) == Some(*owner) {
                continue;
            }
            let best = &mut cosines[*owner as usize];
            *best = best.max(dot(&asked, row) as f32 * scale * own);
        }
        let shares = self.words.shares(text.text());
        let scores = cosines.iter().zip(shares).map(|(cosine, share)| cosine + mix.words * (share - cosine));
        let mut found: Vec<_> = scores.map(|score| score.clamp(0.0, 1.0)).enumerate().collect();
        let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > count {
            found.select_nth_unstable_by(count, order);
            found.truncate(count);
        }
        found.sort_unstable_by(order);
        found.retain(|(_, score)| *score > 0.0);
        found
    }
}

/// The vector in eight bits a number, and what to multiply these by.
fn quantized(vector: &Vector) -> ([i8; DIMENSIONS], f32) {
    let scale = vector.iter().fold(f32::EPSILON, |most, number| number.abs().max(most)) / 127.0;
    (vector.map(|number| (number / scale).round() as i8), scale)
}

fn dot(a: &[i8; DIMENSIONS], b: &[i8; DIMENSIONS]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// The sentences and lines of a body, short ones together with what follows.
fn windows(body: &str) -> Vec<&str> {
    let enough = SHORTEST_WINDOW.max(body.len() / MOST_WINDOWS);
    let (mut found, mut start, mut before) = (Vec::new(), 0, ' ');
    for (at, c) in body.char_indices() {
        let ends = c == '\n' || (c == ' ' && matches!(before, '.' | '!' | '?'));
        before = c;
        if ends && at - start >= enough {
            found.push(&body[start..at]);
            start = at + 1;
        }
    }
    found.push(&body[start..]);
    found.truncate(MOST_WINDOWS);
    found
}
