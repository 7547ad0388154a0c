//! What the files of a model say about it, apart from its weights.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::TransformerError;

/// Bytes of the longest file that is no weights.
const LONGEST_FILE: u64 = 64 << 20;
/// Tokens of a text that are read if the model does not say.
const USUAL_TOKENS: usize = 256;
const CONFIGURATION: &str = "config.json";

/// What is known of a model.
pub(super) struct Settings {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    pub inner: usize,
    pub words: usize,
    pub positions: usize,
    pub epsilon: f32,
    /// Tokens of a text that are read, with the two that stand around it.
    pub most_tokens: usize,
    pub pooling: Pooling,
    /// Whether case and accents make no difference.
    pub folds: bool,
}

/// What becomes of the vectors of all tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    /// The one before the text stands for all.
    First,
}

#[derive(Deserialize)]
struct Configuration {
    architectures: Option<Vec<String>>,
    model_type: Option<String>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    layer_norm_eps: Option<f32>,
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
}

#[derive(Deserialize, Default)]
struct SentenceConfiguration {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
}

#[derive(Deserialize, Default)]
struct TokenizerConfiguration {
    do_lower_case: Option<bool>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
    path: String,
}

#[derive(Deserialize, Default)]
struct PoolingConfiguration {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
}

impl Settings {
    pub(super) fn read(folder: &Path) -> Result<Self, TransformerError> {
        let found: Configuration = json(folder, CONFIGURATION)?
            .ok_or_else(|| TransformerError::unreadable(&folder.join(CONFIGURATION), "there is no such file"))?;
        let architecture = found.architectures.as_deref().and_then(|all| all.first()).map(String::as_str);
        let kind = found.model_type.as_deref().unwrap_or("bert");
        if kind != "bert" || architecture.is_some_and(|name| name != "BertModel") {
            let name = architecture.unwrap_or(kind);
            return Err(TransformerError::unsupported(format!("the architecture `{name}`")));
        }
        let positions = found.position_embedding_type.as_deref().unwrap_or("absolute");
        let activation = found.hidden_act.as_deref().unwrap_or("gelu");
        if positions != "absolute" || activation != "gelu" {
            return Err(TransformerError::unsupported(format!("positions `{positions}` and `{activation}`")));
        }
        let (width, heads) = (found.hidden_size, found.num_attention_heads);
        let is_sound = (1..=65_536).contains(&width)
            && heads > 0
            && width.is_multiple_of(heads)
            && found.max_position_embeddings > 2
            && (1..=1_000).contains(&found.num_hidden_layers);
        if !is_sound {
            let reason = format!("{} layers of {heads} heads and {width} numbers", found.num_hidden_layers);
            return Err(TransformerError::malformed(CONFIGURATION, reason));
        }
        let sentence: SentenceConfiguration = json(folder, "sentence_bert_config.json")?.unwrap_or_default();
        let tokenizer: TokenizerConfiguration = json(folder, "tokenizer_config.json")?.unwrap_or_default();
        let most = sentence.max_seq_length.unwrap_or(USUAL_TOKENS);
        Ok(Self {
            width,
            layers: found.num_hidden_layers,
            heads,
            inner: found.intermediate_size,
            words: found.vocab_size,
            positions: found.max_position_embeddings,
            epsilon: found.layer_norm_eps.unwrap_or(1e-12),
            most_tokens: most.clamp(3, found.max_position_embeddings),
            pooling: pooling(folder)?,
            folds: tokenizer.do_lower_case.unwrap_or(true) || sentence.do_lower_case == Some(true),
        })
    }

    /// All that vectors depend on besides weights and vocabulary.
    pub(super) fn digest(&self) -> String {
        let Self { heads, epsilon, most_tokens, pooling, folds, .. } = self;
        format!("{heads} {epsilon:e} {most_tokens} {pooling:?} {folds}")
    }
}

/// How tokens are pooled: the mean, unless `modules.json` says otherwise.
fn pooling(folder: &Path) -> Result<Pooling, TransformerError> {
    let modules: Vec<Module> = json(folder, "modules.json")?.unwrap_or_default();
    let mut pooling = Pooling::Mean;
    for Module { kind, path } in modules {
        match kind.rsplit('.').next().unwrap_or_default() {
            "Transformer" if path.is_empty() => {}
            "Normalize" => {}
            "Pooling" => {
                let found: PoolingConfiguration = json(&folder.join(&path), CONFIGURATION)?.unwrap_or_default();
                let others = found.pooling_mode_max_tokens
                    || found.pooling_mode_mean_sqrt_len_tokens
                    || found.pooling_mode_weightedmean_tokens
                    || found.pooling_mode_lasttoken;
                pooling = match (found.pooling_mode_mean_tokens, found.pooling_mode_cls_token) {
                    (true, false) if !others => Pooling::Mean,
                    (false, true) if !others => Pooling::First,
                    _ => return Err(TransformerError::unsupported(format!("the pooling of `{path}/config.json`"))),
                };
            }
            _ => return Err(TransformerError::unsupported(format!("the module `{kind}`"))),
        }
    }
    Ok(pooling)
}

/// What the file `name` in `folder` holds; `None` when there is none.
pub(super) fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, TransformerError> {
    let Some(bytes) = contents(folder, name, LONGEST_FILE)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| TransformerError::malformed(name, error))
}

/// The bytes of the file `name` in `folder`, at most `most`; `None` when there is none.
pub(super) fn contents(folder: &Path, name: &str, most: u64) -> Result<Option<Vec<u8>>, TransformerError> {
    let path = folder.join(name);
    let unreadable = |reason: String| TransformerError::unreadable(&path, reason);
    let metadata = match fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| unreadable(error.to_string()))?,
    };
    // A pipe of that name would keep us waiting.
    if !metadata.is_file() || metadata.len() > most {
        return Err(unreadable(format!("it should be a file of {most} bytes at most")));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    let read = File::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(error.to_string()))?;
    Ok(Some(bytes))
}
