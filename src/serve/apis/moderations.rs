//! `POST /v1/moderations`, as OpenAI's: every gateway can call it. The input rails check each text.

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::body;
use super::call::Call;
use super::chat::Content;
use super::check::{Checked, MOST_TEXTS, check, must_be_guarded};
use crate::engine::Status;
use crate::program::Guards;
use crate::serve::error::{ApiError, Code};

/// The categories of OpenAI's.
const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

#[derive(Deserialize)]
struct ModerationRequest {
    input: Texts,
    #[serde(default)]
    model: Option<String>,
}

/// One text, many, or the parts of one.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a text, a list of texts, or a list of parts of type `text`")]
enum Texts {
    Many(Vec<String>),
    One(Content),
}

#[derive(Serialize)]
struct Moderation<'a> {
    id: String,
    model: &'a str,
    results: Vec<Verdict>,
}

#[derive(Serialize)]
struct Verdict {
    flagged: bool,
    categories: BTreeMap<String, bool>,
    category_scores: BTreeMap<String, f64>,
    category_applied_input_types: BTreeMap<String, Vec<&'static str>>,
}

pub(super) async fn run(call: Call, request: Request) -> Result<Response, ApiError> {
    let ModerationRequest { input, model } = body::read(request, &call.app.settings.limits).await?;
    let asked = call.asked(None, model.as_deref()).await?;
    must_be_guarded(&asked, Guards::Input)?;
    let texts = match input {
        Texts::One(Content(text)) => vec![text],
        Texts::Many(texts) if texts.len() <= MOST_TEXTS => texts,
        Texts::Many(_) => {
            return Err(ApiError::new(Code::InvalidValue, format!("{MOST_TEXTS} texts at most")).at("input"));
        }
    };
    let mut results = Vec::with_capacity(texts.len());
    for text in &texts {
        results.push(Verdict::of(&check(&asked, Guards::Input, text, None).await?));
    }
    let model = model.as_deref().unwrap_or(&asked.config.id);
    Ok(body::json(&Moderation { id: format!("modr-{}", asked.id.0), model, results }))
}

impl Verdict {
    /// A text is flagged that a rail blocks or would rewrite: nobody rewrites it here.
    /// A rail flags the category that it, or the rule it went by, is called; else one of its own name beside those of OpenAI's.
    fn of(checked: &Checked) -> Self {
        let mut scores: BTreeMap<String, f64> = CATEGORIES.iter().map(|name| ((*name).to_owned(), 0.0)).collect();
        let mut categories: BTreeMap<String, bool> = scores.keys().map(|name| (name.clone(), false)).collect();
        let flagged = checked.status != Status::Passed;
        if flagged {
            let verdict = &checked.reply.verdict;
            let rail = verdict.rail.as_deref().unwrap_or("unchecked");
            let names = [verdict.evidence.rule.as_deref(), Some(rail)];
            let known = names.into_iter().flatten().find_map(category).map_or_else(|| rail.to_owned(), str::to_owned);
            scores.insert(known.clone(), verdict.evidence.score.unwrap_or(1.0).clamp(0.0, 1.0));
            categories.insert(known, true);
        }
        let applied = categories.keys().map(|name| (name.clone(), vec!["text"])).collect();
        Self { flagged, categories, category_scores: scores, category_applied_input_types: applied }
    }
}

/// The category called so, whatever stands between its words.
fn category(name: &str) -> Option<&'static str> {
    let letters = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let wanted = letters(name);
    CATEGORIES.into_iter().find(|known| letters(known) == wanted)
}

#[cfg(test)]
mod tests {
    use super::category;

    #[test]
    fn categories_are_found_by_their_words() {
        assert_eq!(category("self harm"), Some("self-harm"));
        assert_eq!(category("Sexual_Minors"), Some("sexual/minors"));
        assert_eq!(category("no passwords"), None);
    }
}
