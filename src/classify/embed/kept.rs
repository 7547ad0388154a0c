//! Vectors in a file, so that a text of the rails is embedded once: the magic, the fingerprint of the embedder, two counts as `u32`, then
//! the hashes of the texts, sorted, and a vector for each. Numbers are little-endian. No text of a user is among them.

use std::path::Path;

use rustc_hash::FxHashMap;

use crate::cache::{self, Fnv128};

/// Another one with every change of what stands in the file.
const MAGIC: &[u8; 8] = b"railsvc\x01";
/// Bytes of vectors that a file may have. In a larger one, only those that are in use are kept.
const MOST: usize = 256 << 20;

/// The vectors of one embedder that are kept.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    /// Numbers in a vector; 0 while there is none.
    pub dimensions: usize,
    vectors: FxHashMap<u128, Vec<f32>>,
}

impl Kept {
    /// Those in `folder`; none when there are none, or they are damaged.
    pub(super) fn read(folder: &Path, fingerprint: u128) -> Self {
        cache::read(folder, &name(fingerprint)).and_then(|bytes| decode(&bytes, fingerprint)).unwrap_or_default()
    }

    pub(super) fn get(&self, text: &str) -> Option<&Vec<f32>> {
        self.vectors.get(&hash(text))
    }

    pub(super) fn insert(&mut self, text: &str, vector: Vec<f32>) {
        self.dimensions = vector.len();
        self.vectors.insert(hash(text), vector);
    }

    /// Keeps them. It is no matter if that fails: the next one asks again.
    pub(super) fn write<'t>(&mut self, folder: &Path, fingerprint: u128, in_use: impl Iterator<Item = &'t str>) {
        if self.vectors.len() * self.dimensions * 4 > MOST {
            let mut old = std::mem::take(&mut self.vectors);
            self.vectors.extend(in_use.filter_map(|text| old.remove_entry(&hash(text))));
        }
        let _ = cache::write(folder, &name(fingerprint), self.encode(fingerprint));
    }

    fn encode(&self, fingerprint: u128) -> Vec<u8> {
        let mut sorted: Vec<_> = self.vectors.iter().collect();
        sorted.sort_unstable_by_key(|(key, _)| **key);
        let mut bytes = Vec::with_capacity(32 + sorted.len() * (16 + 4 * self.dimensions));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&fingerprint.to_le_bytes());
        bytes.extend([sorted.len(), self.dimensions].into_iter().flat_map(|count| (count as u32).to_le_bytes()));
        bytes.extend(sorted.iter().flat_map(|(key, _)| key.to_le_bytes()));
        bytes.extend(sorted.iter().flat_map(|(_, vector)| *vector).flat_map(|number| number.to_le_bytes()));
        bytes
    }
}

fn hash(text: &str) -> u128 {
    let mut hash = Fnv128::new();
    hash.add(text.as_bytes());
    hash.finish()
}

fn name(fingerprint: u128) -> String {
    format!("vectors-{fingerprint:032x}.bin")
}

fn decode(bytes: &[u8], fingerprint: u128) -> Option<Kept> {
    let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&fingerprint.to_le_bytes())?;
    let (counts, rest) = rest.split_at_checked(8)?;
    let [count, dimensions] =
        [0, 4].map(|at| counts[at..at + 4].iter().rev().fold(0, |n, byte| n << 8 | usize::from(*byte)));
    let (keys, rest) = rest.split_at_checked(count.checked_mul(16)?)?;
    if dimensions == 0 || rest.len() != count.checked_mul(dimensions)?.checked_mul(4)? {
        return None;
    }
    let (numbers, _) = rest.as_chunks::<4>();
    let vectors =
        numbers.chunks_exact(dimensions).map(|row| row.iter().map(|number| f32::from_le_bytes(*number)).collect());
    let keys = keys.as_chunks::<16>().0.iter().map(|key| u128::from_le_bytes(*key));
    let vectors: FxHashMap<u128, Vec<f32>> = keys.zip(vectors).collect();
    vectors.values().flatten().all(|number| number.is_finite()).then_some(Kept { dimensions, vectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::default();
        kept.insert("a", vec![1.0, 0.0, -0.5]);
        kept.insert("b", vec![0.0, 1.0, f32::MIN_POSITIVE]);
        kept.write(folder.path(), 7, ["a", "b"].into_iter());
        assert_eq!(Kept::read(folder.path(), 7), kept);
        assert_eq!(Kept::read(folder.path(), 8), Kept::default());
        let bytes = kept.encode(7);
        assert_eq!(decode(&bytes, 8), None);
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length], 7), None, "{length} bytes");
        }
        kept.insert("c", vec![f32::NAN; 3]);
        assert_eq!(decode(&kept.encode(7), 7), None);
    }
}
