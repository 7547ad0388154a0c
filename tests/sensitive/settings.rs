//! Settings: what they do, and what they can't be.

use rails::{Status, check};

use super::detecting;

/// Settings, a text, and whether it is blocked.
const EFFECTS: &[(&str, &str, bool)] = &[
    ("{input: {entities: [PHONE_NUMBER]}}", "jane@example.org", false),
    ("{output: {entities: [PHONE_NUMBER]}}", "jane@example.org", true),
    ("{input: {score_threshold: 0.95}}", "ring 020 7946 0958", false),
    ("{input: {score_threshold: 0.4}}", "ring 020 7946 0958", true),
    ("{allow: [jane@example.org]}", "Jane@Example.org", false),
    ("{allow: ['@example.org']}", "jane@mail.example.org", false),
    ("{allow: ['@example.org']}", "jane@badexample.org", true),
    ("{allow: ['/.*@example\\.(org|com)/']}", "jane@example.com", false),
    ("{allow: ['/.*@example\\.(org|com)/']}", "jane@example.net", true),
    ("{deny: [Project Heron]}", "what is project heron?", true),
    ("{deny: [Heron]}", "what are herons?", false),
    ("{recognizers: [{supported_entity: STAFF, patterns: [{regex: 'E-\\d{4}', score: 0.6}]}]}", "ask E-1234", true),
    ("{recognizers: [{supported_entity: STAFF, patterns: [{regex: 'E-\\d{4}', score: 0.3}]}]}", "ask E-1234", false),
    (
        "{recognizers: [{name: x, supported_language: en, supported_entity: STAFF, patterns: [{name: y, regex: 'E-\\d{4}', score: 0.3}], context: [employee]}]}",
        "ask employee E-1234",
        true,
    ),
    (
        "{recognizers: [{supported_entity: TITLE, deny_list: [Mr., Mrs.]}], input: {entities: [TITLE]}}",
        "Mrs. PLUM",
        true,
    ),
    (
        "{recognizers: [{supported_entity: TITLE, deny_list: [Mr., Mrs.]}], input: {entities: [TITLE]}}",
        "MMrrrMrs.",
        false,
    ),
];

#[tokio::test]
async fn settings_do_what_they_say() {
    for (settings, text, blocked) in EFFECTS {
        let verdict = detecting(settings).check_input(text).await.unwrap().verdict;
        assert_eq!(verdict.status == Status::Blocked, *blocked, "{settings}: {text}: {verdict:?}");
    }
}

/// A section under `rails.config`, the part of it that is wrong, and a part of what is said of it.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "sensitive_data_detection: {input: {entities: [EMAIL_ADRESS]}}",
        "EMAIL_ADRESS",
        "no kind of personal data `EMAIL_ADRESS`",
    ),
    ("sensitive_data_detection: {input: {entities: [PERSON, LOCATION]}}", "LOCATION", "takes a language model"),
    ("sensitive_data_detection: {input: {score_threshold: 2}}", "2", "a number from 0 to 1"),
    ("sensitive_data_detection: {input: {mask: x}}", "mask", "unknown key"),
    ("sensitive_data_detection: {inptu: {}}", "inptu", "unknown key"),
    ("sensitive_data_detection: {output: []}", "[]", "a mapping"),
    ("sensitive_data_detection: {allow: ['/(/']}", "'/(/'", "no regular expression"),
    ("sensitive_data_detection: {allow: {}}", "{}", "a list"),
    (
        "sensitive_data_detection: {recognizers: [{supported_entity: A, patterns: [{regex: '[', score: 1}]}]}",
        "'['",
        "no regular expression",
    ),
    ("sensitive_data_detection: {recognizers: [{supported_entity: A}]}", "{supported_entity: A}", "finds nothing"),
    ("sensitive_data_detection: {recognizers: [{deny_list: [x]}]}", "{deny_list: [x]}", "supported_entity"),
    (
        "sensitive_data_detection: {recognizers: [{supported_entity: ID_, deny_list: [x]}]}",
        "{supported_entity: ID_, deny_list: [x]}",
        "supported_entity",
    ),
    ("secrets: {ignore: [jtw]}", "jtw", "no rule `jtw`"),
    ("secrets: {allow: ['/[/']}", "'/[/'", "no regular expression"),
    ("secrets: {score_threshold: high}", "high", "a number from 0 to 1"),
    ("secrets: {entropy: 3}", "entropy", "unknown key"),
];

#[test]
fn what_settings_cannot_be_is_told_at_its_place() {
    for (section, part, said) in WRONG {
        let folder = tempfile::tempdir().unwrap();
        let flows = "detect sensitive data on input, check secrets on input";
        let config = format!("rails:\n  input: {{flows: [{flows}]}}\n  config:\n    {section}\n");
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        let report = check(folder.path());
        let errors: Vec<_> = report.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
        assert_eq!(errors.len(), 1, "{section}: {errors:?}");
        assert!(errors[0].message.contains(said), "{section}: {}", errors[0].message);
        let span = errors[0].span.unwrap();
        let text = report.sources.file(span.file).text();
        assert_eq!(text[span.start as usize..span.end as usize].trim(), *part, "{section}");
    }
}
