use super::*;

fn detector(patterns: &[&str], phrases: &[&str], case_insensitive: bool) -> Detector {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    Detector::new(Settings { patterns: texts(patterns), phrases: texts(phrases), case_insensitive }).unwrap()
}

#[test]
fn patterns_and_phrases_are_found_where_they_stand() {
    for (patterns, phrases, any_case, text, found) in [
        (&[r"\b\d{3}-\d{2}-\d{4}\b"][..], &[][..], false, "it is 123-45-6789.", &["123-45-6789"][..]),
        (&[r"\b\d{3}-\d{2}-\d{4}\b"], &[], false, "it is 123-45-67890.", &[]),
        (&["Secret"], &[], false, "the secret", &[]),
        (&["Secret"], &[], false, "the Secret", &["Secret"]),
        (&["Secret"], &[], true, "the sEcReT", &["sEcReT"]),
        (&["(?i)secret"], &[], false, "the sEcReT", &["sEcReT"]),
        // In other letters.
        (&["secret"], &[], true, "the ｓｅ\u{200b}ｃｒｅｔ", &["ｓｅ\u{200b}ｃｒｅｔ"]),
        (&["secret"], &[], false, "the ｓｅｃｒｅｔ", &[]),
        (&["b", "a"], &[], false, "a b", &["b", "a"]),
        (&[], &["project blue"], false, "about Project  BLUE?", &["Project  BLUE"]),
        (&[], &["project blue"], false, "projects blue", &[]),
        (&[], &["project blue"], false, "of project-blue", &["project-blue"]),
        (&[], &["project blue"], false, "é in the_PROJECT_blue_plan", &["PROJECT_blue"]),
        (&[], &["café"], false, "un cafe, ünd", &["cafe"]),
        (&["x"], &["y"], false, "", &[]),
        // With tricks undone, but no errors of typing.
        (&[r"\bconfidential\b"], &[], true, "a c0nf1d3nt1al one", &["c0nf1d3nt1al"]),
        (&[r"\bconfidential\b"], &[], true, "a confidentail one", &[]),
        (&[r"\bconfidential\b"], &[], true, "a confidentail, c0nf1d3nt1al one", &["c0nf1d3nt1al"]),
        (&[r"\bconfidential\b"], &[], false, "it is c.o.n.f.i.d.e.n.t.i.a.l!", &["c.o.n.f.i.d.e.n.t.i.a.l"]),
        (&[], &["project bluebird"], false, "pr0j3ct 8luebird, pr0j3ct blu3b1rd", &["pr0j3ct blu3b1rd"]),
        (
            &[],
            &["project bluebird"],
            false,
            "o f p r o j e c t b l u e b i r d o k",
            &["p r o j e c t b l u e b i r d"],
        ),
        (&[], &["so"], false, "50 of them", &[]),
    ] {
        let matches = detector(patterns, phrases, any_case).find(&Readings::new(text));
        let matches: Vec<&str> = matches.iter().map(|found| &text[found.range.clone()]).collect();
        assert_eq!(matches, found, "{patterns:?} {phrases:?} {text}");
    }
}

#[test]
fn hostile_texts_take_the_time_of_their_length() {
    let detector = detector(&["(a+)+b", "(x|x?)+y", r"(\w+\s?)*!"], &[], true);
    let text = "a".repeat(200_000);
    assert_eq!(detector.find(&Readings::new(&text)), []);
    assert_eq!(detector.find(&Readings::new(&format!("{text}b"))).len(), 1);
}
