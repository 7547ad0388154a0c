//! What is sent: the body of a request, by the kind of model.

use serde_json::{Map, Value, json};

use crate::model::{ChatRequest, Message, Role};

/// The longest answer of a model that continues texts, in tokens, if nobody says; servers would stop at 16.
const USUAL_LENGTH: u32 = 256;

/// Whether `model` continues texts, and knows no conversations.
pub(super) fn continues_texts(model: &str) -> bool {
    let name = bare(model);
    ["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002", "text-davinci-"].iter().any(|old| name.starts_with(old))
}

/// Whether `model` reasons: its limit has another name, and its temperature can't be chosen.
fn reasons(model: &str) -> bool {
    ["o1", "o3", "o4", "gpt-5"].iter().any(|start| bare(model).starts_with(start))
}

/// The name without who makes it, as in `openai/o3`.
fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

/// The body of a request to `model`. What `request` says goes before `parameters`.
pub(super) fn body(
    model: &str,
    text: bool,
    parameters: &Map<String, Value>,
    request: &ChatRequest,
) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    let mut stop = request.stop.clone();
    if text {
        let (prompt, lines) = prompt(&request.messages);
        body.insert("prompt".to_owned(), prompt.into());
        let stops = parameters.contains_key("stop") || request.parameters.contains_key("stop");
        if lines && stop.is_empty() && !stops {
            stop.push("\nUser:".to_owned());
        }
    } else {
        body.insert("messages".to_owned(), request.messages.iter().map(message).collect());
    }
    for (name, value) in parameters.iter().chain(&request.parameters) {
        // These are what the request is, and what it says of itself.
        if !matches!(&**name, "model" | "messages" | "prompt" | "stream" | "stream_options") {
            body.insert(name.clone(), value.clone());
        }
    }
    let reasons = !text && reasons(model);
    if let Some(temperature) = request.temperature.filter(|_| !reasons) {
        body.insert("temperature".to_owned(), temperature.into());
    }
    limit(&mut body, reasons, request.max_tokens.or(text.then_some(USUAL_LENGTH)), request.max_tokens.is_some());
    if !stop.is_empty() {
        body.insert("stop".to_owned(), stop.into());
    }
    if !text {
        if !request.tools.is_empty() {
            body.insert("tools".to_owned(), request.tools.clone().into());
        }
        if let Some(choice) = &request.tool_choice {
            body.insert("tool_choice".to_owned(), choice.clone());
        }
    }
    body
}

/// Sets the longest answer, by the name that the model knows or the user has written; `wins` over what is there.
fn limit(body: &mut Map<String, Value>, reasons: bool, tokens: Option<u32>, wins: bool) {
    const OLD: &str = "max_tokens";
    const NEW: &str = "max_completion_tokens";
    let new = reasons || body.contains_key(NEW);
    let old_value = if new { body.shift_remove(OLD) } else { None };
    let name = if new { NEW } else { OLD };
    match tokens {
        Some(tokens) if wins || !(body.contains_key(name) || old_value.is_some()) => {
            body.insert(name.to_owned(), tokens.into());
        }
        _ => {
            if let Some(value) = old_value {
                body.entry(name).or_insert(value);
            }
        }
    }
}

/// Asks for the answer piece by piece, and for what it took if `counted`.
pub(super) fn streamed(body: &mut Map<String, Value>, counted: bool) {
    body.insert("stream".to_owned(), true.into());
    if counted {
        body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    }
}

fn message(message: &Message) -> Value {
    let mut value = serde_json::to_value(message).unwrap_or_default();
    if message.content.is_empty() && !message.tool_calls.is_empty() {
        value["content"] = Value::Null;
    }
    value
}

/// A conversation as a text to continue, and whether it has lines that say who speaks.
fn prompt(messages: &[Message]) -> (String, bool) {
    if let [Message { role: Role::User, content, .. }] = messages {
        return (content.clone(), false);
    }
    let mut prompt = String::new();
    for message in messages {
        let who = match message.role {
            Role::System => "",
            Role::User => "User: ",
            Role::Assistant => "Assistant: ",
            Role::Tool => "Tool: ",
        };
        prompt.push_str(who);
        prompt.push_str(&message.content);
        prompt.push('\n');
    }
    prompt.push_str("Assistant:");
    (prompt, true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{body, continues_texts};
    use crate::model::{ChatRequest, Message, Task, ToolCall};

    fn parameters(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn asked() -> ChatRequest {
        ChatRequest::new(Task::General, vec![Message::user("hi")])
    }

    #[test]
    fn what_is_asked_goes_before_what_is_set() {
        let set = parameters(
            json!({"temperature": 1, "max_tokens": 5, "seed": 3, "stop": ["a"], "model": "x", "stream": true}),
        );
        let mut request = asked();
        let messages = json!([{"role": "user", "content": "hi"}]);
        let wanted =
            json!({"model": "m", "messages": messages, "temperature": 1, "max_tokens": 5, "seed": 3, "stop": ["a"]});
        assert_eq!(Value::Object(body("m", false, &set, &request)), wanted);
        request.parameters = parameters(json!({"seed": 4, "top_p": 0.5}));
        (request.temperature, request.max_tokens) = (Some(0.0), Some(9));
        request.stop = vec!["b".to_owned()];
        request.tools = vec![json!({"type": "function"})];
        request.tool_choice = Some("auto".into());
        let wanted = json!({"model": "m", "messages": messages, "temperature": 0.0, "max_tokens": 9, "seed": 4, "stop": ["b"],
            "top_p": 0.5, "tools": [{"type": "function"}], "tool_choice": "auto"});
        assert_eq!(Value::Object(body("m", false, &set, &request)), wanted);
    }

    #[test]
    fn models_that_reason_have_a_limit_of_another_name() {
        let mut request = asked();
        request.temperature = Some(0.0);
        for (set, tokens, wanted) in [
            (json!({}), Some(9), json!({"max_completion_tokens": 9})),
            (json!({"max_tokens": 5}), Some(9), json!({"max_completion_tokens": 9})),
            (json!({"max_tokens": 5}), None, json!({"max_completion_tokens": 5})),
            (json!({"temperature": 1}), None, json!({"temperature": 1})),
            (json!({"max_completion_tokens": 5}), Some(9), json!({"max_completion_tokens": 9})),
            (json!({}), None, json!({})),
        ] {
            request.max_tokens = tokens;
            for model in ["o1-mini", "o3", "o4-mini", "gpt-5-nano", "openai/o3"] {
                let mut body = body(model, false, &parameters(set.clone()), &request);
                body.retain(|name, _| !matches!(&**name, "model" | "messages"));
                assert_eq!(Value::Object(body), wanted, "{model}: {set}");
            }
        }
    }

    #[test]
    fn tools_are_called_and_answer() {
        let call = ToolCall { id: "1".to_owned(), name: "f".to_owned(), arguments: "{}".to_owned() };
        let messages = vec![Message::calls("", vec![call.clone()]), Message::tool(&call, "3")];
        let body = body("m", false, &Map::new(), &ChatRequest::new(Task::General, messages));
        let wire = json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
        assert_eq!(
            body["messages"],
            json!([
                {"role": "assistant", "content": null, "tool_calls": [wire]},
                {"role": "tool", "content": "3", "tool_call_id": "1", "name": "f"},
            ])
        );
    }

    #[test]
    fn old_models_continue_a_text() {
        for (model, old) in [
            ("gpt-3.5-turbo-instruct", true),
            ("text-davinci-003", true),
            ("davinci-002", true),
            ("babbage-002", true),
            ("gpt-3.5-turbo", false),
            ("gpt-4o", false),
        ] {
            assert_eq!(continues_texts(model), old, "{model}");
        }
        let wanted = json!({"model": "m", "prompt": "hi", "max_tokens": 256});
        assert_eq!(Value::Object(body("m", true, &Map::new(), &asked())), wanted);
        let messages =
            vec![Message::system("Be kind."), Message::user("hi"), Message::assistant("hello"), Message::user("so?")];
        let body = body("m", true, &parameters(json!({"max_tokens": 7})), &ChatRequest::new(Task::General, messages));
        let prompt = "Be kind.\nUser: hi\nAssistant: hello\nUser: so?\nAssistant:";
        assert_eq!(Value::Object(body), json!({"model": "m", "prompt": prompt, "max_tokens": 7, "stop": ["\nUser:"]}));
    }
}
