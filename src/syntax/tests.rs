use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> (SourceFile, Parsed) {
    let file = SourceFile::new("case.co", text);
    let mut sources = crate::source::SourceMap::default();
    let id = sources.add(file.clone());
    let parsed = parse(id, &file, Bounds::default());
    (file, parsed)
}

/// Pieces that rail files are made of, and some that break them.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "define user greet",
        "define bot hello",
        "define flow x",
        "define subflow s",
        "define",
        "user greet",
        "user ...",
        "user \"a\" or",
        "bot hello",
        "bot \"x\"",
        "bot $x",
        "do s(p=1)",
        "do",
        "execute f(a=\"(\", b",
        "if $a",
        "else",
        "else if $b",
        "when user greet",
        "else when bot hello",
        "while $x < 3",
        "break",
        "continue",
        "pass",
        "stop",
        "return 1",
        "$x = 1 +",
        "$x += 2",
        "contains \"x\"",
        "/a(b/",
        "not \"y\"",
        "threshold 0.5",
        "\"open",
        "\"\"\"",
        "\\",
        "# note",
        ":",
        "\t",
        "\0",
        "\u{feff}",
        "é",
        "“x”",
        "\"a\\",
        "/[/]\"#/",
        " or",
        "'",
        "(",
        ")",
    ]);
    prop_oneof![8 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    let line = (0_usize..7, piece(), prop::sample::select(vec!["\n", "\r\n", " ", "\n\n"]));
    prop::collection::vec(line, 0..40)
        .prop_map(|lines| lines.into_iter().map(|(indent, piece, end)| " ".repeat(indent) + &piece + end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses_and_every_span_is_in_it(text in text()) {
        let (file, parsed) = parsed(&text);
        for diagnostic in &parsed.diagnostics {
            let spans = diagnostic.span.into_iter().chain(diagnostic.labels.iter().map(|label| label.span));
            for span in spans.chain(diagnostic.fix.iter().map(|fix| fix.span)) {
                prop_assert!(file.text().get(span.range()).is_some(), "{diagnostic:?}");
            }
        }
    }

    #[test]
    fn applying_every_fix_leaves_nothing_to_fix_in_indentation_and_quotes(words in "[a-z]{1,8}( [a-z]{1,8}){0,3}") {
        let (file, parsed) = parsed(&format!("define user greet\n\t'{words}'\n"));
        let mut text = file.text().to_string();
        let mut fixes: Vec<_> = parsed.diagnostics.iter().flat_map(|diagnostic| diagnostic.fix.clone()).collect();
        fixes.sort_by_key(|fix| std::cmp::Reverse(fix.span.start));
        for fix in fixes {
            text.replace_range(fix.span.range(), &fix.text);
        }
        prop_assert_eq!(text, format!("define user greet\n  \"{words}\"\n"));
    }
}

#[test]
fn stray_quotes_are_read_in_linear_time() {
    for line in ["\"\\\"\n", "\"a\n", "\\\"\n", "\"\"\"\n", "'\"", "/\"[\n", "or\n", " or \\\n"] {
        let (_, parsed) = parsed(&line.repeat(50_000));
        assert!(parsed.diagnostics.len() <= Bounds::default().diagnostics + 2);
    }
}

#[test]
fn nesting_is_bounded() {
    for header in ["if $a", "while $a", "when user greet"] {
        let nested: String = (1..3_000).map(|depth| format!("{}{header}\n", " ".repeat(depth))).collect();
        let (_, parsed) = parsed(&format!("define flow\n{nested}"));
        let codes: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [codes::TOO_DEEP], "{header}");
    }
}

#[test]
fn spans_are_exact() {
    let (file, parsed) = parsed("define  user  say   hi:\n  \"a \\\"b\\\" é\"   # c\n  /x\\/y/\n");
    let ast::Definition::User(user) = &parsed.ast.definitions[0] else { panic!() };
    assert_eq!(&*user.name.text, "say hi");
    assert_eq!(&file.text()[user.name.span.range()], "say   hi");
    let [ast::UserLine::Example(example), ast::UserLine::Regex(regex)] = &user.lines[..] else { panic!() };
    assert_eq!(&*example.value, "a \"b\" é");
    assert_eq!(&file.text()[example.span.range()], "\"a \\\"b\\\" é\"");
    assert_eq!((&*regex.value, &file.text()[regex.span.range()]), ("x\\/y", "/x\\/y/"));
}
