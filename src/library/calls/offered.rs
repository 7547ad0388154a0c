//! The tools that a request offers the model, in the shape of OpenAI's chat interface.

#[cfg(feature = "schema")]
use rustc_hash::FxHashMap;
use serde_json::Value;

#[cfg(feature = "schema")]
use crate::library::schema::{Schema, SchemaError, Violation};

/// What of the tools that were offered counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offered {
    /// Which there are, and what arguments they take.
    #[cfg(feature = "schema")]
    #[default]
    Schemas,
    /// Which there are.
    #[cfg_attr(not(feature = "schema"), default)]
    Names,
    /// Nothing.
    Nothing,
}

impl Offered {
    /// All, by the names that settings have for them.
    pub const ALL: &'static [(&'static str, Self)] = &[
        #[cfg(feature = "schema")]
        ("schemas", Self::Schemas),
        ("names", Self::Names),
        ("nothing", Self::Nothing),
    ];
}

/// The tools of one request.
pub(super) struct Tools<'t> {
    tools: &'t [Value],
    /// Of those that were called: what they take.
    #[cfg(feature = "schema")]
    schemas: FxHashMap<&'t str, Result<Schema, SchemaError>>,
}

impl<'t> Tools<'t> {
    pub(super) fn new(tools: &'t [Value]) -> Self {
        Self {
            tools,
            #[cfg(feature = "schema")]
            schemas: FxHashMap::default(),
        }
    }

    /// Whether a tool called `name` was not offered, as far as anybody knows what was.
    pub(super) fn lack(&self, name: &str) -> bool {
        !self.tools.is_empty() && self.function(name).is_none()
    }

    fn function(&self, name: &str) -> Option<&'t Value> {
        let mut functions = self.tools.iter().filter_map(|tool| tool.get("function"));
        functions.find(|function| function.get("name").and_then(Value::as_str) == Some(name))
    }

    /// What is wrong with the arguments of a call of `name`, as the tool itself says.
    #[cfg(feature = "schema")]
    pub(super) fn violations(&mut self, name: &str, arguments: &Value) -> Result<Vec<Violation>, SchemaError> {
        let function = self.function(name);
        let Some(name) = function.and_then(|function| function.get("name")?.as_str()) else { return Ok(Vec::new()) };
        let Some(parameters) = function.and_then(|function| function.get("parameters")).filter(|all| !all.is_null())
        else {
            return Ok(Vec::new());
        };
        match self.schemas.entry(name).or_insert_with(|| Schema::of_stranger(parameters)) {
            Ok(schema) => Ok(schema.violations(arguments)),
            Err(error) => Err(error.clone()),
        }
    }
}
