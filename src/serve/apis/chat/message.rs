//! Messages as OpenAI's clients send them: a text or parts of one, and a role by any of its names.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{Message, Role, ToolCall};

/// A message of a request.
#[derive(Deserialize)]
pub(in crate::serve) struct Sent {
    role: SentRole,
    #[serde(default)]
    content: Content,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
    #[serde(default)]
    tool_call_id: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

/// Who said it, by a name of OpenAI's.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(in crate::serve) enum SentRole {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

impl From<SentRole> for Role {
    fn from(role: SentRole) -> Self {
        match role {
            SentRole::System | SentRole::Developer => Self::System,
            SentRole::User => Self::User,
            SentRole::Assistant => Self::Assistant,
            SentRole::Tool => Self::Tool,
        }
    }
}

impl From<Sent> for Message {
    fn from(sent: Sent) -> Self {
        let (text, calls) = (sent.content.0, sent.tool_calls.unwrap_or_default());
        match sent.role {
            SentRole::System | SentRole::Developer => Message::system(text),
            SentRole::User => Message::user(text),
            SentRole::Assistant if text.is_empty() => Message::calls(sent.refusal.unwrap_or_default(), calls),
            SentRole::Assistant => Message::calls(text, calls),
            SentRole::Tool => Message {
                role: Role::Tool,
                content: text,
                tool_calls: Vec::new(),
                tool_call_id: sent.tool_call_id,
                name: sent.name,
            },
        }
    }
}

/// A text, or parts that are texts. What rails can't read is refused.
#[derive(Default)]
pub(in crate::serve) struct Content(pub String);

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of parts of type `text`")
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Content, E> {
        Ok(Content(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content, A::Error> {
        let mut whole = String::new();
        while let Some(Part(text)) = parts.next_element()? {
            if !whole.is_empty() {
                whole.push('\n');
            }
            whole.push_str(&text);
        }
        Ok(Content(whole))
    }
}

/// A part of a text.
struct Part(String);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part such as `{\"type\": \"text\", \"text\": \"hello\"}`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Part, A::Error> {
        let (mut kind, mut text) = (None::<String>, None::<String>);
        while let Some(key) = entries.next_key::<String>()? {
            match &*key {
                "type" => kind = Some(entries.next_value()?),
                "text" | "refusal" => text = Some(entries.next_value()?),
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (kind.as_deref(), text) {
            (Some("text" | "refusal"), Some(text)) => Ok(Part(text)),
            (Some("text" | "refusal"), None) => Err(Error::missing_field("text")),
            (Some(_), _) => Err(Error::custom("rails read texts only: parts of other types are refused")),
            (None, _) => Err(Error::missing_field("type")),
        }
    }
}
