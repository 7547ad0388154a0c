//! The rail about JSON in replies, and its settings.

use serde_json::{Value, json};

use super::{Schema, Violation};
use crate::config::value::Reader;
use crate::config::yaml::{Data, Node};
use crate::config::{Config, read_text};
use crate::diagnostic::{Diagnostic, codes};
use crate::library::family::{Cost, Family, Rail, Setup};
use crate::library::{Action, Answer, Call, Evidence};
use crate::program::Guards;

/// The rail that wants JSON.
pub(in crate::library) const FAMILY: Family = Family {
    file: "schema",
    text: include_str!("../../../rails/schema.co"),
    rails: &[Rail {
        name: "check output schema",
        guards: &[Guards::Output],
        what: "blocks replies that are not JSON of your schema",
        cost: Cost::Local,
    }],
    section: Some("output_schema"),
    actions: &["check_output_schema"],
    asks: &[],
    model: "main",
    load,
    page: include_str!("../../../docs/rails/schema.md"),
    kit: None,
};

fn load(setup: &mut Setup<'_>) -> Vec<(&'static str, Action)> {
    let (mut schema, mut fenced, mut is_named) = (None, false, false);
    if let Some(node) = setup.settings {
        for (key, node) in setup.reader.known(node, &["schema", "file", "fenced"], "rails.config.output_schema.") {
            match &*key.name {
                "fenced" => fenced = setup.reader.truth(node) == Some(true),
                _ if is_named => setup.reader.wrong(node, "left out: the schema is named already"),
                name => {
                    is_named = true;
                    schema = match name {
                        "schema" => inline(&mut setup.reader, node),
                        _ => in_file(&mut setup.reader, setup.config, node),
                    };
                }
            }
        }
    }
    if !is_named {
        setup.lacks("check output schema", "name a schema: `rails.config.output_schema.file: schema.json`");
    }
    let action: Action = Box::new(move |call: &Call<'_>| {
        let schema = schema.as_ref().ok_or("`rails.config.output_schema` names no schema")?;
        let violations = schema.check(&call.text()?, fenced);
        let evidence = violations.first().map(|first| Evidence { rule: Some(told(first)), ..Evidence::default() });
        let shown: Vec<Value> = violations
            .iter()
            .map(
                |violation| json!({"rule": violation.rule, "pointer": violation.pointer, "message": violation.message}),
            )
            .collect();
        Ok(Answer { value: json!({"is_valid": violations.is_empty(), "violations": shown}), evidence })
    });
    vec![("check_output_schema", action)]
}

/// A violation, in one line.
fn told(violation: &Violation) -> String {
    if violation.pointer.is_empty() {
        format!("{}: {}", violation.rule, violation.message)
    } else {
        format!("{} at {}: {}", violation.rule, violation.pointer, violation.message)
    }
}

/// The schema that stands at `node` itself; what is wrong is reported at the part that it is about.
pub(in crate::library) fn inline(reader: &mut Reader<'_>, node: &Node) -> Option<Schema> {
    match Schema::new(&node.value()) {
        Ok(schema) => Some(schema),
        Err(error) => {
            let span = part(node, &error.pointer).span;
            reader.diagnostics.push(Diagnostic::new(
                codes::BAD_VALUE,
                span,
                format!("this is no JSON schema: {error}"),
            ));
            None
        }
    }
}

/// The schema in the file that is named at `node`.
pub(in crate::library) fn in_file(reader: &mut Reader<'_>, config: &Config, node: &Node) -> Option<Schema> {
    let name = reader.text(node)?;
    let path = config.folder.as_ref().map(|folder| folder.join(name));
    let read = path.ok_or_else(|| "there is no folder to look for it in; write the schema itself".to_owned());
    let text = read.and_then(|path| read_text(&path).map_err(|error| error.message));
    let schema = text.and_then(|text| {
        let value = super::parse(&text).map_err(|error| error.to_string())?;
        Schema::new(&value).map_err(|error| format!("at `{}` {error}", error.pointer))
    });
    match schema {
        Ok(schema) => Some(schema),
        Err(why) => {
            let message = format!("`{name}` is no JSON schema: {why}");
            let help = "the path starts at the folder of the configuration";
            reader.diagnostics.push(Diagnostic::new(codes::BAD_VALUE, node.span, message).help(help));
            None
        }
    }
}

/// The part of `node` that a JSON pointer leads to, as far as it leads.
fn part<'n>(node: &'n Node, pointer: &str) -> &'n Node {
    let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut node = node;
    for step in steps {
        let next = match &node.data {
            Data::Mapping(entries) => entries.iter().find(|(key, _)| key.name == step).map(|(_, node)| node),
            Data::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            Data::Scalar(..) => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}
