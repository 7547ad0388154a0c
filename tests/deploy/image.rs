//! The Dockerfile, and what it builds from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;
use regex::Regex;

use crate::container::Container;
use crate::text;

/// The last stage of the Dockerfile.
pub struct Image {
    /// `ENTRYPOINT`, and after it `CMD`.
    entry: Vec<String>,
    pub arguments: Vec<String>,
    pub variables: BTreeMap<String, String>,
    pub user: String,
    pub port: u16,
    version: String,
    base: String,
    /// From the stage that builds, and to where.
    copies: Vec<(String, String)>,
}

/// The instructions of the Dockerfile, each a keyword and what it says.
fn instructions() -> Vec<(String, String)> {
    let text = text("Dockerfile");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    joined
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(key, rest)| (key.into(), rest.trim().into()))
        .collect()
}

impl Image {
    pub fn read() -> Self {
        let all = instructions();
        let last = all.iter().rposition(|(key, _)| key == "FROM").unwrap();
        let of = |wanted: &str| {
            let mut found = all[last..].iter().filter(|(key, _)| key == wanted).map(|(_, says)| says.as_str());
            let first = found.next().unwrap_or_else(|| panic!("no `{wanted}`"));
            assert!(wanted == "COPY" || found.next().is_none(), "two of `{wanted}`");
            first
        };
        let list = |key| serde_json::from_str::<Vec<String>>(of(key)).unwrap();
        let variables = Regex::new(r#"(\w+)="([^"]*)""#).unwrap();
        let version = Regex::new(r#"image\.version="([^"]+)""#).unwrap();
        let copies = all[last..].iter().filter(|(key, _)| key == "COPY").map(|(_, says)| {
            let [from, source, to] = says.split(' ').collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(from, "--from=build");
            (source.to_owned(), to.to_owned())
        });
        Self {
            entry: list("ENTRYPOINT"),
            arguments: list("CMD"),
            variables: variables.captures_iter(of("ENV")).map(|found| (found[1].into(), found[2].into())).collect(),
            user: of("USER").to_owned(),
            port: of("EXPOSE").parse().unwrap(),
            version: version.captures(of("LABEL")).unwrap()[1].to_owned(),
            base: of("FROM").to_owned(),
            copies: copies.collect(),
        }
    }

    /// Fails unless whoever runs it is a user other than root, by number, so that Kubernetes can tell.
    pub fn must_not_be_root(&self) {
        let ids: Vec<u32> = self.user.split(':').map(|id| id.parse().unwrap()).collect();
        assert!(ids.len() == 2 && ids.iter().all(|id| *id != 0), "{}", self.user);
    }
}

#[test]
fn it_holds_the_binary_and_the_library_that_it_was_linked_with() {
    let image = Image::read();
    image.must_not_be_root();
    let built_on = instructions().into_iter().find(|(key, _)| key == "FROM").unwrap().1;
    assert_eq!(built_on, "rust:${RUST}-bookworm AS build");
    assert_eq!(image.base, "gcr.io/distroless/cc-debian12:nonroot", "which is bookworm, too");
    assert_eq!(image.version, env!("CARGO_PKG_VERSION"));
    let [binary] = &*image.entry else { panic!("{:?}", image.entry) };
    let (built, _) = image.copies.iter().find(|(_, to)| to == binary).expect("the binary should be copied");
    let builds: Vec<_> = instructions().into_iter().filter(|(key, _)| key == "RUN").map(|(_, says)| says).collect();
    assert!(builds.last().unwrap().ends_with(&format!("/release/railsc {built}")), "{builds:?}");
}

#[test]
fn it_serves_what_is_mounted() {
    let image = Image::read();
    let container = Container::new(image.arguments, image.variables);
    container.must_be_well_told();
    container.must_object("can't read");
    container.mount(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/support"), "/rails/support");
    container.must_check(1);
}

#[test]
fn it_is_built_by_a_toolchain_that_is_new_enough() {
    let of = |pattern: &str, text: &str| {
        let found = Regex::new(pattern).unwrap().captures(text).unwrap();
        (found[1].parse::<u32>().unwrap(), found[2].parse::<u32>().unwrap())
    };
    let wanted = of(r#"rust-version = "(\d+)\.(\d+)""#, &text("Cargo.toml"));
    assert!(of(r"ARG RUST=(\d+)\.(\d+)", &text("Dockerfile")) >= wanted);
}

/// Copies what `.dockerignore` leaves to a build to `folder`.
fn context(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ignored = OverrideBuilder::new(root);
    for line in text(".dockerignore").lines().filter(|line| !line.starts_with('#')) {
        // Docker takes every pattern from the root; here a slash says so.
        assert!(line.starts_with('/'), "{line}");
        ignored.add(&format!("!{line}")).unwrap();
    }
    let walk = WalkBuilder::new(root).standard_filters(false).overrides(ignored.build().unwrap()).build();
    for entry in walk.map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let to = folder.join(entry.path().strip_prefix(root).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(entry.path(), to).unwrap();
    }
}

#[test]
fn a_build_gets_all_it_reads_and_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    context(folder.path());
    // Cargo looks for every target that the manifest names, and then for the one that nobody has.
    let mut command = Command::new(std::env::var("CARGO").unwrap());
    command.args(["build", "--locked", "--offline", "--bin", "nobodys"]).current_dir(folder.path());
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("no bin target named `nobodys`"), "{said}");

    let included = Regex::new(r#"include_(?:str|bytes)!\("([^"]+)"\)"#).unwrap();
    let mut count = 0;
    for entry in WalkBuilder::new(folder.path().join("src")).build().map(Result::unwrap) {
        if entry.path().extension().is_none_or(|extension| extension != "rs") || entry.path().ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(entry.path()).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for found in included.captures_iter(source) {
            let path = entry.path().parent().unwrap().join(&found[1]);
            assert!(path.is_file(), "{} takes {}", entry.path().display(), &found[1]);
            count += 1;
        }
    }
    assert!(count > 20, "only {count} files are taken");
    for kept in ["deploy", ".git", "target"] {
        assert!(!folder.path().join(kept).exists(), "{kept}");
    }
}
