//! The rail about calls of tools, and its settings.

use regex::Regex;
use serde_json::{Value, json};

use super::{Danger, Fault, Offered, Rules, Tool};
use crate::config::value::Reader;
use crate::config::yaml::{Key, Node};
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::patterns::pattern;
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// The rail that looks at calls of tools before they are made.
pub(in crate::library) const FAMILY: Family = Family {
    file: "calls",
    text: include_str!("../../../rails/calls.co"),
    rails: &[Rail {
        name: "check tool calls",
        guards: &[Guards::ToolOutput],
        what: "blocks calls of tools that are not allowed, or have arguments that are not",
        cost: Cost::Local,
    }],
    section: Some("tool_calls"),
    actions: &["check_tool_calls"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/calls.md"),
    kit: None,
};

const KEYS: &[&str] = &["allowed", "denied", "offered", "max_calls", "deny_arguments", "tools"];
const TOOL: &[&str] = &["schema", "file", "deny_patterns", "deny_arguments"];

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let rules = read(setup);
    let action: Action = Box::new(move |call: &Call<'_>| {
        let given = call.args.get("calls").filter(|calls| !calls.is_null());
        let calls = given.or_else(|| call.variables.get(Guards::ToolOutput.variable())).cloned().unwrap_or_default();
        let faults = rules.look_at(&calls, call.tools);
        let evidence = faults.first().map(|first| Evidence { rule: Some(told(first)), ..Evidence::default() });
        let shown: Vec<Value> = faults
            .iter()
            .map(|fault| {
                json!({
                    "rule": fault.rule, "call": fault.call, "tool": fault.tool, "pointer": fault.pointer,
                    "message": fault.message,
                })
            })
            .collect();
        Ok(Answer { value: json!({"allowed": faults.is_empty(), "faults": shown}), evidence })
    });
    vec![("check_tool_calls", action)]
}

/// A fault, in one line.
fn told(fault: &Fault) -> String {
    let Fault { rule, tool, pointer, message, .. } = fault;
    match (tool.is_empty(), pointer.is_empty()) {
        (true, _) => format!("{rule}: {message}"),
        (false, true) => format!("{rule} of `{tool}`: {message}"),
        (false, false) => format!("{rule} of `{tool}` at {pointer}: {message}"),
    }
}

fn read(setup: &mut Setup<'_>) -> Rules {
    let mut rules = Rules { dangers: vec![Danger::PathTraversal], ..Rules::default() };
    let Some(node) = setup.settings else { return rules };
    for (key, node) in setup.reader.known(node, KEYS, "rails.config.tool_calls.") {
        match &*key.name {
            "allowed" => rules.allowed = Some(names(&mut setup.reader, node)),
            "denied" => rules.denied = names(&mut setup.reader, node),
            "offered" => rules.offered = setup.reader.choice(node, Offered::ALL).unwrap_or_default(),
            "max_calls" => rules.max_calls = setup.reader.count(node, 0..=10_000),
            "deny_arguments" => rules.dangers = dangers(&mut setup.reader, node),
            _ => {
                for (key, node) in setup.reader.mapping(node) {
                    rules.tools.push(tool(setup, key, node));
                }
            }
        }
    }
    rules
}

fn tool(setup: &mut Setup<'_>, key: &Key, node: &Node) -> Tool {
    let mut tool = Tool { name: key.name.clone(), ..Tool::default() };
    let path = format!("rails.config.tool_calls.tools.{}.", key.name);
    for (key, node) in setup.reader.known(node, TOOL, &path) {
        match &*key.name {
            "deny_patterns" => {
                let reader = &mut setup.reader;
                let sources = reader.list(node).iter().filter_map(|node| pattern(reader, node));
                let compiled = |source| Regex::new(source).expect("it was compiled with a lower limit");
                tool.deny = sources.map(compiled).collect();
            }
            "deny_arguments" => tool.dangers = Some(dangers(&mut setup.reader, node)),
            name => schema(setup, &mut tool, name, key, node),
        }
    }
    tool
}

#[cfg(feature = "schema")]
fn schema(setup: &mut Setup<'_>, tool: &mut Tool, name: &str, key: &Key, node: &Node) {
    use crate::diagnostic::{Diagnostic, codes};
    use crate::library::schema::rails::{in_file, inline};

    if tool.schema.is_some() {
        let message = "the schema of this tool is named already";
        setup.reader.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, key.span, message));
        return;
    }
    tool.schema = match name {
        "schema" => inline(&mut setup.reader, node),
        _ => in_file(&mut setup.reader, setup.config, node),
    };
}

#[cfg(not(feature = "schema"))]
fn schema(setup: &mut Setup<'_>, _: &mut Tool, _: &str, key: &Key, _: &Node) {
    use crate::diagnostic::{Diagnostic, codes};

    let message = "this railsc is built without JSON schemas";
    let diagnostic = Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, message);
    setup.reader.diagnostics.push(diagnostic.help("build it with the feature `schema`"));
}

fn names(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    reader.texts(node)
}

fn dangers(reader: &mut Reader<'_>, node: &Node) -> Vec<Danger> {
    reader.list(node).iter().filter_map(|node| reader.choice(node, Danger::ALL)).collect()
}
