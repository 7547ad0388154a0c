//! The terminal sessions in the README: each command prints what stands below it, but for times.

use std::path::Path;
use std::process::Command;

use regex::Regex;

/// The text without what differs from run to run.
fn timeless(text: &str) -> String {
    let times = Regex::new(r" *[\d.]+ (µs|ms)").unwrap();
    text.lines().map(|line| times.replace_all(line, " µs").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_session_prints_what_it_says() {
    let readme = include_str!("../README.md");
    let binary = Path::new(env!("CARGO_BIN_EXE_railsc")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let blocks: Vec<&str> =
        readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let (command, expected) = block.split_once('\n').unwrap();
        let command = command.strip_prefix("$ ").unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(env!("CARGO_MANIFEST_DIR")).env("PATH", &path);
        let output = shell.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(timeless(printed.trim_end()), timeless(expected.trim_end()), "$ {command}");
    }
}

#[test]
fn the_seed_of_the_readme_is_the_politics_example() {
    let seed = include_str!("../examples/politics/politics.co");
    assert!(include_str!("../README.md").contains(seed));
}
