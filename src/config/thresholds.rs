//! `thresholds.yml`: what texts must reach to mean an intent, as `railsc fit` found it out.

use std::path::Path;

use super::value::Reader;
use super::yaml::{self, Node};
use super::{Limits, Loaded, read};
use crate::source::Span;

/// The name of the file.
pub(crate) const FILE: &str = "thresholds.yml";

const TOP: &[&str] = &["fitted", "default", "intents"];
const FITTED: &[&str] = &["date", "data", "hash", "texts", "rails"];

/// Thresholds that were fitted; a `threshold` line in a rail file has the last word.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fitted {
    /// What a score must reach where nothing else is said, from 0 to 1.
    pub default: Option<f32>,
    /// What it must reach for an intent of that name.
    pub intents: Vec<(String, f32, Span)>,
    /// The examples that they were fitted for, and where that is said.
    pub rails: Option<(String, Span)>,
}

/// Reads the file in the folder of a configuration, if it is there.
pub(super) fn load(folder: &Path, loaded: &mut Loaded) {
    let path = folder.join(FILE);
    if !path.exists() {
        return;
    }
    let Some(id) = read::file(&path, loaded, Limits::default().file_bytes) else { return };
    let Loaded { sources, diagnostics, config, .. } = loaded;
    if let Some(document) = yaml::parse(id, sources.file(id), diagnostics) {
        config.fitted = Some(understand(&document, &mut Reader { diagnostics }));
    }
}

fn understand(document: &Node, reader: &mut Reader<'_>) -> Fitted {
    let mut fitted = Fitted::default();
    for (key, node) in reader.known(document, TOP, "") {
        match &*key.name {
            "default" => fitted.default = reader.fraction(node),
            "fitted" => {
                for (key, node) in reader.known(node, FITTED, "fitted.") {
                    let text = reader.text(node);
                    if key.name == "rails" {
                        fitted.rails = text.map(|text| (text.to_owned(), node.span));
                    }
                }
            }
            _ => {
                for (key, node) in reader.mapping(node) {
                    if let Some(threshold) = reader.fraction(node) {
                        fitted.intents.push((key.name.clone(), threshold, key.span));
                    }
                }
            }
        }
    }
    fitted
}
