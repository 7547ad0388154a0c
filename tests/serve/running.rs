//! The binary, serving.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rails::model::{Completion, Tokens};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Answer, exchange, parsed, request};

/// A server at a port of its own, until it is dropped.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
    /// What it says on standard output behind its first line.
    out: BufReader<ChildStdout>,
}

/// The command that serves `path`, at a free port, with nothing of this process's own settings.
pub fn command(path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_railsc"));
    command.arg("serve").arg(path).args(["--port", "0"]);
    for name in ["HOST", "PORT", "NO_AUTH", "CONFIG", "MODEL", "MODEL_NAME"] {
        command.env_remove(format!("RAILSC_{name}"));
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A new key, and the entry of the settings that lets its owner call.
pub fn new_key(name: &str) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_railsc")).args(["serve", "--new-key", name]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let entry = String::from_utf8(output.stdout).unwrap();
    let key = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(key.len() > 60 && !entry.contains(&key), "{said}{entry}");
    (key, entry)
}

/// A request for a reply to `text`.
pub fn asked(text: &str) -> Value {
    serde_json::json!({"model": "shop", "messages": [{"role": "user", "content": text}]})
}

/// What a model says that takes seven tokens and gives three.
pub fn saying(text: &str) -> Completion {
    Completion {
        tokens: Some(Tokens { input: 7, output: 3, cached: 0 }),
        text: text.to_owned(),
        ..Completion::default()
    }
}

/// The `entry` of a caller with `more` in it.
pub fn allowing(entry: &str, more: &str) -> String {
    entry.replace("\"}", &format!("\", {more}}}"))
}

impl Running {
    /// Starts `command`, and waits until it is ready.
    pub fn start(command: Command) -> Self {
        let mut running = Self::start_with_log(command);
        // Whoever does not read the log must not hold up the server.
        let mut log = running.child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        running
    }

    /// As [`start`](Self::start); the log is for whoever calls.
    pub fn start_with_log(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let Some((_, address)) = line.trim_end().split_once("://") else {
            let mut error = String::new();
            child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
            panic!("it does not start: {line}{error}");
        };
        Self { address: address.parse().unwrap(), child, out }
    }

    /// Serves `path` to anyone on this machine.
    pub fn open(path: &Path, arguments: &[&str]) -> Self {
        let mut command = command(path);
        command.arg("--no-auth").args(arguments);
        Self::start(command)
    }

    /// Serves `folder` to callers of these names; their keys come with it.
    pub fn for_callers(folder: &Folder, names: &[&str]) -> (Self, Vec<String>) {
        Self::set(folder, names, "")
    }

    /// The same, with more settings.
    pub fn set(folder: &Folder, names: &[&str], settings: &str) -> (Self, Vec<String>) {
        let (keys, entries): (Vec<_>, Vec<_>) = names.iter().map(|name| new_key(name)).unzip();
        let settings = folder.file("serve.yml", &format!("callers:\n{}{settings}", entries.concat()));
        let mut command = command(folder.path());
        command.arg("--config").arg(settings);
        (Self::start(command), keys)
    }

    /// What it says on standard output from here to its end.
    pub fn said(&mut self) -> String {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        text
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        parsed(&exchange(self.address, &request(&format!("GET {path}"), headers, b"")))
    }

    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.post_bytes(path, headers, body.to_string().as_bytes())
    }

    pub fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            headers.push(("content-type", "application/json"));
        }
        parsed(&exchange(self.address, &request(&format!("POST {path}"), &headers, body)))
    }

    /// A reply to `text`, for whoever has `key`.
    pub fn ask(&self, key: &str, text: &str) -> Answer {
        self.ask_as(key, text, &[])
    }

    /// The same, with more headers.
    pub fn ask_as(&self, key: &str, text: &str, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {key}");
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", &*bearer)]).collect();
        let body = serde_json::json!({"messages": [{"role": "user", "content": text}]});
        self.post("/v1/chat/completions", &headers, &body)
    }

    /// A reply to `body`.
    pub fn chat(&self, body: &Value) -> Answer {
        self.post("/v1/chat/completions", &[], body)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Rails that refuse politics and passwords, and leave the rest to a model.
pub const RAILS: &str = r#"
define user greet
  "hi"

define bot greet
  "Hello."

define flow
  user greet
  bot greet

define flow no passwords
  if "password" in $user_message.lower()
    bot warn of passwords
    stop

define bot warn of passwords
  "Keep your password to yourself."

define flow no secrets
  if "secret" in $bot_message.lower()
    bot withhold
    stop

define bot withhold
  "I can't say that."
"#;

/// What goes with [`RAILS`].
pub const CONFIG: &str = "rails:\n  input: {flows: [no passwords]}\n  output: {flows: [no secrets]}\n";

/// A folder of folders, with a configuration in each.
pub struct Folder {
    root: TempDir,
}

impl Folder {
    pub fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    /// With the configuration called `name`, whose main model is at `url`, if it has one.
    pub fn with(self, name: &str, rails: &str, config: &str, url: Option<&str>) -> Self {
        let folder = self.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let model = url.map(|url| {
            format!("models:\n  - {{type: main, engine: openai, model: m, parameters: {{base_url: \"{url}\", api_key: k, max_retries: 0}}}}\n")
        });
        std::fs::write(folder.join("rails.co"), rails).unwrap();
        std::fs::write(folder.join("config.yml"), format!("{config}{}", model.unwrap_or_default())).unwrap();
        self
    }

    /// With one configuration of [`RAILS`], whose model is at `url`.
    pub fn usual(url: &str) -> Self {
        Self::new().with("shop", RAILS, CONFIG, Some(url))
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}
