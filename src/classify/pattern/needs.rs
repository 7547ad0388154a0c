//! What a text must hold for a regular expression to match it: much cheaper to look for than to match.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

pub(super) use super::letters::{Contents, Letters, fold};

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
    /// So many digits in a row.
    pub digits: u32,
    /// Where the first digit is at the latest, in bytes; `usize::MAX` where that is open.
    pub reach: usize,
}

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
        needs.digits = found.digits;
        needs.reach = reach(regex);
        needs
    }

    /// Whether a text of these `contents` has the characters; the literals are looked for elsewhere.
    pub(super) fn are_met(&self, contents: &Contents) -> bool {
        self.digits <= contents.digits
            && self.reach >= contents.first_digit
            && self.letters.iter().all(|letters| letters.meet(&contents.letters))
    }
}

/// What is known of a part of a regular expression.
#[derive(Default)]
struct Found {
    /// All that it matches, if that is little.
    all: Option<Vec<String>>,
    literals: Vec<Vec<String>>,
    letters: Vec<Letters>,
    /// How many digits in a row, as far as a class of digits tells.
    digits: u32,
    /// Whether it is a class of digits alone.
    is_digit: bool,
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
        let letters = Letters::in_ranges(&ranges);
        let is_digit = ranges.iter().all(|&(from, to)| (from..=to).all(char::is_numeric));
        Self { letters: vec![letters], digits: is_digit.into(), is_digit, ..Self::default() }
    }

    fn repetition(repetition: &Repetition) -> Self {
        let inside = Self::of(&repetition.sub);
        if repetition.min == 0 {
            let Some(mut all) = inside.all.filter(|_| repetition.max == Some(1)) else { return Self::default() };
            all.push(String::new());
            return Self::exactly(all);
        }
        let Some(once) = inside.all else {
            let digits = if inside.is_digit { repetition.min } else { inside.digits };
            return Self { digits, is_digit: false, ..inside };
        };
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
            found.digits = found.digits.max(part.digits);
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
        let digits = branches.iter().map(|branch| branch.digits).min().unwrap_or(0);
        let letters = branches.iter().map(Self::rarest).reduce(|all, branch| Some(all?.or(&branch?)));
        let best = branches.into_iter().map(|branch| branch.literals.into_iter().max_by_key(|set| shortest(set)));
        let literals: Option<Vec<Vec<String>>> = best.collect();
        let literals = literals.map(|sets| sets.concat()).filter(|set| set.len() <= MOST_LITERALS);
        let (literals, letters) = (literals.into_iter().collect(), letters.flatten().into_iter().collect());
        Self { literals, letters, digits, ..Self::default() }
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

/// How far from the beginning of the text the digits of `regex` can be: forms of numbers are mostly those of a whole text,
/// and long texts with a number somewhere are no such.
fn reach(regex: &Hir) -> usize {
    let HirKind::Concat(parts) = regex.kind() else { return usize::MAX };
    let Some((HirKind::Look(Look::Start), parts)) = parts.split_first().map(|(first, parts)| (first.kind(), parts))
    else {
        return usize::MAX;
    };
    let mut reach = 0_usize;
    for part in parts {
        if Found::of(part).digits > 0 {
            let before = if begins_with_digit(part) { Some(0) } else { part.properties().maximum_len() };
            return before.map_or(usize::MAX, |before| reach.saturating_add(before));
        }
        let Some(longest) = part.properties().maximum_len() else { return usize::MAX };
        reach = reach.saturating_add(longest);
    }
    usize::MAX
}

fn begins_with_digit(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Capture(capture) => begins_with_digit(&capture.sub),
        HirKind::Repetition(repetition) => repetition.min > 0 && begins_with_digit(&repetition.sub),
        HirKind::Concat(parts) => parts.first().is_some_and(begins_with_digit),
        HirKind::Class(_) => Found::of(part).is_digit,
        _ => false,
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
    literals.iter().map(first).fold(Letters::default(), |all, first| all.or(&first))
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
        let asks = |regex: &str, text: &str| needs(regex).are_met(&Contents::of(text, text));
        assert!(asks(r"\d{3}-\d{2}", "-123") && asks(r"\d{3}-\d{2}", "٣٣٣-") && asks("[0-9]{2}", "x12"));
        for text in ["12345", "a-b", "12-34", "日本-"] {
            assert!(!asks(r"\d{3}-\d{2}", text), "{text}");
        }
        assert!(asks(r"^[a-z]{0,2}#?(\d{2,})", "ab#12") && !asks(r"^[a-z]{0,2}#?(\d{2,})", "abcdefgh12"));
        assert!(
            asks(r"^.*\d", "abcd12") && asks(r"^a|\d", "bb1") && asks(r"(?m)^\d", "bb\n1") && asks("^[ab]", "a   1")
        );
        assert!(asks("[€£]", "3 €") && !asks("[€£]", "’tis") && !asks(r"\d", "’tis"));
        assert!(asks("[α-ω]", "ω") && asks(r"\w", "日") && asks(r"\W", "日 ") && asks("[^a]", "日"));
        assert!(asks(r"(apples|\d+)", "4") && asks(r"(apples|\d+)", "a") && !asks(r"(apples|\d+)", "pe"));
        assert!(asks("[a-z]", "s") && asks(".*", ""));
    }
}
