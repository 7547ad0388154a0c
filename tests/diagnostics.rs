//! What `check` says of bad rails and bad configurations. Each file of `tests/diagnostics/` holds cases: a line
//! `#--- name`, then a rail file, or a `config.yml` in a `.yml` file, in which a line `#~ CODE COLUMN MESSAGE` stands under
//! each line that is to be reported. A case without such lines must be clean. `BLESS=1 cargo test --test diagnostics` writes down what is said now: read it before you keep it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

struct Case {
    name: String,
    /// The rail file, markers left out.
    source: String,
    /// Line of the source (from 1) and what is expected there.
    expected: Vec<(u32, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("#--- ") {
            cases.push(Case { name: name.trim().to_owned(), source: String::new(), expected: Vec::new() });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match line.trim_start().strip_prefix("#~ ") {
            Some(marker) => case.expected.push((case.source.matches('\n').count() as u32, marker.trim().to_owned())),
            None => case.source.push_str(line),
        }
    }
    cases
}

fn findings(source: &str, is_yaml: bool) -> Vec<(u32, String)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(if is_yaml { "config.yml" } else { "case.co" }), source).unwrap();
    let rails::Report { sources, diagnostics } = rails::check(folder.path());
    let last = source.lines().count() as u32;
    let found = diagnostics.iter().map(|diagnostic| {
        let location = sources.location(diagnostic.span.unwrap());
        (location.start.line.min(last), format!("{} {} {}", diagnostic.code, location.start.column, diagnostic.message))
    });
    found.collect()
}

fn marked(case: &Case, findings: &[(u32, String)]) -> String {
    let mut text = format!("#--- {}\n", case.name);
    for (index, line) in case.source.split_inclusive('\n').enumerate() {
        text.push_str(line);
        for (_, finding) in findings.iter().filter(|(at, _)| *at == index as u32 + 1) {
            writeln!(text, "#~ {finding}").unwrap();
        }
    }
    text
}

#[test]
fn every_case_is_reported_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let (mut count, mut wrong) = (0, String::new());
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yml");
        let mut blessed = String::new();
        for case in cases(&text) {
            count += 1;
            let found = findings(&case.source, is_yaml);
            blessed += &marked(&case, &found);
            if found != case.expected {
                write!(wrong, "\n{}\n{}", path.display(), marked(&case, &found)).unwrap();
            }
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, blessed).unwrap();
        }
    }
    assert!(count > 50, "only {count} cases were read");
    assert!(wrong.is_empty(), "these cases are reported otherwise, as follows:\n{wrong}");
}
