//! Intents of patterns alone, as large as rails get, and texts to look for them in.

use std::fmt::Write as _;

use super::{ADJECTIVES, NOUNS, VERBS};

/// How many intents the patterns are spread over.
const INTENTS: usize = 150;

/// A rail file with `phrases` phrases of one to three words and `regexes` regular expressions.
pub fn pattern_file(phrases: usize, regexes: usize) -> String {
    let mut text = String::new();
    for intent in 0..INTENTS {
        writeln!(text, "define user means {intent}\n  \"this is example {intent}\"").unwrap();
        for index in (intent..phrases).step_by(INTENTS) {
            writeln!(text, "  contains \"{}\"", phrase(index)).unwrap();
        }
        for index in (intent..regexes).step_by(INTENTS) {
            writeln!(text, "  /{}/", regex(index)).unwrap();
        }
    }
    text
}

/// A different one for each index.
fn phrase(index: usize) -> String {
    let (verb, rest) = (index % VERBS.len(), index / VERBS.len());
    let (noun, rest) = (rest % NOUNS.len(), rest / NOUNS.len());
    let adjective = ADJECTIVES[rest % ADJECTIVES.len()];
    match index % 4 {
        0 => brand(index),
        1 => format!("{adjective} {}", brand(index)),
        _ => format!("{} {adjective} {}", VERBS[verb], NOUNS[noun]),
    }
}

/// A made-up word.
fn brand(mut index: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "cor", "de", "fin", "go", "hal", "ju", "ker", "lo", "mun", "no", "par", "quo", "ri", "sol", "tev"];
    let mut word = String::new();
    for _ in 0..4 {
        word += SYLLABLES[index % SYLLABLES.len()];
        index /= SYLLABLES.len();
    }
    word
}

/// What people write: words with their endings, numbers behind a word, whole texts, two words with anything between, and
/// forms of numbers without any word.
fn regex(index: usize) -> String {
    let kind = index % 20;
    let index = index / 20 + 7 * kind;
    let (verb, other_verb) = (VERBS[index % VERBS.len()], VERBS[(index * 5 + 3) % VERBS.len()]);
    let (noun, other_noun) = (NOUNS[index % NOUNS.len()], NOUNS[(index * 7 + 2) % NOUNS.len()]);
    let (adjective, word) = (ADJECTIVES[index % ADJECTIVES.len()], brand(index * 31));
    let digits = 3 + index % 5;
    match kind {
        0 | 1 => format!(r"\b({word}|{noun})s?\b"),
        2 | 3 => format!(r"{noun} (?<order_id>\d{{{digits},}})"),
        4 => format!(r"^(it'?s |it is )?#?[a-z]{{0,2}}-?\d{{{digits},}}$"),
        5 => format!(r"\d{{{digits}}}-\d{{2}}-\d{{4}}"),
        6 | 7 => format!(r"(?:how|where) .* (?:{verb}|{other_verb})"),
        8 | 9 => format!(r"{verb}(ed|ing|s)? (my|the|a) ({adjective} )?{noun}"),
        10 => format!(r"\b(don'?t|do not|never) {verb}"),
        11 | 12 => format!(r"{word}\s+(number|no\.?|#)\s*:?\s*(?<code>[a-z0-9-]{{4,}})"),
        13 if index.is_multiple_of(2) => format!(r"\b[a-z]{{2,3}}\d{{{digits},}}\b"),
        13 => format!(r"[€$£]\s?\d{{{digits}}}([.,]\d\d)?"),
        14 => format!(r"^(please )?{verb} .*{noun}[.!?]*$"),
        15 => format!(r"\b[\w.+-]+@{word}\.(com|org|net)\b"),
        16 | 17 => format!(r"(?:cheap|best|buy).{{0,20}}{noun}"),
        18 => format!(r"\d+([.,]\d\d)? ?(euro|dollar)s? (for|per) (a |the )?{noun}"),
        _ => format!(r"\b(what|who)('s| is) (the |an? )?({adjective}|{other_noun}|{word})\b"),
    }
}

/// Texts of about 100 characters, under what sets them apart.
pub const TEXTS: &[(&str, &[&str])] = &[
    (
        "nothing matches",
        &[
            "I was wondering whether you might have some time for me tomorrow morning, or any day in the week after",
            "My sister told me that the people over there were very friendly, so here I am with a question for you",
            "Well, that did not go as I hoped it would, and now nobody in my family knows what we are going to do.",
            "Where should we begin? How about the thing which everybody has been talking about since the last year",
        ],
    ),
    (
        "nothing matches, with numbers",
        &[
            "We are 4 people and want to stay from 12/07 to 15/07, for at most 250 a night, at the sea if possible.",
            "Since 2019 I have lived at 12-14 Green Street, 2nd floor, and the 10 steps to the door are just so 90s",
            "It was at 11:45 on the 3rd of May, the 2nd time in 14 days, and I had to wait there for 35 whole minutes",
        ],
    ),
    (
        "nothing matches, typographic",
        &[
            "I’m wondering whether you’d have some time for me tomorrow morning – or any day in the week after that",
            "Meine Schwester hat mir erzählt, die Leute dort wären überaus höflich, deshalb möchte ich Sie fragen …",
        ],
    ),
    (
        "words match",
        &[
            "Hi there, how do I get this thing home, and would you maybe deliver it, or must I come and fetch it now",
            "My friends say that nobody makes a better passport holder than you do, so I came to have a look at one",
        ],
    ),
    (
        "numbers match",
        &[
            "Hello! Since Monday I have been waiting for an answer about invoice 4711234, can someone please tell me",
            "There was this code on the box, ab123456789, and I do not know what it stands for, would you explain it",
        ],
    ),
];
