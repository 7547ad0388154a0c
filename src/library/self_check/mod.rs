//! Rails that ask a model whether something may pass. The engine asks; here is what the answers mean.

mod answer;

use super::family::{Cost, Family, Rail};
use crate::program::Guards;

pub(crate) use answer::{Judged, answers, judged};

/// Rails that ask the main model.
pub(super) const SELF_CHECK: Family = Family {
    file: "self_check",
    text: include_str!("../../../rails/self_check.co"),
    rails: &[
        Rail {
            name: "self check input",
            guards: &[Guards::Input],
            what: "asks the model whether what the user says should be blocked",
            cost: Cost::Model(1),
        },
        Rail {
            name: "self check output",
            guards: &[Guards::Output],
            what: "asks the model whether what the bot says should be blocked",
            cost: Cost::Model(1),
        },
        Rail {
            name: "self check facts",
            guards: &[Guards::Output],
            what: "asks the model whether the documents that were found bear out the reply",
            cost: Cost::Model(1),
        },
        Rail {
            name: "self check hallucination",
            guards: &[Guards::Output],
            what: "asks the model for two more replies, and whether they agree with the reply",
            cost: Cost::Model(3),
        },
    ],
    section: None,
    actions: &[],
    asks: &["self_check_input", "self_check_output", "self_check_facts", "self_check_hallucination"],
    model: "main",
    load: |_| Vec::new(),
    page: include_str!("../../../docs/rails/self_check.md"),
    kit: None,
};

/// Rails that ask a model made for them.
pub(super) const SAFETY: Family = Family {
    file: "safety",
    text: include_str!("../../../rails/safety.co"),
    rails: &[
        Rail {
            name: "content safety check input",
            guards: &[Guards::Input],
            what: "asks a content safety model about what the user says",
            cost: Cost::Model(1),
        },
        Rail {
            name: "content safety check output",
            guards: &[Guards::Output],
            what: "asks a content safety model about what the bot says",
            cost: Cost::Model(1),
        },
        Rail {
            name: "topic safety check input",
            guards: &[Guards::Input],
            what: "asks a topic model whether the text is about what the bot is for",
            cost: Cost::Model(1),
        },
        Rail {
            name: "llama guard check input",
            guards: &[Guards::Input],
            what: "asks Llama Guard about what the user says",
            cost: Cost::Model(1),
        },
        Rail {
            name: "llama guard check output",
            guards: &[Guards::Output],
            what: "asks Llama Guard about what the bot says",
            cost: Cost::Model(1),
        },
    ],
    section: None,
    actions: &[],
    asks: &[
        "content_safety_check_input",
        "content_safety_check_output",
        "topic_safety_check_input",
        "llama_guard_check_input",
        "llama_guard_check_output",
    ],
    model: "main",
    load: |_| Vec::new(),
    page: include_str!("../../../docs/rails/safety.md"),
    kit: None,
};

/// The rail that asks a model of moderation.
pub(super) const MODERATION: Family = Family {
    file: "moderation",
    text: include_str!("../../../rails/moderation.co"),
    rails: &[Rail {
        name: "moderate with openai",
        guards: &[Guards::Input, Guards::Output],
        what: "asks OpenAI's moderation which kinds of harm the text holds",
        cost: Cost::Model(1),
    }],
    section: None,
    actions: &[],
    asks: &["moderate_with_openai"],
    model: "moderation",
    load: |_| Vec::new(),
    page: include_str!("../../../docs/rails/moderation.md"),
    kit: None,
};
