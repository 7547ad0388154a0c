//! Every code is explained; what an explanation calls wrong is reported as that code, what it calls right is not. All
//! of them are one page, `docs/errors.md`, which `BLESS=1 cargo test --test explanations` writes.

use std::fmt::Write as _;
use std::fs;

use rails::diagnostic::{Code, Severity, codes};

/// The examples under `Wrong:` and `Right:`: language and text.
fn example(explanation: &str, heading: &str) -> Option<(String, String)> {
    let (_, rest) = explanation.split_once(&format!("\n{heading}:\n\n```"))?;
    let (language, rest) = rest.split_once('\n')?;
    let (text, _) = rest.split_once("\n```")?;
    Some((language.to_owned(), format!("{text}\n")))
}

fn found(language: &str, text: &str) -> Vec<Code> {
    let folder = tempfile::tempdir().unwrap();
    let name = if language == "yaml" { "config.yml" } else { "rails.co" };
    fs::write(folder.path().join(name), text).unwrap();
    rails::check(folder.path()).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn examples_are_what_explanations_call_them() {
    let (mut count, mut wrong) = (0, String::new());
    for code in codes::ALL {
        let explanation = code.explanation();
        assert!(explanation.len() > 40, "{code} is hardly explained");
        let Some((language, text)) = example(explanation, "Wrong") else {
            assert!(!explanation.contains("Right:"), "{code} has half an example");
            continue;
        };
        count += 1;
        let codes = found(&language, &text);
        if !codes.contains(code) {
            writeln!(wrong, "{code} is not found in its wrong example, but {codes:?}").unwrap();
        }
        // What is right may need more than one file.
        let Some((language, text)) = example(explanation, "Right") else { continue };
        let codes = found(&language, &text);
        let bad: Vec<_> =
            codes.iter().filter(|found| **found == *code || found.severity() == Severity::Error).collect();
        if !bad.is_empty() {
            writeln!(wrong, "{bad:?} is found in the right example of {code}").unwrap();
        }
    }
    assert!(count > 40, "only {count} examples were read");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_page_holds_every_explanation() {
    let mut page = String::from(
        "# Findings\n\nWhat `railsc check` reports, and `railsc explain CODE` explains. `E…` are errors: the rails do not load.\n`W…` are warnings, `N…` notes. This page is made from `src/diagnostic/explanations/`.\n",
    );
    for code in codes::ALL {
        write!(page, "\n## {code}: {}\n\n{}", code.title(), code.explanation()).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        fs::write(path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(written == page, "docs/errors.md is out of date: BLESS=1 cargo test --test explanations writes it anew");
}
