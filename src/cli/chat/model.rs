//! Which model is asked, and what keeps it from answering.

use super::Arguments;
use crate::cli::Failure;
#[cfg(feature = "http")]
use crate::cli::wait;
use crate::engine::{Rails, RailsBuilder};
#[cfg(feature = "http")]
use crate::model::OpenAi;
use crate::model::missing_key;

/// Who is talked to.
pub(super) struct Counterpart {
    pub rails: Rails,
    pub has_model: bool,
    /// What to say before the conversation begins.
    pub notes: Vec<String>,
}

/// Takes an address for `--model`.
pub(in crate::cli) fn address(text: &str) -> Result<String, String> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("it should start with `http://` or `https://`".to_owned()),
    }
}

pub(super) fn load(arguments: &Arguments) -> Result<Counterpart, Failure> {
    let builder = Rails::builder().path(&arguments.path);
    let (builder, note) = match &arguments.model {
        Some(url) => asking(builder, url, arguments.model_name.as_deref())?,
        None => (builder, None),
    };
    let mut notes = Vec::from_iter(note);
    let rails = builder.build()?;
    let models = &rails.config().models;
    let has_model = arguments.model.is_some() || !models.is_empty();
    let asked = models.iter().filter(|spec| arguments.model.is_none() || spec.kind != "main");
    for spec in asked {
        if let Some(variable) = missing_key(spec) {
            notes.push(missing(&variable, &format!("the `{}` model", spec.kind)));
        }
        for variable in spec.fallbacks.iter().filter_map(missing_key) {
            notes.push(missing(&variable, &format!("a fallback of the `{}` model", spec.kind)));
        }
    }
    Ok(Counterpart { rails, has_model, notes })
}

fn missing(variable: &str, who: &str) -> String {
    format!("`{variable}` is not set: {who} wants a key there, and asking it fails")
}

#[cfg(not(feature = "http"))]
fn asking(_: RailsBuilder, url: &str, _: Option<&str>) -> Result<(RailsBuilder, Option<String>), Failure> {
    Err(Failure::Input(format!("this railsc is built without HTTP, so nothing can ask `{url}`")))
}

/// Has `builder` ask the model at `url`, called `name`, or as its server calls the first it has; and what to say of it first.
#[cfg(feature = "http")]
fn asking(builder: RailsBuilder, url: &str, name: Option<&str>) -> Result<(RailsBuilder, Option<String>), Failure> {
    let model = wait(OpenAi::at_server(url, name))?.map_err(|error| Failure::Input(error.to_string()))?;
    let note = model.missing_key().map(|variable| missing(variable, "the model"));
    Ok((builder.model(model), note))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_of_http() {
        assert!(address("http://localhost:11434").is_ok() && address("https://x/v1").is_ok());
        assert!(address("localhost:11434").is_err() && address("file:///x").is_err() && address("http://").is_err());
    }
}
