//! The `not` lines as the embedder sees them.

use super::embed::{Batch, EmbedError, NoVector};
use super::normalize::Normalized;
use super::{Classifier, Folders, slot};
use crate::program::{IntentId, Program};

impl Classifier {
    /// The vectors of the counter-examples of `program`, which this was built from, those of an intent together. Whoever is costly to ask
    /// is not asked again for what is kept or remembered.
    ///
    /// # Errors
    /// When the embedder fails.
    pub fn counter_examples(&self, program: &Program) -> Result<Vec<(IntentId, Vec<f32>)>, EmbedError> {
        let Some(embedder) = self.embedder() else { return Ok(Vec::new()) };
        let texts = program.intents().flat_map(|(id, intent)| {
            let read = |text| Normalized::new(&slot::without(text)).text().to_owned();
            intent.counter_examples.iter().map(move |example| (id, read(&example.text)))
        });
        let texts: Vec<(IntentId, String)> = texts.collect();
        let all = || texts.iter().map(|(_, text)| text.clone());
        let batch = Batch::new(&**embedder, all, Folders::of(None).kept.as_deref())?;
        let mut found = Vec::with_capacity(texts.len());
        for (intent, text) in &texts {
            let mut vector = vec![0.0; batch.dimensions()];
            match batch.embed_into(text, &mut vector) {
                Ok(()) => found.push((*intent, vector)),
                Err(NoVector::Unembeddable(_)) => {}
                Err(NoVector::Failed(error)) => return Err(error),
            }
        }
        Ok(found)
    }
}
