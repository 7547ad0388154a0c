//! What was found or given back, looked at piece by piece: one document that holds orders says nothing about the others.

use serde_json::{Map, json};

use super::detector::{Attack, Detector, Origin};
use super::{found, likest, rounded};
use crate::expression::{Value, to_text};
use crate::library::calls::texts;
use crate::library::{Answer, BETWEEN_CHUNKS, Call, Evidence, SEPARATE_CHUNKS};
use crate::program::Guards;

/// More chunks are looked at as one: each takes a time of its own, however short it is.
const MOST_CHUNKS: usize = 100;

/// What becomes of documents that hold instructions for the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They end the turn.
    Block,
    /// They are left out.
    Drop,
}

impl Fate {
    /// All, by the names that settings have for them.
    pub const ALL: &'static [(&'static str, Self)] = &[("block", Self::Block), ("drop", Self::Drop)];
}

/// `check_retrieved_injection`: which of the chunks are attacks, and, where those are left out, what is left.
pub(super) fn check(detector: &Detector, call: &Call<'_>, threshold: f32, fate: Fate) -> Result<Answer, String> {
    let (found_there, stage) = guarded(call)?;
    let mut chunks = chunks(&found_there, call);
    let whole = chunks.join(BETWEEN_CHUNKS);
    if chunks.len() > MOST_CHUNKS {
        chunks = vec![whole.clone()];
    }
    let look = |text: &str| detector.look(&call.read(text), Origin::Retrieved);
    let looked: Vec<Attack> = chunks.iter().map(|chunk| look(chunk)).collect();
    let mut attacks: Vec<usize> = (0..chunks.len()).filter(|at| looked[*at].score >= threshold).collect();
    let worst = (0..chunks.len()).max_by(|a, b| looked[*a].score.total_cmp(&looked[*b].score));
    let told: Vec<usize> = if attacks.is_empty() { worst.into_iter().collect() } else { attacks.clone() };
    let mut signs = Vec::new();
    for at in &told {
        let start: usize = chunks[..*at].iter().map(|chunk| chunk.len() + BETWEEN_CHUNKS.len()).sum();
        let of_chunk = found(&looked[*at]).map(|mut found| {
            found.range = found.range.start + start..found.range.end + start;
            found
        });
        signs.extend(of_chunk);
    }
    let place = (chunks.len() > 1 && !attacks.is_empty()).then(|| named(&attacks, chunks.len()));
    let mut score = worst.map_or(0.0, |at| looked[at].score);
    let mut text = attacks.first().map(|at| chunks[*at].as_str());
    if attacks.is_empty() && chunks.len() > 1 {
        // What is harmless by itself may be an order together.
        let together = look(&whole);
        if together.score >= threshold {
            (attacks, signs) = ((0..chunks.len()).collect(), found(&together).collect());
            (score, text) = (together.score, Some(whole.as_str()));
        }
    }
    let drops = fate == Fate::Drop && stage == Guards::Retrieval && !attacks.is_empty();
    if drops
        && chunks.len() > attacks.len() + 1
        && look(&rest(&chunks, &attacks).join(BETWEEN_CHUNKS)).score >= threshold
    {
        // So may what is left of them.
        attacks = (0..chunks.len()).collect();
    }
    let evidence = Evidence::found(&whole, &signs, Some(rounded(threshold)));
    let rule = evidence.rule.map(|rule| rule + &place.unwrap_or_default());
    let mut value = json!({
        "blocked": !attacks.is_empty(),
        "dropped": drops,
        "attacks": attacks,
        "rule": rule,
        "score": rounded(score),
        "threshold": evidence.threshold,
        "spans": evidence.spans,
        "nearest": likest(detector, text),
    });
    if let Some(value) = value.as_object_mut().filter(|_| drops) {
        value.extend(left(&found_there, &chunks, &attacks));
    }
    Ok(Answer::plain(value))
}

/// Which chunks, of how many, for people: ` in chunk 2 of 3`.
fn named(attacks: &[usize], of: usize) -> String {
    let numbers: Vec<String> = attacks.iter().map(|at| (at + 1).to_string()).collect();
    let chunks = if attacks.len() == 1 { "chunk" } else { "chunks" };
    format!(" in {chunks} {} of {of}", numbers.join(" and "))
}

/// What is to be looked at, and what it is. Where no rail runs, it is what was found.
fn guarded(call: &Call<'_>) -> Result<(Value, Guards), String> {
    let is_said = call.guards.is_some() || call.args.contains_key("source");
    let stage = if is_said { call.stage()? } else { Guards::Retrieval };
    if let Some(text) = call.args.get("text").filter(|text| !text.is_null()) {
        return Ok((text.clone(), stage));
    }
    let value = call.variables.get(stage.variable()).cloned().unwrap_or_default();
    if !is_said && value.is_null() {
        return Err("nothing was looked up yet: put it behind `execute retrieve_relevant_chunks`".to_owned());
    }
    Ok((value, stage))
}

/// The chunks that a value is made of: the items of a list; of a text those that were joined to it, if that is known, and else all of it.
fn chunks(value: &Value, call: &Call<'_>) -> Vec<String> {
    if let Value::Array(items) = value {
        return items.iter().map(said).collect();
    }
    let text = said(value);
    let separate = call.variables.get(SEPARATE_CHUNKS).and_then(Value::as_array);
    let separate: Vec<String> = separate.into_iter().flatten().map(said).collect();
    if separate.len() > 1 && separate.join(BETWEEN_CHUNKS) == text { separate } else { vec![text] }
}

/// All texts in a value, as they are: written as a value, a line would end in a backslash and a letter.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => {
            let mut all = Vec::new();
            texts(value, &mut |_, text| all.push(text.to_owned()));
            all.join(BETWEEN_CHUNKS)
        }
        value => to_text(value),
    }
}

fn rest<T: Clone>(all: &[T], attacks: &[usize]) -> Vec<T> {
    let kept = all.iter().enumerate().filter(|(at, _)| !attacks.contains(at));
    kept.map(|(_, item)| item.clone()).collect()
}

/// What is left without the chunks `attacks`, in the form that it had, and as a list.
fn left(value: &Value, chunks: &[String], attacks: &[usize]) -> Map<String, Value> {
    let kept = rest(chunks, attacks);
    let text = match value {
        Value::Array(items) if items.len() == chunks.len() => Value::Array(rest(items, attacks)),
        Value::Array(_) => Value::Array(Vec::new()),
        _ => kept.join(BETWEEN_CHUNKS).into(),
    };
    Map::from_iter([("text".to_owned(), text), ("chunks".to_owned(), kept.into())])
}
