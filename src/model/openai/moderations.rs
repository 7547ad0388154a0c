//! What kinds of harm a text holds, by the same interface.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::OpenAi;
use super::answer::shaped;
use crate::model::{ModelError, Moderation};

const LONGEST_ANSWER: usize = 1 << 20;
const WHAT: &str = "moderations";

#[derive(Deserialize)]
struct Answer {
    results: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    flagged: bool,
    categories: BTreeMap<String, Option<bool>>,
    category_scores: BTreeMap<String, Option<f64>>,
}

impl OpenAi {
    /// What kinds of harm `text` holds.
    pub(super) async fn moderated(&self, text: &str) -> Result<Moderation, ModelError> {
        let mut body: Map<String, Value> = self.settings.parameters.clone();
        body.insert("model".to_owned(), self.settings.model.clone().into());
        body.insert("input".to_owned(), text.into());
        let answer = self.asked(WHAT, body, LONGEST_ANSWER).await?;
        let Answer { results } = shaped(answer, WHAT)?;
        let [Row { flagged, categories, category_scores }] = <[Row; 1]>::try_from(results).map_err(|results| {
            ModelError::Malformed { reason: format!("it has {} results for one text", results.len()) }
        })?;
        let held = categories.into_iter().filter(|(_, holds)| *holds == Some(true)).map(|(name, _)| name);
        let scores = category_scores.into_iter().filter_map(|(name, score)| Some((name, score?)));
        Ok(Moderation { flagged, categories: held.collect(), scores: scores.collect() })
    }
}
