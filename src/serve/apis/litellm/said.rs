//! Which of LiteLLM's texts are new: it sends those of all messages, its own prompts and earlier replies among them.

use serde::Deserialize as _;
use serde_json::Value;

use crate::model::Role;
use crate::serve::apis::chat::SentRole;
use crate::serve::apis::check::last_said;

/// The places in `texts` of what users said and tools gave since the last reply, those of one message together. `None` where
/// `messages` do not tell, because `texts` are not theirs, or none of them is of a user or a tool.
pub(super) fn said(texts: &[String], messages: &[Value]) -> Option<Vec<Vec<usize>>> {
    let mut rest = texts.iter().enumerate();
    let (mut roles, mut places) = (Vec::with_capacity(messages.len()), Vec::with_capacity(messages.len()));
    for message in messages {
        roles.push(Role::from(SentRole::deserialize(message.get("role")?).ok()?));
        let mut parts = Vec::new();
        for text in texts_of(message)? {
            let (at, _) = rest.next().filter(|(_, known)| *known == text)?;
            parts.push(at);
        }
        places.push(parts);
    }
    if rest.next().is_some() {
        return None;
    }
    let mut said = last_said(&roles, Role::User, Role::Assistant);
    said.extend(last_said(&roles, Role::Tool, Role::Assistant));
    said.sort_unstable();
    let said: Vec<_> = said.into_iter().map(|at| std::mem::take(&mut places[at])).collect();
    Some(said).filter(|said| texts.is_empty() || said.iter().any(|parts| !parts.is_empty()))
}

/// The texts of a message, as LiteLLM takes it apart: its content, or what its parts have under `text`.
fn texts_of(message: &Value) -> Option<Vec<&str>> {
    match message.get("content") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text]),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text")).filter(|text| !text.is_null());
            texts.map(Value::as_str).collect()
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::said;

    #[test]
    fn what_is_new_is_found_where_texts_and_messages_agree() {
        let conversation = json!([
            {"role": "system", "content": "s"},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": null, "tool_calls": []},
            {"role": "tool", "content": "t"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "image_url"}, {"type": "text", "text": "d"}]},
            {"role": "user", "content": "e"},
        ]);
        let tool = json!([
            {"role": "user", "content": "a"},
            {"role": "assistant", "tool_calls": []},
            {"role": "tool", "content": "t"},
        ]);
        for (messages, texts, wanted) in [
            (&conversation, &["s", "a", "t", "b", "c", "d", "e"][..], Some(vec![vec![2], vec![4, 5], vec![6]])),
            (&conversation, &["s", "a", "t", "b", "c", "d"], None),
            (&conversation, &["s", "a", "t", "b", "c", "d", "e", "f"], None),
            (&conversation, &["s", "a", "t", "b", "x", "d", "e"], None),
            (&tool, &["a", "t"], Some(vec![vec![0], vec![1]])),
            (&json!([{"role": "robot", "content": "a"}]), &["a"], None),
            (&json!([{"role": "user", "content": 7}]), &["a"], None),
            (&json!([{"role": "user", "content": [{"text": 7}]}]), &["a"], None),
            (&json!([{"content": "a"}]), &["a"], None),
            (&json!([{"role": "system", "content": "a"}]), &["a"], None),
            (&json!([{"role": "system", "content": "a"}, {"role": "user", "content": []}]), &["a"], None),
            (&json!([]), &["a"], None),
            (&json!([]), &[], Some(vec![])),
        ] {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(said(&texts, messages.as_array().unwrap()), wanted, "{texts:?} of {messages}");
        }
    }
}
