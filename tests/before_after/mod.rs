//! Cases of a text before and after: each file of a folder holds some, a line `#--- name`, the text, a line `#===`, and
//! what becomes of it. `BLESS=1` writes down what becomes of it now.

use std::fs;
use std::path::Path;

/// Holds that `change` does to every case in `folder` what stands there; there must be more than `least`.
pub fn hold(folder: &str, least: usize, change: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let (mut count, mut wrong) = (0, String::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let mut blessed = String::new();
        for case in text.split("#--- ").skip(1) {
            count += 1;
            let (name, rest) = case.split_once('\n').unwrap();
            let (before, after) = rest.split_once("#===\n").unwrap();
            let found = change(before);
            if found.trim_end() != after.trim_end() {
                wrong += &format!("#--- {name}\n{found}\n");
            }
            blessed += &format!("#--- {name}\n{before}#===\n{}\n\n", found.trim_end());
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, blessed.trim_end().to_owned() + "\n").unwrap();
        }
    }
    assert!(count > least, "only {count} cases were read");
    assert!(wrong.is_empty(), "these come out otherwise, as follows:\n{wrong}");
}
