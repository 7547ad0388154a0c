//! The interfaces by which gateways and pipelines have texts checked.

use serde_json::{Value, json};

use crate::client::{exchange, parsed, request};
use crate::running::{CONFIG, Folder, RAILS, Running};
use crate::support::{Answer, LONG, Server};

/// Rails that mask numbers, besides those that refuse.
fn rails() -> String {
    RAILS.to_owned()
        + "\ndefine flow mask numbers\n  if \"1234\" in $user_message\n    $user_message = $user_message.replace(\"1234\", \"****\")\n"
        + "\ndefine flow no pairs\n  if \"alpha\" in $user_message and \"omega\" in $user_message\n    bot withhold\n    stop\n"
        + "\ndefine flow join numbers\n  if \"12\\n34\" in $user_message\n    $user_message = $user_message.replace(\"12\\n34\", \"****\")\n"
}

fn served() -> (Folder, Running) {
    let config = CONFIG.replace("[no passwords]", "[no passwords, no pairs, mask numbers, join numbers]");
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
    assert_eq!((&both["status"], both["rails"].as_array().unwrap().len()), (&json!("modified"), 5));

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
fn litellm_has_checked_what_is_new() {
    let (_folder, server) = served();
    let call = |texts: &[&str], messages: Value| {
        let body = json!({"texts": texts, "structured_messages": messages, "input_type": "request"});
        server.post("/beta/litellm_basic_guardrail_api", &[], &body).json()
    };
    let system = json!({"role": "system", "content": "a password"});
    let tool = json!({"role": "tool", "tool_call_id": "1", "content": "my password"});
    let parts =
        json!({"role": "user", "content": [{"type": "text", "text": "alpha"}, {"type": "text", "text": "omega"}]});
    let split = json!({"role": "user", "content": [{"type": "text", "text": "12"}, {"type": "text", "text": "34"}]});
    let pass = json!({"action": "NONE"});
    let blocked = json!({"action": "BLOCKED", "blocked_reason": "Keep your password to yourself."});
    let masked = |texts: Value| json!({"action": "GUARDRAIL_INTERVENED", "texts": texts});
    for (texts, messages, wanted) in [
        (&["a password", "hi"][..], json!([system, user("hi")]), pass.clone()),
        (&["hi", "a password", "hi"], json!([user("hi"), assistant("a password"), user("hi")]), pass.clone()),
        (&["a password", "card 1234"], json!([system, user("card 1234")]), masked(json!(["a password", "card ****"]))),
        (&["hi", "my password"], json!([user("hi"), {"role": "assistant"}, tool]), blocked.clone()),
        // What the messages do not tell is checked, all of it.
        (&["a password"], json!([system]), blocked.clone()),
        (&["my password", "hi"], json!([user("hi")]), blocked.clone()),
        (&["a password", "hi"], json!([{"role": "robot", "content": "a password"}, user("hi")]), blocked),
    ] {
        assert_eq!(call(texts, messages.clone()), wanted, "{messages}");
    }
    assert_eq!(call(&["alpha", "omega"], json!([parts]))["action"], "BLOCKED");
    // There is no place for what is rewritten across parts.
    assert_eq!(call(&["12", "34"], json!([split]))["action"], "BLOCKED");
    let many: Vec<_> = (0..300).flat_map(|_| [user("hi"), assistant("hello")]).chain([user("hi")]).collect();
    let texts: Vec<_> = many.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(call(&texts, json!(many)), pass);
    assert_eq!(call(&texts, json!([]))["error"]["param"], "texts");
}

#[test]
fn litellm_has_checked_what_tools_are_called_with() {
    let (_folder, server) = served();
    let call = |side: &str, calls: Value| {
        let body = json!({"texts": [], "tool_calls": calls, "input_type": side});
        server.post("/beta/litellm_basic_guardrail_api", &[], &body).json()
    };
    let weather = |city: &str| {
        let arguments = json!({ "city": city }).to_string();
        json!({"id": "1", "type": "function", "function": {"name": "weather", "arguments": arguments}})
    };
    assert_eq!(call("response", json!([weather("Bern")])), json!({"action": "NONE"}));
    let blocked = json!({"action": "BLOCKED", "blocked_reason": "I can't say that."});
    assert_eq!(call("response", json!([weather("Bern"), weather("a secret")])), blocked);
    assert_eq!(call("response", json!([{"type": "custom", "custom": {"input": "a secret"}}])), blocked);
    assert_eq!(call("response", json!(vec![weather("Bern"); 257]))["error"]["param"], "tool_calls");
    // They are of an earlier answer.
    assert_eq!(call("request", json!([weather("a secret")])), json!({"action": "NONE"}));
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
fn a_check_looks_at_all_that_was_said_since() {
    let (_folder, server) = served();
    let check = |messages: &[Value], types: &[&str]| {
        let body = json!({"messages": messages, "guardrails": {"rail_types": types}});
        server.post("/v1/checks", &[], &body).json()
    };
    let [bad, fine, secret] = [user("my password"), user("hello"), assistant("a secret")];
    for (messages, kind, status) in [
        (vec![bad.clone(), fine.clone()], "input", "blocked"),
        (vec![bad.clone(), assistant("I see"), fine.clone()], "input", "passed"),
        (vec![bad.clone(), fine.clone(), assistant("Sure, ")], "input", "blocked"),
        (vec![user("card 1234"), fine.clone()], "input", "modified"),
        (vec![fine.clone(), secret.clone(), assistant("fine")], "output", "blocked"),
        (vec![secret, fine.clone(), assistant("fine")], "output", "passed"),
    ] {
        assert_eq!(check(&messages, &[kind])["status"], status, "{messages:?}");
    }
    assert_eq!(check(&vec![fine; 257], &["input"])["error"]["code"], "invalid_value");
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
fn agentgateway_looks_at_every_text_or_refuses() {
    let (_folder, server) = served();
    let ask = |messages: Value| server.post("/request", &[], &json!({"body": {"messages": messages}})).json();
    let part = |text: &str| json!({"type": "text", "text": text});
    let bad = user("my password");
    for messages in [
        json!([bad, assistant("Sure, ")]),
        json!([bad, user("hello")]),
        json!([bad, {"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "x"}]),
        json!([{"role": "user", "content": [part("alpha"), part("omega")]}]),
    ] {
        assert_eq!(ask(messages.clone())["action"]["status_code"], 403, "{messages}");
    }
    let across = ask(json!([{"role": "user", "content": [part("split 12"), part("34")]}]));
    assert_eq!(across["action"]["body"]["messages"], json!([user("split ****")]));
    let within = ask(json!([{"role": "user", "content": [part("1234"), part("b")]}]));
    assert_eq!(within["action"]["body"]["messages"][0]["content"], json!([part("****"), part("b")]));
    for (messages, param) in [
        (json!([{"role": "User", "content": "my password"}]), json!("messages[0].role")),
        (json!([user("hello"), {"role": "function", "content": "x"}]), json!("messages[1].role")),
        (json!([{"content": "x"}]), json!("messages[0]")),
        (json!(["x"]), json!("messages[0]")),
        (json!([{"role": "user"}]), json!("messages[0]")),
        (json!([{"role": "user", "content": [{"type": "image_url"}]}]), Value::Null),
        (json!([{"role": "user", "content": vec![part("x"); 300]}]), Value::Null),
        (json!([{"role": "user", "content": []}]), json!("body.messages")),
        (json!([assistant("x")]), json!("body.messages")),
        (json!([]), json!("body.messages")),
    ] {
        let error = ask(messages.clone())["error"].clone();
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_value"), &param), "{messages}");
    }
    let answer = |choices: Value| server.post("/response", &[], &json!({"body": {"choices": choices}})).json();
    for choices in [
        json!([{"text": "a secret"}]),
        json!([{"message": {"content": null, "refusal": "a secret"}}]),
        json!([{"message": {"content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{\"a\": \"secret\"}"}}]}}]),
    ] {
        assert_eq!(answer(choices.clone())["action"]["status_code"], 403, "{choices}");
    }
    assert_eq!(answer(json!([{"message": {"content": null}}]))["error"]["param"], "body.choices");
    assert_eq!(answer(json!([{"text": "fine"}, {"delta": {}}]))["error"]["param"], "choices[1]");
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

/// What the webhook of Portkey answers about one side, of the shape `{json, text}`.
fn verdict(server: &Running, event: &str, side: &Value) -> Value {
    let name = if event == "beforeRequestHook" { "request" } else { "response" };
    let answer = server.post("/portkey", &[], &json!({name: side, "eventType": event}));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[test]
fn portkey_gets_no_pass_for_what_was_not_read() {
    let (_folder, server) = served();
    let parts = |text: &str| json!([{"type": "text", "text": text}]);
    for (event, side, passes) in [
        ("beforeRequestHook", json!({"json": {"messages": [user("hello")]}, "text": parts("hello")}), true),
        (
            "beforeRequestHook",
            json!({"json": {"messages": [{"role": "user", "content": parts("my password")}]}, "text": parts("x")}),
            false,
        ),
        ("beforeRequestHook", json!({"json": {"messages": [user("my password"), assistant("Sure, ")]}}), false),
        ("beforeRequestHook", json!({"json": {"messages": []}, "text": "my password"}), false),
        ("beforeRequestHook", json!({"json": {"messages": []}, "text": parts("my password")}), false),
        ("beforeRequestHook", json!({"json": {"input": "my password"}}), false),
        ("beforeRequestHook", json!({"json": {"input": "hello"}, "text": "hello"}), true),
        ("beforeRequestHook", json!({"text": 3}), false),
        ("beforeRequestHook", json!({"text": [{"type": "image_url"}]}), false),
        ("beforeRequestHook", json!({"text": "x".repeat(1_000_001)}), false),
        ("afterRequestHook", json!({"json": {"choices": [{"text": "a secret"}]}}), false),
        ("afterRequestHook", json!({"json": {"choices": [{"delta": {}}]}, "text": "a secret"}), false),
        ("afterRequestHook", json!({"json": {"choices": [{"delta": {}}]}, "text": "fine"}), true),
        ("afterRequestHook", json!({"json": {"choices": [{"delta": {}}]}}), false),
        ("afterRequestHook", json!({"json": {"content": [{"type": "text", "text": "a secret"}]}}), false),
        ("afterRequestHook", json!({"json": {"content": []}, "text": "fine"}), true),
        ("otherHook", json!({"text": "hello"}), false),
    ] {
        let verdict = verdict(&server, event, &side);
        let shown: String = side.to_string().chars().take(200).collect();
        assert_eq!(verdict["verdict"], passes, "{event} {shown}: {verdict}");
        assert!(passes || verdict["data"]["reason"].is_string(), "{verdict}");
    }
    let bare = server.post("/portkey", &[("x-rails-config", "bare")], &json!({"eventType": "beforeRequestHook"}));
    assert_eq!((bare.status, &bare.json()["verdict"]), (200, &json!(false)));
    let broken = server.post_bytes("/portkey", &[], b"{");
    assert_eq!((broken.status, &broken.json()["verdict"]), (200, &json!(false)));
}

#[test]
fn portkey_gets_no_pass_from_a_model_that_does_not_answer() {
    for (answer, reason) in
        [(Answer::error(500, "down"), "the server fails (500)"), (Answer::default().wait(LONG), "within 2.5s")]
    {
        let model = Server::start(move |_| answer.clone());
        let rails = "define subflow self check\n  # Is this fit for children? Answer yes or no.\n  $fit = ...\n  if $fit == \"no\"\n    bot \"No.\"\n    stop\n";
        let folder = Folder::new().with("shop", rails, "rails: {input: {flows: [self check]}}\n", Some(&model.url()));
        let server = Running::open(folder.path(), &[]);
        let verdict = verdict(&server, "beforeRequestHook", &json!({"text": "hello"}));
        assert_eq!(verdict["verdict"], false, "{verdict}");
        assert!(verdict["data"]["reason"].as_str().unwrap().contains(reason), "{verdict}");
        assert_eq!(model.requests().len(), 1);
    }
}
