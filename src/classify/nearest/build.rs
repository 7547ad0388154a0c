//! Examples to vectors and centres.

use std::path::Path;
use std::sync::Arc;

use super::{Class, ROUNDING, Unreadable};
use crate::classify::embed::{Batch, EmbedError, Embedder, NoVector, Unembeddable};
use crate::classify::normalize::Normalized;
use crate::classify::search::dot;
use crate::classify::slot;
use crate::program::{IntentId, Program, Utterance};
use crate::source::Span;

pub(super) struct Builder<'a> {
    batch: Batch<'a>,
    pub vectors: Vec<f32>,
    pub centres: Vec<f32>,
    pub classes: Vec<Class>,
    pub texts: Vec<(Arc<str>, Span)>,
    pub unreadable: Vec<Unreadable>,
}

impl<'a> Builder<'a> {
    /// With the vectors of all examples of `program`, which may be kept in `folder`.
    pub(super) fn new(
        program: &Program,
        embedder: &'a dyn Embedder,
        folder: Option<&Path>,
    ) -> Result<Self, EmbedError> {
        let of = |texts: &'_ [Utterance]| texts.iter().map(read).collect::<Vec<_>>();
        let all = || program.intents.iter().flat_map(|intent| [of(&intent.examples), of(&intent.counter_examples)]);
        let batch = Batch::new(embedder, || all().flatten(), folder)?;
        let (vectors, centres, classes) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { batch, vectors, centres, classes, texts: Vec::new(), unreadable: Vec::new() })
    }

    pub(super) fn class(
        &mut self,
        intent: IntentId,
        is_rival: bool,
        utterances: &[Utterance],
    ) -> Result<(), EmbedError> {
        let start = self.texts.len();
        let dimensions = self.batch.dimensions();
        let (mut sum, mut vector) = (vec![0.0_f32; dimensions], vec![0.0_f32; dimensions]);
        for utterance in utterances {
            match self.batch.embed_into(&read(utterance), &mut vector) {
                Ok(()) => {
                    sum.iter_mut().zip(&vector).for_each(|(sum, x)| *sum += x);
                    self.vectors.extend_from_slice(&vector);
                    self.texts.push((utterance.text.clone(), utterance.span));
                }
                Err(NoVector::Unembeddable(Unembeddable::UnknownScript)) => {
                    self.unreadable.push(Unreadable { span: utterance.span });
                }
                Err(NoVector::Unembeddable(Unembeddable::Empty)) => {}
                Err(NoVector::Failed(error)) => return Err(error),
            }
        }
        if self.texts.len() > start {
            let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
            sum.iter_mut().for_each(|x| *x /= length);
            let rows = start..self.texts.len();
            let examples = self.vectors[start * dimensions..].chunks_exact(dimensions);
            let reach = examples.map(|example| dot(example, &sum)).fold(1.0, f32::min) - ROUNDING;
            let centre_weight = centre_weight(rows.len());
            if let Some(own) = self.classes.last_mut().filter(|own| is_rival && own.intent == intent) {
                own.rival = Some(self.centres.len() / dimensions);
            }
            self.centres.extend_from_slice(&sum);
            self.classes.push(Class { intent, is_rival, rival: None, rows, reach, centre_weight });
        }
        Ok(())
    }
}

/// An example as it is embedded.
fn read(utterance: &Utterance) -> String {
    Normalized::new(&slot::without(&utterance.text)).text().to_owned()
}

/// What the centre of `count` examples weighs: (n + 2) / (n + 6), a half for two, and 0.7 at most.
pub(crate) fn centre_weight(count: usize) -> f32 {
    let count = count as f32;
    ((count + 2.0) / (count + 6.0)).min(0.7)
}
