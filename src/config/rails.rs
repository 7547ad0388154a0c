//! `rails.input.flows` and its like: which flows guard what.

use std::sync::Arc;

use super::keys::{Fate, Keys};
use super::yaml::{Data, Key, Node};
use super::{Config, OnError, Rail};
use crate::diagnostic::{Diagnostic, codes};
use crate::expression::{Expression, Scope, Value, Variables};
use crate::program::Guards;
use crate::source::Span;

const STAGE: &[(&str, Fate)] = &[
    ("flows", Fate::Served),
    ("streaming", Fate::Served),
    ("parallel", Fate::Served),
    ("speculative_generation", Fate::Silent),
];

const STREAMING: &[(&str, Fate)] = &[
    ("enabled", Fate::Served),
    ("stream_first", Fate::Served),
    ("chunk_size", Fate::Served),
    ("context_size", Fate::Served),
];

const RAIL: &[(&str, Fate)] =
    &[("name", Fate::Served), ("on_error", Fate::Served), ("timeout", Fate::Served), ("with", Fate::Served)];

/// Where is said what about streaming.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Streamed {
    stream_first: Option<Span>,
}

impl Keys<'_> {
    /// Reads one stage, such as `rails.input`.
    pub(super) fn stage(&mut self, key: &Key, node: &Node, config: &mut Config) {
        let path = format!("rails.{}.", key.name);
        let guards = match &*key.name {
            "input" => Guards::Input,
            "output" => Guards::Output,
            "retrieval" => Guards::Retrieval,
            "tool_input" => Guards::ToolInput,
            _ => Guards::ToolOutput,
        };
        for (key, value) in self.known(node, STAGE, &path) {
            match &*key.name {
                "flows" => {
                    let flows = self.reader.list(value);
                    config.rails.extend(flows.iter().filter_map(|flow| self.rail(flow, guards)));
                }
                "parallel" => {
                    if self.reader.truth(value) == Some(true) {
                        config.parallel.push(guards);
                    }
                }
                _ if guards == Guards::Output => self.output_streaming(value, config),
                _ => self.reader.wrong(value, "left out: only `rails.output` has it"),
            }
        }
    }

    fn output_streaming(&mut self, node: &Node, config: &mut Config) {
        let streaming = &mut config.streaming;
        for (key, value) in self.known(node, STREAMING, "rails.output.streaming.") {
            match &*key.name {
                "enabled" => streaming.by_window = self.reader.truth(value) != Some(false),
                "chunk_size" => {
                    streaming.window = self.reader.count(value, 1..=1_000_000).unwrap_or(streaming.window);
                }
                "context_size" => {
                    streaming.overlap = self.reader.count(value, 0..=1_000_000).unwrap_or(streaming.overlap);
                }
                _ => {
                    streaming.stream_first = self.reader.truth(value) == Some(true);
                    self.streamed.stream_first = streaming.stream_first.then_some(key.span);
                }
            }
        }
    }

    /// One rail: `name`, `name $model=main`, `name(p=v)`, or a mapping with a `name`.
    fn rail(&mut self, node: &Node, guards: Guards) -> Option<Rail> {
        let mut rail =
            Rail { guards, name: "".into(), parameters: Vec::new(), on_error: None, timeout: None, span: node.span };
        let Data::Mapping(_) = &node.data else {
            self.call(node, &mut rail);
            return (!rail.name.is_empty()).then_some(rail);
        };
        for (key, value) in self.known(node, RAIL, "flows[].") {
            match &*key.name {
                "name" => self.call(value, &mut rail),
                "on_error" => rail.on_error = self.on_error(value),
                "timeout" => rail.timeout = self.reader.duration(value),
                _ => {
                    let given = self.reader.mapping(value).iter();
                    // As in the other form, the `$` may stand there.
                    let name = |key: &Key| key.name.strip_prefix('$').unwrap_or(&key.name).into();
                    rail.parameters.extend(given.map(|(key, value)| (name(key), value.value())));
                }
            }
        }
        if rail.name.is_empty() {
            self.reader.wrong(node, "a rail with a `name`");
            return None;
        }
        Some(rail)
    }

    /// The name of a rail, and what it is given.
    fn call(&mut self, node: &Node, rail: &mut Rail) {
        let Some(text) = self.reader.text(node) else { return };
        let (name, given) = match (text.find(" $"), text.find('(')) {
            (Some(at), None) => (&text[..at], pairs(&text[at..], ' ')),
            (_, Some(at)) => match text[at + 1..].trim_end().strip_suffix(')') {
                Some(given) => (&text[..at], pairs(given, ',')),
                None => (&text[..at], None),
            },
            (None, None) => (text, Some(Vec::new())),
        };
        rail.name = name.split_whitespace().collect::<Vec<_>>().join(" ").into();
        match given {
            Some(given) => rail.parameters.extend(given),
            None => self.reader.wrong(node, "`name`, `name $parameter=value`, or `name(parameter=value)`"),
        }
    }

    /// `block` or `pass`.
    pub(super) fn on_error(&mut self, node: &Node) -> Option<OnError> {
        self.reader.choice(node, &[("block", OnError::Block), ("pass", OnError::Pass)])
    }

    /// Warns where output rails don't see what is streamed before the user does.
    pub(super) fn check_streaming(&mut self, config: &Config) {
        if !config.rails.iter().any(|rail| rail.guards == Guards::Output) {
            return;
        }
        let Some(span) = self.streamed.stream_first else { return };
        let message = "what is streamed reaches the user before output rails see it";
        let help = "delete `stream_first`, so that each piece is checked first";
        self.reader.diagnostics.push(Diagnostic::new(codes::STREAMED_PAST, span, message).help(help));
    }
}

/// `$p=v` or `p=v`, more than one with `separator` between them; `None` when something else stands there.
fn pairs(text: &str, separator: char) -> Option<Vec<(Arc<str>, Value)>> {
    let mut quote = None;
    let parts = text.split(|c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c == separator
    });
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim().trim_start_matches('$');
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then(|| (name.into(), constant(value.trim())))
    };
    parts.map(pair).collect()
}

/// A value as expressions write it; a bare word is a text.
fn constant(text: &str) -> Value {
    let none = Variables::new();
    let scope = Scope { locals: &none, globals: &none };
    let is_word = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':'))
        && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && !matches!(text, "True" | "False" | "None" | "true" | "false" | "none");
    let value = if is_word { None } else { Expression::parse(text).ok() };
    value.and_then(|value| value.evaluate(scope).ok()).unwrap_or_else(|| text.into())
}
