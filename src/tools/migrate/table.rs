//! What becomes of everything that a configuration of NeMo Guardrails may say: one table, so that it is easy to correct.

use crate::library::Library;

/// What becomes of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It does here what it does there.
    Works,
    /// What stands below it decides.
    Inside,
    /// Told elsewhere: models one by one, rails by the flows they name.
    Apart,
    /// It loads, and does this.
    Differs(&'static str),
    /// It does nothing; this does.
    Missing(&'static str),
}

use Fate::{Apart, Differs, Inside, Missing, Works};

const OWN_INDEX: &str =
    "texts are compared by the embedder under `models`, in an index of railsc's own; nothing is to be set";
const IN_COLANG: &str = "write it in a `.co` file; delete the key, for `check` refuses it";

/// The keys of NeMo Guardrails 0.24.1, by path: `[]` stands for each item of a list, `*` for any key.
pub(super) const KEYS: &[(&str, Fate)] = &[
    ("models", Apart),
    ("instructions", Works),
    ("sample_conversation", Works),
    ("prompts", Works),
    ("prompting_mode", Works),
    ("lowest_temperature", Works),
    ("passthrough", Works),
    ("streaming", Works),
    ("docs", Works),
    ("custom_data", Works),
    ("colang_version", Works),
    ("actions_server_url", Works),
    ("enable_rails_exceptions", Works),
    ("enable_multi_step_generation", Differs("a model says one step at a time")),
    (
        "import_paths",
        Missing("rails there are read only where a `.co` file imports them, and YAML there is not: bring both here"),
    ),
    ("event_source_uid", Differs("nothing here reads it")),
    ("raw_llm_call_action", Missing("give `Rails::builder().model(…)` a model of your own")),
    ("flows", Missing(IN_COLANG)),
    ("user_messages", Missing(IN_COLANG)),
    ("bot_messages", Missing(IN_COLANG)),
    ("knowledge_base", Inside),
    ("knowledge_base.folder", Works),
    ("knowledge_base.embedding_search_provider", Differs(OWN_INDEX)),
    ("core", Inside),
    ("core.embedding_search_provider", Differs(OWN_INDEX)),
    (
        "tracing",
        Missing("each reply carries its trace, `Reply.trace`, which serialises with serde; send it where you want it"),
    ),
    (
        "metrics",
        Missing("`Reply.usage` and `Reply.trace` have the figures of each turn; count them where you want them"),
    ),
    ("rails", Inside),
    ("rails.input", Inside),
    ("rails.input.flows", Apart),
    ("rails.input.parallel", Works),
    ("rails.input.speculative_generation", Differs("no model is asked before the input rails are done")),
    ("rails.output", Inside),
    ("rails.output.flows", Apart),
    ("rails.output.parallel", Works),
    ("rails.output.streaming", Works),
    ("rails.retrieval", Inside),
    ("rails.retrieval.flows", Apart),
    ("rails.tool_input", Inside),
    ("rails.tool_input.flows", Apart),
    ("rails.tool_input.parallel", Works),
    ("rails.tool_output", Inside),
    ("rails.tool_output.flows", Apart),
    ("rails.tool_output.parallel", Works),
    ("rails.actions", Inside),
    ("rails.actions.instant_actions", Works),
    ("rails.dialog", Inside),
    ("rails.dialog.single_call", Works),
    ("rails.dialog.user_messages", Inside),
    ("rails.dialog.user_messages.embeddings_only", Works),
    (
        "rails.dialog.user_messages.embeddings_only_similarity_threshold",
        Differs("`compat: nemo` has its scale, but another embedder its scores: try your texts with `railsc classify`"),
    ),
    ("rails.dialog.user_messages.embeddings_only_fallback_intent", Works),
    ("rails.config", Inside),
    (
        "rails.config.*",
        Missing(
            "these settings belong to a rail of NeMo Guardrails' library, which is not here; flows may read them in `$config`",
        ),
    ),
    ("models[].cache", Differs("answers of models are not kept; each question is asked")),
    ("models[].reasoning_config", Differs("nothing here reads it; name what the service takes under `parameters`")),
];

/// The keys of `config.yml` that are railsc's own. Where one stands, the file was written for railsc.
pub(super) const OURS: &[&str] =
    &["compat", "limits", "lints", "on_error", "actions", "prices", "rails.dialog.judge", "rails.dialog.generation"];

/// The rails of NeMo Guardrails' library: how names of its flows start, and what the rail is called.
pub(super) const LIBRARY: &[(&str, &str)] = &[
    ("self check facts", "self check"),
    ("self check hallucination", "self check"),
    ("self check", "self check"),
    ("hallucination warning", "hallucination"),
    ("alignscore check", "AlignScore fact checking"),
    ("content safety check", "content safety"),
    ("topic safety check", "topic safety"),
    ("llama guard check", "Llama Guard"),
    ("jailbreak detection", "jailbreak detection"),
    ("injection detection", "injection detection"),
    ("context bloat detection", "context bloat detection"),
    ("detect sensitive data", "sensitive data detection, by Presidio"),
    ("mask sensitive data", "sensitive data detection, by Presidio"),
    ("regex check", "regex detection"),
    ("hf classifier check", "Hugging Face classifiers"),
    ("gliner", "GLiNER"),
    ("detect pii", "Private AI"),
    ("mask pii", "Private AI"),
    ("activefence moderation", "ActiveFence"),
    ("ai defense inspect", "Cisco AI Defense"),
    ("autoalign", "AutoAlign"),
    ("clavata check", "Clavata"),
    ("cleanlab", "Cleanlab"),
    ("crowdstrike aidr", "CrowdStrike AIDR"),
    ("f5 guardrails", "F5 AI Guardrails"),
    ("fiddler", "Fiddler"),
    ("gcpnlp moderation", "Google Cloud text moderation"),
    ("guardrailsai check", "Guardrails AI"),
    ("pangea ai guard", "Pangea AI Guard"),
    ("patronus", "Patronus AI"),
    ("policyai moderation", "PolicyAI"),
    ("polygraf", "Polygraf"),
    ("protect prompt", "Prompt Security"),
    ("protect response", "Prompt Security"),
    ("trend ai guard", "Trend Micro"),
];

/// What becomes of the key at `path`; `None` when NeMo Guardrails has no such key.
pub(super) fn of_key(path: &str) -> Option<Fate> {
    if path.strip_prefix("rails.config.").is_some_and(Library::has_section) {
        return Some(Works);
    }
    let exact = KEYS.iter().find(|(known, _)| *known == path);
    let any = || {
        let parent = path.rsplit_once('.')?.0;
        KEYS.iter().find(|(known, _)| known.strip_suffix(".*") == Some(parent))
    };
    exact.or_else(any).map(|(_, fate)| *fate)
}

/// The rail of NeMo Guardrails' library that a flow called `name` belongs to.
pub(super) fn library_rail(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(start, _)| name.starts_with(start)).map(|(_, rail)| *rail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_stands_once_and_below_one_that_is_looked_into() {
        for (index, (path, _)) in KEYS.iter().enumerate() {
            assert!(KEYS[..index].iter().all(|(other, _)| other != path), "{path} stands twice");
            assert!(!OURS.contains(path), "{path} is ours");
            let Some((parent, _)) = path.rsplit_once('.') else { continue };
            let parent = parent.trim_end_matches("[]");
            assert!(matches!(of_key(parent), Some(Inside | Apart)), "{path} is never reached");
        }
    }

    #[test]
    fn wildcards_take_one_level() {
        assert!(matches!(of_key("rails.config.f5"), Some(Missing(_))));
        assert_eq!(of_key("rails.config.f5.timeout"), None);
        assert_eq!(of_key("railz"), None);
        assert_eq!(library_rail("content safety check input"), Some("content safety"));
        assert_eq!(library_rail("check order"), None);
    }
}
