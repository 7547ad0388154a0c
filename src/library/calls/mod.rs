//! Calls of tools that a model asks for: which, how many, and with what arguments.

mod arguments;
mod offered;
mod rails;

#[cfg(test)]
mod tests;

use regex::Regex;
use serde_json::Value;

#[cfg(feature = "schema")]
use super::schema::Schema;
pub use arguments::Danger;
pub(in crate::library) use arguments::texts;
pub use offered::Offered;
use offered::Tools;
pub(super) use rails::FAMILY;

/// How many findings of one turn are told.
const MOST_FAULTS: usize = 20;

/// Which calls may be made.
#[derive(Debug, Default)]
pub struct Rules {
    /// The tools that may be called; `None` for all.
    pub allowed: Option<Vec<String>>,
    /// The tools that may not.
    pub denied: Vec<String>,
    /// What counts of the tools that were offered.
    pub offered: Offered,
    /// Calls in one reply of the model.
    pub max_calls: Option<usize>,
    /// What no argument may hold.
    pub dangers: Vec<Danger>,
    /// What is said of single tools.
    pub tools: Vec<Tool>,
}

/// What is said of one tool.
#[derive(Debug, Default)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What its arguments must be.
    #[cfg(feature = "schema")]
    pub schema: Option<Schema>,
    /// What none of its arguments may match.
    pub deny: Vec<Regex>,
    /// What none of its arguments may hold, instead of the dangers for all.
    pub dangers: Option<Vec<Danger>>,
}

/// A call that may not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// `unreadable_call`, `too_many_calls`, `denied_tool`, `tool_not_allowed`, `tool_not_offered`, `unreadable_arguments`,
    /// `unreadable_schema`, `argument_schema`, `argument_pattern`, `path_traversal`, `shell`.
    pub rule: &'static str,
    /// Which call, from nought.
    pub call: usize,
    /// The tool that it is of.
    pub tool: String,
    /// The argument, as a JSON pointer.
    pub pointer: String,
    /// What is wrong; values are not told.
    pub message: String,
}

impl Rules {
    /// What is wrong with `calls`, a list of `{name, args}` as flows see it, of a model that was offered `tools`; it may be that nobody knows
    /// what it was offered. What is no such list is wrong, too.
    pub fn look_at(&self, calls: &Value, tools: &[Value]) -> Vec<Fault> {
        let mut tools = Tools::new(if self.offered == Offered::Nothing { &[] } else { tools });
        let mut faults = Vec::new();
        let Some(calls) = calls.as_array() else {
            return vec![fault("unreadable_call", 0, "", "", "this is no list of calls".to_owned())];
        };
        for (index, call) in calls.iter().enumerate() {
            if faults.len() >= MOST_FAULTS {
                break;
            }
            if let Some(most) = self.max_calls
                && index == most
            {
                let message = format!("{} calls were asked for, and {most} may be made", calls.len());
                faults.push(fault("too_many_calls", index, "", "", message));
            }
            self.one(index, call, &mut tools, &mut faults);
        }
        faults.truncate(MOST_FAULTS);
        faults
    }

    fn one(&self, index: usize, call: &Value, tools: &mut Tools<'_>, faults: &mut Vec<Fault>) {
        let Some(name) = call.get("name").and_then(Value::as_str) else {
            faults.push(fault("unreadable_call", index, "", "", "this call names no tool".to_owned()));
            return;
        };
        let mut wrong = |rule, pointer: &str, message: String| faults.push(fault(rule, index, name, pointer, message));
        if self.denied.iter().any(|denied| denied == name) {
            wrong("denied_tool", "", format!("`{name}` may not be called"));
        } else if self.allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|allowed| allowed == name)) {
            wrong("tool_not_allowed", "", format!("`{name}` is not among the tools that may be called"));
        }
        if tools.lack(name) {
            wrong("tool_not_offered", "", format!("`{name}` is not among the tools that the model may call"));
        }
        // Arguments that are no object come as the text that they are.
        let Some(arguments) = call.get("args").filter(|arguments| arguments.is_object()) else {
            wrong("unreadable_arguments", "", "the arguments are no JSON object".to_owned());
            return;
        };
        let tool = self.tools.iter().find(|tool| tool.name == name);
        #[cfg(feature = "schema")]
        let violations = match tool.and_then(|tool| tool.schema.as_ref()) {
            Some(schema) => Ok(schema.violations(arguments)),
            None if self.offered == Offered::Schemas => tools.violations(name, arguments),
            None => Ok(Vec::new()),
        };
        #[cfg(feature = "schema")]
        match violations {
            Ok(violations) => violations.into_iter().for_each(|violation| {
                wrong("argument_schema", &violation.pointer, violation.message);
            }),
            Err(error) => wrong("unreadable_schema", "", format!("its own schema can't be read: {error}")),
        }
        let dangers = tool.and_then(|tool| tool.dangers.as_ref()).unwrap_or(&self.dangers);
        let deny = tool.map_or(&[][..], |tool| &tool.deny);
        arguments::texts(arguments, &mut |pointer, text| {
            for danger in dangers.iter().filter(|danger| danger.is_in(text)) {
                wrong(danger.rule(), pointer, danger.message().to_owned());
            }
            if let Some(pattern) = deny.iter().find(|pattern| pattern.is_match(text)) {
                wrong("argument_pattern", pointer, format!("this matches `{}`", pattern.as_str()));
            }
        });
    }
}

fn fault(rule: &'static str, call: usize, tool: &str, pointer: &str, message: String) -> Fault {
    Fault { rule, call, tool: tool.to_owned(), pointer: pointer.to_owned(), message }
}
