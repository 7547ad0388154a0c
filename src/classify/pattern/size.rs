//! How large a regular expression will be, without compiling it.

use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;

/// What a state of an automaton takes, in bytes, there and back.
const STATE: usize = 64;
/// What every regular expression takes, with what it looks ahead by.
const LEAST: usize = 8 << 10;

/// About how many bytes `regex` takes when it is compiled: within a factor of two where that is much.
pub(super) fn estimate(regex: &Hir) -> usize {
    STATE.saturating_mul(states(regex)).saturating_add(LEAST)
}

fn states(regex: &Hir) -> usize {
    match regex.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => {
            let sequences = class.ranges().iter().flat_map(|range| Utf8Sequences::new(range.start(), range.end()));
            sequences.count()
        }
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(0).max(repetition.min).max(1) as usize;
            states(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(states).fold(1, usize::saturating_add),
    }
}

#[cfg(test)]
mod tests {
    use super::super::regexes::compile;
    use super::*;

    #[test]
    fn estimates_are_near_to_what_is_taken() {
        for source in [
            r"\w{20}",
            r"\d{7}",
            r"abcdefgh",
            r"(?:how|where) .* (?:ship|deliver)",
            r"\b[\w.+-]+@abc\.(com|org|net)\b",
            r"(a [^\s.!?]\S*?(?: \S+?){0,7}?){20}",
            r"\d{3}-\d{2}-\d{4}",
            r"\pL{10}",
            r"a{500}",
            r"a?{300}",
            r"(((a?){10}){10}){10}",
        ] {
            let parsed = regex_syntax::ParserBuilder::new().case_insensitive(true).build().parse(source).unwrap();
            let (taken, estimated) = (compile(source).unwrap().memory_usage(), estimate(&parsed));
            assert!(estimated >= taken / 2 && estimated <= 3 * taken + LEAST, "{source}: {estimated} for {taken}");
        }
    }
}
