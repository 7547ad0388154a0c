//! Configurations that change while they are served, and those that are only watched.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::{CONFIG, Folder, RAILS, Running, command};
use crate::support::Server;

fn says(server: &Running, config: &str) -> Value {
    let body = json!({"model": config, "messages": [{"role": "user", "content": "hi"}]});
    server.chat(&body).json()["choices"][0]["message"]["content"].clone()
}

/// Waits until `holds`, which what was done before leads to.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn metric(server: &Running, line: &str) -> Option<String> {
    let text = server.get("/metrics", &[]).body;
    text.lines().find_map(|found| found.strip_prefix(line)).map(|value| value.trim().to_owned())
}

#[test]
fn what_changes_on_the_disk_is_served_and_what_has_errors_is_not() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None).with("b", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let rails = folder.path().join("a/rails.co");
    let stale = || server.get("/readyz", &[]).json()["stale"].clone();
    assert_eq!((says(&server, "a"), stale()), (json!("Hello."), json!([])));

    fs::write(&rails, RAILS.replace("Hello.", "Good day.")).unwrap();
    until("it is loaded again", || says(&server, "a") == "Good day.");
    assert_eq!(says(&server, "b"), "Hello.");

    fs::write(&rails, "define flow\n  usr greet\n").unwrap();
    until("it is known to have errors", || stale() == json!(["a"]));
    assert_eq!(says(&server, "a"), "Good day.");
    assert_eq!(metric(&server, "railsc_config_current{config=\"a\"}").as_deref(), Some("0"));
    assert_eq!(metric(&server, "railsc_config_current{config=\"b\"}").as_deref(), Some("1"));

    fs::write(&rails, RAILS.replace("Hello.", "Good evening.")).unwrap();
    until("it is repaired", || says(&server, "a") == "Good evening.");
    assert_eq!(stale(), json!([]));

    let folder = folder.with("c", RAILS, CONFIG, None);
    until("a new one is served", || server.get("/v1/models/c", &[]).status == 200);
    fs::remove_dir_all(folder.path().join("b")).unwrap();
    until("one that is gone is not", || server.get("/v1/models/b", &[]).status == 404);
}

#[test]
fn a_hang_up_loads_everything_again() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let loaded = || metric(&server, "railsc_reloads_total{result=\"loaded\"}");
    assert_eq!(loaded(), None);
    assert!(Command::new("kill").args(["-HUP", &server.child.id().to_string()]).status().unwrap().success());
    until("it is loaded again", || loaded().as_deref() == Some("1"));
}

#[test]
fn a_thread_goes_on_under_rails_that_changed() {
    let asks = "define flow\n  user \"hi\"\n  bot \"Who are you?\"\n  user ...\n  bot \"Hello.\"\n";
    let folder = Folder::new().with("shop", asks, "", None);
    let server = Running::open(folder.path(), &[]);
    let say = |text: &str| {
        let body =
            json!({"messages": [{"role": "user", "content": text}], "guardrails": {"thread_id": "0123456789abcdef"}});
        server.chat(&body).json()["choices"][0]["message"]["content"].clone()
    };
    assert_eq!(say("hi"), "Who are you?");
    let more = "define flow other\n  user \"bye\"\n  bot \"Bye.\"\n";
    fs::write(folder.path().join("shop/rails.co"), format!("{more}{asks}")).unwrap();
    let other = json!({"messages": [{"role": "user", "content": "bye"}]});
    until("it is loaded again", || server.chat(&other).json()["choices"][0]["message"]["content"] == "Bye.");
    assert_eq!(say("Ada"), "Hello.");
}

#[test]
fn rails_in_the_shadow_are_counted_and_not_obeyed() {
    let model = Server::saying(["Your password is safe.", "It is a secret."]);
    let folder = Folder::usual(&model.url());
    let settings = folder.file("serve.yml", "shadow: [shop]\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    let body = |text: &str| json!({"messages": [{"role": "user", "content": text}], "guardrails": {"options": {"log": {"activated_rails": true}}}});
    let reply = server.chat(&body("my password is x")).json();
    assert_eq!(reply["choices"][0]["message"]["content"], "Your password is safe.");
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
    assert_eq!(reply["guardrails"]["verdict"]["status"], "passed");
    let rail = &reply["guardrails"]["log"]["activated_rails"][0];
    assert_eq!(
        (&rail["name"], &rail["status"], &rail["shadow"]),
        (&json!("no passwords"), &json!("blocked"), &json!(true))
    );
    let mut stream = body("tell me");
    stream["stream"] = json!(true);
    let answer = server.chat(&stream);
    assert!(!answer.body.contains("I can't say that.") && answer.body.contains("secret"), "{answer:?}");
    let count = |rail: &str, stage: &str| {
        metric(
            &server,
            &format!(
                "railsc_rails_total{{config=\"shop\",rail=\"{rail}\",stage=\"{stage}\",status=\"blocked\",mode=\"shadow\"}}"
            ),
        )
    };
    assert_eq!(count("no passwords", "input").as_deref(), Some("1"));
    assert_eq!(count("no secrets", "output").as_deref(), Some("1"));
}

#[test]
fn a_check_serves_nothing() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None).with("b", RAILS, CONFIG, None);
    let output = command(folder.path()).arg("--check").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 configurations to serve, no errors\n");
    assert!(output.status.success());
    fs::write(folder.path().join("b/rails.co"), "define flow\n  usr greet\n").unwrap();
    let output = command(folder.path()).arg("--check").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unknown step `usr`"), "{output:?}");
    let settings = folder.file("serve.yml", "shadow: [c]\n");
    fs::remove_dir_all(folder.path().join("b")).unwrap();
    let output = command(folder.path()).arg("--check").arg("--config").arg(settings).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no configuration is called `c`"), "{output:?}");
}
