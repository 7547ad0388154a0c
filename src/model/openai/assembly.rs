//! The pieces of a streamed answer, put together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use super::answer::{Answer, Call, parse, shaped, tokens};
use super::fault::{clean, reported};
use super::secret::Secret;
use super::sse::Event;
use crate::model::{ModelError, Piece, Tokens, ToolCall};

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    calls: BTreeMap<u64, ToolCall>,
    finish: Option<String>,
    tokens: Option<Tokens>,
    spoke: bool,
    done: bool,
}

impl Assembly {
    /// Takes an event; what it adds to the text.
    pub fn take(&mut self, event: &Event, secrets: &[Secret]) -> Result<Option<String>, ModelError> {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.done = true;
        }
        if self.done || data.is_empty() {
            return Ok(None);
        }
        if event.name == "error" && !data.starts_with('{') {
            return Err(ModelError::Reported { message: clean(data, secrets) });
        }
        let value: Value = parse(data.as_bytes())?;
        if let Some(error) = reported(&value, secrets) {
            return Err(error);
        }
        let answer: Answer = shaped(value, "a completion")?;
        self.tokens = answer.usage.as_ref().and_then(tokens).or(self.tokens);
        let mut text = String::new();
        for mut choice in answer.choices.into_iter().flatten().filter(|choice| choice.index.unwrap_or(0) == 0) {
            let finish = choice.finish()?;
            let (more, calls) = choice.said();
            text.push_str(&more);
            calls.into_iter().for_each(|call| self.call(call));
            self.finish = finish.or(self.finish.take());
        }
        self.spoke |= !text.is_empty();
        Ok((!text.is_empty()).then_some(text))
    }

    /// More of a call. Servers that don't number them start each with its id.
    fn call(&mut self, call: Call) {
        let index = call.index;
        let call = ToolCall::from(call);
        let last = self.calls.last_key_value().map(|(index, _)| *index);
        let index = index.unwrap_or(match last {
            Some(last) if !call.id.is_empty() => last.saturating_add(1),
            other => other.unwrap_or_default(),
        });
        match self.calls.entry(index) {
            Entry::Vacant(new) => drop(new.insert(call)),
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                for (known, new) in [(&mut known.id, call.id), (&mut known.name, call.name)] {
                    if known.is_empty() {
                        *known = new;
                    }
                }
                known.arguments.push_str(&call.arguments);
            }
        }
    }

    /// Whether the server said that nothing more comes.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Whether nothing is missing but what the answer took.
    pub fn is_whole(&self) -> bool {
        self.done || self.finish.is_some()
    }

    /// The last piece.
    pub fn end(self) -> Result<Piece, ModelError> {
        if !self.is_whole() {
            return Err(ModelError::CutOff { reason: "the stream ends before the answer does".to_owned() });
        }
        if !self.spoke && self.calls.is_empty() {
            return Err(ModelError::Empty);
        }
        Ok(Piece::End { tool_calls: self.calls.into_values().collect(), finish: self.finish, tokens: self.tokens })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Assembly;
    use crate::model::openai::sse::Event;
    use crate::model::{ModelError, Piece, Tokens, ToolCall};

    fn assembled(events: &[Value]) -> Result<(String, Piece), ModelError> {
        let (mut assembly, mut text) = (Assembly::default(), String::new());
        for event in events {
            let data = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
            text.extend(assembly.take(&Event { name: String::new(), data }, &[])?);
        }
        Ok((text, assembly.end()?))
    }

    fn delta(delta: Value) -> Value {
        json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn finish(reason: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[test]
    fn texts_are_joined_and_tokens_counted() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
        let (text, end) = assembled(&[
            delta(json!({"role": "assistant", "content": ""})),
            delta(json!({"reasoning_content": "hm", "content": null})),
            delta(json!({"content": "Hel"})),
            json!({"choices": [{"index": 1, "delta": {"content": "other"}}, {"index": 0, "text": "lo"}]}),
            finish("stop"),
            usage,
            "[DONE]".into(),
            "what follows is not read".into(),
        ])
        .unwrap();
        let tokens = Some(Tokens { input: 3, output: 2, cached: 0 });
        assert_eq!(text, "Hello");
        assert_eq!(end, Piece::End { tool_calls: Vec::new(), finish: Some("stop".to_owned()), tokens });
    }

    #[test]
    fn calls_are_put_together_by_their_index() {
        let call = |id: &str, name: &str, arguments: &str| ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let wanted = [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")];
        let numbered = [
            json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]),
            json!([{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{"}}]),
            json!([{"index": 0, "function": {"arguments": "{\"x\":"}}, {"index": 1, "function": {"arguments": "}"}}]),
            json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": "1}"}}]),
        ];
        let plain = [
            json!([{"id": "a", "function": {"name": "f", "arguments": "{\"x\":"}}]),
            json!([{"function": {"arguments": "1}"}}]),
            json!([{"id": "b", "function": {"name": "g", "arguments": {}}}]),
        ];
        for calls in [&numbered[..], &plain] {
            let mut events: Vec<_> = calls.iter().map(|calls| delta(json!({"tool_calls": calls}))).collect();
            events.push(finish("tool_calls"));
            let (_, end) = assembled(&events).unwrap();
            let Piece::End { tool_calls, .. } = end else { panic!("{end:?}") };
            assert_eq!(tool_calls, wanted);
        }
    }

    #[test]
    fn servers_say_more_than_they_need() {
        let so_far = |more: &str, all: &str, finish: &str| {
            json!({"choices": [{"delta": {"content": more}, "message": {"content": all}, "finish_reason": finish,
                "index": null}]})
        };
        let (text, _) = assembled(&[so_far("Hel", "Hel", ""), so_far("lo", "Hello", "stop")]).unwrap();
        assert_eq!(text, "Hello");
        assert!(matches!(assembled(&[so_far("Hel", "Hel", "")]), Err(ModelError::CutOff { .. })));
    }

    #[test]
    fn what_goes_wrong_on_the_way_is_told() {
        let hello = delta(json!({"content": "hello"}));
        assert!(matches!(assembled(std::slice::from_ref(&hello)), Err(ModelError::CutOff { .. })));
        assert!(assembled(&[hello.clone(), "[DONE]".into()]).is_ok());
        assert_eq!(assembled(&[finish("stop")]), Err(ModelError::Empty));
        assert_eq!(assembled(&[hello.clone(), finish("content_filter")]), Err(ModelError::Filtered));
        let error = json!({"error": {"message": "overloaded", "code": 503}});
        let reported = ModelError::Reported { message: "overloaded".to_owned() };
        assert_eq!(assembled(&[hello.clone(), error]), Err(reported));
        assert!(matches!(assembled(&[hello, "{\"choices".into()]), Err(ModelError::Malformed { .. })));
    }
}
