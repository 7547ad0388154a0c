//! No benchmark: writes the files that `benches/process.sh` measures whole processes on.

mod corpus;

fn main() {
    let Ok(folder) = std::env::var("RAILS_CORPUS") else { return };
    for (name, text) in [("long.co", corpus::long_file(10_000)), ("rails_1000.co", corpus::rail_file(1_000, 10))] {
        std::fs::write(format!("{folder}/{name}"), text).unwrap();
    }
}
