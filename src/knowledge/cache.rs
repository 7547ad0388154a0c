//! The index of a knowledge base in a file, so that it is made once.
//!
//! A file is the magic, the hash of what is indexed, four counts as `u32`, and the lists. Numbers are little-endian.

use std::path::Path;

use super::index::Index;
use super::words::Words;
use super::{Chunk, MOST_CHUNKS};
use crate::cache::{self, Fnv128};
use crate::classify::Embedder;

/// Another one with every change of what stands in the file, or of how it is made.
const MAGIC: &[u8; 8] = b"railskb\x03";
const HEADER: usize = 8 + 16 + 4 * 4;

/// The name of an index: the hash of all that it is made of.
pub(super) fn key(chunks: &[Chunk], embedder: &dyn Embedder) -> u128 {
    let mut hash = Fnv128::new();
    hash.add(MAGIC);
    hash.add(env!("CARGO_PKG_VERSION").as_bytes());
    hash.add(&embedder.fingerprint().to_le_bytes());
    for chunk in chunks {
        hash.add(chunk.title.as_bytes());
        hash.add(chunk.body.as_bytes());
    }
    hash.finish()
}

fn name(key: u128) -> String {
    format!("knowledge-{key:032x}.index")
}

/// The index called `key` of `chunks` chunks and vectors of `dimensions`, if there is a whole one in the folder.
pub(super) fn read(folder: &Path, key: u128, chunks: usize, dimensions: usize) -> Option<Index> {
    decode(&cache::read(folder, &name(key))?, key, chunks, dimensions)
}

/// Keeps an index. It is no matter if that fails: the next one makes it again.
pub(super) fn write(folder: &Path, key: u128, index: &Index) {
    let _ = cache::write(folder, &name(key), encode(key, index));
}

fn encode(key: u128, index: &Index) -> Vec<u8> {
    let Index { owners, scales, numbers, words } = index;
    let Words { hashes, starts, places, lengths } = words;
    let mut bytes =
        Vec::with_capacity(HEADER + numbers.len() + owners.len() * 8 + hashes.len() * 12 + places.len() * 8);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&key.to_le_bytes());
    for count in [lengths.len(), owners.len(), hashes.len(), places.len()] {
        bytes.extend_from_slice(&(count as u32).to_le_bytes());
    }
    bytes.extend(owners.iter().flat_map(|owner| owner.to_le_bytes()));
    bytes.extend(scales.iter().flat_map(|scale| scale.to_le_bytes()));
    bytes.extend(numbers.iter().map(|number| *number as u8));
    bytes.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
    bytes.extend(starts.iter().flat_map(|start| start.to_le_bytes()));
    bytes.extend(places.iter().flat_map(|(chunk, times)| [*chunk, *times]).flat_map(u32::to_le_bytes));
    bytes.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
    bytes
}

fn decode(bytes: &[u8], key: u128, expected: usize, dimensions: usize) -> Option<Index> {
    let mut rest = Rest(bytes);
    if rest.take(8)? != MAGIC || rest.take(16)? != key.to_le_bytes() {
        return None;
    }
    let counts = rest.numbers(4)?;
    let [chunks, rows, hashes, places] = [counts[0], counts[1], counts[2], counts[3]].map(|count| count as usize);
    if chunks != expected || chunks > MOST_CHUNKS || rows > chunks {
        return None;
    }
    let owners = rest.numbers(rows)?;
    let scales: Vec<f32> = rest.numbers(rows)?.into_iter().map(f32::from_bits).collect();
    let numbers = rest.take(rows.checked_mul(dimensions)?)?.iter().map(|byte| *byte as i8).collect();
    let words = rest.take(hashes.checked_mul(8)?)?;
    let hashes: Vec<u64> = words.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    let starts = rest.numbers(hashes.len() + 1)?;
    let pairs = rest.numbers(places.checked_mul(2)?)?;
    let places: Vec<(u32, u32)> = pairs.as_chunks().0.iter().map(|[chunk, times]| (*chunk, *times)).collect();
    let lengths = rest.numbers(chunks)?;
    let sound = rest.0.is_empty()
        && owners.is_sorted()
        && owners.last().is_none_or(|last| (*last as usize) < chunks)
        && scales.iter().all(|scale| scale.is_finite())
        && hashes.is_sorted()
        && starts.is_sorted()
        && starts.first() == Some(&0)
        && starts.last().is_some_and(|last| *last as usize == places.len())
        && places.iter().all(|(chunk, _)| (*chunk as usize) < chunks);
    sound.then_some(Index { owners, scales, numbers, words: Words { hashes, starts, places, lengths } })
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn numbers(&mut self, count: usize) -> Option<Vec<u32>> {
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number)).collect())
    }
}
