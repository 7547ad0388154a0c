//! How large a schema is with its references replaced by what they lead to: a short one may double itself with each.

use rustc_hash::FxHashMap;
use serde_json::Value;

/// Parts of the largest schema.
const MOST: usize = 50_000;
/// References within each other.
const DEEPEST: usize = 32;
/// Keywords whose values are no schemas, nor hold any.
const DATA: &[&str] = &["const", "enum", "default", "example", "examples", "required", "type", "description", "title"];
/// Keywords whose values are mappings from names to schemas.
const NAMED: &[&str] = &["properties", "patternProperties", "dependentSchemas", "dependencies"];
/// Keywords whose values are there to be referred to.
const APART: &[&str] = &["$defs", "definitions"];

/// Whether `schema` refers to nothing outside nor to itself, and has a bounded number of parts.
pub(super) fn is_bounded(schema: &Value) -> bool {
    Expansion { root: schema, known: FxHashMap::default(), depth: 0 }.size(schema).is_some()
}

struct Expansion<'s> {
    root: &'s Value,
    /// Sizes of what references lead to; `None` while it is being measured, or where it is too large.
    known: FxHashMap<&'s str, Option<usize>>,
    depth: usize,
}

impl<'s> Expansion<'s> {
    fn size(&mut self, schema: &'s Value) -> Option<usize> {
        let mut size = 1;
        match schema {
            Value::Array(items) => {
                for item in items {
                    size += self.size(item)?;
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    size += match (&**key, value) {
                        ("$ref", Value::String(target)) => self.referred(target)?,
                        // The whole may have a name; by that of a part, what a reference leads to is not where its pointer says.
                        ("$id" | "id", Value::String(_)) if std::ptr::eq(schema, self.root) => 0,
                        ("$id" | "id", Value::String(_)) | ("$dynamicRef" | "$recursiveRef", _) => return None,
                        (key, _) if DATA.contains(&key) || APART.contains(&key) => 0,
                        (key, Value::Object(named)) if NAMED.contains(&key) => {
                            let mut all = 0;
                            for schema in named.values() {
                                all += self.size(schema)?;
                            }
                            all
                        }
                        (_, value) => self.size(value)?,
                    };
                }
            }
            _ => {}
        }
        (size <= MOST).then_some(size)
    }

    fn referred(&mut self, target: &'s str) -> Option<usize> {
        if let Some(known) = self.known.get(target) {
            return *known;
        }
        let schema = self.root.pointer(target.strip_prefix('#')?)?;
        if self.depth == DEEPEST {
            return None;
        }
        self.known.insert(target, None);
        self.depth += 1;
        let size = self.size(schema);
        self.depth -= 1;
        self.known.insert(target, size);
        size
    }
}
