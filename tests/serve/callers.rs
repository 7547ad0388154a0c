//! Who may call, and how the server refuses to start where anybody could.

use serde_json::json;

use crate::running::{CONFIG, Folder, RAILS, Running, allowing, command, new_key};

#[test]
fn keys_let_their_owners_call() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None).with("b", RAILS, CONFIG, None);
    let (key, limited) = new_key("web");
    let (other, entry) = new_key("all");
    let limited = allowing(&limited, "configs: [b]");
    let settings = folder.file("serve.yml", &format!("callers:\n{limited}{entry}"));
    let mut command = command(folder.path());
    command.arg("--config").arg(&settings);
    let mut server = Running::start(command);

    let ask = |key: &str, config: &str| {
        let headers = [("authorization", &*format!("Bearer {key}"))];
        let body = json!({"model": config, "messages": [{"role": "user", "content": "hi"}]});
        server.post("/v1/chat/completions", &headers, &body)
    };
    assert_eq!(ask(&key, "b").status, 200);
    assert_eq!(ask(&key, "a").code(), "config_not_allowed");
    assert_eq!(ask(&other, "a").status, 200);
    let wrong = ask("rk-other", "b");
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "invalid_api_key"));
    assert_eq!(wrong.json()["error"]["type"], "authentication_error");
    assert_eq!(server.get("/v1/models", &[]).code(), "invalid_api_key");
    let listed = server.get("/v1/models", &[("x-api-key", &key)]).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    server.child.kill().unwrap();
    assert_eq!(server.said(), "");
}

#[test]
fn nobody_may_call_unless_it_is_said_who() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None);
    for (arguments, says) in [
        (&[][..], "nobody may call"),
        (&["--no-auth", "--host", "0.0.0.0"], "loopback"),
        (&["--config", "/no/such/serve.yml", "--no-auth"], "can't read `/no/such/serve.yml`"),
    ] {
        let output = command(folder.path()).args(arguments).output().unwrap();
        assert!(output.stdout.is_empty() && !output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{output:?}");
    }
}

#[test]
fn pages_of_other_names_are_not_answered_without_keys() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    assert_eq!(server.get("/v1/models", &[("host", "evil.example")]).code(), "host_not_allowed");
    for host in ["localhost:8080", "127.0.0.1", "[::1]:1", "LOCALHOST"] {
        assert_eq!(server.get("/v1/models", &[("host", host)]).status, 200, "{host}");
    }
}

#[test]
fn settings_are_read_strictly() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None);
    for (text, says) in [
        ("prot: 1\n", "unknown key `prot`"),
        ("port: many\n", "a whole number from 0 to 65535"),
        ("host: example.com\n", "an IP address"),
        ("limits: {body_byte: 1}\n", "did you mean `body_bytes`?"),
        ("callers: [{name: a}]\n", "a caller with its `name` and `key_sha256`"),
        ("callers: [{name: a, key_sha256: secret}]\n", "64 hexadecimal digits"),
        ("tls: {certificate: a.pem}\n", "a `certificate` and its `key`"),
        ("model: {name: x}\n", "a model with its `url`"),
        ("port: [\n", "YAML does not parse"),
        ("callers:\n  - name: a\n    configs:\n    # - shop\n", "serve.yml:3:5"),
        ("callers: [{name: a, configs: ~}]\n", "`configs` should be a list"),
        ("callers: [{name: a, configs: [~]}]\n", "this should be a text"),
        ("cors: {origins: [\"*\", \"https://shop.example\"]}\n", "this should be alone"),
        ("cors: {origins: [\"https://shop.example\", \"*\"]}\n", "serve.yml:1:42"),
        ("cors: {origins: [\"https://caf\u{e9}.example\"]}\n", "an origin as browsers send it"),
        ("cors: {origins: [\"https://shop.example/\"]}\n", "an origin as browsers send it"),
        ("cors: {origins: [\"shop.example\"]}\n", "an origin as browsers send it"),
        ("cors: {origins: [\"https://a.example\\nx: y\"]}\n", "an origin as browsers send it"),
    ] {
        let settings = folder.file("serve.yml", text);
        for check in [&[][..], &["--check"]] {
            let output = command(folder.path()).args(check).arg("--config").arg(&settings).output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{text}: {error}");
            assert!(error.contains(says) && error.contains("serve.yml"), "{text}: {error}");
        }
    }
}

#[test]
fn flags_outrank_variables_and_these_the_file() {
    let folder = Folder::new().with("a", RAILS, CONFIG, None);
    let settings = folder.file("serve.yml", "host: 127.0.0.3\nport: 1\n");
    let start = |arguments: &[&str]| {
        let mut command = command(folder.path());
        command.env("RAILSC_CONFIG", &settings).env("RAILSC_NO_AUTH", "true").env("RAILSC_PORT", "2").args(arguments);
        Running::start(command).address.ip().to_string()
    };
    assert_eq!(start(&[]), "127.0.0.3");
    assert_eq!(start(&["--host", "127.0.0.2"]), "127.0.0.2");
    let output = command(folder.path()).env("RAILSC_HOST", "tcp://10.0.0.1:8080").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
