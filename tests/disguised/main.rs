//! What rails that come along still find in texts that are disguised, by the cases of their own tests: the table of `docs/rails.md`.
//! `cargo test --test disguised -- --nocapture` prints it.

mod cases;
mod disguises;
#[path = "../../benches/accuracy/rates.rs"]
#[allow(dead_code)]
mod rates;

use std::fmt::Write as _;

use disguises::DISGUISES;

/// The families in the order of the table.
const FAMILIES: [&str; 6] = ["sensitive", "secrets", "markup", "urls", "regexes", "leak"];
/// Of what is found plain so much is to be found in each disguise, in percent.
const FLOOR: usize = 95;
/// Where less is found, and the page says why.
const OPEN: &[(&str, &str)] = &[("sensitive", "rot13")];

/// A share in percent, with Wilson's interval of 95 %.
fn share(hits: usize, of: usize) -> String {
    let (least, most) = rates::interval(hits, of);
    let share = hits as f64 / of as f64;
    format!("{:.1} % ({:.1}–{:.1})", share * 100.0, least.max(0.0) * 100.0, most * 100.0)
}

#[tokio::test]
async fn what_is_disguised_is_found() {
    let mut columns: Vec<Vec<String>> = Vec::new();
    let mut wrong = String::new();
    for family in FAMILIES {
        let mut plain = Vec::new();
        let all = cases::of(family);
        let count = all.len();
        for case in all {
            if case.is_found(&case.text).await {
                plain.push(case);
            }
        }
        let mut column = vec![family.to_owned(), format!("{} of {count}", plain.len())];
        for disguise in DISGUISES {
            if !disguise.families.contains(&family) {
                column.push("–".to_owned());
                continue;
            }
            let mut missed = Vec::new();
            for case in &plain {
                let text = (disguise.put)(&case.text);
                if !case.is_found(&text).await {
                    missed.push(format!("  {}\n  {text}", case.text));
                }
            }
            let hits = plain.len() - missed.len();
            column.push(share(hits, plain.len()));
            let is_open = OPEN.contains(&(family, disguise.name));
            let reaches = hits * 100 >= plain.len() * FLOOR;
            if reaches == is_open {
                writeln!(wrong, "{family}, {}: {hits} of {}\n{}", disguise.name, plain.len(), missed.join("\n"))
                    .unwrap();
            }
        }
        columns.push(column);
    }
    let names = ["", "plain"].into_iter().chain(DISGUISES.iter().map(|disguise| disguise.name));
    let mut table = String::new();
    for (row, name) in names.enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| &*column[row]).collect();
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
        if row == 0 {
            table += "|---|---|---|---|---|---|---|\n";
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(include_str!("../../docs/rails.md").contains(&table), "docs/rails.md should have\n{table}");
}
