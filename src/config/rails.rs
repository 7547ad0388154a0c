//! `rails.input.flows` and its like: which flows guard what.

use super::Config;
use super::keys::{Fate, Keys};
use super::yaml::{Data, Key, Node};
use crate::diagnostic::{Diagnostic, codes};
use crate::program::{Guards, RailUse};
use crate::source::Span;

const STAGE: &[(&str, Fate)] = &[("flows", Fate::Served), ("streaming", Fate::Served), ("parallel", Fate::Silent)];

const STREAMING: &[(&str, Fate)] = &[
    ("enabled", Fate::Served),
    ("stream_first", Fate::Served),
    ("chunk_size", Fate::Silent),
    ("context_size", Fate::Silent),
];

/// Whether output rails see what is streamed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Streaming {
    /// Where `streaming: True` stands.
    pub wanted: Option<Span>,
    guarded: bool,
    stream_first: Option<Span>,
}

impl Keys<'_> {
    /// Reads one stage, such as `rails.input`.
    pub(super) fn stage(&mut self, key: &Key, node: &Node, config: &mut Config, streaming: &mut Streaming) {
        let path = format!("rails.{}.", key.name);
        let guards = match &*key.name {
            "input" => Guards::Input,
            "output" => Guards::Output,
            "retrieval" => Guards::Retrieval,
            _ => Guards::Tools,
        };
        for (key, value) in self.known(node, STAGE, &path) {
            if key.name == "flows" {
                let flows = self.reader.list(value);
                config.rails.extend(flows.iter().filter_map(|flow| self.rail(flow, guards)));
                if !flows.is_empty() {
                    let message = format!("`{path}flows` is not supported by this version of railsc");
                    self.reader.diagnostics.push(
                        Diagnostic::new(codes::KEY_NOT_SUPPORTED, key.span, message)
                            .label("passing it over would leave something unguarded")
                            .help("delete it to load the rest"),
                    );
                }
                continue;
            }
            for (key, value) in self.known(value, STREAMING, &format!("{path}streaming.")) {
                let truth = self.reader.truth(value) == Some(true);
                match &*key.name {
                    "enabled" => streaming.guarded = truth,
                    _ => streaming.stream_first = truth.then_some(key.span),
                }
            }
        }
    }

    /// One rail: `name`, `name $model=main`, `name(p=v)`, or a mapping with a `name`.
    fn rail(&mut self, node: &Node, guards: Guards) -> Option<RailUse> {
        let (name, mut parameters) = match &node.data {
            Data::Mapping(entries) => {
                let entry = |wanted: &str| entries.iter().find(|(key, _)| key.name == wanted).map(|(_, node)| node);
                let Some(name) = entry("name") else {
                    self.reader.wrong(node, "a rail with a `name`");
                    return None;
                };
                let given = match entry("with").map(|node| &node.data) {
                    Some(Data::Mapping(given)) => given.iter().map(|(key, _)| key.name.as_str().into()).collect(),
                    _ => Vec::new(),
                };
                (self.reader.text(name)?, given)
            }
            _ => (self.reader.text(node)?, Vec::new()),
        };
        let end = name.find(" $").or_else(|| name.find('(')).unwrap_or(name.len());
        let given = name[end..].split(['$', '(', ',', ')', ' ']);
        parameters.extend(given.filter_map(|part| part.split_once('=')).map(|(name, _)| name.trim().into()));
        let name = name[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        Some(RailUse { guards, name: name.into(), parameters, span: node.span })
    }

    /// Warns where output rails don't see what is streamed before the user does.
    pub(super) fn check_streaming(&mut self, config: &Config, streaming: Streaming) {
        if !config.rails.iter().any(|rail| rail.guards == Guards::Output) {
            return;
        }
        let (span, message, help) = match streaming {
            Streaming { stream_first: Some(span), .. } => (
                span,
                "what is streamed reaches the user before output rails see it",
                "delete `stream_first`, so that each piece is checked first",
            ),
            Streaming { wanted: Some(span), guarded: false, .. } => (
                span,
                "output rails don't see what is streamed",
                "set `rails.output.streaming.enabled: True`, or don't stream",
            ),
            _ => return,
        };
        self.reader.diagnostics.push(Diagnostic::new(codes::STREAMED_PAST, span, message).help(help));
    }
}
