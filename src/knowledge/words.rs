//! Which words a chunk shares with a question, by BM25 (Robertson and Zaragoza, 2009).

use rustc_hash::FxHashMap;

use crate::cache::fnv64;

/// How fast a word that comes again counts less.
const SATURATION: f32 = 1.2;
/// How much long chunks are held back.
const LENGTH: f32 = 0.75;
/// How many different words of a question count.
const MOST_ASKED: usize = 256;

/// Where words stand. Words are known by their hashes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    /// In order.
    pub hashes: Vec<u64>,
    /// For each word the first of its places, and one more for the end.
    pub starts: Vec<u32>,
    /// Chunk, and how often the word stands there.
    pub places: Vec<(u32, u32)>,
    /// The words of each chunk.
    pub lengths: Vec<u32>,
}

impl Words {
    /// Indexes normalised texts.
    pub(super) fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut found: FxHashMap<u64, Vec<(u32, u32)>> = FxHashMap::default();
        let mut lengths = Vec::new();
        for (chunk, text) in texts.enumerate() {
            let mut length = 0;
            for word in words(text) {
                length += 1;
                let places = found.entry(word).or_default();
                match places.last_mut() {
                    Some((last, count)) if *last == chunk as u32 => *count += 1,
                    _ => places.push((chunk as u32, 1)),
                }
            }
            lengths.push(length);
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_unstable_by_key(|(hash, _)| *hash);
        let mut words = Self { starts: vec![0], lengths, ..Self::default() };
        for (hash, places) in found {
            words.hashes.push(hash);
            words.places.extend(places);
            words.starts.push(words.places.len() as u32);
        }
        words
    }

    /// For each chunk what it has of the words of `text`, from 0 to 1.
    pub(super) fn shares(&self, text: &str) -> Vec<f32> {
        let count = self.lengths.len() as f32;
        let mean = self.lengths.iter().map(|length| *length as f32).sum::<f32>().max(1.0) / count.max(1.0);
        let mut shares = vec![0.0; self.lengths.len()];
        let mut asked: Vec<u64> = words(text).take(16 * MOST_ASKED).collect();
        asked.sort_unstable();
        asked.dedup();
        asked.truncate(MOST_ASKED);
        let mut most = 0.0;
        for hash in asked {
            let places = match self.hashes.binary_search(&hash) {
                Ok(word) => &self.places[self.starts[word] as usize..self.starts[word + 1] as usize],
                Err(_) => &[],
            };
            let have = places.len() as f32;
            let rarity = (1.0 + (count - have + 0.5) / (have + 0.5)).ln();
            most += rarity * (SATURATION + 1.0);
            for (chunk, times) in places {
                let times = *times as f32;
                let length = self.lengths[*chunk as usize] as f32 / mean;
                let held = SATURATION * (1.0 - LENGTH + LENGTH * length);
                shares[*chunk as usize] += rarity * times * (SATURATION + 1.0) / (times + held);
            }
        }
        if most > 0.0 {
            shares.iter_mut().for_each(|share| *share = (*share / most).min(1.0));
        }
        shares
    }
}

/// The words of a normalised text, their plural endings left out.
fn words(text: &str) -> impl Iterator<Item = u64> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| fnv64(stem(word).as_bytes()))
}

fn stem(word: &str) -> &str {
    let stem = word.strip_suffix('s').filter(|stem| stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']));
    stem.unwrap_or(word)
}
