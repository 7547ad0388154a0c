//! What is found and what is not, by the cases in `tests/data/sensitive` and `tests/data/secrets`.

use std::sync::LazyLock;

use proptest::prelude::*;
use rails::{Rails, Status};

use super::{builder, detecting};

/// A rule, or `-`, and the text of each line. `¦` keeps hosts from taking what is made up for real; `\n` is a line break, and `\u{…}` a character.
fn cases(file: &str) -> impl Iterator<Item = (&str, String)> {
    file.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let (rule, text) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
        let mut text = text.replace('¦', "").replace("\\n", "\n");
        while let Some((before, code, after)) = escape(&text) {
            text = format!("{before}{code}{after}");
        }
        (rule, text)
    })
}

fn escape(text: &str) -> Option<(String, char, String)> {
    let (before, rest) = text.split_once("\\u{")?;
    let (code, after) = rest.split_once('}')?;
    let code = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    Some((before.to_owned(), code, after.to_owned()))
}

async fn wrong(rails: &Rails, rule: &str, text: &str) -> Option<String> {
    let verdict = rails.check_input(text).await.unwrap().verdict;
    let rules = verdict.evidence.rule.unwrap_or_default();
    let right = match rule {
        "-" => verdict.status == Status::Passed,
        rule => verdict.status == Status::Blocked && rules.split(", ").any(|found| found == rule),
    };
    (!right).then(|| format!("{rule}: {text:?}: {rules}"))
}

#[tokio::test]
async fn personal_data_is_found_where_no_kinds_are_named() {
    let rails = detecting("{}");
    let mut failed = Vec::new();
    for (rule, text) in cases(include_str!("../data/sensitive/cases.txt")) {
        failed.extend(wrong(&rails, rule, &text).await);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test]
async fn secrets_are_found() {
    let rails = builder("rails: {input: {flows: [check secrets on input]}}").1.build().unwrap();
    let mut failed = Vec::new();
    for (rule, text) in cases(include_str!("../data/secrets/cases.txt")) {
        failed.extend(wrong(&rails, rule, &text).await);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test]
async fn ordinary_sentences_of_business_pass() {
    let with = |rails: &str| builder(&format!("rails: {{input: {{flows: [{rails}]}}}}")).1.build().unwrap();
    let mut failed = Vec::new();
    for rail in ["detect sensitive data on input", "check secrets on input", "check urls on input"] {
        let rails = with(rail);
        for text in include_str!("../data/near_misses.txt").lines() {
            failed.extend(wrong(&rails, "-", &text.replace("\\n", "\n")).await);
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test]
async fn evidence_says_where_and_not_what() {
    let reply = detecting("{}").check_input("é: write to jane.doe@example.org").await.unwrap();
    let evidence = reply.verdict.evidence;
    assert_eq!(
        (evidence.rule.as_deref(), evidence.score, evidence.threshold),
        (Some("EMAIL_ADDRESS"), Some(1.0), Some(0.5))
    );
    let span = &evidence.spans[0];
    assert_eq!((span.start, span.end, &*span.text), (12, 32, "j…"));
}

/// All kinds at once, and the rail over secrets: what any text must get through.
fn all() -> Rails {
    let config = "rails:\n  input: {flows: [mask sensitive data on input, check secrets on input]}\n  config:\n    sensitive_data_detection: {input: {score_threshold: 0}}\n";
    builder(config).1.build().unwrap()
}

#[tokio::test]
async fn long_texts_of_digits_and_signs_are_read_to_their_end() {
    let rails = all();
    for unit in [
        "1",
        "1 ",
        "12-",
        "a@",
        "a@b.",
        "::",
        "://",
        "a://b:c@",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "token:",
        "Mr. ",
        "+1",
        "1\u{200b}",
        "１",
        "DE89 ",
        "EMAIL_ADDRESS_1 ",
    ] {
        let text = unit.repeat(20_000 / unit.len());
        // Thousands of values are more than a conversation keeps: then the rail blocks.
        let status = rails.check_input(&text).await.unwrap().verdict.status;
        assert!(matches!(status, Status::Passed | Status::Modified | Status::Blocked), "{unit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(text in "(\\PC|[0-9 @.:/<>_+\u{200b}１-９-]|my name is |password=|EMAIL_ADDRESS_1|://){0,80}") {
        static ALL: LazyLock<Rails> = LazyLock::new(all);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let reply = runtime.block_on(ALL.check_input(&text)).unwrap();
        prop_assert!(reply.verdict.reason.is_none_or(|reason| !reason.contains("panicked")));
    }
}
