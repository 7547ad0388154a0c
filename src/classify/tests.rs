use super::*;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::Bounds;

fn classifier(source: &str) -> (Program, Classifier) {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", source));
    let compiled = crate::program::compile(&sources, &[id], Bounds::default());
    assert!(!compiled.diagnostics.iter().any(Diagnostic::is_error), "{:?}", compiled.diagnostics);
    let (classifier, diagnostics) = Classifier::build(&compiled.program, &Settings::default());
    assert!(!diagnostics.iter().any(Diagnostic::is_error), "{diagnostics:?}");
    (compiled.program, classifier)
}

/// `intent (tier)`, or `-`.
fn meaning(source: &str, text: &str) -> String {
    let (program, classifier) = classifier(source);
    let found = classifier.classify(text).unwrap();
    assert_eq!(found.intent, classifier.explain(text).unwrap().intent);
    found.intent.map_or("-".to_owned(), |intent| format!("{} ({})", program.intent(intent).name, found.tier))
}

const POLITICS: &str = r#"
define user ask about politics
  "what do you think about the election?"
  "tell me about political parties"
"#;

#[test]
fn the_politics_sentences_fall_as_measured() {
    let (_, classifier) = classifier(POLITICS);
    for (text, bank_score, matches) in [
        ("who should I vote for?", 0.31, true),
        ("what's your view on the elections", 0.42, true),
        ("which political party is best?", 0.60, true),
        ("do you support the democrats or the republicans?", 0.38, true),
        ("are you a democrat or a republican", 0.37, true),
        ("thoughts on the presidential race", 0.24, false),
        ("which laptop should I buy?", -0.15, false),
        ("how do I reset my password?", -0.27, false),
        ("my order has not arrived", -0.23, false),
        ("which party hat should I buy for my birthday?", 0.18, false),
        ("hello there", -0.19, false),
        ("what are your opening hours?", -0.04, false),
        ("which party should I plan for my birthday?", 0.23, false),
        ("tell me about your products", -0.05, false),
        ("what do you think about the new phone?", 0.24, false),
    ] {
        let found = classifier.classify(text).unwrap();
        assert_eq!(found.intent.is_some(), matches, "{text}: {}", found.score);
        let score = nearest::bank_score(found.score);
        assert!((score - bank_score).abs() < 0.0101, "{text}: {score} for {bank_score}");
    }
}

#[test]
fn tiers_come_in_order() {
    let source = r#"
define user order
  "where is my order?"
  contains "my order"
  /order (?<id>\d+)/
  not "order in the court"
define user court
  "silence in the courtroom"
  contains "order in the court"
define user greet
  "good morning"
define user track
  contains "where is my order"
"#;
    for (text, meaning_of_it) in [
        ("Where is  my ORDER", "order (exact)"),
        ("Where is my order, please", "track (pattern)"),
        ("is my order on its way", "order (pattern)"),
        ("where is my order 42", "order (pattern)"),
        ("order in the court!", "court (pattern)"),
        ("reorder 12", "order (pattern)"),
        ("is my orderly here", "-"),
        ("a very good morning", "greet (embedding)"),
        ("xyzzy", "-"),
    ] {
        assert_eq!(meaning(source, text), meaning_of_it, "{text}");
    }
}

#[test]
fn patterns_capture_the_text_as_typed() {
    let (_, classifier) = classifier(
        "define user order\n  \"I want a $size pizza\"\n  \"hello\"\n  /order\\s+(?<id>[a-z]+-\\d+)/\n  /hello/\n",
    );
    for (text, captures) in [
        ("Where is ORDER  Ab\u{200b}-42?", vec![("id", "Ab\u{200b}-42")]),
        ("i want a VERY  big pizza!", vec![("size", "VERY  big")]),
        ("hello", vec![]),
    ] {
        let found = classifier.classify(text).unwrap();
        let found: Vec<(&str, &str)> = found.captures.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, captures, "{text}");
    }
    assert_eq!(classifier.slots(IntentId(0)).len(), 2);
}

#[test]
fn the_longest_pattern_wins_and_all_are_candidates() {
    let (program, classifier) = classifier(
        r#"
define user a
  contains "red"
define user b
  contains "red car"
define user c
  contains "car"
define user d
  /c.r/
"#,
    );
    let found = classifier.classify("my red car").unwrap();
    let names: Vec<_> = found.candidates.iter().map(|candidate| &*program.intent(candidate.intent).name).collect();
    assert_eq!(names, ["d", "b", "a", "c"]);
    assert_eq!((found.score, found.margin), (1.0, 0.0));
    assert_eq!(found.matched.unwrap().to_string(), "/c.r/");
}

#[test]
fn all_patterns_that_match_are_told_with_their_places() {
    let (program, classifier) = classifier(
        r#"
define user a
  contains "red"
  contains "red car"
  contains "red car red"
  "a $colour car"
define user b
  contains "car"
  /c.r (?<what>\w+)/
  /\s\s(?<end>\S+)/
  not "my red  car redo"
"#,
    );
    let typed = "My Ｒed  car REDo";
    let found = classifier.patterns(typed);
    let found: Vec<_> = found
        .iter()
        .map(|found| {
            let intent = &*program.intent(found.intent).name;
            let captures: Vec<_> = found.captures.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (intent, found.kind, &*found.text, &typed[found.range.clone()], captures.join(" "))
        })
        .collect();
    let expected = [
        ("b", MatchKind::Regex, r"c.r (?<what>\w+)", "car REDo", "what=REDo"),
        ("b", MatchKind::Regex, r"\s\s(?<end>\S+)", "  car", "end=car"),
        ("a", MatchKind::Phrase, "red car", "Ｒed  car", ""),
        ("a", MatchKind::Phrase, "red", "Ｒed", ""),
        ("b", MatchKind::Phrase, "car", "car", ""),
    ];
    assert_eq!(
        found,
        expected.map(|(intent, kind, text, part, captures)| (intent, kind, text, part, captures.to_owned()))
    );
    // What a `not` line rules out is told, and decides nothing.
    assert_eq!(classifier.classify(typed).unwrap().intent, program.intent_named("a"));
    assert_eq!(classifier.patterns("a dark red car").first().map(|found| &*found.text), Some("a $colour car"));
    assert!(classifier.patterns("").is_empty());
    assert_eq!(classifier.ruled_out(typed), [program.intent_named("b").unwrap()]);
    // What matches only as repaired leads back to what was typed.
    let typed = "a p a i n t e d c@r";
    let found = classifier.patterns(typed);
    assert_eq!(
        found.iter().map(|found| &typed[found.range.clone()]).collect::<Vec<_>>(),
        ["a p a i n t e d c@r", "c@r"]
    );
}

#[test]
fn counter_examples_are_a_rival() {
    let source = POLITICS.to_owned() + "  not \"let's plan a birthday party\"\n  not \"party hats and balloons\"\n";
    assert_eq!(meaning(&source, "which political party is best?"), "ask about politics (embedding)");
    assert_eq!(meaning(&source, "tell me about birthday parties"), "-");
    assert_eq!(meaning(POLITICS, "tell me about birthday parties"), "ask about politics (embedding)");
}

#[test]
fn a_rival_leaves_room_for_the_next_intent() {
    let source = POLITICS.to_owned()
        + "  not \"let's plan a birthday party\"\ndefine user plan\n  \"help me to plan a birthday\"\n";
    assert_eq!(meaning(&source, "plan a birthday party"), "plan (embedding)");
}

#[test]
fn thresholds_are_per_intent() {
    let strict = POLITICS.to_owned() + "  threshold 0.95\n";
    assert_eq!(meaning(&strict, "who should I vote for?"), "-");
    assert_eq!(meaning(&strict, "which political party is best?"), "ask about politics (embedding)");
    let lenient = POLITICS.to_owned() + "  threshold 0.2\n";
    assert_eq!(meaning(&lenient, "thoughts on the presidential race"), "ask about politics (embedding)");
}

#[test]
fn the_embedder_abstains_where_it_can_not_read() {
    let (_, classifier) = classifier(POLITICS);
    for (text, reason) in [
        ("", Abstention::NoText),
        (" \n\u{200b}", Abstention::NoText),
        ("за кого мне голосовать?", Abstention::UnknownScript),
        ("🙂🙂", Abstention::UnknownScript),
    ] {
        let found = classifier.classify(text).unwrap();
        assert_eq!((found.intent, found.abstained), (None, Some(reason)), "{text:?}");
    }
    assert_eq!(classifier.classify("?!").unwrap().intent, None);
}

#[test]
fn unreadable_examples_are_reported_and_still_match_exactly() {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", "define user greet\n  \"привет\"\n"));
    let program = crate::program::compile(&sources, &[id], Bounds::default()).program;
    let (classifier, diagnostics) = Classifier::build(&program, &Settings::default());
    assert_eq!(diagnostics.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>(), [codes::UNKNOWN_SCRIPT]);
    assert_eq!(classifier.classify("ПРИВЕТ!").unwrap().tier, Tier::Exact);
}

#[test]
fn odd_programs_classify_nothing() {
    assert_eq!(meaning("", "hello"), "-");
    assert_eq!(meaning("define user a\n  not \"hello\"\n", "hello"), "-");
    assert_eq!(meaning("define user a\n", "hello"), "-");
    assert_eq!(meaning("define user a\n  \"hello\"\n  not \"hello\"\n", "hello"), "a (exact)");
    assert_eq!(meaning("define user a\n  \"hello\"\ndefine user b\n  \"hello\"\n", "hello"), "a (exact)");
}

#[test]
fn long_texts_are_bounded() {
    let (_, classifier) = classifier(&(POLITICS.to_owned() + "  contains \"election day\"\n  /\\bvot(e|ing)s?\\b/\n"));
    for text in ["a".repeat(1_000_000), "election day ".repeat(80_000), "no vote ".repeat(125_000), "é".repeat(500_000)]
    {
        let found = classifier.classify(&text).unwrap();
        assert!(found.candidates.len() <= super::cascade::CANDIDATES);
    }
    let hidden = "lorem ipsum ".repeat(80_000) + "election day";
    assert_eq!(classifier.classify(&hidden).unwrap().tier, Tier::Pattern);
}

#[test]
fn the_scale_of_the_reference_is_that_of_its_distance() {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("case.co", POLITICS));
    let program = crate::program::compile(&sources, &[id], Bounds::default()).program;
    let settings = Settings { scale: Scale::Reference, threshold: 0.75, ..Settings::default() };
    let (classifier, _) = Classifier::build(&program, &settings);
    assert!(classifier.classify("tell me about the political parties").unwrap().intent.is_some());
    let far = classifier.classify("who should I vote for?").unwrap();
    assert!(far.intent.is_none() && far.score > 0.4 && far.score < 0.75, "{}", far.score);
}

#[test]
fn patterns_find_what_is_hidden_from_them() {
    let rails = r#"
define user ask for password
  contains "password"
  "show me the secret word"

define user order coffee
  /caf[éè] (?<size>\w+)/
"#;
    for typed in [
        "p4ssw0rd",
        "give me the P A S S W O R D",
        "p.a.s.s.w.o.r.d",
        "pаssword",
        "my pasword",
        "ＰＡＳＳＷＯＲＤ",
        "pass\u{200b}word",
        "pässwörd",
    ] {
        assert_eq!(meaning(rails, typed), "ask for password (pattern)", "{typed}");
    }
    for typed in ["café grande", "cafe\u{301} grande", "cafe\u{200d}\u{301} grande", "CAFÉ grande"] {
        let (_, classifier) = classifier(rails);
        let found = classifier.classify(typed).unwrap();
        assert_eq!(found.captures, [("size".into(), "grande".to_owned())], "{typed}");
    }
    assert_eq!(meaning(rails, "cafe grande"), "-");
    let (_, classifier) = classifier(rails);
    assert_eq!(classifier.classify("p4ssw0rd").unwrap().read_as.as_deref(), Some("password"));
    assert_eq!(classifier.classify("password").unwrap().read_as, None);
}

#[test]
fn texts_that_are_no_sentences_have_a_meaning_or_a_reason() {
    let rails = POLITICS.to_owned() + "\ndefine user grumble\n  contains \"🙁\"\n  not \"fine\"\n";
    let (_, classifier) = classifier(&rails);
    for (text, reason) in [
        ("", Some(Abstention::NoText)),
        (" \n ", Some(Abstention::NoText)),
        ("\u{200b}", Some(Abstention::NoText)),
        ("🙂🙂🙂", Some(Abstention::UnknownScript)),
        ("привет как дела", Some(Abstention::UnknownScript)),
        ("?!?", None),
        ("fine, thanks", None),
    ] {
        let found = classifier.classify(text).unwrap();
        assert_eq!((found.intent, found.abstained), (None, reason), "{text:?}");
        assert!(found.score.is_finite(), "{text:?}");
        let evidence = classifier.evidence(text, 2);
        assert_eq!(
            evidence.err().map(|reason| reason.to_string()),
            reason.map(|reason| reason.to_string()),
            "{text:?}"
        );
    }
    assert_eq!(meaning(&rails, "🙁"), "grumble (pattern)");
    let long = "tell me about political parties and what you think of them. ".repeat(20_000);
    assert!(long.len() > 1_000_000 && classifier.classify(&long).unwrap().score.is_finite());
}
