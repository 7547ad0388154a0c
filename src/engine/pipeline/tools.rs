//! Tools: what they gave back is checked before a model reads it, and calls of them before they are made.

use serde_json::{Value, json};

use super::{Ended, Turn};
use crate::engine::history::Said;
use crate::engine::machine::Failure;
use crate::engine::reason::Reason;
use crate::engine::trace::What;
use crate::model::{Message, ToolCall};
use crate::program::{FlowId, Guards};
use crate::source::Span;

impl Turn<'_> {
    /// Takes what a tool gave back, as its rails let it pass.
    pub(super) async fn take_result(&mut self, message: &Message) -> Result<Ended, Failure> {
        let (id, name) = self.put_result(message);
        let before = self.conversation.history.clone();
        if self.guard(Guards::ToolInput).await? == Ended::Yes {
            // The call was answered, but not for a model to read.
            if self.parts.models.has_main() {
                self.conversation.history = before;
                self.conversation.history.push(Said::Result { id, name, text: WITHHELD.to_owned() });
            }
            return Ok(Ended::Yes);
        }
        let text = self.conversation.store.text("tool_message");
        self.remember(Said::Result { id, name, text });
        Ok(Ended::No)
    }

    /// Puts what a tool gave back where its rails find it; tells the call and the tool.
    pub(super) fn put_result(&mut self, message: &Message) -> (String, String) {
        let id = message.tool_call_id.clone().unwrap_or_default();
        let name = message.name.clone().or_else(|| self.name_of_call(&id)).unwrap_or_default();
        let store = &mut self.conversation.store;
        store.set("tool_message".into(), message.content.as_str().into());
        store.set("tool_name".into(), name.as_str().into());
        store.set("tool_call_id".into(), id.as_str().into());
        (id, name)
    }

    /// Which tool a call was of, if the conversation says so.
    fn name_of_call(&self, id: &str) -> Option<String> {
        let recent = self.conversation.history.recent(usize::MAX);
        let calls = recent.into_iter().rev().filter_map(|said| match said {
            Said::Calls { calls, .. } => Some(calls),
            _ => None,
        });
        calls.flatten().find(|call| call.id == id).map(|call| call.name.clone())
    }

    /// Hands calls of tools on, as their rails let them pass.
    pub(super) async fn call_tools(
        &mut self,
        text: &str,
        calls: Vec<ToolCall>,
        place: Option<(FlowId, Span)>,
    ) -> Result<Ended, Failure> {
        let tools = calls.iter().map(|call| call.name.clone()).collect();
        self.note(What::ToolsCalled { tools }, place);
        let shown: Value = calls.iter().map(as_value).collect();
        self.conversation.store.set("tool_calls".into(), shown.clone());
        if self.guard(Guards::ToolOutput).await? == Ended::Yes {
            return Ok(Ended::Yes);
        }
        let checked = self.conversation.store.variables().get("tool_calls").cloned().unwrap_or_default();
        // What was checked is what is handed on: JSON may hold a name twice, of which rails see one.
        let is_guarded = self.parts.is_guarded(Guards::ToolOutput);
        let calls = if is_guarded { rewritten(&checked)? } else { calls };
        self.remember(Said::Calls { text: text.to_owned(), calls: calls.clone() });
        self.tool_calls = calls;
        // It goes on when the tools have answered.
        Ok(Ended::Yes)
    }
}

/// What stands for a result that its rails have stopped.
pub(super) const WITHHELD: &str = "(withheld)";

/// A call as rails see it: `name`, `args` as a mapping where they are one, `id`.
fn as_value(call: &ToolCall) -> Value {
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| call.arguments.as_str().into());
    json!({"name": call.name, "args": arguments, "id": call.id, "type": "tool_call"})
}

/// The calls that a rail has put in place of others.
fn rewritten(calls: &Value) -> Result<Vec<ToolCall>, Failure> {
    let call = |call: &Value| {
        let text = |name: &str| call.get(name).and_then(Value::as_str).map(str::to_owned);
        let arguments = match call.get("args")? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(ToolCall { id: text("id")?, name: text("name")?, arguments })
    };
    let calls = calls.as_array().and_then(|calls| calls.iter().map(call).collect::<Option<Vec<_>>>());
    calls.ok_or_else(|| Failure::Failed {
        place: None,
        reason: Reason::ours("a rail has set `$tool_calls` to what is no list of calls with `id`, `name` and `args`"),
    })
}
