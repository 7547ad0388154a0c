//! What `check --fix` repairs, and what it leaves alone. Each file of `tests/fixes/` holds cases: a line `#--- name`, a
//! rail file as somebody wrote it, a line `#===`, and the file when all that is certain is repaired.
//! `BLESS=1 cargo test --test fixes` writes down what is done now.

use std::fs;
use std::path::Path;

fn repaired(source: &str) -> String {
    let report = rails::check_source("case.co", source);
    let fixed = rails::tools::fix(&report.diagnostics, &report.sources);
    fixed.into_iter().next().map_or_else(|| source.to_owned(), |fixed| fixed.text)
}

#[test]
fn every_case_is_repaired_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes");
    let (mut count, mut wrong) = (0, String::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let mut blessed = String::new();
        for case in text.split("#--- ").skip(1) {
            count += 1;
            let (name, rest) = case.split_once('\n').unwrap();
            let (before, after) = rest.split_once("#===\n").unwrap();
            let found = repaired(before);
            if found.trim_end() != after.trim_end() {
                wrong += &format!("#--- {name}\n{found}\n");
            }
            blessed += &format!("#--- {name}\n{before}#===\n{}\n\n", found.trim_end());
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, blessed.trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(count > 10, "only {count} cases were read");
    assert!(wrong.is_empty(), "these are repaired otherwise, as follows:\n{wrong}");
}
