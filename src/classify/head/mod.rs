//! The head: softmax regression over vectors, trained on the examples of the rails themselves when they are loaded.
//!
//! Each intent is a class, each set of counter-examples another, and generic sentences are the class of what means none. What it
//! adds to nearness is told in `nearest.rs`.

mod exp;
mod solve;
mod train;

use ndarray::{Array1, Array2, ArrayView1};

pub(super) use train::{Lesson, train};

/// One linear function a class; the last class is that of no intent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Head {
    /// A row a class.
    pub weights: Array2<f32>,
    pub biases: Array1<f32>,
}

impl Head {
    /// How likely each class is, but for the last one, into `shares`: the softmax of a quotient of the logits by `temperature`.
    pub(super) fn shares(&self, vector: ArrayView1<'_, f32>, temperature: f32) -> Vec<f32> {
        let mut logits = self.weights.dot(&vector);
        logits += &self.biases;
        logits /= temperature;
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        logits.mapv_inplace(|logit| exp::exp(logit - most));
        let sum: f32 = logits.sum();
        let mut shares = logits.to_vec();
        shares.pop();
        shares.iter_mut().for_each(|share| *share /= sum);
        shares
    }
}
