//! What a model of moderation says of a text.

/// What kinds of harm a text holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Moderation {
    /// Whether it holds any, as the model has it.
    pub flagged: bool,
    /// The kinds it holds, as the model has it: `hate/threatening`.
    pub categories: Vec<String>,
    /// How much of each kind it holds, from 0 to 1.
    pub scores: Vec<(String, f64)>,
}
