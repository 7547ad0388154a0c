//! What comes back: the shapes of answers, read leniently, since servers differ.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::{Completion, ModelError, Tokens, ToolCall};

/// A whole answer, or a part of one that is streamed.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub choices: Option<Vec<Choice>>,
    pub usage: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub index: Option<u64>,
    /// More of what is said. Some servers send all that was said so far besides.
    delta: Option<Said>,
    message: Option<Said>,
    /// The same, of a model that continues texts.
    text: Option<String>,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Said {
    content: Option<Content>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    text: Option<String>,
}

/// A call of a tool, or more of one.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Call {
    pub index: Option<u64>,
    pub id: Option<String>,
    function: Option<Function>,
}

#[derive(Debug, Default, Deserialize)]
struct Function {
    name: Option<String>,
    arguments: Option<Value>,
}

impl From<Call> for ToolCall {
    fn from(call: Call) -> Self {
        let Function { name, arguments } = call.function.unwrap_or_default();
        // The model wrote a text; some servers have it parsed already.
        let arguments = match arguments {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
        };
        Self { id: call.id.unwrap_or_default(), name: name.unwrap_or_default(), arguments }
    }
}

impl Choice {
    /// What it says, and what it calls.
    pub fn said(&mut self) -> (String, Vec<Call>) {
        let said = self.delta.take().or(self.message.take()).unwrap_or_default();
        let content = match said.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
            None => String::new(),
        };
        let texts = [Some(content), said.refusal, self.text.take()];
        let text = texts.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default();
        (text, said.tool_calls.unwrap_or_default())
    }

    /// Why it ended, if it did. Fails when the server's filter ended it.
    pub fn finish(&mut self) -> Result<Option<String>, ModelError> {
        match self.finish_reason.take().filter(|reason| !reason.is_empty()) {
            Some(reason) if reason == "content_filter" => Err(ModelError::Filtered),
            reason => Ok(reason),
        }
    }
}

/// JSON of that shape. The error names a place and no text, for the text may be a user's.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ModelError> {
    let malformed = |reason: String| ModelError::Malformed { reason };
    if let Err(error) = str::from_utf8(bytes) {
        return Err(malformed(format!("byte {} starts no character of UTF-8", error.valid_up_to())));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        malformed(match error.classify() {
            serde_json::error::Category::Eof => format!("its JSON breaks off in line {line}, column {column}"),
            serde_json::error::Category::Data => format!("its JSON has another shape in line {line}, column {column}"),
            _ => format!("it is no JSON, from line {line}, column {column}"),
        })
    })
}

/// What a whole answer says.
pub(super) fn completion(answer: Value) -> Result<Completion, ModelError> {
    let answer: Answer = shaped(answer, "a completion")?;
    let tokens = answer.usage.as_ref().and_then(tokens);
    let mut choice = answer.choices.into_iter().flatten().next().ok_or(ModelError::Empty)?;
    let finish = choice.finish()?;
    let (text, calls) = choice.said();
    let tool_calls: Vec<ToolCall> = calls.into_iter().map(ToolCall::from).collect();
    if text.is_empty() && tool_calls.is_empty() {
        return Err(ModelError::Empty);
    }
    Ok(Completion { text, tool_calls, finish, tokens })
}

/// `value` as what it should be, which is called `what`.
pub(super) fn shaped<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, ModelError> {
    serde_json::from_value(value)
        .map_err(|_| ModelError::Malformed { reason: format!("its JSON is not that of {what}") })
}

/// The tokens that `usage` tells of.
pub(super) fn tokens(usage: &Value) -> Option<Tokens> {
    let input = usage.get("prompt_tokens").and_then(Value::as_u64);
    let output = usage.get("completion_tokens").and_then(Value::as_u64);
    input.or(output)?;
    let cached = usage.pointer("/prompt_tokens_details/cached_tokens").and_then(Value::as_u64).unwrap_or_default();
    Some(Tokens { input: input.unwrap_or_default(), output: output.unwrap_or_default(), cached })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{completion, parse};
    use crate::model::{ModelError, Tokens, ToolCall};

    #[test]
    fn answers_are_read_as_servers_write_them() {
        for (choice, text) in [
            (json!({"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}), "hi"),
            (json!({"text": " hi", "logprobs": null}), " hi"),
            (
                json!({"message": {"content": [{"type": "text", "text": "a"}, {"type": "thinking"}, {"text": "b"}]}}),
                "ab",
            ),
            (json!({"message": {"content": "hi", "reasoning_content": "hm", "tool_calls": null}}), "hi"),
            (json!({"message": {"content": null, "refusal": "no"}}), "no"),
        ] {
            assert_eq!(completion(json!({"choices": [choice]})).unwrap().text, text);
        }
        let calls = json!([{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1"}},
            {"function": {"name": "g", "arguments": {"b": 2}}}]);
        let answer = json!({"choices": [{"message": {"content": null, "tool_calls": calls}, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}}});
        let completion = completion(answer).unwrap();
        let call = |id: &str, name: &str, arguments: &str| ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        assert_eq!(completion.tool_calls, [call("1", "f", "{\"a\": 1"), call("", "g", "{\"b\":2}")]);
        assert_eq!(completion.tokens, Some(Tokens { input: 3, output: 2, cached: 1 }));
        assert_eq!(completion.finish.as_deref(), Some("tool_calls"));
    }

    #[test]
    fn answers_without_anything_are_empty() {
        for answer in [
            json!({}),
            json!({"choices": []}),
            json!({"choices": [{"message": {"content": ""}}]}),
            json!({"choices": [{"finish_reason": "length"}]}),
        ] {
            assert_eq!(completion(answer), Err(ModelError::Empty));
        }
        assert_eq!(completion(json!({"choices": [{"finish_reason": "content_filter"}]})), Err(ModelError::Filtered));
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_said_without_its_text() {
        for bytes in [&b"{\"s3cret\": "[..], b"s3cret", b"\"s3cret\xff\"", b""] {
            let error = parse::<Value>(bytes).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        let error = completion(json!({"choices": "s3cret"})).unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
