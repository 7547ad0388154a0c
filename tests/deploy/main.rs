//! What others run the server by: the Dockerfile, `deploy/compose.yml` and `deploy/kubernetes.yml`. There may be no engine for containers here, so
//! that each is taken apart, and the binary is run with the arguments, the variables and the files that it would find in a container.

#[allow(dead_code)]
#[path = "../serve/client.rs"]
mod client;
mod compose;
mod container;
mod image;
mod kubernetes;
#[allow(dead_code)]
#[path = "../serve/running.rs"]
mod running;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rails::serve::Settings;
use regex::{Captures, Regex};

/// The text of a file of the project.
fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What is kept secret, by the names that the files give it, and the keys of those who may call.
struct Secrets {
    by_name: BTreeMap<&'static str, String>,
    app: String,
    prometheus: String,
}

impl Secrets {
    fn new() -> Self {
        let [(app, app_hash), (prometheus, prometheus_hash)] = ["app", "prometheus"].map(|name| {
            let (key, entry) = running::new_key(name);
            // As docs/deploy.md takes it out.
            let hash = Regex::new("[0-9a-f]{64}").unwrap().find(&entry).unwrap().as_str().to_owned();
            (key, hash)
        });
        let by_name = [
            ("APP_KEY_SHA256", app_hash),
            ("PROMETHEUS_KEY_SHA256", prometheus_hash),
            ("OPENAI_API_KEY", "sk-test".to_owned()),
        ];
        Self { by_name: by_name.into(), app, prometheus }
    }
}

/// What requests under way get to end, by the settings at `path`.
fn drain_time(path: &Path) -> Duration {
    // Keys of their own in place of those that the environment has.
    let mut count = 0;
    let text = std::fs::read_to_string(path).unwrap();
    let text = Regex::new(r"\$\{\w+\}").unwrap().replace_all(&text, |_: &Captures| {
        count += 1;
        format!("{count:064x}")
    });
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("serve.yml");
    std::fs::write(&plain, &*text).unwrap();
    let mut settings = Settings::new("rails");
    settings.read(&plain).unwrap();
    settings.limits.drain_time
}
