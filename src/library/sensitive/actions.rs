//! The actions over personal data, and what models read of replies in which values were put back.

use super::detector::Detector;
use super::vault::{Source, Vault};
use crate::expression::{Value, Variables, to_text};
use crate::library::decoded::{all_everywhere, everywhere};
use crate::library::withheld::withheld;
use crate::library::{Answer, Call, Found};
use crate::program::Guards;
use serde_json::{Map, json};
use std::sync::Arc;

/// The variable of a conversation that holds the values which were masked.
const VAULT: &str = "sensitive_vault";

/// What is looked for, and what is put in its place, in the texts of each side.
pub(super) struct Sides {
    pub detectors: [Arc<Detector>; 3],
    pub mask_tokens: [Option<String>; 3],
}

impl Sides {
    fn of(&self, call: &Call<'_>) -> Result<(&Detector, Option<&str>, Source), String> {
        let (at, source) = match call.stage()? {
            Guards::Input => (0, Source::Input),
            Guards::Retrieval | Guards::ToolInput => (2, Source::Retrieval),
            _ => (1, Source::Output),
        };
        Ok((&self.detectors[at], self.mask_tokens[at].as_deref(), source))
    }
}

/// `detect_sensitive_data(source=…, text=…)`: whether there is any.
pub(super) fn detect(sides: &Sides, call: &Call<'_>) -> Result<Answer, String> {
    let (detector, ..) = sides.of(call)?;
    let readings = call.readings()?;
    let found = everywhere(&readings, |text| detector.find(text));
    let evidence = withheld(readings.typed(), &found, detector.threshold());
    Ok(Answer { value: (!found.is_empty()).into(), evidence })
}

/// `mask_sensitive_data(source=…, text=…)`: the text with placeholders; with `vault=…` a mapping of `text` and the `vault` to go on with.
pub(super) fn mask(sides: &Sides, call: &Call<'_>) -> Result<Answer, String> {
    let (detector, token, source) = sides.of(call)?;
    let given = call.args.get("text").filter(|text| !text.is_null());
    let value = match given {
        Some(value) => value.clone(),
        None => call.variables.get(call.stage()?.variable()).cloned().unwrap_or_default(),
    };
    let mut masking = Masking {
        call,
        detector,
        token,
        source,
        vault: Vault::from_value(call.args.get("vault").unwrap_or(&Value::Null)),
        evidence: None,
    };
    let masked = masking.value(&value)?;
    let evidence = masking.evidence;
    let value = match call.args.contains_key("vault") {
        true => json!({"text": masked, "vault": masking.vault.into_value()}),
        false => masked,
    };
    Ok(Answer { value, evidence })
}

struct Masking<'a> {
    call: &'a Call<'a>,
    detector: &'a Detector,
    token: Option<&'a str>,
    source: Source,
    vault: Vault,
    evidence: Option<crate::library::Evidence>,
}

impl Masking<'_> {
    /// Documents may be a list of texts, or of mappings with texts.
    fn value(&mut self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?),
            Value::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.clone(), self.value(value)?)));
                Value::Object(entries.collect::<Result<Map<_, _>, String>>()?)
            }
            Value::String(text) => Value::String(self.text(text)?),
            other => other.clone(),
        })
    }

    fn text(&mut self, text: &str) -> Result<String, String> {
        let found = all_everywhere(&self.call.read(text), |text| self.detector.find_all(text));
        if self.evidence.is_none() {
            self.evidence = withheld(text, &found, self.detector.threshold());
        }
        match self.token {
            Some(token) => Ok(replaced(text, &found, token)),
            None => self.vault.mask(text, &found, self.source).map_err(|full| full.to_string()),
        }
    }
}

/// The text with `token` in the place of all that was found.
fn replaced(text: &str, found: &[Found], token: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for finding in found.iter() {
        if finding.range.start >= at {
            masked.push_str(&text[at..finding.range.start]);
            masked.push_str(token);
            at = finding.range.end;
        }
    }
    masked.push_str(&text[at..]);
    masked
}

/// `restore_sensitive_data(text=…, vault=…)`: the text with the values that the user gave in the place of their placeholders.
pub(super) fn restore(call: &Call<'_>) -> Result<Answer, String> {
    let text = match call.args.get("text").filter(|text| !text.is_null()) {
        Some(text) => to_text(text),
        None => call.text()?,
    };
    let vault = Vault::from_value(call.args.get("vault").unwrap_or(&Value::Null));
    Ok(Answer::plain(vault.restore(&text)))
}

/// What a model may read of what the bot said: the values that were put back are placeholders again.
pub(crate) fn masked_again(variables: &Variables, text: String) -> String {
    match variables.get(VAULT) {
        Some(vault) if vault.is_object() => Vault::from_value(vault).hide(&text),
        _ => text,
    }
}
