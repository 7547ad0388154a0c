//! A sentence encoder of BERT's architecture, such as all-MiniLM-L6-v2, from a folder as `sentence-transformers` writes it.
//!
//! It reads word order, and languages that its vocabulary has; a text takes milliseconds.

mod bert;
mod error;
mod gelu;
mod settings;
mod tokens;
mod weights;

use std::fmt;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use ndarray::Axis;

use super::{EmbedError, Embedder, Unembeddable};
use crate::cache::{Fnv128, checksum};
use bert::Bert;
pub use error::TransformerError;
use settings::{Pooling, Settings};
use tokens::Tokens;
use weights::Weights;

/// Tokens that go through the layers at once. More would bring nothing.
const PART: usize = 512;
/// Another one with every change of how vectors are made.
const VERSION: &[u8] = b"transformer 1";

/// A sentence encoder that runs here.
pub struct Transformer {
    tokens: Tokens,
    bert: Bert,
    pooling: Pooling,
    fingerprint: u128,
}

impl Transformer {
    /// Reads the model in `folder`: `config.json`, `model.safetensors`, and `vocab.txt` or `tokenizer.json`; of what else
    /// `sentence-transformers` writes, the longest text, how tokens are pooled, and whether case counts.
    ///
    /// # Errors
    /// When a file is missing or is not what it should be, or the model is none of BERT's.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, TransformerError> {
        let folder = folder.as_ref();
        let settings = Settings::read(folder)?;
        let tokens = Tokens::read(folder, &settings)?;
        let bytes = weights::bytes(folder)?;
        let weights = Weights::new(&bytes)?;
        let bert = Bert::new(&settings, &weights)?;
        if tokens.highest() >= bert.words() {
            let reason = format!("its number {} is none of the model's {} words", tokens.highest(), bert.words());
            return Err(TransformerError::malformed(tokens.file(), reason));
        }
        let mut hash = Fnv128::new();
        hash.add(VERSION);
        hash.add(&checksum(&bytes).to_le_bytes());
        hash.add(&tokens.sum().to_le_bytes());
        hash.add(settings.digest().as_bytes());
        Ok(Self { tokens, bert, pooling: settings.pooling, fingerprint: hash.finish() })
    }

    /// The vectors of texts, whose tokens are given.
    fn vectors(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let rows = self.bert.run(texts);
        let mut start = 0;
        let vector = |text: &&[u32]| {
            let own = rows.slice_axis(Axis(0), (start..start + text.len()).into());
            start += text.len();
            let mut pooled = match self.pooling {
                Pooling::Mean => own.sum_axis(Axis(0)),
                Pooling::First => own.row(0).to_owned(),
            };
            let length = pooled.dot(&pooled).sqrt();
            pooled /= length.max(f32::MIN_POSITIVE);
            pooled.to_vec()
        };
        texts.iter().map(vector).collect()
    }
}

impl Embedder for Transformer {
    fn dimensions(&self) -> usize {
        self.bert.width()
    }

    fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Result<Vec<f32>, Unembeddable>>, EmbedError> {
        let tokens: Vec<Result<Vec<u32>, Unembeddable>> = texts.iter().map(|text| self.tokens.of(text)).collect();
        let readable: Vec<&[u32]> = tokens.iter().flatten().map(Vec::as_slice).collect();
        let parts = parts(&readable);
        let threads = thread::available_parallelism().map_or(1, usize::from).min(parts.len());
        let mut found: Vec<Option<Vec<Vec<f32>>>> = vec![None; parts.len()];
        if threads <= 1 {
            found.iter_mut().zip(&parts).for_each(|(found, part)| *found = Some(self.vectors(part)));
        } else {
            // Each takes every so manieth part.
            let own = |first: usize| -> Vec<(usize, Vec<Vec<f32>>)> {
                (first..parts.len()).step_by(threads).map(|index| (index, self.vectors(parts[index]))).collect()
            };
            thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || own(first))).collect();
                let first = own(0);
                let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
                let all: Vec<_> = others.flatten().chain(first).collect();
                all.into_iter().for_each(|(index, vectors)| found[index] = Some(vectors));
            });
        }
        let mut vectors = found.into_iter().flatten().flatten();
        let missing = || EmbedError::Count { asked: texts.len(), found: 0 };
        let vector = |tokens: Result<Vec<u32>, Unembeddable>| match tokens {
            Ok(_) => vectors.next().ok_or_else(missing).map(Ok),
            Err(reason) => Ok(Err(reason)),
        };
        tokens.into_iter().map(vector).collect()
    }

    fn is_costly(&self) -> bool {
        true
    }
}

/// The texts in parts of about as many tokens.
fn parts<'a, 't>(texts: &'a [&'t [u32]]) -> Vec<&'a [&'t [u32]]> {
    let mut parts = Vec::new();
    let (mut start, mut count) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        if count + text.len() > PART && index > start {
            parts.push(&texts[start..index]);
            (start, count) = (index, 0);
        }
        count += text.len();
    }
    if start < texts.len() {
        parts.push(&texts[start..]);
    }
    parts
}

impl fmt::Debug for Transformer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transformer({} dimensions)", self.dimensions())
    }
}
