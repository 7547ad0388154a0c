//! What a flow says of itself: its priority, and how it runs beside others.

use super::Lowering;
use crate::diagnostic::{Diagnostic, codes};
use crate::expression::{Scope, Value, Variables};
use crate::source::Span;
use crate::syntax::ast::Code;

/// What of a flow's meta data says how it runs.
const META_KEYS: &[&str] = &["priority", "is_extension", "allow_multiple", "interruptable", "subflow"];

impl Lowering<'_> {
    pub(super) fn set_priority(&mut self, code: &Code) {
        match code.text.trim().parse::<f64>() {
            Ok(priority) if priority.is_finite() => self.priority = Some(priority),
            _ => self.names.diagnostics.push(
                Diagnostic::new(codes::BAD_PRIORITY, code.span, "priority is not a number")
                    .help("write `priority 2`; flows without one have 1.0, and higher wins"),
            ),
        }
    }

    /// Of a flow's meta data only what follows means something here.
    pub(super) fn meta(&mut self, code: &Code) {
        let Some(expression) = self.names.expression(code) else { return };
        let none = Variables::new();
        match expression.evaluate(Scope { locals: &none, globals: &none }) {
            Ok(Value::Object(entries)) => {
                entries.iter().for_each(|(key, value)| self.meta_value(key, value, code.span));
            }
            _ => self.names.diagnostics.push(
                Diagnostic::new(codes::BAD_META, code.span, "meta is not a dict")
                    .help("write `meta {\"priority\": 2}`"),
            ),
        }
    }

    pub(super) fn meta_entry(&mut self, key: &str, span: Span, code: &Code) {
        if !META_KEYS.contains(&key) {
            return;
        }
        let Some(expression) = self.names.expression(code) else { return };
        let none = Variables::new();
        match expression.evaluate(Scope { locals: &none, globals: &none }) {
            Ok(value) => self.meta_value(key, &value, span),
            Err(_) => self.bad_meta(key, span),
        }
    }

    fn meta_value(&mut self, key: &str, value: &Value, span: Span) {
        let modifiers = &mut self.modifiers;
        match (key, value) {
            ("priority", value) if value.as_f64().is_some() => self.priority = value.as_f64(),
            ("priority", _) => self.names.diagnostics.push(
                Diagnostic::new(codes::BAD_PRIORITY, span, "priority is not a number")
                    .help("write `meta {\"priority\": 2}`"),
            ),
            ("is_extension", Value::Bool(truth)) => modifiers.extension = *truth,
            ("allow_multiple", Value::Bool(truth)) => modifiers.parallel = *truth,
            ("interruptable", Value::Bool(truth)) => modifiers.uninterruptible = !*truth,
            (key, _) if META_KEYS.contains(&key) => self.bad_meta(key, span),
            _ => {}
        }
    }

    fn bad_meta(&mut self, key: &str, span: Span) {
        let help = match key {
            "subflow" => "write `define subflow NAME`",
            "priority" => "write `priority: 2`",
            _ => "write `true` or `false`",
        };
        self.names
            .diagnostics
            .push(Diagnostic::new(codes::BAD_META, span, format!("`{key}` in `meta` can't be understood")).help(help));
    }
}
