//! How findings look, in each format.

use rails::diagnostic::render::{Checked, Format, render, render_all};
use rails::diagnostic::{Diagnostic, Severity, codes};
use rails::program;
use rails::source::{SourceFile, SourceMap};
use rails::syntax::Bounds;
use serde_json::Value;

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

/// Two configurations: an error with a repair, a warning with a second place and a finding about no text in one, nothing
/// in the other.
fn two_checked(format: Format) -> String {
    let mut sources = SourceMap::default();
    let source = "define flow\n  user \"a, 100 %\"\n  bto \"é\"\ndefine flow\n  bot \"<b> & c\"\ndefine flow\n  bot \"<b> & c\"\n";
    let id = sources.add(SourceFile::new("./rails/first & last.co", source));
    sources.add(SourceFile::new("./rails/fine.co", ""));
    let mut diagnostics = program::compile(&sources, &[id], Bounds::default()).diagnostics;
    diagnostics.push(Diagnostic::without_span(codes::PYTHON_FILE, "`rails/actions.py` is Python").help("register it"));
    let mut clean = SourceMap::default();
    clean.add(SourceFile::new("other/a.co", ""));
    let checked = [
        Checked { name: "./rails/", diagnostics: &diagnostics, sources: &sources },
        Checked { name: "other", diagnostics: &[], sources: &clean },
    ];
    let mut out = Vec::new();
    render_all(&checked, format, false, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn for_code_scanning() {
    let mut log: Value = serde_json::from_str(&two_checked(Format::Sarif)).unwrap();
    let driver = &mut log["runs"][0]["tool"]["driver"];
    for key in ["version", "semanticVersion"] {
        assert_eq!(std::mem::replace(&mut driver[key], "[version]".into()), env!("CARGO_PKG_VERSION"));
    }
    // Explanations are free to change.
    for rule in driver["rules"].as_array_mut().unwrap() {
        let explanation = codes::ALL.iter().find(|code| rule["id"] == code.id()).unwrap().explanation();
        let first = rule["fullDescription"]["text"].take();
        let words: Vec<&str> = first.as_str().unwrap().split(' ').collect();
        assert!(explanation.split_whitespace().take(words.len()).eq(words), "{first}");
        for key in ["text", "markdown"] {
            assert_eq!(rule["help"][key].take(), explanation);
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn for_github_actions() {
    insta::assert_snapshot!(two_checked(Format::Github));
}

#[test]
fn for_readers_of_test_results() {
    insta::assert_snapshot!(
        two_checked(Format::Junit { failing: Severity::Error })
            + &two_checked(Format::Junit { failing: Severity::Warning })
    );
}

#[test]
fn sarif_points_at_its_own_rules_and_places_every_result() {
    let log: Value = serde_json::from_str(&two_checked(Format::Sarif)).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3);
    let mut fingerprints = Vec::new();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert!(location["uri"].is_string() && location["uriBaseId"] == "%SRCROOT%", "{location}");
        fingerprints.push(result["partialFingerprints"]["railscFinding/v1"].as_str().unwrap());
    }
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), results.len());
}

#[test]
fn nothing_found_is_a_whole_document_too() {
    let nothing = |format| {
        let mut out = Vec::new();
        render(&[], &SourceMap::default(), format, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let log: Value = serde_json::from_str(&nothing(Format::Sarif)).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    let suites = nothing(Format::Junit { failing: Severity::Error });
    assert!(suites.contains(r#"tests="1" failures="0""#) && suites.ends_with("</testsuites>\n"), "{suites}");
    for format in [Format::Github, Format::Json, Format::Short] {
        assert_eq!(nothing(format), "");
    }
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
