//! Text that is written backwards: as a whole, or word by word.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Encoding;
use super::part::Part;

/// Words of orders, or how they begin, in scripts other than Latin.
static WORDS: &str = include_str!("scripts.txt");

static BACKWARDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let backwards = WORDS.split_ascii_whitespace().map(|word| word.chars().rev().collect::<String>());
    AhoCorasick::new(backwards).expect("the words can be compiled, as a test holds")
});

/// All of a text in a script other than Latin that holds two different words written backwards.
pub(super) fn find(text: &str) -> Vec<Part> {
    let mut first = None;
    let is_no_chance = BACKWARDS.find_iter(text).any(|found| {
        let known = *first.get_or_insert(found.pattern());
        known != found.pattern()
    });
    if is_no_chance { vec![part(text, 0..text.len())] } else { Vec::new() }
}

/// What stands at `range`, from its end to its beginning.
pub(super) fn part(text: &str, range: Range<usize>) -> Part {
    let mut part = Part::new(Encoding::Reversed, range.clone());
    turn(text, range, &mut part);
    part
}

/// The same with each word turned in its place.
pub(super) fn word_by_word(text: &str, range: Range<usize>) -> Part {
    let mut part = Part::new(Encoding::Reversed, range.clone());
    let mut at = range.start;
    while at < range.end {
        let rest = &text[at..range.end];
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        turn(text, at..at + length, &mut part);
        at += length;
        if let Some(space) = text[at..range.end].chars().next() {
            part.push(space, at..at + space.len_utf8());
            at += space.len_utf8();
        }
    }
    part
}

fn turn(text: &str, range: Range<usize>, part: &mut Part) {
    for (at, c) in text[range.clone()].char_indices().rev() {
        let at = range.start + at;
        part.push(c, at..at + c.len_utf8());
    }
}
