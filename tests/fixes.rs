//! What `check --fix` repairs, and what it leaves alone: `tests/fixes/`.

mod before_after;

#[test]
fn every_case_is_repaired_as_written() {
    before_after::hold("tests/fixes", 10, |source| {
        let report = rails::check_source("case.co", source);
        let fixed = rails::tools::fix(&report.diagnostics, &report.sources);
        fixed.into_iter().next().map_or_else(|| source.to_owned(), |fixed| fixed.text)
    });
}
