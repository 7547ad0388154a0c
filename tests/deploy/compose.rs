//! `deploy/compose.yml`, and what lies beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::container::Container;
use crate::image::Image;
use crate::yaml::document;
use crate::{Secrets, drain_time, text};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy"))
}

fn services() -> Value {
    document(&text("deploy/compose.yml"))["services"].clone()
}

/// Source, target and mode of each mount.
fn mounts(service: &Value) -> Vec<[&str; 3]> {
    let volumes = service["volumes"].as_array().unwrap().iter().map(|volume| volume.as_str().unwrap());
    volumes
        .filter(|volume| volume.starts_with('.'))
        .map(|volume| volume.split(':').collect::<Vec<_>>().try_into().unwrap())
        .collect()
}

/// The server as Compose would start it. No Redis is reached.
fn container(secrets: &Secrets) -> Container {
    let service = &services()["railsc"];
    let image = Image::read();
    assert_eq!(service["command"], Value::Null, "the image's own command is run");
    let mut variables = image.variables;
    let taken = Regex::new(r"\$\{(\w+):\?[^}]+\}").unwrap();
    for (name, value) in service["environment"].as_object().unwrap() {
        let value = taken.replace_all(value.as_str().unwrap(), |found: &Captures| secrets.by_name[&found[1]].clone());
        assert!(!value.contains('$'), "{name}: {value}");
        variables.insert(name.clone(), value.into_owned());
    }
    let container = Container::new(image.arguments, variables);
    for [source, target, mode] in mounts(service) {
        assert_eq!(mode, "ro", "{target}");
        container.mount(&folder().join(source), target);
    }
    let settings = container.path("/etc/railsc/serve.yml");
    let text = fs::read_to_string(&settings).unwrap();
    let (there, nowhere) = ("redis://redis:6379", "redis://127.0.0.1:1");
    assert!(text.contains(there) && services()["redis"].is_object());
    fs::write(settings, text.replace(there, nowhere)).unwrap();
    container
}

#[test]
fn the_server_takes_its_settings_and_its_rails() {
    let secrets = Secrets::new();
    let container = container(&secrets);
    container.must_be_well_told();
    container.must_check(1);
    for name in ["APP_KEY_SHA256", "PROMETHEUS_KEY_SHA256"] {
        let mut lacking = self::container(&secrets);
        lacking.variables.remove(name).unwrap();
        lacking.must_object(name);
    }
    let settings = container.path("/etc/railsc/serve.yml");
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + "limit: 3\n").unwrap();
    container.must_object("unknown key `limit`");
}

#[test]
fn each_key_opens_what_it_is_for() {
    let secrets = Secrets::new();
    let container = container(&secrets);
    let server = container.start();
    assert_eq!(server.get("/readyz", &[]).status, 200);
    assert_eq!(server.ask(&secrets.app, "hi").status, 200);
    assert_eq!(server.ask(&secrets.prometheus, "hi").code(), "config_not_allowed");
    assert_eq!(server.ask("another", "hi").code(), "invalid_api_key");
    assert_eq!(server.get("/metrics", &[]).status, 401);
    let bearer = format!("Bearer {}", secrets.prometheus);
    let metrics = server.get("/metrics", &[("authorization", &bearer)]);
    assert!(metrics.status == 200 && metrics.body.contains("railsc_turns_total"), "{metrics:?}");
}

#[test]
fn the_commands_of_the_document_make_the_keys() {
    let (_, section) = include_str!("../../docs/deploy.md").split_once("\n## With Compose\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (commands, _) = block.split_once("docker compose").unwrap();
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("deploy")).unwrap();
    // In place of an engine: `docker run --rm IMAGE …`.
    let binary = env!("CARGO_BIN_EXE_railsc");
    let script = format!("docker() {{ shift 3; {binary} \"$@\"; }}\n{commands}");
    let status = Command::new("sh").args(["-euc", &script]).current_dir(place.path()).status().unwrap();
    assert!(status.success());
    let made = |name: &str| fs::read_to_string(place.path().join("deploy").join(name)).unwrap();
    let environment = made(".env");
    let hashes: BTreeMap<_, _> = environment.lines().map(|line| line.split_once('=').unwrap()).collect();
    let mut container = container(&Secrets::new());
    for (name, hash) in &hashes {
        assert!(container.variables.insert((*name).to_owned(), (*hash).to_owned()).is_some(), "{name}");
    }
    assert_eq!(hashes.len(), 2);
    let server = container.start();
    assert_eq!(server.ask(made("app.key").trim_end(), "hi").status, 200);
    assert_eq!(server.ask(made("prometheus.key").trim_end(), "hi").code(), "config_not_allowed");
    assert!(!place.path().join("deploy/said.key").exists());
}

#[test]
fn nobody_may_do_more_than_he_has_to() {
    Image::read().must_not_be_root();
    let services = services();
    for (name, service) in services.as_object().unwrap() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]), "{name}");
        assert!(service["user"].as_str().is_none_or(|user| !user.starts_with('0') && user != "root"), "{name}");
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: {port}");
        }
    }
    let reaches_redis =
        |service: &Value| service["networks"].as_array().is_some_and(|all| all.contains(&json!("shared")));
    let near: Vec<_> = services.as_object().unwrap().iter().filter(|(_, service)| reaches_redis(service)).collect();
    assert_eq!(near.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["railsc", "redis"]);
    assert_eq!(services["redis"]["networks"], json!(["shared"]));
    let tag = format!("railsc:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(services["railsc"]["image"], tag);
    assert!(services["railsc"]["ports"][0].as_str().unwrap().ends_with(&format!(":{}", Image::read().port)));
}

#[test]
fn what_is_under_way_may_end() {
    let grace = services()["railsc"]["stop_grace_period"].clone();
    let seconds: u64 = grace.as_str().unwrap().strip_suffix('s').unwrap().parse().unwrap();
    assert!(seconds > drain_time(&folder().join("serve.yml")).as_secs(), "{seconds}");
}

#[test]
fn prometheus_finds_every_server_and_its_key() {
    let services = services();
    let watching = document(&text("deploy/prometheus.yml"));
    let job = &watching["scrape_configs"][0];
    let found = &job["dns_sd_configs"][0];
    assert!(services[found["names"][0].as_str().unwrap()].is_object());
    assert_eq!(found["port"], Image::read().port);
    let mounts = mounts(&services["prometheus"]);
    let mounted: BTreeMap<_, _> = mounts.iter().map(|[source, target, _]| (*target, *source)).collect();
    assert_eq!(mounted["/etc/prometheus/prometheus.yml"], "./prometheus.yml");
    assert_eq!(mounted[job["authorization"]["credentials_file"].as_str().unwrap()], "./prometheus.key");
    assert!(text(".gitignore").contains("\n/deploy/.env\n/deploy/*.key\n"), "no key should be committed");
}
