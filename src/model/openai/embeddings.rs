//! Texts as vectors, by the same interface.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::OpenAi;
use super::answer::shaped;
use crate::model::ModelError;

/// The longest answer that is read, in bytes: 256 vectors of 8,192 numbers.
const LONGEST_ANSWER: usize = 64 << 20;
const WHAT: &str = "embeddings";

#[derive(Deserialize)]
struct Answer {
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl OpenAi {
    /// The vectors of `texts`, in order.
    pub(crate) async fn embeddings(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut body: Map<String, Value> = self.settings.parameters.clone();
        body.insert("model".to_owned(), self.settings.model.clone().into());
        body.insert("input".to_owned(), json!(texts));
        let answer = self.asked(WHAT, body, LONGEST_ANSWER).await?;
        in_order(shaped(answer, WHAT)?, texts.len())
    }

    /// All that vectors depend on, as far as it is known here: the model, the address and the parameters. Not to be shown, for there may
    /// be a password in it.
    ///
    /// # Errors
    /// When it can't be asked: the address is none, or a key is missing.
    pub(crate) fn embeddings_identity(&self) -> Result<[String; 3], ModelError> {
        let settings = &*self.settings;
        let address = settings.address.as_ref().map_err(Clone::clone)?;
        if let Some(variable) = self.missing_key() {
            return Err(ModelError::NoKey { model: settings.model.clone(), variable: variable.to_owned() });
        }
        let parameters = Value::from(settings.parameters.clone()).to_string();
        Ok([settings.model.clone(), address.of(WHAT).to_string(), parameters])
    }
}

/// The vectors by their numbers, where they have some.
fn in_order(answer: Answer, count: usize) -> Result<Vec<Vec<f32>>, ModelError> {
    let malformed = |reason: String| ModelError::Malformed { reason };
    if answer.data.len() != count {
        return Err(malformed(format!("it has {} vectors for {count} texts", answer.data.len())));
    }
    let mut vectors = vec![Vec::new(); count];
    for (position, Row { index, embedding }) in answer.data.into_iter().enumerate() {
        let place = vectors.get_mut(index.unwrap_or(position)).filter(|place| place.is_empty());
        let place =
            place.ok_or_else(|| malformed("two of its vectors have one index, or one that is too high".to_owned()))?;
        if embedding.is_empty() {
            return Err(ModelError::Empty);
        }
        *place = embedding;
    }
    Ok(vectors)
}
