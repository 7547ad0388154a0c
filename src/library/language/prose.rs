//! The parts of a text that are sentences of some language, and not code, names or addresses.

use std::ops::Range;

/// How many letters a piece has at most, about: what is longer tells no more.
const LONGEST: usize = 240;

/// A piece of a text, without what is no prose.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub text: String,
    /// The letters in it.
    pub letters: usize,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Whether its letters are Latin ones.
    is_latin: bool,
}

/// The pieces of `text` that have at least `fewest` letters. Short lines are taken together.
pub(super) fn pieces(text: &str, fewest: usize) -> Vec<Piece> {
    let lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .scan(0, |start, line| Some((std::mem::replace(start, *start + line.len()), line)))
        .collect();
    let mut cutter = Cutter { pieces: Vec::new(), fewest, open: None };
    let mut code = fenced(&lines).into_iter().peekable();
    for (index, &(start, line)) in lines.iter().enumerate() {
        while code.next_if(|range| range.end <= index).is_some() {}
        if !code.peek().is_some_and(|range| range.contains(&index)) {
            cutter.line(line, start);
        }
    }
    cutter.close();
    cutter.pieces
}

/// The lines between fences, and these. A fence that is never closed is no code, but may hide a text.
fn fenced(lines: &[(usize, &str)]) -> Vec<Range<usize>> {
    let mut fenced = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    for (index, (_, line)) in lines.iter().enumerate() {
        let marker = ["```", "~~~"].into_iter().find(|marker| line.trim_start().starts_with(marker));
        match (open, marker) {
            (None, Some(marker)) => open = Some((index, marker)),
            (Some((start, opened)), Some(marker)) if marker == opened => {
                fenced.push(start..index + 1);
                open = None;
            }
            _ => {}
        }
    }
    fenced
}

struct Cutter {
    pieces: Vec<Piece>,
    fewest: usize,
    open: Option<Piece>,
}

impl Cutter {
    fn line(&mut self, line: &str, start: usize) {
        // Inline code may have spaces in it; a tick without a partner begins none.
        let mut paired = line.matches('`').count() & !1;
        let mut at = start;
        for word in line.split_inclusive(char::is_whitespace) {
            let range = at..at + word.len();
            at = range.end;
            let was_code = paired % 2 == 1;
            let ticks = word.matches('`').count().min(paired);
            paired -= ticks;
            if !was_code && ticks == 0 {
                self.word(word.trim_end(), range);
            }
        }
    }

    fn word(&mut self, word: &str, range: Range<usize>) {
        if !is_prose(word) {
            return;
        }
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let is_latin = word.chars().find(|c| c.is_alphabetic()).is_none_or(is_latin);
        if self.open.as_ref().is_some_and(|piece| piece.is_latin != is_latin) {
            self.close();
        }
        let empty = || Piece { text: String::new(), letters: 0, range: range.clone(), is_latin };
        let piece = self.open.get_or_insert_with(empty);
        piece.text.push_str(word);
        piece.text.push(' ');
        piece.letters += letters;
        piece.range.end = range.end;
        let is_end = word.ends_with(['.', '!', '?', '。', '！', '？', '।', '؟']);
        if piece.letters >= LONGEST || (is_end && piece.letters >= LONGEST / 5) {
            self.close();
        }
    }

    fn close(&mut self) {
        self.pieces.extend(self.open.take().filter(|piece| piece.letters >= self.fewest));
    }
}

fn is_latin(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Whether `word` is one of a sentence, and no address, path, name of a variable or number.
fn is_prose(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut chars = inner.chars();
    let is_address = word.contains("://") || word.contains('@') || word.starts_with("www.");
    let has_digit = inner.chars().any(|c| c.is_ascii_digit());
    let is_name_in_code =
        inner.contains(['_', '/', '\\', '=', '{', '}', '<', '>', '$', '|', '(', ')', ';', '#']) || inner.contains("::");
    // `getUserName`, but not `iPhone` alone; capitals behind the first are what names in code have.
    let has_hump = chars.next().is_some_and(char::is_lowercase) && chars.any(char::is_uppercase);
    !inner.is_empty() && !is_address && !has_digit && !is_name_in_code && !has_hump
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_addresses_are_no_prose() {
        for (text, prose) in [
            ("please read https://example.com/a b", "please read b "),
            ("call `foo(bar, baz)` now", "call now "),
            ("```\nlet x = 1;\n```\nthat is all", "that is all "),
            ("```\nof a fence that is open", "of a fence that is open "),
            ("` of a tick alone", "of a tick alone "),
            ("set user_name and getName to x1", "set and to "),
            ("mail me@example.com, C++ or std::fmt", "mail C++ or "),
        ] {
            let text: String = pieces(text, 1).into_iter().map(|piece| piece.text).collect();
            assert_eq!(text, prose);
        }
    }

    #[test]
    fn pieces_are_sentences_or_lines_taken_together() {
        let long = "These are many words of one sentence that has quite a few letters. ".repeat(3);
        assert_eq!(pieces(&long, 25).len(), 3);
        assert_eq!(pieces("one\ntwo\nthree\n", 3).len(), 1);
        assert_eq!(pieces("one", 25), []);
    }
}
