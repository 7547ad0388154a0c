//! The knowledge base: how documents are split, what is found in them, and that the cache changes nothing but the time.

#[path = "support/project.rs"]
mod project;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use project::project;
use proptest::prelude::*;
use rails::check;
use rails::classify::{Embedder, Static};
use rails::knowledge::Knowledge;

fn built_in() -> Arc<dyn Embedder> {
    Arc::new(Static)
}

fn load(text: &str, cache: Option<&Path>) -> Option<Knowledge> {
    let (knowledge, diagnostics) = Knowledge::load(None, &[("md".to_owned(), text.to_owned())], &built_in(), cache);
    assert_eq!(diagnostics, []);
    knowledge
}

/// Title, body and line of each chunk.
fn split(text: &str) -> Vec<(String, String, u32)> {
    let knowledge = load(text, None);
    let chunks = knowledge.iter().flat_map(Knowledge::chunks);
    chunks.map(|chunk| (chunk.title.to_string(), chunk.body.to_string(), chunk.line)).collect()
}

/// Title, body and line of each.
type Parts<'a> = &'a [(&'a str, &'a str, u32)];

#[test]
fn documents_are_split_by_headings_and_paragraphs() {
    let cases: &[(&str, Parts<'_>)] = &[
        ("", &[]),
        ("# A\n\n## B\n", &[]),
        ("no heading", &[("", "no heading", 1)]),
        ("# A\nx\n## B\ny\n# C\nz", &[("A", "x", 2), ("A - B", "y", 4), ("C", "z", 6)]),
        ("### A ###\n\nx\n\ny\n", &[("A", "x\n\ny", 3)]),
        ("A\n===\nx\n\nB\n---\ny", &[("A", "x", 3), ("A - B", "y", 7)]),
        (
            "# A\n```\n# no heading\n```\n~~~\n## nor this\n~~~\n",
            &[("A", "```\n# no heading\n```\n~~~\n## nor this\n~~~", 2)],
        ),
        ("---\na: b\n---\n# A\nx", &[("A", "x", 5)]),
        ("```yaml\na: b\n```\n# A\nx", &[("A", "x", 5)]),
        ("---\nnever closed", &[("", "---\nnever closed", 1)]),
        ("\u{feff}# A\r\nx\r\ny\r\n", &[("A", "x\ny", 2)]),
        ("# `A` *b* [c](d)\nx", &[("A b c", "x", 2)]),
        ("#hashtag\n- # in a list\n> # in a quote", &[("", "#hashtag\n- # in a list\n> # in a quote", 1)]),
        ("#\nx", &[("", "x", 2)]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|(title, body, line)| (title.to_string(), body.to_string(), *line)).collect();
        assert_eq!(split(text), expected, "{text:?}");
    }
}

#[test]
fn long_sections_are_divided_between_paragraphs() {
    let paragraph = "word ".repeat(60).trim_end().to_owned();
    let text = format!("# A\n{paragraph}\n\n{paragraph}\n\n{paragraph}\n");
    let lines: Vec<u32> = split(&text).iter().map(|(.., line)| *line).collect();
    assert_eq!(lines, [2, 6]);
    let code = format!("# A\n```\n{}```\n", "let x = 1;\n\n".repeat(60));
    assert_eq!(split(&code).len(), 1);
    let long = "A sentence of seven words is here. ".repeat(200);
    let parts = split(&long);
    assert!(parts.len() > 2 && parts.iter().all(|(_, body, _)| body.len() <= 2_000 && body.ends_with("here.")));
    let endless = "é".repeat(5_000);
    assert_eq!(split(&endless).iter().map(|(_, body, _)| body.as_str()).collect::<String>(), endless);
}

#[test]
fn long_headings_do_not_grow_titles_without_bound() {
    let text = format!("# {}\nx\n## {}\ny", "a ".repeat(10_000), "b".repeat(10_000));
    assert!(split(&text).iter().all(|(title, ..)| title.len() < 500));
}

#[test]
fn too_many_chunks_are_an_error() {
    let text = "# a\nb\n".repeat(100_001);
    let (knowledge, diagnostics) = Knowledge::load(None, &[("md".to_owned(), text)], &built_in(), None);
    assert!(knowledge.is_none());
    assert_eq!(diagnostics[0].code.id(), "E0705");
}

fn questions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/knowledge")
}

#[test]
fn questions_find_their_heading() {
    let (knowledge, diagnostics) = Knowledge::load(Some(&questions().join("docs")), &[], &built_in(), None);
    assert_eq!(diagnostics, []);
    let knowledge = knowledge.unwrap();
    let (mut found, mut count) = (0, 0);
    for line in fs::read_to_string(questions().join("questions.tsv")).unwrap().lines() {
        let (question, title) = line.split_once('\t').unwrap();
        let answers = knowledge.search(question, 3).unwrap();
        assert!(
            answers.is_sorted_by(|a, b| a.score >= b.score) && answers.iter().all(|a| (0.0..=1.0).contains(&a.score))
        );
        count += 1;
        found += usize::from(answers.iter().any(|answer| &*answer.chunk.title == title));
    }
    assert!(count > 30 && found * 100 >= count * 85, "{found} of {count}");
    for unreadable in ["", "  ", "привет как дела"] {
        assert!(knowledge.search(unreadable, 3).unwrap().is_empty());
    }
}

const TEXT: &str = "# A\nThe cat sat. On the mat it sat for hours, and looked at all the birds out there in the garden. Then it slept on the sofa until the sun went down.\n# B\nDogs bark at night.\n";

fn answers(knowledge: &Knowledge) -> Vec<(String, f32)> {
    let found = knowledge.search("which animal sat on a mat", 5).unwrap();
    found.iter().map(|found| (found.chunk.title.to_string(), found.score)).collect()
}

fn only_file(folder: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn a_damaged_cache_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let expected = answers(&load(TEXT, None).unwrap());
    assert_eq!(answers(&load(TEXT, Some(folder.path())).unwrap()), expected);
    let path = only_file(folder.path());
    let whole = fs::read(&path).unwrap();
    let same = || {
        assert_eq!(answers(&load(TEXT, Some(folder.path())).unwrap()), expected);
        assert!(fs::read(only_file(folder.path())).unwrap() == whole);
    };
    same();
    let places = (0..64).chain((64..whole.len()).step_by(97)).chain(whole.len() - 9..whole.len());
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x80;
        fs::write(&path, &damaged).unwrap();
        same();
        fs::write(&path, &whole[..place]).unwrap();
        same();
    }
    fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
    same();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(answers(&load(TEXT, Some(folder.path())).unwrap()), expected);
}

#[test]
fn a_cache_that_can_not_be_written_is_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(load(TEXT, Some(&file)).is_some() && load(TEXT, Some(&file.join("below"))).is_some());
}

#[test]
fn many_may_load_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let expected = answers(&load(TEXT, None).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(answers(&load(TEXT, Some(folder.path())).unwrap()), expected));
        }
    });
    only_file(folder.path());
}

#[test]
fn folders_are_read_in_order_and_in_part() {
    let folder = project(&[
        ("kb/b.md", &b"second"[..]),
        ("kb/a/z.txt", b"# first"),
        ("kb/.hidden.md", b"no"),
        ("kb/draft.md", b"no"),
        ("kb/out/c.md", b"no"),
        ("kb/.railsignore", b"draft.md\n"),
        (".railsignore", b"out/\n"),
        ("kb/picture.png", b"\xff"),
    ]);
    let (knowledge, diagnostics) = Knowledge::load(Some(&folder.path().join("kb")), &[], &built_in(), None);
    assert_eq!(diagnostics, []);
    let knowledge = knowledge.unwrap();
    let bodies: Vec<&str> = knowledge.chunks().iter().map(|chunk| &*chunk.body).collect();
    assert_eq!(bodies, ["# first", "second"]);
    let bad = project(&[("a.md", &b"\xff"[..]), ("b.md", b"fine")]);
    let (knowledge, diagnostics) = Knowledge::load(Some(bad.path()), &[], &built_in(), None);
    assert!(knowledge.is_none() && diagnostics[0].code.id() == "E0603");
}

#[test]
fn a_configuration_knows_its_folder() {
    let codes = |folder: &tempfile::TempDir| -> Vec<String> {
        check(folder.path()).diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect()
    };
    let rails: (&str, &[u8]) = ("a.co", b"define flow\n  user \"hi\"\n  bot \"hello\"\n");
    let named: (&str, &[u8]) = ("config.yml", b"knowledge_base: {folder: docs}\n");
    let resolved = |folder: &tempfile::TempDir| rails::config::load(folder.path()).config.knowledge_base;
    let none = project(&[rails]);
    assert_eq!((codes(&none), resolved(&none)), (vec![], None));
    let beside = project(&[rails, ("kb/a.md", b"x")]);
    assert_eq!((codes(&beside), resolved(&beside)), (vec![], Some(beside.path().join("kb"))));
    let empty = project(&[rails, ("kb/a.png", b"x")]);
    assert_eq!(codes(&empty), ["W1604"]);
    let missing = project(&[rails, named, ("kb/a.md", b"x")]);
    assert!(codes(&missing).contains(&"E0612".to_owned()) && resolved(&missing).is_none());
    let found = project(&[rails, named, ("docs/a.md", b"x")]);
    assert_eq!(resolved(&found), Some(found.path().join("docs")));
}

/// Whether a line, or the lines of which it is one, may be a heading.
fn may_be_heading(paragraph: &str) -> bool {
    let underline = |line: &str| !line.trim().is_empty() && line.trim().chars().all(|c| matches!(c, '=' | '-'));
    paragraph.lines().any(|line| underline(line) || line.trim_start().starts_with('#'))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_is_lost(text in "([a-c#=`~>*.-]{1,4}[ \t]?|\r?\n|\n\n|    |# |## |```\n|---\n){0,40}") {
        // What comes first may be metadata.
        let text = format!("x\n\n{text}");
        let bodies: Vec<String> = split(&text).into_iter().map(|(_, body, _)| body).collect();
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text.lines().collect();
        for paragraph in lines.split(|line| line.trim().is_empty()).map(|lines| lines.join("\n")) {
            if !may_be_heading(&paragraph) {
                for line in paragraph.lines() {
                    prop_assert!(bodies.iter().any(|body| body.contains(line.trim_end())), "{line:?} of {text:?}");
                }
            }
        }
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), question in any::<String>()) {
        if let Some(knowledge) = load(&text, None) {
            prop_assert!(knowledge.chunks().iter().all(|chunk| !chunk.body.trim().is_empty() && chunk.line > 0));
            knowledge.search(&question, 3).unwrap();
        }
    }
}
