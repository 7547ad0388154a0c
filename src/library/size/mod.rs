//! Context bloat: texts that are too long, or padded with little that is said often.

mod measure;
mod rails;
mod repeats;

#[cfg(test)]
mod tests;

use measure::Measures;
pub(super) use rails::FAMILY;

/// What a text may be. The defaults let ordinary texts, code and long documents pass.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Characters.
    pub max_chars: usize,
    /// Tokens, as [`measure::tokens`] estimates them.
    pub max_tokens: Option<usize>,
    /// Lines.
    pub max_lines: Option<usize>,
    /// Characters in a row without white space, in scripts that put spaces between words.
    pub max_unbroken_chars: usize,
    /// So many characters a text must have for what follows to be measured at all.
    pub min_chars: usize,
    /// Bits a character, by how often each one stands in the text.
    pub min_entropy: f64,
    /// The same, from above; random characters have much.
    pub max_entropy: Option<f64>,
    /// The share of the longest run of one character.
    pub max_run_ratio: f64,
    /// The share of groups of words that stood in the text before.
    pub max_repetition_ratio: f64,
    /// Words in a group.
    pub ngram_size: usize,
    /// The share of lines that stood in the text before.
    pub max_repeated_lines: f64,
    /// The share of the text that stood in it before, in pieces of 16 characters.
    pub max_redundancy: f64,
    /// What becomes of a text that is more.
    pub action: Action,
}

/// What becomes of a text that is more than it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    /// It is blocked.
    #[default]
    Reject,
    /// It is cut to `max_chars`; for what cutting does not mend, it is blocked.
    Truncate,
    /// It passes, and the trace says so.
    Warn,
}

impl Action {
    /// As settings and flows name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Truncate => "truncate",
            Self::Warn => "warn",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // What a model is sent at most, by the default of `limits.prompt_tokens`.
            max_chars: 128_000,
            max_tokens: None,
            max_lines: None,
            max_unbroken_chars: 50_000,
            min_chars: 500,
            min_entropy: 1.0,
            max_entropy: None,
            max_run_ratio: 0.5,
            max_repetition_ratio: 0.95,
            ngram_size: 3,
            max_repeated_lines: 0.95,
            max_redundancy: 0.97,
            action: Action::Reject,
        }
    }
}

/// A measure of a text that is past its limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Excess {
    /// Which: `size_cap_exceeded`, `low_entropy`, `long_run`, `high_repetition` as NeMo Guardrails names them, and our own.
    pub rule: &'static str,
    /// What was measured, in the unit of the setting.
    pub measured: f64,
    /// The setting.
    pub limit: f64,
    /// Whether cutting the text to `max_chars` mends it.
    pub is_cut: bool,
}

/// What is too much in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Bloat {
    /// The measures that are past their limits, in the order of the settings.
    pub excesses: Vec<Excess>,
    /// What becomes of the text.
    pub action: Action,
    /// Where the text is to be cut, in bytes; its length where nothing is cut.
    pub keep: usize,
}

impl Settings {
    /// What is too much in `text`. Takes time linear in its length; a text that is too long for `max_chars` is blocked by that alone.
    pub fn look_at(&self, text: &str) -> Bloat {
        let mut excesses = Vec::new();
        let cut = text.char_indices().nth(self.max_chars).map(|(at, _)| at);
        let (mut kept, mut keep) = (text, text.len());
        let mut more = |rule, measured: f64, limit: f64, is_past: bool, is_cut: bool| {
            if is_past {
                excesses.push(Excess { rule, measured, limit, is_cut });
            }
        };
        if let Some(at) = cut {
            more("size_cap_exceeded", text.chars().count() as f64, self.max_chars as f64, true, true);
            if self.action == Action::Truncate {
                (kept, keep) = (&text[..at], at);
            }
        }
        if cut.is_none() || self.action != Action::Reject {
            let measures = Measures::of(kept);
            let mut at_most = |rule, measured: usize, limit: Option<usize>| {
                if let Some(limit) = limit {
                    more(rule, measured as f64, limit as f64, measured > limit, false);
                }
            };
            at_most("too_many_tokens", measures.tokens, self.max_tokens);
            at_most("too_many_lines", measures.lines, self.max_lines);
            at_most("long_unbroken_text", measures.unbroken, Some(self.max_unbroken_chars));
            if measures.chars >= self.min_chars && measures.chars > 0 {
                let entropy = measures.entropy();
                more("low_entropy", entropy, self.min_entropy, entropy < self.min_entropy, false);
                if let Some(limit) = self.max_entropy {
                    more("high_entropy", entropy, limit, entropy > limit, false);
                }
                let mut share = |rule, share: f64, limit: f64| more(rule, share, limit, share > limit, false);
                share("long_run", measures.run as f64 / measures.chars as f64, self.max_run_ratio);
                share("high_repetition", repeats::groups(kept, self.ngram_size), self.max_repetition_ratio);
                share("repeated_lines", repeats::lines(kept), self.max_repeated_lines);
                share("high_redundancy", repeats::pieces(kept), self.max_redundancy);
            }
        }
        let action = match self.action {
            Action::Truncate if excesses.iter().any(|excess| !excess.is_cut) => Action::Reject,
            action => action,
        };
        Bloat { excesses, action, keep }
    }
}

impl Bloat {
    /// Whether anything is too much.
    pub fn is_bloat(&self) -> bool {
        !self.excesses.is_empty()
    }
}
