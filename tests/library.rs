//! The rails we ship: each is run by name, in a configuration that has nothing but its name, over the tests in its file. A test is of the rail that its
//! name begins with. Settings that tests take lie in `tests/library/FILE.yml`, intents in `tests/library/FILE.co`.

use std::fs;
use std::path::Path;
use std::process::Command;

const MODELS: &str =
    "models: [{type: main, engine: openai, model: scripted}, {type: moderation, engine: openai, model: scripted}]\n";

/// The headers and the texts of the blocks that begin with `header`.
fn blocks<'a>(text: &'a str, header: &str) -> Vec<(&'a str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.is_empty() && !line.starts_with([' ', '#']) {
            inside = line.starts_with(header);
            if inside {
                blocks.push((&line[header.len()..], String::new()));
            }
        }
        if let Some((_, block)) = blocks.last_mut().filter(|_| inside) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// What a rail of this name guards first, as `railsc rails` lists it.
fn stage(rail: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_railsc")).args(["rails", "--json"]).output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let mut listed = listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let found = listed.find(|listed| listed["name"] == rail);
    let found = found.unwrap_or_else(|| panic!("`railsc rails` does not list `{rail}`"));
    found["guards"][0].as_str().unwrap().to_owned()
}

#[test]
fn every_rail_passes_its_tests_by_its_name_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut rails, mut failed) = (0, Vec::new());
    for entry in fs::read_dir(root.join("rails")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let names: Vec<&str> = blocks(&text, "define subflow ").into_iter().map(|(name, _)| name).collect();
        let tests = blocks(&text, "define test ");
        let settings = fs::read_to_string(root.join(format!("tests/library/{file}.yml"))).unwrap_or_default();
        for rail in &names {
            let is_of = |test: &str| {
                let of = names.iter().filter(|name| test.starts_with(**name)).max_by_key(|name| name.len());
                of == Some(rail)
            };
            let own: String = tests.iter().filter(|(name, _)| is_of(name)).map(|(_, block)| block.as_str()).collect();
            rails += 1;
            let folder = tempfile::tempdir().unwrap();
            let stage = stage(rail);
            assert!(!own.is_empty(), "`{rail}` in rails/{file}.co has no test");
            let config = format!("{MODELS}rails:\n  {stage}:\n    flows: [{rail}]\n{settings}");
            fs::write(folder.path().join("config.yml"), config).unwrap();
            let intents = fs::read_to_string(root.join(format!("tests/library/{file}.co"))).unwrap_or_default();
            fs::write(folder.path().join("tests.co"), format!("{intents}\n{own}")).unwrap();
            for command in [["check", "--deny=warnings"].as_slice(), &["test"]] {
                let mut railsc = Command::new(env!("CARGO_BIN_EXE_railsc"));
                railsc.env("OPENAI_API_KEY", "unused");
                let output = railsc.args(command).arg(folder.path()).output().unwrap();
                if !output.status.success() {
                    let said = [output.stdout, output.stderr].concat();
                    failed.push(format!("{rail}:\n{}", String::from_utf8_lossy(&said)));
                }
            }
        }
    }
    assert!(rails > 0);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The texts in the fences of `page` that begin with `language`.
fn fenced<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fences = page.split("\n```").skip(1).step_by(2);
    fences.filter_map(|fence| fence.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn tests_on_the_pages_pass_with_the_settings_above_them() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rails");
    let mut tested = 0;
    for entry in fs::read_dir(pages).unwrap() {
        let path = entry.unwrap().path();
        let page = fs::read_to_string(&path).unwrap();
        let tests: Vec<&str> = fenced(&page, "co").into_iter().filter(|text| text.contains("define test")).collect();
        if tests.is_empty() {
            continue;
        }
        tested += 1;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.yml"), fenced(&page, "yaml")[0]).unwrap();
        fs::write(folder.path().join("tests.co"), tests.join("\n")).unwrap();
        let mut railsc = Command::new(env!("CARGO_BIN_EXE_railsc"));
        let output = railsc.arg("test").arg(folder.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&said));
    }
    assert!(tested > 0);
}

#[test]
fn a_flow_that_is_copied_takes_the_place_of_ours_and_leaves_nothing_over() {
    let railsc = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_railsc")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for rail in ["check secrets on input", "check urls on input", "mask sensitive data on input", "check jailbreak"] {
        let (_, flow) = railsc(&["rails", "--flow", rail]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine.co"), &flow).unwrap();
        fs::write(folder.path().join("config.yml"), format!("rails: {{input: {{flows: [{rail}]}}}}\n")).unwrap();
        let (exit, out) = railsc(&["check", "--deny", "warnings", folder.path().to_str().unwrap()]);
        assert_eq!(exit, Some(0), "{rail}: {flow}\n{out}");
        let names: Vec<&str> = blocks(&flow, "define subflow ").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [rail]);
    }
    assert!(railsc(&["rails", "--flow", "check secrets on input"]).1.contains("define bot warn of secret\n"));
    assert!(railsc(&["rails", "--flow", "secrets"]).1.contains("define test check secrets on output"));
}
