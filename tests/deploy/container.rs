//! The binary, run as a container would run it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::running::Running;

/// What a container has: its files under a folder, its arguments, and its environment, which is nobody else's.
pub struct Container {
    root: TempDir,
    pub arguments: Vec<String>,
    pub variables: BTreeMap<String, String>,
}

impl Container {
    pub fn new(arguments: Vec<String>, variables: BTreeMap<String, String>) -> Self {
        Self { root: tempfile::tempdir().unwrap(), arguments, variables }
    }

    /// Where `inside`, an absolute path, is.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside.strip_prefix('/').unwrap())
    }

    /// Puts a copy of the file or the folder at `from` where the container has `inside`.
    pub fn mount(&self, from: &Path, inside: &str) {
        copy(from, &self.path(inside));
    }

    fn command(&self) -> Command {
        let placed = |text: &String| match text.starts_with('/') {
            true => self.path(text).to_str().unwrap().to_owned(),
            // Nobody else is to reach it while it is tested.
            false if text == "0.0.0.0" => "127.0.0.1".to_owned(),
            false => text.clone(),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_railsc"));
        command.args(self.arguments.iter().map(placed)).env_clear();
        command.envs(self.variables.iter().map(|(name, value)| (name, placed(value))));
        command
    }

    /// What the server says of its settings and its rails.
    pub fn check(&self) -> Output {
        self.command().arg("--check").output().unwrap()
    }

    /// Fails unless the server is content with its settings and its rails, of which there is `count`.
    pub fn must_check(&self, count: usize) {
        let output = self.check();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.starts_with(&format!("{count} configuration")), "{output:?}");
    }

    /// Fails unless the server objects, and names `what`.
    pub fn must_object(&self, what: &str) {
        let output = self.check();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(what), "{output:?}");
    }

    /// Starts it, at a free port.
    pub fn start(&self) -> Running {
        let mut command = self.command();
        command.args(["--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running::start(command)
    }

    /// Fails unless it would listen to others than itself, and every `RAILSC_…` means something.
    pub fn must_be_well_told(&self) {
        let at = self.arguments.iter().position(|argument| argument == "--host").expect("`--host` should be there");
        assert_eq!(self.arguments[at + 1], "0.0.0.0");
        let help = Command::new(env!("CARGO_BIN_EXE_railsc")).args(["serve", "--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap().split_whitespace().collect::<String>();
        for name in self.variables.keys().filter(|name| name.starts_with("RAILSC_")) {
            let is_known =
                help.contains(&format!("[env:{name}=")) || crate::text("docs/models.md").contains(&format!("`{name}`"));
            assert!(is_known, "`{name}` means nothing to the binary");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
