//! Names of people, by what is said before them or by a first name that is well known. Not every name: that takes a model.

use super::super::words::Word;
use super::Hit;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashSet;
use std::sync::LazyLock;

/// What is said before a name, and how it must be followed.
#[derive(Clone, Copy, PartialEq)]
enum Lead {
    /// `my name is`: the name may be in small letters.
    Named,
    /// `Mr`: one word with a capital.
    Title,
    /// `I am`: two words with capitals, or a known first name.
    Said,
    /// `Dear`, `Hi`: a known first name.
    Greeting,
    /// `Kind regards`: the name is alone on what is left of the line or on the next one.
    Signature,
}

const LEADS: &[(Lead, &[&str])] = &[
    (
        Lead::Named,
        &[
            "my name is",
            "my name's",
            "my full name is",
            "name is",
            "full name:",
            "name:",
            "first name:",
            "last name:",
            "surname:",
            "patient:",
            "mein name ist",
            "ich heiße",
            "ich heisse",
            "je m'appelle",
            "mon nom est",
            "me llamo",
            "mi nombre es",
            "mi chiamo",
            "il mio nome è",
            "meu nome é",
            "me chamo",
            "mijn naam is",
            "ik heet",
            "jag heter",
            "jeg heter",
            "jeg hedder",
            "nazywam się",
            "adım",
            "меня зовут",
        ],
    ),
    (
        Lead::Title,
        &[
            "mr",
            "mrs",
            "ms",
            "miss",
            "dr",
            "prof",
            "professor",
            "sir",
            "dame",
            "herr",
            "frau",
            "monsieur",
            "madame",
            "señor",
            "señora",
            "signor",
            "signora",
            "mr.",
            "mrs.",
            "ms.",
            "dr.",
            "prof.",
            "mister",
        ],
    ),
    (
        Lead::Said,
        &[
            "i am",
            "i'm",
            "i’m",
            "this is",
            "call me",
            "it's",
            "speaking with",
            "spoke with",
            "spoke to",
            "ich bin",
            "je suis",
            "soy",
            "sono",
            "signed by",
            "known as",
            "husband",
            "wife",
            "colleague",
            "boss",
            "manager",
            "friend",
        ],
    ),
    (
        Lead::Greeting,
        &["dear", "hi", "hello", "hey", "liebe", "lieber", "cher", "chère", "querido", "querida", "caro", "cara"],
    ),
    (
        Lead::Signature,
        &[
            "regards",
            "sincerely",
            "yours truly",
            "yours faithfully",
            "best wishes",
            "kind regards",
            "best regards",
            "cheers",
            "grüße",
            "grüßen",
            "cordialement",
            "saludos",
            "signed",
            "signature:",
        ],
    ),
];

struct Leads {
    search: AhoCorasick,
    of: Vec<Lead>,
}

static LEAD: LazyLock<Leads> = LazyLock::new(|| {
    let all = || LEADS.iter().flat_map(|(lead, texts)| texts.iter().map(move |text| (*lead, *text)));
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(all().map(|(_, text)| text))
        .expect("what is said before names can be compiled, as a test holds");
    Leads { search, of: all().map(|(lead, _)| lead).collect() }
});

static FIRST_NAMES: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("names.txt").split_ascii_whitespace().collect());

/// Small words that are no names, and capitalised ones that often follow a greeting.
const NOT_NAMES: &str = " a an the i you he she it we they me my your his her its our their this that these those there here what who when where why how which not no yes ok and or but if so as at by for from in into of on onto to with about very too also just only still always never often going sorry sure glad happy sad fine good great well new old is are was were be been being have has had do does did can could will would shall should may might must all any some team everyone everybody folks sir madam customer customers colleague colleagues friend friends support world bot assistant monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december english german french spanish italian american british european chinese indian unknown null none required mandatory important correct wrong hard easy spelled mentioned written listed missing too taken available tomorrow today tonight yesterday morning afternoon evening later soon now looking moving going coming working calling writing thanks thank ";

/// A name has at most four words of thirty characters.
const MOST_WORDS: usize = 4;
const LONGEST: usize = 30;

struct Name {
    start: usize,
    end: usize,
    words: usize,
    known: bool,
}

pub(in super::super) fn find(text: &str, words: &[Word], hits: &mut Vec<Hit>) {
    for found in LEAD.search.find_iter(text) {
        let lead = LEAD.of[found.pattern().as_usize()];
        let letter_before =
            text[..found.start()].chars().next_back().is_some_and(|char| char.is_alphanumeric() || char == '_');
        if letter_before || text[found.end()..].chars().next().is_some_and(char::is_alphanumeric) {
            continue;
        }
        if lead == Lead::Named && is_of_a_thing(&text[..found.start()]) {
            continue;
        }
        let Some(name) = after(text, found.end(), lead) else { continue };
        let score = match lead {
            Lead::Named => 0.85,
            Lead::Title => 0.8,
            Lead::Said if name.known => 0.75,
            Lead::Said if name.words > 1 => 0.6,
            Lead::Greeting if name.known => 0.75,
            Lead::Signature => 0.7,
            _ => continue,
        };
        hits.push(Hit::new("PERSON", name.start..name.end, score));
    }
    // A known first name with a family name after it.
    for word in words {
        let token = &text[word.start..word.end];
        if !word.digit
            && token.len() > 2
            && token.starts_with(|char: char| char.is_ascii_uppercase())
            && first_name(token)
        {
            match name(text, word.start, false) {
                Some(name) if name.start == word.start && name.words > 1 => {
                    hits.push(Hit::new("PERSON", name.start..name.end, 0.6))
                }
                _ => {}
            }
        }
    }
}

/// What has names besides people, and what a name is not told behind, in small letters.
const THINGS: &[&str] = &[
    "account",
    "app",
    "brand",
    "branch",
    "bucket",
    "class",
    "column",
    "company",
    "container",
    "database",
    "device",
    "domain",
    "event",
    "field",
    "file",
    "folder",
    "function",
    "group",
    "host",
    "image",
    "module",
    "package",
    "path",
    "place",
    "plan",
    "product",
    "project",
    "school",
    "server",
    "service",
    "song",
    "street",
    "table",
    "team",
    "variable",
    "what",
    "which",
    "whose",
    "each",
];

/// Whether what stands before `name:` or `name is` says that it is no person's.
fn is_of_a_thing(before: &str) -> bool {
    let word = before.trim_end_matches([' ', '-', '_']).rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    word.len() <= LONGEST && THINGS.contains(&&*word.to_lowercase())
}

fn first_name(token: &str) -> bool {
    token.len() <= LONGEST && FIRST_NAMES.contains(token.to_lowercase().as_str())
}

fn after(text: &str, at: usize, lead: Lead) -> Option<Name> {
    let rest = &text[at..];
    let gap = rest
        .chars()
        .take(6)
        .take_while(|&char| {
            char == ' '
                || char == '\t'
                || char == ':'
                || char == '"'
                || char == '“'
                || char == '*'
                || (lead == Lead::Title && char == '.')
                || (lead == Lead::Signature && matches!(char, ',' | '\n' | '\r' | '.' | '!'))
        })
        .map(char::len_utf8)
        .sum::<usize>();
    if gap == 0 {
        return None;
    }
    let name = name(text, at + gap, lead == Lead::Named)?;
    if lead == Lead::Signature {
        let line = text[name.end..].trim_start_matches([' ', '.', ',']);
        if !(line.is_empty() || line.starts_with(['\n', '\r'])) {
            return None;
        }
    }
    Some(name)
}

/// The words of a name from a place on: with capitals, or the first two in small letters.
fn name(text: &str, start: usize, small: bool) -> Option<Name> {
    let mut name = Name { start, end: start, words: 0, known: false };
    let mut at = start;
    while name.words < MOST_WORDS {
        let rest = &text[at..];
        let mut length: usize = rest
            .chars()
            .take(LONGEST + 1)
            .take_while(|&char| char.is_alphabetic() || matches!(char, '\'' | '’' | '-'))
            .map(char::len_utf8)
            .sum();
        let token = rest[..length].trim_end_matches(['\'', '’', '-']);
        let token = token.strip_suffix("'s").or(token.strip_suffix("’s")).unwrap_or(token);
        let initial = token.chars().count() == 1 && rest[length..].starts_with('.') && name.words > 0;
        length = token.len();
        let capital = token.chars().next().is_some_and(char::is_uppercase);
        let wordy = initial || (token.chars().count() > 1 && token.chars().count() <= LONGEST);
        let particle = name.words > 0
            && matches!(
                token,
                "von"
                    | "van"
                    | "de"
                    | "da"
                    | "del"
                    | "della"
                    | "di"
                    | "der"
                    | "den"
                    | "du"
                    | "la"
                    | "le"
                    | "bin"
                    | "al"
                    | "y"
            );
        let lower = small && name.words < 2 && !capital;
        if !wordy || !(capital || particle || lower) || NOT_NAMES.contains(&format!(" {} ", token.to_lowercase())) {
            break;
        }
        if name.words == 0 {
            name.known = first_name(token);
        }
        name.words += 1;
        at += length;
        if !particle {
            name.end = at;
        }
        at += usize::from(initial);
        let next = &text[at..];
        if !next.starts_with(' ') || next[1..].starts_with(' ') {
            break;
        }
        at += 1;
    }
    (name.words > 0 && name.end > start).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::super::words::words;
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut hits = Vec::new();
        find(text, &words(text), &mut hits);
        let mut names: Vec<&str> = hits.into_iter().map(|hit| &text[hit.range]).collect();
        names.dedup();
        names
    }

    #[test]
    fn names_by_what_is_said_before_them() {
        for (text, name) in [
            ("Hi, my name is Zaphod Beeblebrox.", "Zaphod Beeblebrox"),
            ("my name is ford prefect and I need help", "ford prefect"),
            ("please ask Dr. Okonkwo about it", "Okonkwo"),
            ("Dear Anna, thanks", "Anna"),
            ("I'm Trillian McMillan from Earth", "Trillian McMillan"),
            ("Ich heiße Jürgen von der Lippe.", "Jürgen von der Lippe"),
            ("Best regards,\nArthur P. Dent", "Arthur P. Dent"),
            ("John Oliver is a comedian.", "John Oliver"),
            ("Name: María-José Núñez\nAge: 3", "María-José Núñez"),
        ] {
            assert_eq!(found(text), [name], "{text}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for text in [
            "I am happy",
            "I am American",
            "Hello World",
            "Dear Customer,",
            "Hi Team",
            "This is Great",
            "my name is not important",
            "the mr file",
            "Best regards, and see you soon",
            "Mr.",
            "It's Monday",
            "It's Black Friday, call me Tomorrow Morning",
            "Product name: Super Blender",
            "the file_name is report",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
