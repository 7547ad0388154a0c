//! The head: softmax regression over vectors, trained on the examples of the rails themselves when they are loaded.
//!
//! Each intent is a class, each set of counter-examples another, and generic sentences are the class of what means none. What it
//! adds to nearness is told in `nearest.rs`.

mod exp;
mod kept;
mod solve;
mod train;

use std::io;
use std::path::{Path, PathBuf};

use super::search::{Query, Rows};
use crate::cache::{Fnv128, Folders};
#[cfg(feature = "transformer")]
pub(super) use exp::exp;
pub(super) use train::Lesson;

/// How many multiplications a training must take to be worth a file.
const WORTH_KEEPING: f64 = 1e9;

/// The head of a lesson: one that was kept, else it is trained, and kept. `None` where there is nothing to learn, or too much.
pub(super) fn learn(lesson: &Lesson<'_>, key: u128, folders: &Folders) -> Option<Head> {
    let read = |folder: &Option<PathBuf>| kept::read(folder.as_ref()?, key, lesson.classes, lesson.examples.ncols());
    let worth_keeping = lesson.work() >= WORTH_KEEPING;
    let kept = read(&folders.baked).or_else(|| read(&folders.kept).filter(|_| worth_keeping));
    kept.or_else(|| {
        let head = train::train(lesson)?;
        if let Some(folder) = folders.kept.as_ref().filter(|_| worth_keeping) {
            // It is no matter if that fails: the next one trains again.
            let _ = kept::write(folder, key, &head);
        }
        Some(head)
    })
}

/// The beginning of the key of a head: whatever else it depends on is to be added.
pub(super) fn key() -> Fnv128 {
    let mut key = Fnv128::new();
    key.add(kept::MAGIC);
    key.add(env!("CARGO_PKG_VERSION").as_bytes());
    key
}

/// What was kept in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The name of the file.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// The names of files that were taken out, since they are of other examples.
    pub replaced: Vec<String>,
}

/// One linear function a class; the last class is that of no intent.
#[derive(Debug)]
pub(super) struct Head {
    /// A row a class.
    weights: Rows,
    biases: Vec<f32>,
}

impl Head {
    /// Keeps it in `folder`, and takes out others.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn bake(&self, key: u128, folder: &Path) -> io::Result<Kept> {
        let bytes = kept::write(folder, key, self)?;
        Ok(Kept { name: kept::name(key), bytes, replaced: kept::take_out_others(folder, key) })
    }

    fn new(weights: Vec<f32>, dimensions: usize, biases: Vec<f32>) -> Self {
        Self { weights: Rows::new(weights, dimensions), biases }
    }

    /// How likely each class is, but for the last one: the softmax of the logits, each divided by `temperature`. The logits are taken
    /// of 8-bit numbers, by which a share differs less than by one word more or less.
    pub(super) fn shares(&self, query: &Query, temperature: f32) -> Vec<f32> {
        let mut shares = vec![0.0; self.weights.len()];
        self.weights.approximate(query, 0..self.weights.len(), &mut shares);
        let logits = shares.iter_mut().zip(&self.biases).map(|(logit, bias)| {
            *logit = (*logit + bias) / temperature;
            *logit
        });
        let most = logits.fold(f32::MIN, f32::max);
        shares.iter_mut().for_each(|logit| *logit = exp::exp(*logit - most));
        let sum: f32 = shares.iter().sum();
        shares.pop();
        shares.iter_mut().for_each(|share| *share /= sum);
        shares
    }
}
