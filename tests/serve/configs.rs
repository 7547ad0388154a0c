//! Configurations that change while they are served, and those that are only watched.

use std::fs;
use std::path::Path;
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
fn one_that_is_gone_is_not_answered_by_another() {
    let other = RAILS.replace("Hello.", "Anything goes.");
    let folder = Folder::new().with("strict", RAILS, CONFIG, None).with("loose", &other, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let ask = |body: Value| {
        let answer = server.chat(&body);
        (answer.status, answer.body)
    };
    let hi = json!([{"role": "user", "content": "hi"}]);
    let (named, none) = (json!({"model": "strict", "messages": hi}), json!({"model": "gpt-4o", "messages": hi}));
    assert_eq!(says(&server, "strict"), "Hello.");
    fs::remove_dir_all(folder.path().join("strict")).unwrap();
    until("it is gone", || server.get("/v1/models/strict", &[]).status == 404);
    for body in [&named, &none] {
        let (status, answer) = ask(body.clone());
        assert!(status == 404 && answer.contains("model_not_found"), "{answer}");
    }
    assert_eq!(says(&server, "loose"), "Anything goes.");
    let _folder = folder.with("strict", RAILS, CONFIG, None);
    until("it is back", || says(&server, "strict") == "Hello.");
}

#[test]
fn the_only_one_at_the_start_stays_the_default() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    assert_eq!(says(&server, "gpt-4o"), "Hello.");
    let folder = folder.with("other", &RAILS.replace("Hello.", "Anything goes."), CONFIG, None);
    until("the other is served", || server.get("/v1/models/other", &[]).status == 200);
    assert_eq!(says(&server, "gpt-4o"), "Hello.");
    fs::remove_dir_all(folder.path().join("shop")).unwrap();
    until("it is gone", || server.get("/v1/models/shop", &[]).status == 404);
    let answer = server.chat(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}));
    assert_eq!(answer.code(), "model_not_found");
}

#[test]
fn one_that_loses_all_its_rails_stays_what_it_was() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None).with("other", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    let config = folder.path().join("shop/config.yml");
    let stale = || server.get("/readyz", &[]).json()["stale"].clone();
    let refused = || {
        let body = json!({"model": "shop", "messages": [{"role": "user", "content": "my password is x"}]});
        server.chat(&body).json()["guardrails"]["verdict"]["rail"] == "no passwords"
    };
    for lose in [|config: &Path| fs::write(config, ""), |config: &Path| fs::remove_file(config)] {
        lose(&config).unwrap();
        until("it is known to have lost its rails", || stale() == json!(["shop"]));
        assert!(refused());
        assert_eq!(metric(&server, "railsc_config_current{config=\"shop\"}").as_deref(), Some("0"));
        fs::write(&config, CONFIG).unwrap();
        until("it has them again", || stale() == json!([]));
        assert!(refused());
    }
    // Gone, and back without rails.
    fs::remove_dir_all(folder.path().join("shop")).unwrap();
    until("it is gone", || server.get("/v1/models/shop", &[]).status == 404);
    let folder = folder.with("shop", RAILS, "", None);
    until("it is known to have lost its rails", || stale() == json!(["shop"]));
    assert_eq!(server.get("/v1/models/shop", &[]).status, 404);
    fs::write(folder.path().join("shop/config.yml"), CONFIG).unwrap();
    until("it is served again", || server.get("/v1/models/shop", &[]).status == 200);
    assert!(refused());
}

#[test]
fn whoever_goes_on_writing_does_not_put_off_the_rest() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    fs::write(folder.path().join("shop/rails.co"), RAILS.replace("Hello.", "Good day.")).unwrap();
    let log = folder.path().join("shop/notes.txt");
    until("it is loaded again while somebody writes", || {
        fs::write(&log, "more").unwrap();
        says(&server, "shop") == "Good day."
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_nobody_may_look_into_is_passed_over() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let closed = folder.path().join("lost+found");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let server = Running::open(folder.path(), &[]);
    assert_eq!(says(&server, "shop"), "Hello.");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
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
