//! Which configurations there are, and which one a request gets.

use serde_json::json;

use crate::running::{CONFIG, Folder, RAILS, Running};

#[test]
fn configurations_are_models() {
    let other = "define user greet\n  \"hi\"\ndefine flow\n  user greet\n  bot \"Other.\"\n";
    let folder = Folder::new().with("a", RAILS, CONFIG, None).with("b", other, "", None);
    let server = Running::open(folder.path(), &[]);
    let list = server.get("/v1/models", &[]).json();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(server.get("/v1/models/b", &[]).json()["object"], "model");
    assert_eq!(server.get("/v1/models/c", &[]).code(), "model_not_found");
    let configs = server.get("/v1/rails/configs", &[]).json();
    assert_eq!(configs, json!([{"id": "a", "shadow": false}, {"id": "b", "shadow": false}]));

    let messages = json!([{"role": "user", "content": "hi"}]);
    for (request, says) in [
        (json!({"model": "a"}), "Hello."),
        (json!({"model": "b"}), "Other."),
        (json!({"model": "gpt-4o", "guardrails": {"config_id": "b"}}), "Other."),
        (json!({"guardrails": {"config_ids": ["a"]}}), "Hello."),
    ] {
        let mut request = request;
        request["messages"] = messages.clone();
        assert_eq!(server.chat(&request).json()["choices"][0]["message"]["content"], says, "{request}");
    }
    for (request, code) in [
        (json!({"model": "c"}), "model_not_found"),
        (json!({}), "config_not_found"),
        (json!({"guardrails": {"config_id": "../a"}}), "config_not_found"),
        (json!({"guardrails": {"config_id": "a/../b"}}), "config_not_found"),
        (json!({"guardrails": {"config_id": ""}}), "config_not_found"),
    ] {
        let mut request = request;
        request["messages"] = messages.clone();
        let answer = server.chat(&request);
        assert_eq!((answer.status, answer.code().as_str()), (404, code), "{request}");
    }
}

#[test]
fn one_configuration_answers_whatever_the_model_is_called() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(&folder.path().join("shop"), &[]);
    let answer = server.chat(&json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}));
    assert_eq!(answer.json()["choices"][0]["message"]["content"], "Hello.");
    assert_eq!(server.get("/v1/models", &[]).json()["data"][0]["id"], "shop");
}

#[test]
fn health_is_told_without_a_key() {
    let folder = Folder::new().with("shop", RAILS, CONFIG, None);
    let server = Running::open(folder.path(), &[]);
    for path in ["/healthz", "/v1/health", "/readyz"] {
        assert_eq!(server.get(path, &[]).status, 200, "{path}");
    }
}
