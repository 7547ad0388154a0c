//! Examples to vectors and centres.

use std::sync::Arc;

use super::{Class, ROUNDING, Unreadable};
use crate::classify::embed::{DIMENSIONS, Unembeddable, embed};
use crate::classify::normalize::Normalized;
use crate::classify::search::dot;
use crate::classify::slot;
use crate::program::{IntentId, Utterance};
use crate::source::Span;

#[derive(Default)]
pub(super) struct Builder {
    pub vectors: Vec<f32>,
    pub centres: Vec<f32>,
    pub classes: Vec<Class>,
    pub texts: Vec<(Arc<str>, Span)>,
    pub unreadable: Vec<Unreadable>,
}

impl Builder {
    pub(super) fn class(&mut self, intent: IntentId, is_rival: bool, utterances: &[Utterance]) {
        let start = self.texts.len();
        let mut sum = [0.0_f32; DIMENSIONS];
        for utterance in utterances {
            let text = slot::without(&utterance.text);
            match embed(Normalized::new(&text).text()) {
                Ok(vector) => {
                    sum.iter_mut().zip(&vector).for_each(|(sum, x)| *sum += x);
                    self.vectors.extend_from_slice(&vector);
                    self.texts.push((utterance.text.clone(), utterance.span));
                }
                Err(Unembeddable::UnknownScript) => self.unreadable.push(Unreadable { span: utterance.span }),
                Err(Unembeddable::Empty) => {}
            }
        }
        if self.texts.len() > start {
            let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
            sum.iter_mut().for_each(|x| *x /= length);
            let rows = start..self.texts.len();
            let examples = self.vectors[start * DIMENSIONS..].chunks_exact(DIMENSIONS);
            let reach = examples.map(|example| dot(example, &sum)).fold(1.0, f32::min) - ROUNDING;
            let centre_weight = centre_weight(rows.len());
            if let Some(own) = self.classes.last_mut().filter(|own| is_rival && own.intent == intent) {
                own.rival = Some(self.centres.len() / DIMENSIONS);
            }
            self.centres.extend_from_slice(&sum);
            self.classes.push(Class { intent, is_rival, rival: None, rows, reach, centre_weight });
        }
    }
}

/// What the centre of `count` examples weighs: (n + 2) / (n + 6), a half for two, and 0.7 at most.
fn centre_weight(count: usize) -> f32 {
    let count = count as f32;
    ((count + 2.0) / (count + 6.0)).min(0.7)
}
