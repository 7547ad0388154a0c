//! What a text must hold for a regular expression to match it: much cheaper to look for than to match.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// How many literals a set may have.
const MOST_LITERALS: usize = 1_024;
/// How many texts parts that follow each other may come to, and still be looked for as one.
const MOST_TEXTS: usize = 128;
/// How many characters of a literal are looked for: more select no better.
const LONGEST: usize = 32;
/// How many characters a class may have to be spelled out.
const MOST_SPELLED: usize = 8;
/// How many sets of literals, and of characters, are asked for.
const MOST_NEEDS: usize = 4;

/// What every text that a regular expression matches holds, once it is [folded](fold).
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// Of each set at least one literal, of two characters or more.
    pub literals: Vec<Vec<String>>,
    /// Of each set at least one character.
    pub letters: Vec<Letters>,
}

/// A set of characters: each of ASCII for itself, all others as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Letters {
    ascii: u128,
    others: bool,
}

impl Letters {
    /// The characters of `text`.
    pub(super) fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for byte in text.bytes() {
            if byte.is_ascii() {
                letters.ascii |= 1 << byte;
            } else {
                letters.others = true;
            }
        }
        letters
    }

    /// Whether they have one in common.
    pub(super) fn meet(self, other: Self) -> bool {
        self.ascii & other.ascii != 0 || (self.others && other.others)
    }

    fn or(self, other: Self) -> Self {
        Self { ascii: self.ascii | other.ascii, others: self.others || other.others }
    }

    fn count(self) -> u32 {
        self.ascii.count_ones() + 128 * u32::from(self.others)
    }
}

/// The one of its spellings under which `c` is looked for. Any function will do: what is asked for is made from all the
/// characters that a class has, so this says only which classes come to one text.
pub(super) fn fold(c: char) -> char {
    match c {
        c if c.is_ascii() => c.to_ascii_lowercase(),
        'ſ' => 's',
        'ς' => 'σ',
        // Letters of old prints, of which these scripts have some for common letters.
        'ᲀ' => 'в',
        'ᲁ' => 'д',
        'ᲂ' => 'о',
        'ᲃ' => 'с',
        'ᲄ' | 'ᲅ' => 'т',
        'ϐ' => 'β',
        'ϵ' => 'ε',
        'ϑ' | 'ϴ' => 'θ',
        'ϰ' => 'κ',
        'µ' => 'μ',
        'ϖ' => 'π',
        'ϱ' => 'ρ',
        'ϕ' => 'φ',
        c => {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        }
    }
}

/// What stands outside ASCII and folds into it.
const INTO_ASCII: [char; 2] = ['ſ', '\u{212a}'];

impl Needs {
    /// What `regex` asks of a text.
    pub(super) fn of(regex: &Hir) -> Self {
        let mut found = Found::of(regex);
        found.settle();
        let mut needs = Self::default();
        for literals in found.literals {
            if literals.iter().all(|literal| literal.chars().nth(1).is_some()) {
                needs.literals.push(without_longer(literals));
            } else {
                needs.letters.push(firsts(&literals));
            }
        }
        needs.literals.sort_by_key(|literals| std::cmp::Reverse(shortest(literals)));
        needs.literals.truncate(MOST_NEEDS);
        needs.letters.extend(found.letters);
        needs.letters.sort_by_key(|letters| letters.count());
        needs.letters.dedup();
        needs.letters.truncate(MOST_NEEDS);
        needs
    }
}

/// What is known of a part of a regular expression.
#[derive(Default)]
struct Found {
    /// All that it matches, if that is little.
    all: Option<Vec<String>>,
    literals: Vec<Vec<String>>,
    letters: Vec<Letters>,
}

impl Found {
    fn of(regex: &Hir) -> Self {
        match regex.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::exactly(vec![String::new()]),
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => Self::exactly(vec![text.chars().map(fold).collect()]),
                Err(_) => Self::default(),
            },
            HirKind::Class(class) => Self::class(class),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => Self::repetition(repetition),
            HirKind::Concat(parts) => Self::concat(parts.iter().map(Self::of)),
            HirKind::Alternation(branches) => Self::alternation(branches.iter().map(Self::of).collect()),
        }
    }

    fn exactly(texts: Vec<String>) -> Self {
        Self { all: Some(texts), ..Self::default() }
    }

    fn class(class: &Class) -> Self {
        let ranges: Vec<(char, char)> = match class {
            Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
            Class::Bytes(class) if class.is_ascii() => {
                class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
            Class::Bytes(_) => return Self::default(),
        };
        let mut spelled: Vec<char> = ranges.iter().flat_map(|&(from, to)| from..=to).take(3 * MOST_SPELLED).collect();
        let is_whole = spelled.len() < 3 * MOST_SPELLED;
        spelled.iter_mut().for_each(|c| *c = fold(*c));
        spelled.sort_unstable();
        spelled.dedup();
        if is_whole && (1..=MOST_SPELLED).contains(&spelled.len()) {
            return Self::exactly(spelled.into_iter().map(String::from).collect());
        }
        let mut letters = Letters::default();
        for (from, to) in ranges {
            for c in (from..=to.min('\x7f')).chain(INTO_ASCII.into_iter().filter(|c| (from..=to).contains(c))) {
                letters.ascii |= 1 << fold(c) as u32;
            }
            letters.others |= !to.is_ascii();
        }
        Self { letters: vec![letters], ..Self::default() }
    }

    fn repetition(repetition: &Repetition) -> Self {
        let inside = Self::of(&repetition.sub);
        if repetition.min == 0 {
            let Some(mut all) = inside.all.filter(|_| repetition.max == Some(1)) else { return Self::default() };
            all.push(String::new());
            return Self::exactly(all);
        }
        let Some(once) = inside.all else { return inside };
        let (mut all, mut times) = (once.clone(), 1);
        while times < repetition.min
            && let Some(longer) = joined(&all, &once)
        {
            (all, times) = (longer, times + 1);
        }
        let mut found = Self::exactly(all);
        if repetition.max != Some(times) {
            found.settle();
        }
        found
    }

    fn concat(parts: impl Iterator<Item = Self>) -> Self {
        // Parts that are spelled out grow together, until one comes that is not, or they are too many.
        let mut run = Self::exactly(vec![String::new()]);
        let mut found = Self::default();
        let mut is_whole = true;
        for part in parts {
            if let (Some(texts), Some(next)) = (&run.all, &part.all)
                && let Some(longer) = joined(texts, next)
            {
                run.all = Some(longer);
                continue;
            }
            is_whole = false;
            run.settle();
            found.literals.append(&mut run.literals);
            found.literals.extend(part.literals);
            found.letters.extend(part.letters);
            run = Self::exactly(part.all.unwrap_or_else(|| vec![String::new()]));
        }
        if is_whole {
            return run;
        }
        run.settle();
        found.literals.append(&mut run.literals);
        found
    }

    fn alternation(mut branches: Vec<Self>) -> Self {
        let count: usize = branches.iter().map(|branch| branch.all.as_ref().map_or(0, Vec::len)).sum();
        if count <= MOST_LITERALS && branches.iter().all(|branch| branch.all.is_some()) {
            return Self::exactly(branches.into_iter().filter_map(|branch| branch.all).flatten().collect());
        }
        branches.iter_mut().for_each(Self::settle);
        let letters = branches.iter().map(Self::rarest).reduce(|all, branch| Some(all?.or(branch?)));
        let best = branches.into_iter().map(|branch| branch.literals.into_iter().max_by_key(|set| shortest(set)));
        let literals: Option<Vec<Vec<String>>> = best.collect();
        let literals = literals.map(|sets| sets.concat()).filter(|set| set.len() <= MOST_LITERALS);
        Self { all: None, literals: literals.into_iter().collect(), letters: letters.flatten().into_iter().collect() }
    }

    /// No longer takes what it matches for the whole of a text, but for a part of one.
    fn settle(&mut self) {
        let Some(mut all) = self.all.take() else { return };
        for literal in &mut all {
            if let Some((end, _)) = literal.char_indices().nth(LONGEST) {
                literal.truncate(end);
            }
        }
        if !all.is_empty() && all.iter().all(|literal| !literal.is_empty()) {
            self.literals.push(all);
        }
    }

    /// The smallest set of characters that it needs one of.
    fn rarest(&self) -> Option<Letters> {
        let literals = self.literals.iter().map(|set| firsts(set));
        literals.chain(self.letters.iter().copied()).min_by_key(|letters| letters.count())
    }
}

/// Each of `texts` with each of `next` behind it, unless that is too much.
fn joined(texts: &[String], next: &[String]) -> Option<Vec<String>> {
    let bytes = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
    let count = texts.len() * next.len();
    if count > MOST_TEXTS || bytes(texts) * next.len() + bytes(next) * texts.len() > MOST_TEXTS * LONGEST {
        return None;
    }
    Some(texts.iter().flat_map(|text| next.iter().map(move |next| format!("{text}{next}"))).collect())
}

/// The characters that the literals begin with.
fn firsts(literals: &[String]) -> Letters {
    let first = |literal: &String| Letters::of(literal.split_at(literal.chars().next().map_or(0, char::len_utf8)).0);
    literals.iter().map(first).fold(Letters::default(), Letters::or)
}

fn shortest(literals: &[String]) -> usize {
    literals.iter().map(|literal| literal.chars().count()).min().unwrap_or(0)
}

/// A text that holds `senates` holds `senate`.
fn without_longer(mut literals: Vec<String>) -> Vec<String> {
    if literals.len() > MOST_TEXTS {
        return literals;
    }
    literals.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    let mut kept: Vec<String> = Vec::new();
    for literal in literals {
        if !kept.iter().any(|other| literal.contains(&**other)) {
            kept.push(literal);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(regex: &str) -> Needs {
        let parsed = regex_syntax::ParserBuilder::new().case_insensitive(true).build().parse(regex);
        Needs::of(&parsed.unwrap())
    }

    #[test]
    fn literals_are_found_wherever_they_stand() {
        for (regex, literals) in [
            (r"\b(senate|parliament)s?\b", &[&["senate", "parliament"][..]][..]),
            (r"order (?<id>\d+)", &[&["order "]]),
            (r"(?:how|where) .* (?:ship|deliver)", &[&[" ship", " deliver"], &["how ", "where "]]),
            (r"(ab)+c?", &[&["ab"]]),
            (r"(ab){2,}", &[&["abab"]]),
            (r"x{3}y", &[&["xxxy"]]),
            (r"Привет|STRASSE", &[&["strasse", "привет"]]),
            (r"[€$] ?\d", &[]),
            (r"(\d+ apples|\d+ pears)", &[&[" pears", " apples"]]),
            (r"(apples|\d+)", &[]),
            (r"(apples)?.*", &[]),
            (r"^\d{3}-\d{2}$", &[]),
            (r"a(?-i:BC)", &[&["abc"]]),
        ] {
            assert_eq!(needs(regex).literals, literals, "{regex}");
        }
    }

    #[test]
    fn characters_are_asked_for_where_no_literal_can_be() {
        let asks = |regex: &str, text: &str| needs(regex).letters.iter().all(|letters| letters.meet(Letters::of(text)));
        assert!(asks(r"\d{3}-\d{2}", "1-") && asks(r"\d{3}-\d{2}", "٣-"));
        assert!(!asks(r"\d{3}-\d{2}", "12345") && !asks(r"\d{3}-\d{2}", "a-b"));
        assert!(asks(r"(apples|\d+)", "4") && asks(r"(apples|\d+)", "a") && !asks(r"(apples|\d+)", "pe"));
        assert!(asks("[a-z]", "s") && asks(".*", ""));
    }

    #[test]
    fn nothing_else_outside_of_ascii_folds_into_it() {
        let found = ('\u{80}'..=char::MAX).filter(|c| fold(*c).is_ascii());
        assert!(found.eq(INTO_ASCII));
    }
}
