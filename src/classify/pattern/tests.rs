use proptest::prelude::*;
use regex::RegexBuilder;

use super::*;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::Bounds;

fn patterns(source: &str) -> Patterns {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", source));
    let compiled = crate::program::compile(&sources, &[id], Bounds::default());
    let mut diagnostics = compiled.diagnostics;
    let patterns = Patterns::new(&compiled.program, &mut diagnostics);
    assert!(!diagnostics.iter().any(Diagnostic::is_error), "{diagnostics:?}");
    patterns
}

/// Regular expressions, each with a text that it matches if nothing around it forbids: with letters that fold in odd ways.
fn regex() -> impl Strategy<Value = (String, String)> {
    let leaves = [
        ("a", "A"),
        ("order", "ORDER"),
        ("K", "\u{212a}"),
        ("s", "ſ"),
        ("ſ", "S"),
        ("ς", "Σ"),
        ("İ", "İ"),
        ("ß", "ẞ"),
        ("т", "ᲄ"),
        ("-", "-"),
        (".", "é"),
        (r"\d", "7"),
        (r"\d", "٣"),
        (r"\d{2,}", "4711"),
        ("[0-9]{3}", "123"),
        (r"\w", "日"),
        (r"\b", ""),
        ("^", ""),
        ("$", ""),
        ("", ""),
        ("[a-z]", "x"),
        ("[^a]", "\n"),
        (r"\s", "\u{a0}"),
        (r"[\s€]", "€"),
        ("(?-i:S)", "S"),
        ("(?-i:[A-ZÄ])", "Ä"),
        ("(?-u:k)", "k"),
        (r"\PL", "#"),
    ];
    let leaf = proptest::sample::select(leaves.to_vec()).prop_map(|(regex, text)| (regex.to_owned(), text.to_owned()));
    let times = [
        ("?", 0),
        ("?", 1),
        ("*", 0),
        ("*", 3),
        ("+", 1),
        ("+?", 3),
        ("{2}", 2),
        ("{1,3}", 2),
        ("{2,}", 3),
        ("{0}", 0),
    ];
    leaf.prop_recursive(5, 32, 5, move |inner| {
        prop_oneof![
            4 => proptest::collection::vec(inner.clone(), 1..6).prop_map(|parts| parts.into_iter().unzip()),
            2 => proptest::collection::vec(inner.clone(), 1..5).prop_map(|parts| {
                let (branches, mut texts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                (format!("({})", branches.join("|")), texts.swap_remove(texts.len() / 2))
            }),
            2 => (inner, proptest::sample::select(times.to_vec()))
                .prop_map(|((part, text), (times, count))| (format!("(?:{part}){times}"), text.repeat(count))),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let parts = vec![
        "a", "b", "K", "k", "\u{212a}", "s", "ſ", "S", "σ", "ς", "Σ", "İ", "i", "ı", "ß", "ẞ", "é", "e\u{301}",
        "order", "ORDER", " ", "  ", "\n", "-", "#", "the", "ship", "1", "23", "4567", "٣", "\u{200b}", "日本", "“",
        "_", "",
    ];
    proptest::collection::vec(proptest::sample::select(parts), 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn what_is_found_is_what_each_regex_alone_finds(
        parts in proptest::collection::vec(regex(), 1..6),
        others in proptest::collection::vec(text(), 1..4),
        (before, behind) in (text(), text()),
    ) {
        let (regexes, mut texts): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
        texts.extend(texts.iter().map(|text| format!("{before}{text}{behind}")).collect::<Vec<_>>());
        texts.extend(others);
        let alone: Vec<_> = regexes.iter().map(|regex| RegexBuilder::new(regex).case_insensitive(true).build()).collect();
        prop_assert!(alone.iter().all(Result::is_ok));
        let mut finder = Regexes::default();
        for regex in &regexes {
            prop_assert!(finder.add(regex).is_ok());
        }
        finder.finish();
        for text in &texts {
            for view in [text, Normalized::new(text).text()] {
                let candidates = finder.candidates(view);
                for (index, regex) in alone.iter().flatten().enumerate() {
                    let expected = regex.find(view).map(|found| found.range());
                    let found = candidates.contains(&index).then(|| finder.find(index, view)).flatten();
                    prop_assert_eq!(found, expected, "/{}/ in {:?}", regex, view);
                }
            }
        }
    }
}

#[test]
fn many_patterns_are_told_apart() {
    let mut source = String::new();
    for intent in 0..100 {
        source += &format!("define user means {intent}\n");
        for phrase in 0..100 {
            source += &format!("  contains \"phrase {intent} of {phrase}\"\n");
        }
        for regex in 0..10 {
            source += &format!("  /word{intent}x{regex} (?<number>\\d+)/\n");
        }
    }
    let patterns = patterns(&source);
    assert_eq!((patterns.regexes.len(), patterns.phrase_owners.len()), (1_000, 10_000));
    for (text, candidates, hits) in [
        ("phrase 7 of 7, phrase 7 of 77, phrase 99 of 99", 0, 3),
        ("word7x7 7", 1, 1),
        ("word7x7 and 7", 1, 0),
        ("WORD7X7 7, word99x9 1 and word8x8", 2, 2),
        ("nothing of all this", 0, 0),
    ] {
        let normalized = Normalized::new(text);
        assert_eq!(patterns.regexes.candidates(normalized.text()).len(), candidates, "{text}");
        assert_eq!(patterns.all(&normalized, text).len(), hits, "{text}");
    }
}

#[test]
fn regexes_without_literals_are_run_where_their_characters_stand() {
    let mut finder = Regexes::default();
    for regex in [r"^#?[a-z]{0,2}-?\d{4,}$", r"\d{3}-\d{2}", ".", r"\w+@\w+"] {
        assert!(finder.add(regex).is_ok());
    }
    finder.finish();
    for (text, candidates) in
        [("hello", &[2][..]), ("12", &[2]), ("1234", &[0, 2]), ("123-4", &[1, 2]), ("a@b", &[2, 3])]
    {
        assert_eq!(finder.candidates(text), candidates, "{text}");
    }
}

#[test]
fn what_is_too_large_together_is_refused_before_it_is_compiled() {
    let mut source = String::from("define user a\n");
    for index in 0..1_000 {
        source += &format!("  /\\w{{8}}{index}/\n");
    }
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", source));
    let program = crate::program::compile(&sources, &[id], Bounds::default()).program;
    let mut found = Vec::new();
    Patterns::new(&program, &mut found);
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [codes::REGEX_TOO_LARGE]);
    assert!(found[0].message.starts_with("the 1000 regular expressions"), "{}", found[0].message);
}
