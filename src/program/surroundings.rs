//! What a program is checked against besides itself.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diagnostic::Code;
use crate::diagnostic::policy::Level;
use crate::source::Span;

/// What is around a program: the configuration, and the program that hosts it.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Flows that are run as rails.
    pub rails: Vec<RailUse>,
    /// Rails that are there to be named, and are part of the program when they are.
    pub shipped: Vec<Arc<str>>,
    /// Stages whose rails run at the same time.
    pub parallel: Vec<Guards>,
    /// Actions that exist, under the names that registries know.
    pub actions: Vec<Arc<str>>,
    /// Intents that settings ask for, whether a flow waits for them or not.
    pub intents: Asked,
    /// Whether there is a model, which may say any message.
    pub has_model: bool,
    /// What becomes of warnings.
    pub levels: FxHashMap<Code, Level>,
}

/// Intents that settings ask for.
#[derive(Debug, Clone)]
pub enum Asked {
    /// These.
    Named(Vec<Arc<str>>),
    /// All there are.
    All,
}

impl Default for Asked {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl Asked {
    pub(super) fn has(&self, intent: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| **name == *intent),
        }
    }
}

/// A flow that is run as a rail.
#[derive(Debug, Clone)]
pub struct RailUse {
    /// What it guards.
    pub guards: Guards,
    /// The flow.
    pub name: Arc<str>,
    /// Variables that it is given.
    pub parameters: Vec<Arc<str>>,
    /// Where that is said.
    pub span: Span,
}

/// What a rail guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guards {
    /// What the user says, before anything else sees it.
    Input,
    /// What the bot says, before the user sees it.
    Output,
    /// What is found in documents, before the model sees it.
    Retrieval,
    /// What a tool gave back, before the model sees it.
    ToolInput,
    /// The calls of tools that a model asks for, before they are made.
    ToolOutput,
}

impl Guards {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Input, Self::Output, Self::Retrieval, Self::ToolInput, Self::ToolOutput];

    /// The variable that names the rail which ended a turn.
    pub fn triggered(self) -> &'static str {
        match self {
            Guards::Output => "triggered_output_rail",
            Guards::ToolInput => "triggered_tool_input_rail",
            Guards::ToolOutput => "triggered_tool_output_rail",
            Guards::Input | Guards::Retrieval => "triggered_input_rail",
        }
    }

    /// The variable in which a rail finds what it guards, and may rewrite it.
    pub fn variable(self) -> &'static str {
        match self {
            Guards::Input => "user_message",
            Guards::Output => "bot_message",
            Guards::Retrieval => "relevant_chunks",
            Guards::ToolInput => "tool_message",
            Guards::ToolOutput => "tool_calls",
        }
    }
}

impl std::fmt::Display for Guards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Guards::Input => "input",
            Guards::Output => "output",
            Guards::Retrieval => "retrieval",
            Guards::ToolInput => "tool_input",
            Guards::ToolOutput => "tool_output",
        })
    }
}
