//! `/v1/chat/completions`, plain and as a stream.

use rails::ToolCall;
use rails::model::Completion;
use serde_json::{Value, json};

use crate::running::{Folder, Running, asked, saying};
use crate::support::Server;

#[test]
fn a_canned_answer_is_a_completion() {
    let model = Server::saying([]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let answer = server.chat(&asked("hi"));
    let reply = answer.json();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(reply["object"], "chat.completion");
    assert_eq!(reply["model"], "shop");
    assert_eq!(reply["choices"][0]["message"], json!({"role": "assistant", "content": "Hello.", "refusal": null}));
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
    assert_eq!(reply["usage"], json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "cost": 0}));
    assert_eq!(reply["guardrails"]["verdict"]["status"], "passed");
    assert_eq!(reply["id"], format!("chatcmpl-{}", answer.header("x-request-id")));
    assert_eq!(model.requests().len(), 0);
}

#[test]
fn a_model_answers_what_no_flow_does() {
    let model = Server::scripted([saying("At nine.")]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let mut request = asked("when do you open?");
    request["temperature"] = json!(0.5);
    request["some_other_client_field"] = json!({"ignored": true});
    let reply = server.chat(&request).json();
    assert_eq!(reply["choices"][0]["message"]["content"], "At nine.");
    assert_eq!(reply["usage"], json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "cost": null}));
    let sent = model.requests()[0].json();
    assert_eq!((&sent["model"], &sent["temperature"]), (&json!("m"), &json!(0.5)));
    assert_eq!(sent["some_other_client_field"], Value::Null);
}

#[test]
fn what_a_rail_blocks_is_an_ordinary_message() {
    let model = Server::saying(["It is a secret."]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    for (text, says, rail) in [
        ("my password is x", "Keep your password to yourself.", "no passwords"),
        ("tell me", "I can't say that.", "no secrets"),
    ] {
        let answer = server.chat(&asked(text));
        let reply = answer.json();
        assert_eq!(answer.status, 200);
        assert_eq!(reply["choices"][0]["message"]["content"], says);
        assert_eq!(reply["choices"][0]["finish_reason"], "content_filter");
        assert_eq!(reply["guardrails"]["verdict"]["status"], "blocked");
        assert_eq!(reply["guardrails"]["verdict"]["rail"], rail);
    }
}

#[test]
fn a_stream_has_the_chunks_of_openai() {
    let model = Server::scripted([saying("We open at nine.")]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let mut request = asked("when do you open?");
    request["stream"] = json!(true);
    request["stream_options"] = json!({"include_usage": true});
    let answer = server.chat(&request);
    let mut events = answer.events();
    assert_eq!(events.pop(), Some("[DONE]"));
    let chunks: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    assert_eq!(chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    let (usage, chunks) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"], json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "cost": null}));
    let (last, chunks) = chunks.split_last().unwrap();
    assert_eq!(last["choices"][0], json!({"index": 0, "delta": {}, "finish_reason": "stop"}));
    assert_eq!(last["guardrails"]["verdict"]["status"], "passed");
    let texts = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    assert_eq!(texts.collect::<String>(), "We open at nine.");
    assert!(chunks.iter().all(|chunk| chunk["usage"] == Value::Null && chunk["id"] == usage["id"]));
}

#[test]
fn a_stream_of_a_refusal_ends_as_filtered() {
    let model = Server::saying([]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let mut request = asked("my password is x");
    request["stream"] = json!(true);
    let answer = server.chat(&request);
    let events = answer.events();
    let last: Value = serde_json::from_str(events[events.len() - 2]).unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "content_filter");
    assert!(events.iter().any(|event| event.contains("Keep your password to yourself.")), "{events:?}");
}

#[test]
fn a_conversation_goes_on_by_its_messages() {
    let model = Server::saying(["At nine.", "At ten."]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let first = server.chat(&asked("when do you open?")).json();
    let messages = json!([
        {"role": "user", "content": "when do you open?"},
        first["choices"][0]["message"],
        {"role": "user", "content": [{"type": "text", "text": "and on sundays?"}]},
    ]);
    let second = server.chat(&json!({"messages": messages})).json();
    assert_eq!(second["choices"][0]["message"]["content"], "At ten.");
    let sent = model.requests()[1].json();
    let texts: Vec<_> = sent["messages"].as_array().unwrap().iter().map(|message| &message["content"]).collect();
    assert_eq!(&texts[texts.len() - 3..], ["when do you open?", "At nine.", "and on sundays?"]);
}

#[test]
fn a_model_that_fails_is_an_error_with_a_status() {
    let model = Server::saying([]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let mut request = asked("when do you open?");
    for stream in [false, true] {
        request["stream"] = json!(stream);
        let answer = server.chat(&request);
        assert_eq!((answer.status, answer.code().as_str()), (502, "upstream_failed"), "{answer:?}");
        assert_eq!(answer.json()["error"]["type"], "downstream_error");
    }
}

#[test]
fn tools_are_passed_through() {
    let call =
        ToolCall { id: "call_1".to_owned(), name: "weather".to_owned(), arguments: "{\"city\":\"Bern\"}".to_owned() };
    let calls = || Completion { tool_calls: vec![call.clone()], ..Completion::default() };
    let said = Completion { text: "It is sunny.".to_owned(), ..Completion::default() };
    let model = Server::scripted([calls(), said, calls()]);
    let folder = Folder::usual(&model.url());
    let server = Running::open(folder.path(), &[]);
    let mut request = asked("how is the weather in Bern?");
    request["tools"] = json!([{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]);
    request["tool_choice"] = json!("auto");
    let first = server.chat(&request).json();
    let choice = &first["choices"][0];
    assert_eq!((&choice["finish_reason"], &choice["message"]["content"]), (&json!("tool_calls"), &Value::Null));
    let wanted = json!([{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Bern\"}"}}]);
    assert_eq!(choice["message"]["tool_calls"], wanted);
    assert_eq!(
        (&model.requests()[0].json()["tools"], &model.requests()[0].json()["tool_choice"]),
        (&request["tools"], &json!("auto"))
    );

    let result = json!({"role": "tool", "tool_call_id": "call_1", "content": "sunny"});
    request["messages"] = json!([request["messages"][0], choice["message"], result]);
    assert_eq!(server.chat(&request).json()["choices"][0]["message"]["content"], "It is sunny.");

    request["messages"] = json!([{"role": "user", "content": "and in Basel?"}]);
    request["stream"] = json!(true);
    let answer = server.chat(&request);
    let chunks: Vec<Value> = answer.events().iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
    let delta = chunks.iter().find_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array()).unwrap();
    assert_eq!((&delta[0]["index"], &delta[0]["id"]), (&json!(0), &json!("call_1")));
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn flows_see_the_context_and_nobody_elses() {
    let rails = "define user ask\n  \"who am i?\"\ndefine flow\n  user ask\n  bot \"You are $name.\"\n";
    let folder = Folder::new().with("shop", rails, "", None);
    let server = Running::open(folder.path(), &[]);
    let ask = |context: Value| {
        let mut request = asked("who am i?");
        request["guardrails"] = json!({"context": context});
        server.chat(&request).json()["choices"][0]["message"]["content"].clone()
    };
    assert_eq!(ask(json!({"name": "Ada"})), "You are Ada.");
    assert_eq!(ask(json!({"name": "Bob"})), "You are Bob.");
    assert_eq!(ask(json!({})), "You are .");
}
