//! What compares texts, as `models` names it.

use std::path::Path;

use super::{EmbeddingEngine, Loaded, ModelSpec};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::source::Span;

/// Engines that are no server's.
const OWN: [&str; 3] = ["static", "exact", "transformer"];
/// What NeMo Guardrails calls embedders that run where it does.
const REFERENCE: [&str; 2] = ["FastEmbed", "SentenceTransformers"];
/// Servers and services of embeddings that speak as OpenAI's does; others are named by a `base_url`.
const SERVERS: [&str; 9] = [
    "openai",
    "azure",
    "azure_openai",
    "google_genai",
    "mistral",
    "nim",
    "nvidia_ai_endpoints",
    "ollama",
    "vllm_openai",
];
/// What parameters call the address of a server.
const ADDRESSES: [&str; 5] = ["base_url", "openai_api_base", "api_base", "endpoint", "azure_endpoint"];
/// What parameters call a model.
const MODELS: [&str; 4] = ["model", "model_name", "deployment_name", "azure_deployment"];

/// An embedder as it is named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NamedEmbedder {
    pub spec: ModelSpec,
    /// Where its engine is named.
    pub span: Span,
}

/// Finds out what compares the texts of a configuration in the folder `root`.
pub(super) fn resolve(root: &Path, loaded: &mut Loaded) {
    for NamedEmbedder { spec, span } in std::mem::take(&mut loaded.config.named_embedders) {
        let found = engine(root, spec, span, &mut loaded.diagnostics);
        loaded.config.embedding_engine = found.unwrap_or_else(|diagnostic| {
            loaded.diagnostics.push(*diagnostic);
            EmbeddingEngine::Static
        });
    }
}

fn engine(
    root: &Path,
    spec: ModelSpec,
    span: Span,
    notes: &mut Vec<Diagnostic>,
) -> Result<EmbeddingEngine, Box<Diagnostic>> {
    let engine = spec.engine.as_deref().unwrap_or_default();
    let wrong = |message: String| Diagnostic::new(codes::BAD_VALUE, span, message);
    let has = |names: &[&str]| names.iter().any(|name| spec.parameters.get(*name).is_some());
    let folder = spec.model.as_ref().filter(|model| !model.trim().is_empty()).map(|model| root.join(model));
    match engine {
        "static" => Ok(EmbeddingEngine::Static),
        "exact" => Ok(EmbeddingEngine::Exact),
        "transformer" if !cfg!(feature = "transformer") => Err(left_out(engine, span, "transformer")),
        "transformer" => match folder {
            Some(folder) => Ok(EmbeddingEngine::Transformer { folder, span }),
            None => Err(Box::new(
                wrong("the engine `transformer` needs a `model`: the folder it is in".to_owned())
                    .help("the path starts at the folder of the configuration"),
            )),
        },
        _ if REFERENCE.contains(&engine) => {
            let folder = folder.filter(|folder| folder.is_dir());
            if let Some(folder) = folder.clone().filter(|_| cfg!(feature = "transformer")) {
                return Ok(EmbeddingEngine::Transformer { folder, span });
            }
            let message = format!("the built-in embedder stands in for `{engine}`");
            let help = match folder {
                Some(_) => {
                    "write `static` to say so, or build railsc by `--features transformer`, which runs this model"
                }
                None => "write `static` to say so",
            };
            notes.push(Diagnostic::new(codes::OTHER_EMBEDDER, span, message).help(help));
            Ok(EmbeddingEngine::Static)
        }
        _ if !SERVERS.contains(&engine) && !has(&ADDRESSES) => {
            let known = OWN.iter().chain(&SERVERS).chain(&REFERENCE).copied();
            let message = "this should be `static`, `exact`, `transformer`, `openai`, or have a `base_url`";
            Err(Box::new(wrong(message.to_owned()).suggest(nearest(engine, known))))
        }
        _ if !cfg!(feature = "http") => Err(left_out(engine, span, "http")),
        _ if folder.is_none() && !has(&MODELS) => {
            Err(Box::new(wrong(format!("the engine `{engine}` needs a `model`, such as `text-embedding-3-small`"))))
        }
        _ => Ok(EmbeddingEngine::Server(Box::new(spec))),
    }
}

/// Says that this program was built without what `engine` takes.
fn left_out(engine: &str, span: Span, feature: &str) -> Box<Diagnostic> {
    let message = format!("the engine `{engine}` is not in this railsc");
    let help = format!("build it by `cargo install railsc --features {feature}`, or write `static` or `exact`");
    Box::new(Diagnostic::new(codes::KEY_NOT_SUPPORTED, span, message).help(help))
}
