//! The interfaces by which gateways and pipelines have texts checked.

use serde_json::{Value, json};

use crate::client::{exchange, parsed, request};
use crate::running::{CONFIG, Folder, RAILS, Running};

/// Rails that mask numbers, besides those that refuse.
fn rails() -> String {
    RAILS.to_owned()
        + "\ndefine flow mask numbers\n  if \"1234\" in $user_message\n    $user_message = $user_message.replace(\"1234\", \"****\")\n"
}

fn served() -> (Folder, Running) {
    let config = CONFIG.replace("[no passwords]", "[no passwords, mask numbers]");
    let folder = Folder::new().with("shop", &rails(), &config, None).with("bare", RAILS, "", None);
    let settings = folder.file("serve.yml", "default_config: shop\n");
    let server = Running::open(folder.path(), &["--config", settings.to_str().unwrap()]);
    (folder, server)
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn assistant(text: &str) -> Value {
    json!({"role": "assistant", "content": text})
}

#[test]
fn a_check_tells_what_rails_went_by() {
    let (_folder, server) = served();
    let check = |body: Value| server.post("/v1/checks", &[], &body);
    let blocked = check(json!({"messages": [user("my password is x")]})).json();
    assert_eq!((&blocked["status"], &blocked["rail"]), (&json!("blocked"), &json!("no passwords")));
    assert_eq!(blocked["content"], "Keep your password to yourself.");
    assert_eq!(blocked["rule"], "\"password\" in $user_message.lower()");
    assert_eq!(blocked["spans"], json!([{"start": 3, "end": 11, "text": "password"}]));
    assert_eq!(blocked["rails"][0]["type"], "input");
    assert!(blocked["line"].is_object() || blocked["line"].is_string(), "{blocked}");
    let modified = check(json!({"messages": [user("card 1234")]})).json();
    assert_eq!((&modified["status"], &modified["content"]), (&json!("modified"), &json!("card ****")));
    let passed = check(json!({"messages": [user("hello")], "guardrails": {"config_id": "shop"}})).json();
    assert_eq!(
        (&passed["status"], &passed["content"], &passed["rail"]),
        (&json!("passed"), &json!("hello"), &Value::Null)
    );
    let output = check(json!({"messages": [user("tell me"), assistant("a secret")]})).json();
    assert_eq!((&output["status"], &output["rail"]), (&json!("blocked"), &json!("no secrets")));
    let both =
        json!({"messages": [user("card 1234"), assistant("fine")], "guardrails": {"rail_types": ["input", "output"]}});
    let both = check(both).json();
    assert_eq!((&both["status"], both["rails"].as_array().unwrap().len()), (&json!("modified"), 3));

    for (body, code, param) in [
        (json!({"messages": [user("x")], "guardrails": {"config_id": "bare"}}), "no_rails", Value::Null),
        (json!({"messages": []}), "invalid_value", json!("messages")),
        (
            json!({"messages": [user("x")], "guardrails": {"rail_types": ["output"]}}),
            "invalid_value",
            json!("messages"),
        ),
        (
            json!({"messages": [user("x")], "guardrails": {"rail_types": ["retrieval"]}}),
            "invalid_value",
            json!("guardrails.rail_types[0]"),
        ),
        (json!({"messages": [user("x")], "guardrails": {"config": "x"}}), "invalid_value", json!("guardrails.config")),
    ] {
        let answer = check(body.clone());
        assert_eq!((answer.code().as_str(), &answer.json()["error"]["param"]), (code, &param), "{body}");
    }
}

#[test]
fn moderations_flag_what_input_rails_object_to() {
    let (_folder, server) = served();
    let moderate = |input: Value| server.post("/v1/moderations", &[], &json!({"input": input})).json();
    let one = moderate(json!("my password is x"));
    assert_eq!(one["results"].as_array().unwrap().len(), 1);
    assert_eq!(one["results"][0]["flagged"], true);
    assert_eq!(one["results"][0]["categories"]["no passwords"], true);
    assert_eq!(one["results"][0]["category_scores"]["no passwords"], 1.0);
    let rewritten = moderate(json!("card 1234"));
    assert_eq!(rewritten["results"][0]["flagged"], true);
    assert_eq!(rewritten["results"][0]["categories"]["mask numbers"], true);
    let many = moderate(json!(["hello", "my password"]));
    let flagged: Vec<_> = many["results"].as_array().unwrap().iter().map(|result| &result["flagged"]).collect();
    assert_eq!(flagged, [false, true]);
    assert_eq!(many["results"][0]["categories"].as_object().unwrap().len(), 13);
    let parts = moderate(json!([{"type": "text", "text": "my"}, {"type": "text", "text": "password"}]));
    assert_eq!(parts["results"].as_array().unwrap().len(), 1);
    assert_eq!(parts["results"][0]["flagged"], true);
    for (input, code) in [
        (json!(3), "invalid_value"),
        (json!([{"type": "image_url"}]), "invalid_value"),
        (json!(vec!["x"; 300]), "invalid_value"),
    ] {
        assert_eq!(server.post("/v1/moderations", &[], &json!({"input": input})).code(), code);
    }
    assert_eq!(server.post("/v1/moderations", &[], &json!({"model": "bare", "input": "x"})).code(), "no_rails");
}

#[test]
fn litellm_gets_its_texts_back_in_order() {
    let (_folder, server) = served();
    let call = |body: Value| server.post("/beta/litellm_basic_guardrail_api", &[], &body).json();
    let more = json!({"user_api_key_hash": "h", "litellm_call_id": "1"});
    assert_eq!(
        call(json!({"texts": ["hello"], "input_type": "request", "request_data": more})),
        json!({"action": "NONE"})
    );
    assert_eq!(
        call(json!({"texts": ["my password"], "input_type": "request"})),
        json!({"action": "BLOCKED", "blocked_reason": "Keep your password to yourself."})
    );
    assert_eq!(
        call(json!({"texts": ["a", "card 1234", "b"], "input_type": "request", "images": null})),
        json!({"action": "GUARDRAIL_INTERVENED", "texts": ["a", "card ****", "b"]})
    );
    assert_eq!(call(json!({"texts": ["a secret"], "input_type": "response"}))["action"], "BLOCKED");
    assert_eq!(call(json!({"texts": ["x"], "images": ["data:"], "input_type": "request"}))["action"], "BLOCKED");
    let other =
        json!({"texts": ["x"], "input_type": "request", "additional_provider_specific_params": {"config_id": "bare"}});
    assert_eq!(call(other)["error"]["code"], "no_rails");
}

#[test]
fn detectors_name_places() {
    let (_folder, server) = served();
    let body = json!({"contents": ["hello", "my password is x"], "detector_params": {}});
    let found = server.post("/api/v1/text/contents", &[("detector-id", "shop")], &body).json();
    assert_eq!(found[0], json!([]));
    let detection = &found[1][0];
    assert_eq!(
        (&detection["start"], &detection["end"], &detection["text"]),
        (&json!(3), &json!(11), &json!("password"))
    );
    assert_eq!((&detection["detection"], &detection["score"]), (&json!("no passwords"), &json!(1.0)));
    assert_eq!(server.post("/api/v1/text/contents", &[("detector-id", "other")], &body).code(), "config_not_found");
}

#[test]
fn detectors_tell_what_could_not_be_checked() {
    let rails = format!("{RAILS}\ndefine flow broken\n  $x = 1 / 0\n");
    let folder = Folder::new().with("shop", &rails, "rails: {input: {flows: [broken]}}\n", None);
    let server = Running::open(folder.path(), &[]);
    let found = server.post("/api/v1/text/contents", &[], &json!({"contents": ["hello"]})).json();
    let detection = &found[0][0];
    assert_eq!((&detection["text"], &detection["detection_type"]), (&json!("hello"), &json!("blocked")));
}

#[test]
fn headers_that_name_a_configuration_are_read_or_refused() {
    let (_folder, server) = served();
    for (path, body) in [
        ("/api/v1/text/contents", json!({"contents": ["x"]})),
        ("/beta/litellm_basic_guardrail_api", json!({"texts": ["x"], "input_type": "request"})),
        ("/request", json!({"body": {"messages": [user("x")]}})),
        ("/response", json!({"body": {"choices": [{"message": assistant("x")}]}})),
    ] {
        let name = if path == "/api/v1/text/contents" { "detector-id" } else { "x-rails-config" };
        assert_eq!(server.post(path, &[(name, "größe")], &body).code(), "config_not_found", "{path}");
        let headers = [("content-type", "application/json"), (name, "@")];
        let mut bytes = request(&format!("POST {path}"), &headers, body.to_string().as_bytes());
        let at = bytes.iter().position(|byte| *byte == b'@').unwrap();
        bytes[at] = 0xff;
        let answer = parsed(&exchange(server.address, &bytes));
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_value"), "{path}");
        assert_eq!(answer.json()["error"]["param"], name);
    }
}

#[test]
fn agentgateway_passes_masks_and_rejects() {
    let (_folder, server) = served();
    let ask = |text: &str| server.post("/request", &[], &json!({"body": {"messages": [user(text)]}})).json();
    assert_eq!(ask("hello"), json!({"action": {"reason": "passed"}}));
    assert_eq!(ask("card 1234")["action"]["body"]["messages"], json!([user("card ****")]));
    let rejected = &ask("my password")["action"];
    assert_eq!((&rejected["body"], &rejected["status_code"]), (&json!("Keep your password to yourself."), &json!(403)));
    let answer = json!({"body": {"choices": [{"message": assistant("a secret")}]}});
    assert_eq!(server.post("/response", &[], &answer).json()["action"]["status_code"], 403);
    let bare = server.post("/request", &[("x-rails-config", "bare")], &json!({"body": {"messages": []}}));
    assert_eq!(bare.code(), "no_rails");
}

#[test]
fn portkey_gets_a_verdict() {
    let (_folder, server) = served();
    let before = |text: &str| {
        let request = json!({"json": {"model": "m", "messages": [user(text)]}, "text": text});
        let body = json!({"request": request, "response": {}, "provider": "openai", "requestType": "chatComplete", "metadata": {}, "eventType": "beforeRequestHook"});
        server.post("/portkey", &[], &body).json()
    };
    assert_eq!(before("hello"), json!({"verdict": true}));
    assert_eq!(before("my password")["verdict"], false);
    let masked = before("card 1234");
    assert_eq!(
        (&masked["verdict"], &masked["transformedData"]["request"]["json"]["messages"][0]["content"]),
        (&json!(true), &json!("card ****"))
    );
    let after = json!({"request": {"text": "tell"}, "response": {"text": "a secret"}, "eventType": "afterRequestHook"});
    assert_eq!(server.post("/portkey", &[], &after).json()["verdict"], false);
}
