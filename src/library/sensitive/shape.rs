//! A small language for how a number is written.
//!
//! `9` is a digit, `a` a letter, `x` either, a capital letter itself. `-` is a joint that must be there, `~` one that may be;
//! which characters join is said by the rule. `9{8,12}` stands for eight to twelve of them: such a shape is several.

use super::words::Chain;

/// One way to write a number, with a fixed count of characters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub len: usize,
    digits: u32,
    letters: u32,
    required: u32,
    allowed: u32,
    literals: Vec<(u8, u8)>,
}

impl Shape {
    /// All shapes that a text in the language stands for.
    pub(super) fn expand(text: &str) -> Vec<Shape> {
        let mut shapes = vec![Shape { len: 0, digits: 0, letters: 0, required: 0, allowed: 0, literals: Vec::new() }];
        let mut rest = text;
        while let Some(class) = rest.chars().next() {
            rest = &rest[class.len_utf8()..];
            let (least, most) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((counts, after)) => {
                    rest = after;
                    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
                    (least.parse().unwrap_or(1), most.parse().unwrap_or(1))
                }
                None => (1, 1),
            };
            shapes = shapes
                .into_iter()
                .flat_map(|shape| {
                    (least..=most).map(move |count: usize| (0..count).fold(shape.clone(), |shape, _| shape.with(class)))
                })
                .collect();
        }
        shapes
    }

    fn with(mut self, class: char) -> Self {
        let bit = 1u32 << self.len;
        match class {
            '-' => {
                self.required |= bit;
                self.allowed |= bit;
                return self;
            }
            '~' => {
                self.allowed |= bit;
                return self;
            }
            '9' => self.digits |= bit,
            'a' => self.letters |= bit,
            'A'..='Z' => self.literals.push((self.len as u8, class as u8)),
            _ => {}
        }
        self.len += 1;
        self
    }

    /// Whether a chain of the same length is written so. `anywhere`: joints may stand between any two characters.
    pub(super) fn matches(&self, chain: &Chain, anywhere: bool) -> bool {
        chain.digits & self.digits == self.digits
            && chain.digits & self.letters == 0
            && (anywhere || (chain.breaks & !self.allowed == 0 && self.required & !chain.breaks == 0))
            && self.literals.iter().all(|&(at, letter)| chain.compact[at as usize] == letter)
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::{chains, words};
    use super::*;

    fn matches(shape: &str, text: &str) -> bool {
        let shapes = Shape::expand(shape);
        let mut found = false;
        chains(text, &words(text), |chain| {
            found |= chain.end == text.len()
                && shapes.iter().any(|shape| shape.len == chain.len && shape.matches(chain, false));
        });
        found
    }

    #[test]
    fn shapes_say_what_is_where() {
        assert!(matches("999-99-9999", "078-05-1120") && !matches("999-99-9999", "078051120"));
        assert!(matches("999~99~9999", "078051120") && matches("999~99~9999", "078 051120"));
        assert!(!matches("999~99~9999", "07 8051120"));
        assert!(matches("DE~9{9}", "DE 123456789") && !matches("DE~9{9}", "FR123456789"));
        assert!(matches("a{1,3}-a{1,2}-9{1,4}", "HH AB 12") && !matches("a{1,3}-a{1,2}-9{1,4}", "HHHH AB 12"));
    }
}
