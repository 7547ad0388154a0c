//! Texts to the numbers of their word pieces, as a model knows them.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::{Settings, contents, json};
use super::{TransformerError, Unembeddable};
use crate::cache::checksum;
use crate::classify::embed::wordpiece::Pieces;

/// Bytes of the longest vocabulary.
const LONGEST: u64 = 64 << 20;
const VOCABULARY: &str = "vocab.txt";
const TOKENIZER: &str = "tokenizer.json";

/// A vocabulary, and the two pieces around each text.
pub(super) struct Tokens {
    pieces: Pieces<Box<str>>,
    unknown: u32,
    /// Before a text, and behind it.
    around: [u32; 2],
    most: usize,
    highest: u32,
    sum: u64,
    file: &'static str,
}

#[derive(Deserialize)]
struct Tokenizer {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Value,
}

impl Tokens {
    pub(super) fn read(folder: &Path, settings: &Settings) -> Result<Self, TransformerError> {
        if let Some(bytes) = contents(folder, VOCABULARY, LONGEST)? {
            let text = String::from_utf8(bytes).map_err(|error| TransformerError::malformed(VOCABULARY, error))?;
            let all: Vec<(&str, u32)> = text.lines().zip(0..).collect();
            return Self::new(VOCABULARY, &all, settings);
        }
        let found: Tokenizer = json(folder, TOKENIZER)?
            .ok_or_else(|| TransformerError::unreadable(&folder.join(VOCABULARY), "there is no such file"))?;
        if let Some(kind) = found.model.kind.filter(|kind| kind != "WordPiece") {
            return Err(TransformerError::unsupported(format!("a tokenizer of type `{kind}`")));
        }
        let wrong = |reason: &str| TransformerError::malformed(TOKENIZER, reason);
        let vocabulary: &Map<String, Value> =
            found.model.vocab.as_object().ok_or_else(|| wrong("its vocabulary is no mapping of pieces to numbers"))?;
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let mut all = Vec::with_capacity(vocabulary.len());
        for (piece, value) in vocabulary {
            all.push((&**piece, number(value).ok_or_else(|| wrong("a piece of its vocabulary has no number"))?));
        }
        all.sort_unstable_by_key(|(_, id)| *id);
        Self::new(TOKENIZER, &all, settings)
    }

    fn new(file: &'static str, all: &[(&str, u32)], settings: &Settings) -> Result<Self, TransformerError> {
        let id = |wanted: &str| {
            let found = all.iter().find(|(piece, _)| *piece == wanted).map(|(_, id)| *id);
            found.ok_or_else(|| TransformerError::malformed(file, format!("there is no `{wanted}` in it")))
        };
        let (unknown, around) = (id("[UNK]")?, [id("[CLS]")?, id("[SEP]")?]);
        let sum = all.iter().fold(0_u64, |sum, (piece, id)| {
            (sum.rotate_left(5) ^ checksum(piece.as_bytes()) ^ u64::from(*id)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let highest = all.iter().map(|(_, id)| *id).max().unwrap_or(0);
        let pieces = Pieces::new(all.iter().copied(), unknown, settings.folds);
        Ok(Self { pieces, unknown, around, most: settings.most_tokens, highest, sum, file })
    }

    /// The numbers of the pieces of `text` and of those around it. A text that spells out such a piece does not get its number.
    pub(super) fn of(&self, text: &str) -> Result<Vec<u32>, Unembeddable> {
        let [before, behind] = self.around;
        let mut ids = vec![before];
        let mut unknown = 0;
        self.pieces.of(text, |id| {
            if ids.len() + 1 < self.most {
                ids.push(id);
                unknown += usize::from(id == self.unknown);
            }
        });
        if ids.len() == 1 {
            return Err(Unembeddable::Empty);
        }
        if unknown * 2 > ids.len() - 1 {
            return Err(Unembeddable::UnknownScript);
        }
        ids.push(behind);
        Ok(ids)
    }

    /// The highest number of a piece.
    pub(super) fn highest(&self) -> usize {
        self.highest as usize
    }

    /// The hash of the vocabulary.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// The file it was read from.
    pub(super) fn file(&self) -> &'static str {
        self.file
    }
}
