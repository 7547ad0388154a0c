//! How findings look, in each format.

use rails::diagnostic::render::{Format, render};
use rails::program;
use rails::source::{SourceFile, SourceMap};
use rails::syntax::Bounds;

fn rendered(source: &str, format: Format) -> String {
    let mut sources = SourceMap::default();
    let id = sources.add(SourceFile::new("rails/case.co", source));
    let compiled = program::compile(&sources, &[id], Bounds::default());
    let mut out = Vec::new();
    render(&compiled.diagnostics, &sources, format, false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn for_people() {
    insta::assert_snapshot!(rendered(
        "define user greet\n  hi there\ndefine flow x\n  user greet\n  sotp\n",
        Format::Human
    ));
}

#[test]
fn with_a_second_place_near_and_far() {
    let near = "define flow x\n  user \"a\"\n  bot \"b\"\ndefine flow x\n  user \"c\"\n  bot \"d\"\n";
    let far = near.replacen("define flow x\n  user \"c\"", &("\n".repeat(40) + "define flow x\n  user \"c\""), 1);
    insta::assert_snapshot!(rendered(near, Format::Human) + &rendered(&far, Format::Human));
}

#[test]
fn with_tabs_wide_characters_and_the_end_of_the_file() {
    let source = "define user greet\n\t\"你好\" x\n  \"é\n";
    insta::assert_snapshot!(rendered(source, Format::Human));
}

#[test]
fn for_machines() {
    let source = "define user greet\n  'hé'\ndefine flow x\n  user gret\n  bot \"x\"\n";
    insta::assert_snapshot!(rendered(source, Format::Short) + &rendered(source, Format::Json));
}

#[test]
fn a_long_line_and_many_findings_take_no_time() {
    let long = format!("define user greet\n  {}\n", "x ".repeat(500_000));
    let many = "garbage here\n".repeat(20_000);
    let began = std::time::Instant::now();
    for source in [long, many] {
        assert!(rendered(&source, Format::Human).contains("error["));
    }
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}
